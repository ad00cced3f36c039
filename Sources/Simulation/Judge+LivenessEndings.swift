import ExchangeModel
import Trading
import TradingDomain

// In calm a stop is short, needs few requests, and its report is right to the last number.

extension Judge {
    private static let stopBound = milliseconds(4_000)

    func judgeCalmEnd(_ report: ShutdownReport, _ life: Life, _ exchange: SimulatedExchange, at now: Instant)
    {
        guard asks(.liveness), let calm = life.view.calm, let began = life.stopBeganAt else { return }
        let view = life.view
        demand(report.exitCode == ExitCode.clean, "a stop in calm ends with \(report.exitCode)")
        demand(report.verdict == .clean, "a stop in calm is \(report.verdict)")
        // What no fill explains is looked into as long as there is time.
        let isSearching = calm.hasDeposit && capabilities.introducesItself
        demand(isSearching || report.errors.isEmpty, "a stop in calm tells errors: \(report.errors)")
        demand(report.cancelErrors == 0, "a stop in calm counts \(report.cancelErrors) failed cancels")
        demand(
            isSearching || report.fillsIncomplete.isEmpty,
            "a stop in calm misses fills of \(report.fillsIncomplete)")
        demand(report.bot == configuration.bot && report.epoch == view.epoch, "a report of somebody else")
        demand(report.mode == view.configuration.mode, "a report of mode \(report.mode)")
        demand(
            report.stoppedAt == exchange.utc(now) && report.startedAt == exchange.utc(calm.beganAt),
            "the report says that it began at \(report.startedAt) and ended at \(report.stoppedAt)")
        demand(
            report.elapsedMs == (now - began) / 1_000_000,
            "the stop took \((now - began) / 1_000_000) ms, the report says \(report.elapsedMs)")
        demand(
            isSearching || now - began <= Self.stopBound + capabilities.evidenceDelay.wholeNanoseconds,
            "a stop in calm took \((now - began) / 1_000_000) ms")
        judgeOrders(of: report, calm, exchange)
        judgePhases(of: report, calm)
        judgeOwed(view, at: .max / 2)
    }

    private func judgeOrders(of report: ShutdownReport, _ calm: CalmView, _ exchange: SimulatedExchange) {
        let ends = calm.knownAtStop.compactMap { exchange.truth($0)?.status }
        let canceled = ends.count { $0 == .canceled }
        demand(
            report.ordersFound == ends.count,
            "\(ends.count) orders had no end when the stop began, \(report.ordersFound) are reported")
        demand(
            report.ordersCanceled == canceled && report.ordersEndedOtherwise == ends.count - canceled,
            "\(canceled) orders were canceled and \(ends.count - canceled) ended otherwise, reported are "
                + "\(report.ordersCanceled) and \(report.ordersEndedOtherwise)")
        let settled = calm.unansweredAtStop.count
        demand(
            report.placementsSettled == settled,
            "\(settled) placements had no answer, \(report.placementsSettled) are reported as settled")
        demand(
            report.lateFills == calm.lateFills,
            "\(calm.lateFills) fills came late, \(report.lateFills) are reported")
    }

    private func judgePhases(of report: ShutdownReport, _ calm: CalmView) {
        demand(report.phases.map(\.name) == StopPhase.allCases, "phases \(report.phases.map(\.name))")
        let attempts = report.phases.filter { $0.name != .flush }.map(\.attempts).reduce(0, +)
        demand(
            attempts <= calm.callsOfStop && attempts + 3 >= calm.callsOfStop,
            "\(calm.callsOfStop) calls were made for the stop, reported are \(attempts)")
        for phase in report.phases {
            demand(
                phase.durationMs >= 0 && phase.startedAt >= report.startedAt
                    && phase.startedAt + .milliseconds(phase.durationMs) <= report.stoppedAt,
                "phase \(phase.name) began at \(phase.startedAt) and took \(phase.durationMs) ms")
        }
        // A cancel, its evidence and its fills for each order, and some listings of some pages.
        let orders = calm.knownAtStop.count
        demand(
            calm.hasDeposit || calm.callsOfStop <= 12 + 4 * orders,
            "\(calm.callsOfStop) calls for the stop of \(orders) orders")
    }
}
