import Trading
import TradingDomain

// What waits in the queue of a schedule.

enum Happening {
    /// An event reaches the inbox of this life.
    case toCore(life: Int, Event)
    /// A request reaches the exchange, whoever sent it.
    case arrive(Request)
    case cancelEffect(ExchangeOrderID)
    case tradeAgainst(ExchangeOrderID, permille: Int64)
    case commitDone(life: Int, CommitResult, isThere: Bool, crashes: Bool)
    case crash(life: Int)
    /// A planned action, or what follows from one.
    case act(life: Int, Act)
    case feedUp(life: Int, Feed)
    case marketStep
    case startLife
}

enum Act {
    case signal(StopSignal)
    /// The third signal: the shell leaves at once.
    case leave
    case operatorRequest(OperatorRequest)
    case endOfRun
    case shellFailure
    case setClock(by: Instant)
    /// The life has lasted long enough.
    case enough
}

/// One call on its way to the exchange.
struct Request {
    /// What becomes of the answer.
    enum Reply {
        case comes
        /// The exchange processed it, the answer is lost or useless; told after this long.
        case lost(after: Instant, String)
        case never
    }
    let life: Int
    let id: CommandID
    let command: Command
    var reply = Reply.comes
    /// How long the answer travels.
    var back: Instant
}

/// One process of the bot, from its start to its end.
final class Life {
    let number: Int
    let startedAt: Instant
    var core: TradingCore
    var pipeline = CommitPipeline()
    /// The transaction that is at the disk.
    var transaction: Transaction?
    var turns: Int64 = 0
    var wakeAt: MonotonicInstant?
    /// The loop does not run until then.
    var stalledUntil: Instant = 0
    var stopBeganAt: Instant?
    var stopTurns: Int64 = 0
    var signals = 0
    var hasEnded = false

    var hearsMarket = true
    var hearsOrders = true
    /// Reports are lost until then, though the feed stands.
    var deafUntil: Instant = 0
    var lastReportAt: Instant = 0
    var reports: Int64 = 0

    var actions: [PlannedAction]
    /// Indexes of actions that did not happen yet.
    var pending: [Int]

    /// As after the last turn.
    private(set) var status: CoreStatus

    /// Asks the core without copying it.
    func readStatus() { status = withUnsafeMutablePointer(to: &core) { $0.pointee.status } }

    func position(_ symbol: Symbol) -> Position {
        withUnsafeMutablePointer(to: &core) { $0.pointee.durable.ledger.position(symbol) }
    }

    init(number: Int, startedAt: Instant, core: TradingCore, actions: [PlannedAction]) {
        status = core.status
        self.number = number
        self.startedAt = startedAt
        self.core = core
        self.actions = actions
        pending = Array(actions.indices)
    }
}

enum Ending {
    case exited(ShutdownReport)
    /// The shell's watchdog, or the third signal.
    case cutShort(String)
    case crashed(String)
}
