// Drives a guardian's plan with a clock of its own: what it does is collected, nothing is waited for.

import Testing

@testable import Supervision

struct PlanHarness {
    var plan: GuardianPlan
    var now: Duration = .seconds(1_000)
    var said: [String] = []

    init(start: GuardianStart = .fresh, _ change: (inout GuardianLimits) -> Void = { _ in }) {
        var limits = GuardianLimits()
        change(&limits)
        plan = GuardianPlan(limits, start: start)
    }

    /// What the event causes, without words and pings.
    @discardableResult
    mutating func on(_ event: GuardianEvent, after pause: Duration = .zero) -> [GuardianAction] {
        pass(pause)
        return take(event)
    }

    private mutating func take(_ event: GuardianEvent) -> [GuardianAction] {
        plan.handle(event, at: now).filter {
            switch $0 {
            case .say(_, let name, _):
                said.append(name)
                return false
            case .notify: return false
            default: return true
            }
        }
    }

    /// Time passes as the shell lets it: the plan is woken when it wants, and the trader beats if it does.
    @discardableResult
    mutating func pass(_ duration: Duration, beating: Bool = true) -> [GuardianAction] {
        let end = now + duration
        var actions: [GuardianAction] = []
        while let wake = plan.wakeAt, wake <= end {
            now = wake
            if beating, plan.isTraderAlive { actions += take(.said(.beat)) }
            actions += take(.woke)
        }
        now = end
        return actions
    }

    /// A trader that has traded for a while.
    mutating func trade() {
        on(.started)
        on(.said(.beat), after: .milliseconds(100))
        on(.said(.ready))
        pass(.seconds(30))
    }
}

extension [GuardianAction] {
    var sweeps: [SweepKind] {
        compactMap { if case .spawnSweep(let kind, _, _, _) = $0 { kind } else { nil } }
    }
    var settings: [SweepSettings] {
        compactMap { if case .spawnSweep(_, _, _, let settings) = $0 { settings } else { nil } }
    }
    var limits: [Duration] {
        compactMap { if case .spawnSweep(_, let limit, _, _) = $0 { limit } else { nil } }
    }
    var traders: Int { count { if case .spawnTrader = $0 { true } else { false } } }
    var left: Int32? {
        for case .leave(let code) in self { return code }
        return nil
    }
    func kills(_ child: ChildKind) -> [Int32] {
        compactMap { if case .kill(child, let signal) = $0 { signal } else { nil } }
    }
}
