// Everything that the core knows and does not need to survive: rebuilt by recovery from the durable state and
// from what the exchange shows.

import TradingDomain

struct VolatileState: Sendable {
    private let byAddress = ByAddress()
    var lifecycle = CoreStatus.Lifecycle.starting
    var startedAt = Stamp(monotonic: MonotonicInstant(nanoseconds: 0), utc: UTCInstant(nanoseconds: 0))
    var generator: SeededGenerator
    var commands: CommandID = 0
    /// Made in this life.
    var records = 0
    /// Sequence of the last client order id of this epoch.
    var sequence: Int64 = 0
    /// The first epoch of this life, where the life before it proved that nothing of ours rests; nil where it did not.
    var epochAfterProof: Int64?

    // What is asked of the exchange.
    var calls = Calls()
    var budget: RateBudget
    var cancelDesk: CancelDesk<ClientOrderID>
    /// Orders of others, for a sweep of the whole account.
    var foreignDesk: CancelDesk<ExchangeOrderID>
    /// Orders whose evidence is missing, by exchange id.
    var evidenceDesk = QueryDesk<ExchangeOrderID>()
    /// Orders that have ended and whose size the exchange does not call final.
    var unsettled: Set<ClientOrderID> = []
    /// Those of them that were given up.
    var neverSettled: Set<ClientOrderID> = []
    /// Orders of which more was said to be filled than was ordered.
    var overclaims: [ClientOrderID: Overclaim] = [:]
    var review = FeedReview()
    var finalFills = FinalFills()
    /// Orders whose fills do not add up.
    var fillDesk = QueryDesk<ClientOrderID>()
    /// Further pages of their fills, to be asked for as soon as the budget allows.
    var fillPages = Fifo<(orders: [ClientOrderID], cursor: String)>()
    var workingList = Listing()
    /// The call for its last page that was asked.
    var workingListCall: CommandID?
    var history = Listing()
    /// The call for its last page that was asked.
    var historyCall: CommandID?
    var past = PastOrders()
    var unknown = UnknownPlacements()

    // What the exchange showed.
    @Rare var lastListing: Listing.Result?
    /// A complete listing begun at or after this is needed before the order feed is believed again.
    var reconcileSince: MonotonicInstant?
    /// Orders of our name that the exchange shows alive and the ledger does not hold as working.
    var strays: [ClientOrderID: StrayOrder] = [:]
    /// Orders of our name that ended before it was known whose account this is: news as soon as it is.
    var unconfirmedEnds: [ClientOrderID: OrderSnapshot] = [:]
    /// Orders that our books do not hold and of whose end the exchange told; forgotten when there are too many.
    var endedUnbooked: Set<ClientOrderID> = []
    /// The last complete listing of an account that is not confirmed yet.
    @Rare var heldListing: HeldListing?
    /// Of such a listing that is under way, the orders of our name.
    var heldOrders: [OrderSnapshot] = []
    /// Nobody can tell in which markets an earlier life had orders: its store is lost.
    var isStoreDoubtful = false
    /// Somebody was told that the exchange's list is cut off.
    var isCutOffTold = false
    var quotes = FewKeyed<Symbol, Quote>()
    var marketRecords = FewKeyed<Symbol, MarketRecord>()
    /// Quotes in a row that were too old when they came, and when somebody was last told.
    var staleQuotes = 0
    var staleQuotesToldAt: MonotonicInstant?
    /// Somebody was told and waits for better news.
    var areQuotesStale = false
    /// Total funds per currency, holds included; nil until the exchange told them.
    var funds: FewKeyed<String, Money>?
    var fundsAskedAt: MonotonicInstant?
    var fundsFailures = 0
    var fundsAreStale = true
    var account = AccountWatch()
    var introduction = Introduction()
    var feeds = FeedStates()
    var universe = UniverseState()

