import Supervision
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
    /// A process that was spawned is ready to begin.
    case begin(process: Int)
    /// The end that a signal brings, now or when the kernel lets it.
    case die(process: Int, signal: Int32)
    /// Somebody signals the guardian, or the kernel tells it of an end.
    case guardianHears(guardian: Int, GuardianEvent)
    case guardianAct(guardian: Int, FaultKind)
    /// A planned action, or what follows from one.
    case act(life: Int, Act)
    case feedUp(life: Int, Feed)
    case marketStep
    /// Whoever starts trader247: a service manager, or a person.
    case start(waitingSince: Instant?)
    /// Files, keys and locks are right again.
    case mend
    case endFlood
    /// A feed that lied tells what happens from here on.
    case feedTells(life: Int)
    /// The wall clock of the host jumps, whoever lives.
    case clock(by: Instant)
    /// An order of ours that nobody sends now takes effect.
    case lateOrder(epoch: Int64, sequence: Int64)
    /// All faults end.
    case heal
    /// What healed must have come to something by now.
    case reckon
}

enum Act {
    /// As the process gets it: the watchdog tells one wish from the next.
    case processSignal(StopSignal)
    case signal(StopSignal)
    /// The third signal: the shell leaves at once.
    case leave
    case operatorRequest(OperatorRequest)
    case endOfRun
    case shellFailure
    case setClock(by: Instant)
    /// In calm: the order feed is lost; somebody pays into the account.
    case loseFeed, deposit
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
    /// Sent with the key of another portfolio.
    var isElsewhere = false
    var reply = Reply.comes
    /// How long the answer travels.
    var back: Instant
}

enum Ending {
    case exited(ShutdownReport)
    /// The shell's watchdog, or the third signal.
    case cutShort(String)
    case crashed(String)
    case killed(Int32)
}
