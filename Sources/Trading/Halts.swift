// A halt gates and sweeps like a stop, but the process stays up; it is durable, and only an operator's
// `resume` leaves it.

import TradingDomain

extension TradingCore {
    mutating func halt(_ cause: Halt.Cause, _ detail: String, _ turn: inout Turn) {
        guard volatile.stop == nil else { return }
        let isNews = !durable.halts.contains { $0.cause == cause }
        if isNews {
            record(.halted(Halt(cause: cause, detail: detail, at: now.utc)), &turn)
            alert(
                "halt",
                "halted (\(cause.rawValue)): \(detail); every order is being canceled, trading goes "
                    + "on after `run --resume`", &turn)
        }
        guard volatile.lifecycle == .trading else { return }
        volatile.lifecycle = .halted
        dropIntents("halted: \(detail)", &turn)
        beginSweep(&turn)
    }

    /// A halt decided while something else was in hand.
    mutating func beginPendingHalt(_ turn: inout Turn) {
        guard let pending = volatile.pendingHalt else { return }
        volatile.pendingHalt = nil
        halt(pending.cause, pending.detail, &turn)
    }

    mutating func resume(_ turn: inout Turn) {
        guard !durable.halts.isEmpty, volatile.stop == nil else { return }
        record(.resumed(at: now.utc), &turn)
        // An operator who resumes after a daily loss has seen it: the day is measured from here.
        record(.dayBegan(TradingDay(number: now.utc.dayNumber, baseline: volatile.markedResult)), &turn)
        inform("resumed", "resumed by the operator", &turn)
        guard volatile.lifecycle == .halted else { return }
        volatile.sweep = nil
        volatile.lifecycle = .trading
        volatile.nextCycleAt = now.monotonic
    }
}
