// Venues of which several suites need a core, and what it asks of them.

import Testing
import TradingDomain

@testable import Trading

/// One that says whose the key is, what it lists, what it charges and what time it is.
let introducing: ExchangeCapabilities = {
    var capabilities = ExchangeCapabilities()
    capabilities.introducesItself = true
    return capabilities
}()

/// One whose feed may be connected and tell nothing.
func silentFeed(listLag: Duration) -> ExchangeCapabilities {
    var capabilities = ExchangeCapabilities()
    capabilities.feedCanBeSilent = true
    capabilities.listLag = listLag
    return capabilities
}

extension CoreHarness {
    /// A core that trades so many orders, all of them open, on quotes that do not grow old.
    static func trading(_ capabilities: ExchangeCapabilities, orders count: Int = 2) throws -> CoreHarness {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(count))], capabilities: capabilities) {
            $0.risk.maximumQuoteAge = .seconds(100_000)
        }
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.commands = []
        return bench
    }

    /// Whether the account's fills since the last look are asked for.
    var asksRecentFills: Bool {
        commands.contains {
            if case .listFills(let query) = $0.command, case .since = query.scope { true } else { false }
        }
    }

    mutating func takeRecentFills() throws -> (id: CommandID, since: UTCInstant) {
        let taken = try take("recent fills") {
            if case .listFills(let query) = $0, case .since(let since) = query.scope { since } else { nil }
        }
        return (taken.id, taken.value)
    }
}
