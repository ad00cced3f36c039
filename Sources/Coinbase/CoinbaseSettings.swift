// Where the venue is and what it is taken to be like. The addresses are configuration, so that the same binary
// trades on a sandbox.

import Transport

package struct CoinbaseSettings: Sendable, Equatable {
    package var restURL = "https://api.coinbase.com"
    package var marketURL = "wss://advanced-trade-ws.coinbase.com"
    package var userURL = "wss://advanced-trade-ws-user.coinbase.com"
    /// The portfolio that the account's owner named; compared with the key's by whoever starts to trade.
    package var portfolio: String?
    /// Ids in one cancel call.
    package var cancelBatch = 100
    /// Ids in one query by id.
    package var queryIDs = 50
    /// The venue lists no more open orders than this, however many there are.
    package var openListLimit = 1_000
    /// Entries in one page of a list.
    package var page = 250
    package var placementConnections = 8
    /// Of cancels and questions; no placement ever takes one.
    package var queryConnections = 16
    /// The life of a placement's token, on the venue's clock. Whole seconds.
    package var tokenLife: Duration = .seconds(5)
    /// How much later than its expiry the venue may still take a token.
    package var tokenLeeway: Duration = .seconds(5)
    /// How late an order may show in the venue's lists.
    package var listLag: Duration = .seconds(2)
    /// Certificates to trust instead of the system's, PEM.
    package var caFile: String?
    /// The longest that a connection waits for an answer. Whoever asks gives up earlier.
    package var callTimeout: Duration = .seconds(15)
    /// The same for cancels and questions: a connection that hangs is better replaced.
    package var queryTimeout: Duration = .seconds(5)

    package init() {}

    /// From sending a placement to the moment at which it can no longer take effect unseen.
    package var requestLife: Duration { tokenLife + tokenLeeway + listLag + .milliseconds(500) }

    var trust: TLSTrust { caFile.map { .file($0) } ?? .system }
}
