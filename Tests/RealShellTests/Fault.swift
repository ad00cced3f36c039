// What can go wrong around the real shell, how often, and the record of what did.

import Synchronization
import TradingDomain

enum Fault: String, CaseIterable, Sendable {
    // One call to the exchange.
    case lostRequest, lostReply, errorBefore, errorAfter, hungBefore, hungAfter, slowRequest, slowReply
    case rateLimited, failedConnect
    // Cancels.
    case cancelCallFailed, batchRefused, itemRefused, unknownOrderLie, missingResult
    // Lists.
    case failedPage, incompleteList, staleList, laggingFills
    // Feeds.
    case duplicateReport, delayedReport, droppedReport, feedGap, feedLost, feedSilent, marketLost
    // The disk.
    case slowCommit, overdueCommit, hungCommit, failedCommit, failedCommitThere
    case tornCommit, crashAfterCommit
    // The process and those around it.
    case crash, signal, doubleSignal, operatorStop, haltAndResume, earlyEnd, overslept, clockWentBack
    /// A placement that was in the network when its life ended, and arrived in the next one.
    case straggler

    /// Faults that are drawn at each opportunity.
    static let drawn: [Fault] = [
        .lostRequest, .lostReply, .errorBefore, .errorAfter, .hungBefore, .hungAfter, .slowRequest,
        .slowReply, .rateLimited, .failedConnect, .batchRefused, .itemRefused, .unknownOrderLie,
        .missingResult, .failedPage, .incompleteList, .staleList, .laggingFills, .duplicateReport,
        .delayedReport, .droppedReport, .feedLost, .feedSilent, .marketLost, .slowCommit,
    ]
}

/// How often each fault is drawn: each schedule has its own subset, so that rare ones are not drowned.
struct FaultRates: Sendable {
    private var permille: [Fault: Int64] = [:]

    static let none = FaultRates()

    private init() {}

    init(_ dice: inout Dice) {
        let share: Int64 = dice.pick([200, 400, 650])
        for fault in Fault.drawn {
            let rate: Int64 =
                switch fault {
                case .hungBefore, .hungAfter: dice.pick([10, 40, 120])
                case .feedLost, .feedSilent: dice.pick([5, 15, 40])
                case .marketLost: dice.pick([2, 5, 15])
                case .slowCommit: dice.pick([20, 100])
                case .failedConnect, .staleList: dice.pick([300, 700])
                case .duplicateReport, .delayedReport: dice.pick([100, 300])
                default: dice.pick([20, 60, 150, 300])
                }
            if dice.chance(share) { permille[fault] = rate }
        }
    }

    subscript(_ fault: Fault) -> Int64 { permille[fault] ?? 0 }
}

/// What happened in a schedule, across its lives: the faults that fired, the client ids that went out, and what
/// should not have happened.
final class Chronicle: Sendable {
    private struct State: Sendable {
        var fired: [Fault: Int] = [:]
        var sent: Set<ClientOrderID> = []
        var findings: [String] = []
    }
    private let state = Mutex(State())

    func note(_ fault: Fault) { state.withLock { $0.fired[fault, default: 0] += 1 } }

    /// False when this id went out before.
    func sent(_ id: ClientOrderID) -> Bool { state.withLock { $0.sent.insert(id).inserted } }

    func find(_ what: String) { state.withLock { $0.findings.append(what) } }

    func demand(_ fact: Bool, _ what: @autoclosure () -> String) { if !fact { find(what()) } }

    var fired: [Fault: Int] { state.withLock { $0.fired } }
    var findings: [String] { state.withLock { $0.findings } }
    var placements: Int { state.withLock { $0.sent.count } }
}
