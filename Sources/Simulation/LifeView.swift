import Trading
import TradingDomain

// What the judge keeps of one life, apart from what the core keeps. It judges nothing.

final class LifeView {
    struct FillKey: Hashable {
        let order: ClientOrderID
        let fill: FillID
    }

    /// What an order was decided on.
    struct Decision {
        let at: Instant
        let strategy: String
        let terms: OrderTerms
        /// Under which it is wanted once, with its strategy's name.
        let key: String?
        /// The limits that counted then.
        let risk: RiskLimits
        let mid: Int128
        /// What had been filled too much, as far as it was booked then.
        let surplus: Int128
    }

    /// Whether this life reads and writes the disk.
    let hasStore: Bool
    /// Whether it is a sweep, which places nothing.
    let isSweep: Bool
    /// Its key shows another account.
    let isElsewhere: Bool
    /// What it was started with, and what an operator changed since.
    var configuration: CoreConfiguration

    var isRecovered = false
    var isStopping = false
    var isHalted = false
    /// What an operator's word keeps until another one.
    var standing: Standing.Kind?
    /// When a sweep was asked for; nil while none is awaited.
    var sweepAskedAt: Instant?
    /// Placed while something stood: these were judged when they were decided.
    var reducing: Set<ClientOrderID> = []
    var epoch: Int64 = 0
    /// The one that it began with; found orders may have raised it since.
    var firstEpoch: Int64 = 0
    var lastPhase = StopPhase.gate
    var states: [ClientOrderID: OrderState] = [:]
    /// Orders whose remainder was placed again.
    var renewed: Set<ClientOrderID> = []
    var books: [Symbol: Judge.Book] = [:]
    var bookedFills: Set<FillKey> = []
    /// Orders that this life found at the exchange and the store had not known, and whether it said so.
    var discovered = 0
    var saysStoreIsBehind = false
    var recordsMade = 0
    var recordsFound = 0
    var lastCommand: CommandID = 0
    var listings: SeenListings
    /// When the last listing that showed everything was begun.
    var provedSince: Instant { listings.provedSince }
    /// What truly lived when the stop began.
    var liveAtStop: [ClientOrderID] = []
    /// Orders that this life decided on.
    var decisions: [ClientOrderID: Decision] = [:]
    /// The last price of each market that this life was told.
    var quotes: [Symbol: Quote] = [:]
    /// When each was told.
    var quotedAt: [Symbol: Instant] = [:]
    /// Whether the order feed stands, since when it needs a listing, and what is too old to be placed.
    var ordersAreHeard: Bool
    var listingNeededSince: Instant = -1
    var isOutdatedBefore: Instant = -1
    /// What the venue's clock was last said to be.
    var clockAsked: [CommandID: Instant] = [:]
    /// When the newest reading that was heard was asked for.
    var clockHeardOf: Instant = -1
    var clock: (readAt: Instant, uncertainty: Duration)?
    /// The result when the day began, as the record has it, and which day that is.
    var baseline: Int128?
    var day: Int64?
    /// Whether somebody asked for the end, and whether it has a cause that nobody asked for.
    var isEndAsked = false
    var isEndUnasked = false
    /// Exchange ids of orders that this life was told to have ended, and that a list showed alive since.
    var toldEnded: Set<ExchangeOrderID> = []
    var shownAlive: Set<ExchangeOrderID> = []
    /// When the exchange id of each order was first told, by whatever way.
    var toldAt: [ExchangeOrderID: Instant] = [:]
    /// When the last cancel of each order was sent; since when all are wanted; whether the venue slowed cancels.
    var cancelSentAt: [ExchangeOrderID: Instant] = [:]
    var cancelsWantedSince: Instant?
    var isCancelThrottled = false
    /// Orders that rested before it began while nothing of ours ran, and nobody had said so.
    var owes: Set<ClientOrderID> = []
    /// What stands by the records alone, and strategies that were taken out.
    var recordedStanding: Standing.Kind?
    var isHaltRecorded = false
    /// A halt for the day's loss stands.
    var isHaltedOnLoss = false
    /// It was resumed, and the day not measured anew yet.
    var mayMeasureAnew = false
    var disabled: Set<String> = []
    var haltedStrategies: Set<String> = []
    var bookedRows: Set<FillID> = []
    /// Rows of fills that an answer has shown.
    var toldRows: Set<FillID> = []
    var fillsAsked: [CommandID: Instant] = [:]
    var listAsked: [CommandID: Instant] = [:]
    /// The markets that take orders, as the venue said last; nil where it was not asked.
    var open: Set<Symbol>?
    var productsAsked: [CommandID: Instant] = [:]
    var permissionsAsked: [CommandID: Instant] = [:]
    /// Whether the venue has said whose account it is, where it must.
    var isAccountConfirmed: Bool
    /// How often each alert was raised.
    var alerts: [String: Int] = [:]
    /// Placed in the turn in hand: they are on no way yet.
    var placedNow: [ClientOrderID] = []
    /// What the exchange's own bucket holds, in nanoseconds of refill, and when it was looked at.
    var tokens: Int64 = 0
    var tokensAt: Instant?

    /// Where nothing goes wrong.
    var calm: CalmView?

    /// Whether nothing may be decided or placed.
    var isGated: Bool { isStopping || isHalted || standing == .stopped }

    init(
        _ capabilities: ExchangeCapabilities, hasStore: Bool, isSweep: Bool, configuration: CoreConfiguration,
        isElsewhere: Bool = false,
        hearsOrders: Bool = true
    ) {
        listings = SeenListings(capabilities)
        isAccountConfirmed = !capabilities.introducesItself
        ordersAreHeard = hearsOrders
        self.hasStore = hasStore
        self.isElsewhere = isElsewhere
        self.isSweep = isSweep
        self.configuration = configuration
    }
}
