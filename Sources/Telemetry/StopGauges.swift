// The stop, live while it runs and final when it is over. None of it is there before one began.

import Trading
import TradingDomain

extension GaugeSet {
    mutating func show(_ stop: CoreOverview.Stop, of overview: CoreOverview, retries: Int) {
        set("stop_in_progress", true)
        set("stop_start_time_seconds", stop.startedAt)
        set("stop_deadline_left_seconds", Double(stop.leftMs) / 1_000)
        set("stop_orders_found", stop.ordersFound)
        set("stop_orders_canceled", stop.ordersCanceled)
        set("stop_orders_ended_otherwise", stop.ordersEndedOtherwise)
        set("stop_orders_remaining", overview.workingOrders + overview.unknownPlacements)
        set("stop_cancel_errors", stop.cancelErrors)
        set("stop_cancel_retries", retries)
        set("stop_late_fills", stop.lateFills)
        set("stop_verified", overview.isProvedEmpty)
        showPhase(stop.phase)
        for phase in stop.phases {
            let name = phase.name.rawValue
            let took = (phase.endedAt ?? overview.at) - phase.startedAt
            set("stop_phase_duration_seconds", took.metric, ["phase": name])
            set("stop_phase_calls", phase.attempts, ["phase": name])
        }
    }

    private mutating func showPhase(_ current: StopPhase?) {
        for phase in StopPhase.allCases { set("stop_phase", phase == current, ["phase": phase.rawValue]) }
    }

    mutating func showEnd(_ report: ShutdownReport, retries: Int) {
        set("stop_in_progress", false)
        showPhase(nil)
        set("stop_start_time_seconds", report.stoppedAt.metric - Double(report.elapsedMs) / 1_000)
        set("stop_deadline_left_seconds", 0)
        set("stop_orders_found", report.ordersFound)
        set("stop_orders_canceled", report.ordersCanceled)
        set("stop_orders_ended_otherwise", report.ordersEndedOtherwise)
        set("stop_orders_remaining", report.remaining.count)
        set("stop_cancel_errors", report.cancelErrors)
        set("stop_cancel_retries", retries)
        set("stop_late_fills", report.lateFills)
        set("stop_verified", report.verifiedEmpty)
        set("stop_flushed", report.stateFlushed)
        set("stop_duration_seconds", Double(report.elapsedMs) / 1_000)
        set("stop_exit_code", Double(report.exitCode))
        for phase in report.phases {
            set(
                "stop_phase_duration_seconds", Double(phase.durationMs) / 1_000,
                ["phase": phase.name.rawValue])
            set("stop_phase_calls", phase.attempts, ["phase": phase.name.rawValue])
        }
        for state in CoreStatus.Lifecycle.all {
            set("lifecycle", state == .ended, ["state": state.rawValue])
        }
        set("ready", false)
        set("gate_open", false)
        set("working_orders", report.remaining.count)
    }

    /// What the life before left, from its report.
    mutating func showPrevious(_ report: ShutdownReport) {
        set("last_stop_timestamp_seconds", report.stoppedAt)
        set("last_stop_exit_code", Double(report.exitCode))
        set("last_stop_orders_remaining", report.remaining.count)
        set("last_stop_verified", report.verifiedEmpty)
        set("last_stop_duration_seconds", Double(report.elapsedMs) / 1_000)
    }
}