    // What is being done.
    var slots: [StrategySlot] = []
    /// Whether one of them is a program outside.
    var hasPrograms = false
    var leases = Leases()
    /// Intents that are not durable yet, or are and wait for a request of the rate budget, in the order of their
    /// turns.
    var awaitingCommit = Fifo<(turn: TurnNumber, order: RiskApproved, decidedAt: MonotonicInstant)>()
    /// Every record of the turns up to this one is on disk.
    var durableThrough: TurnNumber = 0
    var placementPause: MonotonicInstant?
    var pausesTold = PausesTold()
    var placementFailures = 0
    var nextCycleAt: MonotonicInstant?
    var cycles = 0
    /// When orders were intended within the last minute.
    var recentIntents = Fifo<MonotonicInstant>()
    /// Those of earlier lives are among them.
    var isRateWindowRestored = false
    /// Result per symbol at its last quote, after fees.
    var marks = FewKeyed<Symbol, Money>()
    var markedResult: Money = .zero
    /// Open positions without a quote: while there are any, the result is not known.
    var unquoted: Set<Symbol> = []
    /// Refusals that were journaled lately, so that one that repeats is journaled once a minute.
    var refusalsTold: [String: MonotonicInstant] = [:]
    @Rare var sweep: Sweep?
    var sweeps = 0
    var lastProvedSweep = 0
    @Rare var flatten: Flatten?
    var pendingStop: PendingStop?
    /// What an earlier life sent may take effect unseen until then, and no store tells what it sent: a listing
    /// begun earlier proves nothing.
    var strayRequestsUntil: MonotonicInstant?
    @Rare var stop: GracefulShutdown?
    var storeFailure: String?
    /// A halt that was decided in the middle of something else.
    var pendingHalt: Halt?

    init(configuration: CoreConfiguration, capabilities: ExchangeCapabilities) {
        generator = SeededGenerator(seed: configuration.seed)
        budget = RateBudget(limits: configuration.rate)
        cancelDesk = CancelDesk(batchLimit: capabilities.cancelBatchLimit)
        foreignDesk = CancelDesk(batchLimit: capabilities.cancelBatchLimit)
        // A venue's feeds are up when they say so.
        for feed in Feed.allCases where capabilities.introducesItself { feeds[feed].isUp = false }
    }
}

/// One strategy at work.
struct StrategySlot: Sendable {
    var strategy: AnyStrategy
    @Apart var runner: any StrategyRunner
    /// What decides in the runner's place, where that is a program outside.
    @Rare var program: ExternalProgram?
    /// Its last answer.
    var asked: [WantedOrder] = []
    /// Of that, what it may want: nothing while it rests, only exits in markets that left the universe.
    var desired: [WantedOrder] = []
    /// Of that, what neither rests nor is on its way, last first.
    var unmet: [WantedOrder] = []
    /// How many records were made when it was last compared and nothing was to be done; nil where something was.
    var settledAt: Int?
    /// What these wishes rest on.
    var seen = DecisionView()
    /// In a dry run, what would rest by now: everything that was told, once.
    var imagined: [OrderTerms: Int] = [:]
    /// A decision is due for a change of one of its orders; not at once, since changes come in crowds.
    var decideAt: MonotonicInstant?
    var changedSymbol: Symbol?
    /// An order ended that is still wanted: what rests is compared even if the strategy changes nothing.
    var mustCompare = false
    /// When orders were intended for it within the last minute.
    var recentIntents = Fifo<MonotonicInstant>()
    /// When decisions of it took too long within the last minute.
    var slowDecisions = Fifo<MonotonicInstant>()
    var lastRefusal: StrategyStatus.Refusal?

    /// - Throws: `MemoryError`.
    init(_ strategy: AnyStrategy, memory: String?) throws {
        self.strategy = strategy
        let runner = try strategy.runner(memory: memory)
        _runner = Apart(wrappedValue: runner)
        program = strategy.external.map {
            ExternalProgram($0, memory: memory, recordsMemory: runner.recordsMemory)
        }
    }
}

struct FeedStates: Sendable {
    struct State: Sendable {
        var isUp = true
        var failures = 0
        var reconnectAt: MonotonicInstant?
        var downSince: MonotonicInstant?
        /// Somebody was told and waits for better news.
        var isDownTold = false
    }
    var market = State()
    var orders = State()

    subscript(_ feed: Feed) -> State {
        get {
            switch feed {
            case .market: market
            case .orders: orders
            }
        }
        set {
            switch feed {
            case .market: market = newValue
            case .orders: orders = newValue
            }
        }
    }
}
