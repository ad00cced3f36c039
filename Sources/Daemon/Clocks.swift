// The two clocks of the daemon. Trading time may run faster than real time, or stand until it is moved; a
// stop's deadline is always real, so every clock can be slowed to real time, from where it stands.
//
// Real time here is CLOCK_BOOTTIME and not CLOCK_MONOTONIC: while a host is suspended the exchange goes on,
// quotes age and requests die. A clock that slept along would call them fresh.

import CLinux
import Exchanges
import Synchronization
import Trading
import TradingDomain

/// Trading time and real time, as the loop needs them.
package protocol DaemonClock: TradingClock {
    /// Real time that never jumps and counts suspension.
    func real() -> MonotonicInstant
    /// The trading time at a moment of real time in the recent past.
    func stamp(atReal real: MonotonicInstant) -> Stamp
    /// From now on trading time passes as real time does. Idempotent.
    func slowToRealTime()
    /// Whether time stands until `advance` moves it.
    var isStanding: Bool { get }
    /// Moves standing time forward; never back.
    func advance(to instant: MonotonicInstant)
}

package func realNow() -> MonotonicInstant { MonotonicInstant(nanoseconds: cl_boot_nanoseconds()) }

/// A point at which trading time and real time are known to belong together, and the pace from there.
private struct Anchor: Sendable {
    var real: MonotonicInstant
    var stamp: Stamp
    var speed: Double

    func stamp(at now: MonotonicInstant) -> Stamp {
        let passed = now - real
        let scaled = speed == 1 ? passed : .nanoseconds(Int64(scaling: passed.wholeNanoseconds, by: speed))
        return Stamp(monotonic: stamp.monotonic + scaled, utc: stamp.utc + scaled)
    }

    func realDelay(until instant: MonotonicInstant, at now: MonotonicInstant) -> Duration {
        let left = instant - stamp(at: now).monotonic
        guard left > .zero else { return .zero }
        // Rounded up, so that whoever sleeps this long does not wake a hair too early.
        return speed == 1
            ? left : .nanoseconds(Int64(scaling: left.wholeNanoseconds, by: 1 / speed)) + .nanoseconds(1)
    }
}

extension Int64 {
    /// Saturates at the ends instead of trapping.
    fileprivate init(scaling value: Int64, by factor: Double) {
        self = Int64(exactly: (Double(value) * factor).rounded(.down)) ?? (value < 0 ? .min : .max)
    }
}

/// The machine's clock, or `speed` times as fast from now on.
package final class SystemClock: DaemonClock {
    private struct State: Sendable {
        var anchor: Anchor
        /// UTC is the machine's own, corrections included, as long as trading time never ran faster.
        var followsUTC: Bool
    }
    private let state: Mutex<State>

    /// A speed that is not positive and finite counts as 1.
    package init(speed: Double = 1) {
        let speed = speed.isFinite && speed > 0 ? speed : 1
        let now = realNow()
        state = Mutex(
            State(
                anchor: Anchor(real: now, stamp: Stamp(monotonic: now, utc: utcNow()), speed: speed),
                followsUTC: speed == 1))
    }

    package func real() -> MonotonicInstant { realNow() }
    package func now() -> Stamp { stamp(atReal: realNow()) }

    package func stamp(atReal real: MonotonicInstant) -> Stamp {
        let state = state.withLock { $0 }
        var stamp = state.anchor.stamp(at: real)
        if state.followsUTC { stamp.utc = utcNow() - (realNow() - real) }
        return stamp
    }

    package func realDelay(until instant: MonotonicInstant) -> Duration {
        state.withLock { $0.anchor }.realDelay(until: instant, at: realNow())
    }

    package func slowToRealTime() {
        let now = realNow()
        state.withLock { state in
            guard state.anchor.speed != 1 else { return }
            state.anchor = Anchor(real: now, stamp: state.anchor.stamp(at: now), speed: 1)
        }
    }

    package var isStanding: Bool { false }
    package func advance(to instant: MonotonicInstant) {}
}

/// Time that stands until it is moved: replays at full speed, and tests. Once slowed it runs like real time.
package final class VirtualClock: DaemonClock {
    private enum State: Sendable {
        case standing(Stamp)
        case running(Anchor)
    }
    private let state: Mutex<State>
    private let realTime: @Sendable () -> MonotonicInstant
    private let slows: Bool

    /// `slows` false keeps time standing through a stop too, for tests that script every moment; `realTime`
    /// lets them script what the hang limit is measured with.
    package init(
        start: Stamp, slows: Bool = true, realTime: @escaping @Sendable () -> MonotonicInstant = realNow
    ) {
        state = Mutex(.standing(start))
        self.slows = slows
        self.realTime = realTime
    }

    package func real() -> MonotonicInstant { realTime() }
    package func now() -> Stamp { stamp(atReal: realTime()) }

    package func stamp(atReal real: MonotonicInstant) -> Stamp {
        switch state.withLock({ $0 }) {
        case .standing(let stamp): stamp
        case .running(let anchor): anchor.stamp(at: real)
        }
    }

    package func realDelay(until instant: MonotonicInstant) -> Duration {
        switch state.withLock({ $0 }) {
        case .standing: .zero
        case .running(let anchor): anchor.realDelay(until: instant, at: realTime())
        }
    }

    package func slowToRealTime() {
        guard slows else { return }
        let now = realTime()
        state.withLock { state in
            guard case .standing(let stamp) = state else { return }
            state = .running(Anchor(real: now, stamp: stamp, speed: 1))
        }
    }

    package var isStanding: Bool {
        state.withLock { if case .standing = $0 { true } else { false } }
    }

    package func advance(to instant: MonotonicInstant) {
        state.withLock { state in
            guard case .standing(let stamp) = state, instant > stamp.monotonic else { return }
            state = .standing(
                Stamp(monotonic: instant, utc: stamp.utc + (instant - stamp.monotonic)))
        }
    }
}

private func utcNow() -> UTCInstant { UTCInstant(nanoseconds: cl_utc_nanoseconds()) }
