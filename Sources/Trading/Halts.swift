// A halt gates and sweeps like a stop, but the process stays up; it is durable, and only an operator's
// `resume` leaves it.

import TradingDomain

extension TradingCore {
    mutating func halt(_ cause: Halt.Cause, _ detail: String, _ turn: inout Turn) {
        // What an operator says in the middle of a stop is for the next life.
        guard volatile.stop == nil || cause == .killSwitch else { return }
        let isNews = !durable.halts.contains { $0.cause == cause }
        if isNews {
            record(.halted(Halt(cause: cause, detail: detail, at: now.utc)), &turn)
            alert(
                "halt",
                "halted (\(cause.rawValue)): \(detail); every order is being canceled, trading goes "
                    + "on after `trader247 resume --confirm`", &turn)
        }
        guard volatile.stop == nil else { return }
        volatile.flatten = nil
        switch volatile.lifecycle {
        case .trading, .idle: volatile.lifecycle = .halted
        // The recovery ends halted. What it would have adopted is canceled now.
        case .recovering where volatile.sweep == nil: break
        default: return
        }
        volatile.leases.forgetRemainders()
        dropIntents("halted: \(detail)", &turn)
        beginSweep(.halt, &turn)
        hurryWhatWaits()
    }

    /// What was asked patiently before a sweep is not waited for that long in it.
    mutating func hurryWhatWaits() {
        volatile.calls.hurry(by: now.monotonic + attemptPatience)
        volatile.unknown.hurry(at: now.monotonic)
        volatile.workingList.hurry()
        volatile.history.hurry()
        volatile.cancelDesk.hurry()
        volatile.evidenceDesk.hurry(at: now.monotonic)
        volatile.fillDesk.hurry(at: now.monotonic)
        volatile.introduction.hurryProof(at: now.monotonic)
    }

    /// A halt decided while something else was in hand.
    mutating func beginPendingHalt(_ turn: inout Turn) {
        guard let pending = volatile.pendingHalt else { return }
        volatile.pendingHalt = nil
        halt(pending.cause, pending.detail, &turn)
    }
}
