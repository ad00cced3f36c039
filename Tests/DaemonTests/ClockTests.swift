import Daemon
import Testing
import Trading
import TradingDomain

@Suite struct ClockTests {
    @Test func aFastClockRunsAheadAndSlowsFromWhereItStands() {
        let clock = SystemClock(speed: 1_000_000)
        let before = clock.now()
        eventually("a second of trading time passes") {
            clock.now().monotonic - before.monotonic > .seconds(1)
        }
        clock.slowToRealTime()
        let slowed = clock.now()
        #expect(slowed.monotonic - before.monotonic > .seconds(1))
        let real = clock.real()
        let first = clock.now()
        eventually("real time passes") { clock.real() - real > .milliseconds(5) }
        #expect(clock.now().monotonic - first.monotonic < .seconds(30))
        #expect(clock.now().monotonic >= first.monotonic)
        #expect(clock.now().utc - first.utc < .seconds(30))
    }

    @Test func aDelayOfTradingTimeIsShorterInRealTime() {
        let clock = SystemClock(speed: 100)
        let delay = clock.realDelay(until: clock.now().monotonic + .seconds(100))
        #expect(delay <= .seconds(1) + .milliseconds(1))
        #expect(clock.realDelay(until: clock.now().monotonic) == .zero)
        #expect(SystemClock(speed: 0).realDelay(until: .distantFuture) > .seconds(1_000))
    }

    @Test func standingTimeMovesOnlyForward() {
        let clock = VirtualClock(start: Fixture.start)
        #expect(clock.isStanding)
        #expect(clock.now() == Fixture.start)
        clock.advance(to: Fixture.start.monotonic + .seconds(60))
        #expect(clock.now().utc == Fixture.start.utc + .seconds(60))
        clock.advance(to: Fixture.start.monotonic)
        #expect(clock.now().utc == Fixture.start.utc + .seconds(60))
    }

    @Test func aStopMakesStandingTimePassAsRealTimeDoes() {
        let real = ScriptedRealTime()
        let clock = VirtualClock(start: Fixture.start) { real.now }
        real.pass(.seconds(1_000))
        #expect(clock.now() == Fixture.start)
        clock.slowToRealTime()
        #expect(!clock.isStanding)
        #expect(clock.now() == Fixture.start)
        real.pass(.seconds(3))
        #expect(clock.now().monotonic == Fixture.start.monotonic + .seconds(3))
        #expect(clock.realDelay(until: Fixture.start.monotonic + .seconds(5)) == .seconds(2))
        clock.advance(to: .distantFuture)
        #expect(clock.now().monotonic == Fixture.start.monotonic + .seconds(3))
    }
}
