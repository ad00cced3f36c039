import Daemon
import Testing
import Trading
import TradingDomain

private func at(_ milliseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 1_000_000_000) + .milliseconds(milliseconds)
}

@Suite struct WatchdogPlanTests {
    @Test func aDoubleIsOneWish() {
        var coalescer = SignalCoalescer()
        #expect(coalescer.note(at: at(0)) == 1)
        #expect(coalescer.note(at: at(0) + .microseconds(400)) == nil)
        #expect(coalescer.note(at: at(299)) == nil)
        #expect(coalescer.note(at: at(300)) == 2)
        #expect(coalescer.note(at: at(599)) == nil)
        #expect(coalescer.note(at: at(600)) == 3)
        #expect(coalescer.note(at: at(5_000)) == nil)
    }

    @Test func aStormStillCountsUp() {
        var coalescer = SignalCoalescer()
        let numbers = (0..<100).compactMap { coalescer.note(at: at($0 * 10)) }
        #expect(numbers == [1, 2, 3])
    }

    @Test func controlCUnderAWrapperIsOneSignalForTheCore() {
        var plan = WatchdogPlan(obeysHangUp: true)
        #expect(plan.signal(.interrupt, at: at(0)) == .post(.interrupt))
        #expect(plan.signal(.terminate, at: at(0) + .microseconds(400)) == .nothing)
        #expect(plan.signal(.terminate, at: at(1_000)) == .post(.terminate))
        #expect(plan.signal(.interrupt, at: at(2_000)) == .leave)
    }

    @Test func aHangUpWithoutATerminalIsNoWish() {
        var plan = WatchdogPlan(obeysHangUp: false)
        #expect(plan.signal(.hangUp, at: at(0)) == .nothing)
        #expect(plan.signal(.terminate, at: at(1)) == .post(.terminate))
        var withTerminal = WatchdogPlan(obeysHangUp: true)
        #expect(withTerminal.signal(.hangUp, at: at(0)) == .post(.hangUp))
    }

    @Test func theDeadlineRunsFromTheFirstSignalAndASecondTightensIt() {
        var limits = WatchdogLimits()
        limits.deadline = .seconds(8)
        limits.expedited = .seconds(5)
        var plan = WatchdogPlan(obeysHangUp: true)
        #expect(plan.end(limits: limits, armed: nil) == nil)
        _ = plan.signal(.terminate, at: at(0))
        #expect(plan.end(limits: limits, armed: nil) == at(8_250))
        _ = plan.signal(.terminate, at: at(1_000))
        #expect(plan.end(limits: limits, armed: nil) == at(6_250))
    }

    @Test func aLateSecondSignalNeverMovesTheDeadlineBack() {
        var limits = WatchdogLimits()
        limits.deadline = .seconds(8)
        limits.expedited = .seconds(5)
        var plan = WatchdogPlan(obeysHangUp: true)
        _ = plan.signal(.terminate, at: at(0))
        _ = plan.signal(.terminate, at: at(7_000))
        #expect(plan.end(limits: limits, armed: nil) == at(8_250))
    }

    @Test func aStopWithoutASignalIsWatchedTooAndTheEarlierEndHolds() {
        var plan = WatchdogPlan(obeysHangUp: true)
        let limits = WatchdogLimits()
        #expect(plan.end(limits: limits, armed: at(500)) == at(750))
        _ = plan.signal(.terminate, at: at(0))
        #expect(plan.end(limits: limits, armed: at(500)) == at(750))
        #expect(plan.end(limits: limits, armed: at(60_000)) == at(8_250))
    }

    @Test func anExpeditedStopHasTimeForItsFlushAndReport() {
        #expect(WatchdogLimits(StopLimits()).expedited == .seconds(5))
    }
}
