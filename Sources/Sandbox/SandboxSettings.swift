import TradingDomain
import WebTokens

// What a sandbox starts with: where it listens, whom it knows, what trades there, what the account owns.

package struct SandboxSettings: Sendable {
    /// One market and where its price begins.
    package struct Listing: Sendable {
        package var product: Product
        package var baseName: String
        package var firstMid: Price
        /// Usual size of the best level.
        package var levelQuantity: Quantity

        package init(product: Product, baseName: String, firstMid: Price, levelQuantity: Quantity) {
            self.product = product
            self.baseName = baseName
            self.firstMid = firstMid
            self.levelQuantity = levelQuantity
        }
    }

    /// A client that may come: its name and the half of its key that only verifies.
    package struct Client: Sendable {
        package var name: String
        package var key: VerifyingKey

        package init(name: String, key: VerifyingKey) {
            self.name = name
            self.key = key
        }
    }

    package enum MarketKind: String, Sendable, CaseIterable {
        /// A book that stands until somebody moves it.
        case still
        case simulated
    }

    package struct RateLimit: Sendable, Equatable {
        package var burst: Int
        package var perSecond: Int
        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    package var host = "127.0.0.1"
    /// 0: any that is free.
    package var port = 8247
    /// PEM files; both or none.
    package var certificateFile: String?
    package var privateKeyFile: String?

    /// Nil: nobody is asked who he is.
    package var clients: [Client]? = []
    package var listings = SandboxSettings.standardListings
    package var balances: [String: Quantity] = SandboxSettings.standardBalances
    package var seed: UInt64 = 1
    package var market = MarketKind.simulated
    /// From a request to its answer; it takes effect at half of it.
    package var latency = Duration.zero
    /// From an accepted cancel to its effect.
    package var cancelDelay = Duration.milliseconds(5)
    package var rateLimit: RateLimit?
    /// A list of orders shows no more OPEN ones than these, the newest.
    package var openListLimit = 1_000
    /// How long a new socket may take to subscribe to something.
    package var subscribeWithin = Duration.seconds(5)
    /// How long a socket stays open without a message to it.
    package var idleLimit = Duration.seconds(90)
    /// How many requests the journal remembers.
    package var journalLimit = 20_000
    /// When there are more orders, those that ended more than ten minutes ago are forgotten.
    package var orderLimit = 100_000

    package init() {}

    package static let standardBalances: [String: Quantity] = [
        "USD": Quantity(100_000), "BTC": Quantity(1), "ETH": Quantity(20), "SOL": Quantity(100),
    ]

    /// Bitcoin, ether and solana against the dollar, with the fees of a small account.
    package static let standardListings: [Listing] = [
        listing("BTC", "Bitcoin", minimum: -5, mid: 60_000, level: -1),
        listing("ETH", "Ethereum", minimum: -4, mid: 3_000, level: 0),
        listing("SOL", "Solana", minimum: -3, mid: 150, level: 2),
    ].compactMap { $0 }

    /// Powers of ten for the minimum and the usual size of a level.
    private static func listing(_ base: String, _ name: String, minimum: Int, mid: Int64, level: Int)
        -> Listing?
    {
        guard let symbol = Symbol("\(base)-USD") else { return nil }
        return Listing(
            product: Product(
                symbol: symbol, baseIncrement: Quantity(raw: tenTo(-8)),
                priceIncrement: Price(raw: tenTo(-2)),
                minimumQuantity: Quantity(raw: tenTo(minimum)), maximumQuantity: Quantity(100_000),
                minimumNotional: Money(1), makerFee: Rate(basisPoints: 40), takerFee: Rate(basisPoints: 60)),
            baseName: name, firstMid: Price(mid), levelQuantity: Quantity(raw: tenTo(level)))
    }

    /// The raw value of a power of ten from -18 to 6.
    private static func tenTo(_ exponent: Int) -> Int128 {
        var value: Int128 = 1
        for _ in 0..<max(0, fractionalDigits + exponent) { value *= 10 }
        return value
    }
}
