// What the core must know before its first event: limits, deadlines, and what the exchange can do.

import TradingDomain

package struct CoreConfiguration: Codable, Equatable, Sendable {
    package var bot: BotID
    package var mode: Mode
    /// Time between decisions when nothing happens, and how much of it may be added at random (0 to 1).
    package var cycleInterval: Duration = .seconds(5)
    package var cycleJitter: Double = 0.1
    package var risk = RiskLimits()
    package var rate = RateLimits()
    /// Working orders older than this are canceled; nil for never.
    package var orderMaximumAge: Duration?
    /// Resting orders end by themselves after this unless they are renewed; nil for never.
    package var lease: Duration?
    /// Of the rate budget, what renewals may take, percent.
    package var leaseShare = 25
    /// What becomes of orders that an earlier life left behind.
    package var leftovers: Leftovers = .cancel
    /// How long one exchange call is awaited while trading.
    package var callTimeout: Duration = .seconds(10)
    package var stop = StopLimits()
    /// Stop by itself after this many decision cycles, once what they wanted is placed; nil for never.
    package var maximumCycles: Int?
    /// Whether every placement and fill is worth a line for people.
    package var tellsOrders = true
    /// The venue's clock must be known at least this well, or nothing is placed.
    package var maximumClockUncertainty: Duration = .milliseconds(150)
    /// The portfolio that the key must belong to; nil where any will do.
    package var expectedPortfolio: String?
    /// The last life left no final report: whatever its last record says, news may have come after it.
    package var distrustsMarker = false
    /// This life begins with its stop: it cancels and proves, and never trades.
    package var sweepsOnly = false
    /// How the life ended that this sweep follows; nil when an operator asked for it.
    package var crash: String?
    /// By which rules strategies that follow it choose their markets; nil where none does.
    package var universe: UniverseRules?
    /// The strategy that was deciding when the life before this one died, as the shell has found.
    package var diedDeciding: String?
    /// Its stop cancels the orders of others too: the whole account.
    package var cancelsForeign = false
    /// Seeds the core's only source of randomness (jitter).
    package var seed: UInt64 = 1

    package enum Leftovers: String, Codable, Sendable, CaseIterable { case cancel, adopt }

    package init(bot: BotID, mode: Mode) {
        self.bot = bot
        self.mode = mode
    }
}

package struct RiskLimits: Codable, Equatable, Sendable {
    /// Largest value of one order, quote units.
    package var maximumOrderNotional: Money = Money(10_000)
    package var maximumWorkingOrdersPerSymbol: Int = 200
    package var maximumWorkingOrders: Int = 500
    /// Largest absolute position per symbol that fills could lead to, valued in quote units at the mid.
    package var maximumPositionNotional: Money = Money(50_000)
    /// Largest distance of a limit price from the last mid, in basis points.
    package var priceCollarBasisPoints: Int64 = 2_000
    /// A quote older than this refuses new orders.
    package var maximumQuoteAge: Duration = .seconds(30)
    package var maximumOrdersPerMinute: Int = 600
    /// Loss since 00:00 UTC (realised after fees plus unrealised) that halts, quote units. Zero: no limit.
    package var maximumDailyLoss: Money = Money(1_000)

    package init() {}
}

package struct RateLimits: Codable, Equatable, Sendable {
    /// Requests that may be sent at once; the bucket's size.
    package var burst: Int = 30
    package var perSecond: Int = 30
    /// Nil where the venue has no hourly limit.
    package var perHour: Int?
    /// Requests that only cancels may use.
    package var cancelReserve: Int = 10
    /// Exchange calls under way at once.
    package var maximumInFlight: Int = 64

    package init() {}
}

package struct StopLimits: Codable, Equatable, Sendable {
    /// From the signal to the exit, all of it.
    package var deadline: Duration = .seconds(8)
    /// Of the deadline, kept for the flush and for the report.
    package var flushReserve: Duration = .milliseconds(1_500)
    package var reportReserve: Duration = .milliseconds(500)
    /// A second signal leaves this much for one full-speed sweep.
    package var expedited: Duration = .seconds(3)
    /// The longest that one attempt is awaited.
    package var attempt: Duration = .seconds(2)

    package init() {}
}

/// What the exchange can do and how its requests live and die.
package struct ExchangeCapabilities: Codable, Equatable, Sendable {
    /// Ids in one cancel call.
    package var cancelBatchLimit: Int
    /// Ids in one query by id.
    package var queryIDLimit: Int
    /// From sending a placement to the moment at which it can no longer take effect unseen: its token's
    /// life, the venue's leeway, the lag of its lists and the clocks' uncertainty.
    package var requestLife: Duration
    /// How long after an accepted cancel its evidence usually comes by itself.
    package var evidenceDelay: Duration
    /// Whether orders are sent anywhere at all; false for a dry run.
    package var holdsOrders: Bool
    /// How far the venue's lists may lag behind what it did.
    package var listLag: Duration = .zero
    /// Whether open orders must be listed apart from those in other statuses. Then an order may move from one list to
    /// the other between two readings.
    package var listsOpenAlone = false
    /// The venue returns no more open orders than this, however many there are; nil where it returns all of them. A list
    /// that has as many is not complete.
    package var openListLimit: Int?
    /// Whether the order feed may stay connected and yet not tell what happens.
    package var feedCanBeSilent = false
    /// Whether the venue must be asked for permissions, products, fees and time before anything is traded.
    package var introducesItself = false
    /// Placements that can be under way at once; nil for no limit of the adapter's. One more is `unsent`.
    package var placementsAtOnce: Int?
    /// Cancels and questions that can be under way at once; nil for no limit of the adapter's.
    package var callsAtOnce: Int?

    package init(
        cancelBatchLimit: Int = 100, queryIDLimit: Int = 50, requestLife: Duration = .seconds(10),
        evidenceDelay: Duration = .milliseconds(250), holdsOrders: Bool = true
    ) {
        self.cancelBatchLimit = cancelBatchLimit
        self.queryIDLimit = queryIDLimit
        self.requestLife = requestLife
        self.evidenceDelay = evidenceDelay
        self.holdsOrders = holdsOrders
    }
}
