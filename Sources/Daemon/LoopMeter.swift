// What the loop tells whoever measures it. All of it returns at once and costs a small part of a turn; nothing that a
// meter does changes what the loop does.

import Trading
import TradingDomain

package protocol LoopMeter: AnyObject, Sendable {
    /// A turn is complete, its commands handed over. Not told of the last one.
    func turned(_ event: Event, _ turn: Turn, took: Duration, at real: MonotonicInstant)
    /// A call is about to be handed to the adapter.
    func called(_ call: CallKind)
    /// The answer to a call was taken from the inbox so long after the call was handed to the adapter.
    func answered(_ call: CallKind, _ answer: Answer, took: Duration)
    /// From handing a transaction over to taking its result.
    func committed(_ result: CommitResult, took: Duration)
    /// How things stand, at a calm pace and whenever the life moves on.
    func show(_ overview: CoreOverview)
    /// The life is over, its report is written.
    func ended(_ report: ShutdownReport)
    /// How long it wants to wait, when all is done, for somebody to look.
    var linger: Duration { get }
    /// Nothing is left to do: writes what shall outlive the process, and lingers, no longer than this.
    func conclude(within limit: Duration)
}

/// What was asked of the exchange. The raw value is its name for machines.
package enum CallKind: String, CaseIterable, Sendable {
    case place
    case cancel
    case listOrders = "list_orders"
    case listFills = "list_fills"
    case listBalances = "list_balances"
    case askPermissions = "ask_permissions"
    case askProducts = "ask_products"
    case askFees = "ask_fees"
    case askTime = "ask_time"
    case askQuotes = "ask_quotes"
    case connect

    /// Nil for what the shell itself answers.
    package init?(_ command: Command) {
        switch command {
        case .place: self = .place
        case .cancel: self = .cancel
        case .listOrders: self = .listOrders
        case .listFills: self = .listFills
        case .listBalances: self = .listBalances
        case .connect: self = .connect
        case .ask(.permissions): self = .askPermissions
        case .ask(.products): self = .askProducts
        case .ask(.fees): self = .askFees
        case .ask(.time): self = .askTime
        case .ask(.quotes): self = .askQuotes
        case .flush, .exit: return nil
        }
    }
}

extension Answer {
    /// How the call ended, for machines. The adapters' own words: `unsent` left no byte, `ambiguous` may have.
    package var outcomeName: String {
        switch self {
        case .placed(.accepted), .canceled(.answered), .orders(.page), .fills(.page), .balances(.balances),
            .connected(.begun), .flushed(.flushed):
            "ok"
        case .placed(.rejected): "rejected"
        case .canceled(.refused): "refused"
        case .placed(.unsent(let failure)), .canceled(.unsent(let failure)): failure.name("unsent")
        case .placed(.ambiguous(let failure)), .canceled(.ambiguous(let failure)): failure.name("ambiguous")
        case .orders(.failed(let failure)), .fills(.failed(let failure)), .balances(.failed(let failure)),
            .connected(.failed(let failure)), .told(.failed(let failure)):
            failure.name("failed")
        case .told: "ok"
        case .flushed(.failed): "failed"
        case .withheld: "withheld"
        }
    }
}

extension CallFailure {
    fileprivate func name(_ name: String) -> String { isRateLimit ? "rate_limited" : name }
}

/// Calls that are under way, with when they began.
struct CallWatch {
    /// Adapters answer every call; one that does not must not make us grow.
    private static let limit = 8_192

    private var open: [CommandID: (kind: CallKind, at: MonotonicInstant)] = [:]

    /// The call that begins; nil for what is none.
    mutating func begin(_ command: NumberedCommand, at real: MonotonicInstant) -> CallKind? {
        guard open.count < Self.limit, let kind = CallKind(command.command) else { return nil }
        open[command.id] = (kind, real)
        return kind
    }

    mutating func end(_ id: CommandID) -> (kind: CallKind, at: MonotonicInstant)? {
        open.removeValue(forKey: id)
    }
}

extension TradingLoop {
    func measure(_ event: Event, _ turn: Turn, since began: MonotonicInstant) {
        guard let meter = parts.meter else { return }
        let real = parts.clock.real()
        if case .answered(let id, let answer) = event, let call = callWatch.end(id) {
            meter.answered(call.kind, answer, took: began - call.at)
        }
        meter.turned(event, turn, took: real - began, at: real)
    }

    /// Within the stop's own deadline: an exit is never late for somebody who might still look.
    func concludeMeter() {
        guard let meter = parts.meter else { return }
        var limit: Duration = .seconds(60)
        if let deadline = core.status.stopDeadline {
            limit = deadline - parts.clock.now().monotonic - .milliseconds(50)
        }
        meter.conclude(within: max(.zero, limit))
    }
}
