// How the embedded exchange is reached, and what a new book of it starts with.

import ExchangeModel
import Trading
import TradingDomain

/// The way to the exchange and its manners. May differ from one life to the next.
package struct PaperNetwork: Equatable, Sendable {
    /// Requests that are taken at once, and how many more each second.
    package struct RateLimit: Equatable, Sendable {
        package var burst: Int
        package var perSecond: Int
        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    /// From a request to its answer. It takes effect at half of it; what the feeds tell is half of it old.
    package var latency: Duration = .milliseconds(20)
    /// Nil for no limit.
    package var rateLimit: RateLimit? = RateLimit(burst: 30, perSecond: 30)
    /// Ids in one cancel request.
    package var cancelBatchLimit = 100
    /// Ids in one query.
    package var queryIDLimit = 50
    /// Orders or fills on one page.
    package var pageLimit = 250
    /// From an accepted cancel to its effect.
    package var cancelDelay: Duration = .milliseconds(5)

    package init() {}

    package var halfLatency: Duration { latency / 2 }

    package var capabilities: ExchangeCapabilities {
        ExchangeCapabilities(
            cancelBatchLimit: cancelBatchLimit, queryIDLimit: queryIDLimit,
            // A request is written before it is under way and takes effect at half the latency; the rest is
            // for a thread that was not scheduled.
            requestLife: latency + .milliseconds(50),
            evidenceDelay: latency + cancelDelay + .milliseconds(20))
    }
}

/// One market of a new book.
package struct PaperListing: Equatable, Sendable {
    package var product: Product
    /// Where a simulated market starts.
    package var firstMid: Price
    /// Usual size of a simulated market's best level.
    package var levelQuantity: Quantity

    package init(product: Product, firstMid: Price, levelQuantity: Quantity) {
        self.product = product
        self.firstMid = firstMid
        self.levelQuantity = levelQuantity
    }
}

/// What a new book starts with. A book that exists keeps what it has.
package struct PaperAccount: Equatable, Sendable {
    package var listings: [PaperListing]
    /// Units per currency.
    package var balances: [String: Quantity]
    /// Seeds the simulated market.
    package var seed: UInt64

    package init(listings: [PaperListing], balances: [String: Quantity], seed: UInt64) {
        self.listings = listings
        self.balances = balances
        self.seed = seed
    }

    /// Bitcoin, ether and solana against the dollar, with the fees of a small account.
    package static let standard = PaperAccount(
        listings: [
            listing("BTC", base: -8, price: -2, minimum: -5, mid: 60_000, level: -1),
            listing("ETH", base: -8, price: -2, minimum: -4, mid: 3_000, level: 0),
            listing("SOL", base: -8, price: -2, minimum: -3, mid: 150, level: 2),
        ].compactMap { $0 },
        balances: ["USD": Quantity(100_000), "BTC": Quantity(1), "ETH": Quantity(20), "SOL": Quantity(100)],
        seed: 1)

    /// Powers of ten for the increments, the minimum and the usual size of a level.
    private static func listing(
        _ base: String, base increment: Int, price: Int, minimum: Int, mid: Int64, level: Int
    ) -> PaperListing? {
        guard let symbol = Symbol("\(base)-USD") else { return nil }
        return PaperListing(
            product: Product(
                symbol: symbol, baseIncrement: Quantity(raw: tenTo(increment)),
                priceIncrement: Price(raw: tenTo(price)), minimumQuantity: Quantity(raw: tenTo(minimum)),
                maximumQuantity: Quantity(100_000), minimumNotional: Money(1),
                makerFee: Rate(basisPoints: 40), takerFee: Rate(basisPoints: 60)),
            firstMid: Price(mid), levelQuantity: Quantity(raw: tenTo(level)))
    }

    /// The raw value of a power of ten from -18 to 6.
    private static func tenTo(_ exponent: Int) -> Int128 {
        var value: Int128 = 1
        for _ in 0..<max(0, fractionalDigits + exponent) { value *= 10 }
        return value
    }
}
