import Trading
import TradingDomain

// One core in one process, from its first event to its end, with the shell's state beside it.

final class Life {
    /// A loop that will never turn again by itself.
    static let forever: Instant = .max / 4

    let number: Int
    let startedAt: Instant
    /// Whether every fault had ended when it began.
    let isHealed: Bool
    let view: LifeView
    var core: TradingCore
    var pipeline = CommitPipeline()
    /// The transaction that is at the disk.
    var transaction: Transaction?
    var turns: Int64 = 0
    var wakeAt: MonotonicInstant?
    /// The loop does not run until then.
    var stalledUntil: Instant = 0
    /// The venue asked for this much patience.
    var throttledUntil: Instant = 0
    var stopBeganAt: Instant?
    var stopTurns: Int64 = 0
    var flushTurns: Int64 = 0
    var signals = 0
    var hasEnded = false
    /// When the watchdog's patience ends, by the signals that came.
    var patienceEndsAt: Instant = .max
    var firstSignalAt: Instant = .max
    /// How the watchdog counts signals.
    var wishes = 0
    var lastWishAt: Instant?

    var hearsMarket = true
    var hearsOrders = true
    /// Its feed has lied to it.
    var isLiedTo = false
    /// Reports are lost until then, though the feed stands.
    var deafUntil: Instant = 0
    /// The run of its program that is alive, and how many words programs were told.
    var program: Int64?
    var programWords: Int64 = 0
    /// As of when it was last shown a list of working orders.
    var listedAt: Instant = .max
    /// No placement is answered until then.
    var losesRepliesUntil: Instant = 0
    var lastReportAt: Instant = 0
    var reports: Int64 = 0

    /// Where what its strategies want is seen, in calm.
    var wishBooks: [(name: String, book: WishBook)] = []

    var actions: [PlannedAction]
    /// Indexes of actions that did not happen yet.
    var pending: [Int]

    /// As after the last turn.
    private(set) var status: CoreStatus

    /// Asks the core without copying it.
    func readStatus() { status = withUnsafeMutablePointer(to: &core) { $0.pointee.status } }

    /// What the core says that it holds.
    func position(_ symbol: Symbol) -> Judge.Book {
        withUnsafeMutablePointer(to: &core) {
            $0.pointee.durable.ledger.positions[symbol].map(Judge.Book.init) ?? Judge.Book()
        }
    }

    /// What the core says that its strategies hold.
    var strategiesPositions: [String: [Symbol: Position]] {
        withUnsafeMutablePointer(to: &core) { $0.pointee.durable.ledger.books.positions }
    }

    init(
        number: Int, startedAt: Instant, isHealed: Bool, view: LifeView, core: TradingCore,
        actions: [PlannedAction]
    ) {
        status = core.status
        self.number = number
        self.startedAt = startedAt
        self.isHealed = isHealed
        self.view = view
        self.core = core
        self.actions = actions
        pending = Array(actions.indices)
    }
}
