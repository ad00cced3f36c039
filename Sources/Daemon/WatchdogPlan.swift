// What the watchdog does on which signal and when its patience ends: pure, given instants of real time.

import Trading
import TradingDomain

/// Tells one wish to stop from the next. Terminals, wrappers and service managers send doubles (Ctrl-C under a
/// wrapper script arrives as SIGINT and, 0.4 ms later, SIGTERM); what comes within the window after a
/// signal that counted is the same wish. The window does not slide, so a storm still counts up.
package struct SignalCoalescer: Equatable, Sendable {
    package static let window: Duration = .milliseconds(300)

    /// When the signals that counted came.
    package private(set) var arrivals: [MonotonicInstant] = []

    package init() { arrivals.reserveCapacity(3) }

    /// The number of the wish that this signal begins, from 1; nil when it belongs to the last one. Those
    /// after the third are not told apart.
    package mutating func note(at instant: MonotonicInstant) -> Int? {
        if let last = arrivals.last, instant - last < Self.window { return nil }
        guard arrivals.count < 3 else { return nil }
        arrivals.append(instant)
        return arrivals.count
    }
}

package struct WatchdogLimits: Equatable, Sendable {
    /// From the first signal to the exit.
    package var deadline: Duration
    /// What a second signal leaves: the sweep, and the reserves for flush and report.
    package var expedited: Duration

    package init(_ stop: StopLimits = StopLimits()) {
        deadline = stop.deadline
        expedited = stop.expedited + stop.flushReserve + stop.reportReserve
    }
}

package struct WatchdogPlan: Equatable, Sendable {
    /// How long after the deadline the watchdog leaves the last word to the loop.
    package static let grace: Duration = .milliseconds(250)

    package enum Action: Equatable, Sendable {
        /// Part of the last wish, or of no meaning here.
        case nothing
        /// For the core.
        case post(StopSignal)
        /// The third: leave now.
        case leave
    }

    private var coalescer = SignalCoalescer()
    /// Whether a hang-up means anything: there was a terminal to lose.
    package var obeysHangUp: Bool

    package init(obeysHangUp: Bool) { self.obeysHangUp = obeysHangUp }

    package mutating func signal(_ signal: StopSignal, at instant: MonotonicInstant) -> Action {
        if signal == .hangUp, !obeysHangUp { return .nothing }
        // It ends what trades; a stop that is under way goes on as it is.
        if signal == .guardianLost, !coalescer.arrivals.isEmpty { return .nothing }
        switch coalescer.note(at: instant) {
        case nil: return .nothing
        case 3: return .leave
        default: return .post(signal)
        }
    }

    /// When patience ends: the earliest of what the signals say and what was armed; nil for never.
    package func end(limits: WatchdogLimits, armed: MonotonicInstant?) -> MonotonicInstant? {
        var deadline = armed ?? .distantFuture
        let arrivals = coalescer.arrivals
        if arrivals.count > 0 { deadline = min(deadline, arrivals[0] + limits.deadline) }
        if arrivals.count > 1 { deadline = min(deadline, arrivals[1] + limits.expedited) }
        return deadline == .distantFuture ? nil : deadline + Self.grace
    }
}
