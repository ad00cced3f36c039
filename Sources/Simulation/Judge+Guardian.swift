import Supervision
import Trading
import TradingDomain

// What must hold between guardian, trader and sweep.

extension Judge {
    /// A trader is started only where nobody else may act, and never once a stop was asked for.
    func spawnsTrader(_ guardian: GuardianProcess, _ processes: [CoreProcess]) {
        demand(guardian.stopAskedAt == nil, "a trader is started though a stop was asked for")
        demand(processes.isEmpty, "a trader is started beside process \(processes.first?.number ?? 0)")
    }

    /// Never two traders that send.
    func isAlone(_ life: Life, _ processes: [CoreProcess]) {
        for process in processes where process.isTrader && process.number != life.number {
            demand(process.life == nil, "processes \(life.number) and \(process.number) place orders at once")
        }
    }

    func spawnsSweep(_ kind: SweepKind, _ guardian: GuardianProcess, _ processes: [CoreProcess]) {
        for process in processes {
            demand(
                process.isTrader && kind == .besideTrader,
                "a sweep (\(kind)) is started beside process \(process.number), which lives")
        }
        if kind == .besideTrader {
            demand(
                !processes.isEmpty || guardian.hasUnheardEnd, "a sweep beside a trader that is not there")
        }
    }

    /// After everything that a guardian does.
    func watch(
        _ guardian: GuardianProcess, _ processes: [CoreProcess], _ exchange: SimulatedExchange,
        at now: Instant
    ) {
        for process in processes where process.isTrader && process.guardian == guardian.number {
            // A loop that could turn if there were anything to do.
            if let life = process.life, life.stalledUntil <= now { guardian.caredAt = now }
        }
        // A sweep that the kernel does not let die has the locks, and is waited for.
        if processes.contains(where: { !$0.isTrader && $0.frozenUntil > now }) { guardian.caredAt = now }
        let limits = guardian.limits
        let slack = milliseconds(1_000)
        if let asked = guardian.stopAskedAt, guardian.stalledAt < asked {
            demand(
                now - asked <= limits.stopDeadline.wholeNanoseconds + slack,
                "the guardian is there \((now - asked) / 1_000_000) ms after it was asked to stop")
        }
        // Somebody looks after what rests: a trader that turns, or a sweep. Of an order that no life of ours sends now
        // nobody can know between two processes.
        let live = exchange.liveOrders.filter { !exchange.odd.strange.contains($0) }
        guard guardian.stalledAt < guardian.caredAt, !live.isEmpty else { return }
        let waits =
            limits.startLimit + limits.hangLimit + limits.sweepLimit + limits.longestBackoff + guardian.hangs
        let longest = (waits + .seconds(limits.onCrash == .adoptAndRestart ? 45 : 15)).wholeNanoseconds
        demand(
            now - guardian.caredAt <= longest,
            "orders rest and nobody has looked after them for \((now - guardian.caredAt) / 1_000_000) ms: "
                + "\(live)")
    }

    /// The exit code of a guarded run says no more than was proved.
    func left(
        _ guardian: GuardianProcess, _ code: Int32, _ processes: [CoreProcess], _ exchange: SimulatedExchange,
        at now: Instant
    ) {
        // One that took effect against every promise after the proof is found by the next life.
        let live = exchange.liveOrders.filter { !exchange.odd.strange.contains($0) }
        let arriving = exchange.arriving.sorted()
        switch code {
        case ExitCode.clean, ExitCode.stateNotFlushed, ExitCode.internalError:
            demand(live.isEmpty, "the guardian leaves with \(code) and orders live: \(live)")
            demand(
                arriving.isEmpty, "the guardian leaves with \(code) and orders are on their way: \(arriving)")
            demand(processes.isEmpty, "the guardian leaves with \(code) and a process of its lives")
        case ExitCode.ordersRemain, ExitCode.ordersRemainAndStateNotFlushed:
            demand(
                guardian.stopAskedAt != nil,
                "the guardian leaves with \(code), unasked, though nobody else looks after what remains")
        case ExitCode.usage, ExitCode.alreadyRunning, ExitCode.configuration:
            demand(processes.isEmpty, "the guardian leaves with \(code) and a process of its lives")
            // No exit code is an exception: a store that was lost is all that may excuse it.
            let isExcused = guardian.start == .fresh || !asks(.noExitCode)
            demand(isExcused || live.isEmpty, "the guardian leaves with \(code) and orders live: \(live)")
            demand(
                isExcused || arriving.isEmpty,
                "the guardian leaves with \(code) and orders are on their way: \(arriving)")
        default: fail("the guardian leaves with \(code)")
        }
    }
}
