// What the shell sees of strategies: how long each decision took, and, for the life that may follow a crash, which
// strategy is deciding right now. Swift's traps end the process and can't be caught in it, so the crash note is what
// tells a strategy that kills the bot from any other death.

import Glibc
import Synchronization
import Trading
import TradingDomain

package final class StrategyWatch: DecisionWatch {
    private struct State {
        var began: MonotonicInstant?
        var slow: [(strategy: String, took: Duration)] = []
    }

    /// A decision that takes longer is told to the core.
    private let limit: Duration
    private let note: CrashNote?
    private let now: @Sendable () -> MonotonicInstant
    private let state = Mutex(State())

    package init(
        limit: Duration, note: CrashNote?, now: @escaping @Sendable () -> MonotonicInstant = awakeNow
    ) {
        self.limit = limit
        self.note = note
        self.now = now
    }

    package func began(_ strategy: String) {
        note?.begin(strategy)
        let instant = now()
        state.withLock { $0.began = instant }
    }

    package func ended(_ strategy: String) {
        note?.end()
        let instant = now()
        state.withLock { state in
            guard let began = state.began else { return }
            state.began = nil
            let took = instant - began
            if took > limit { state.slow.append((strategy, took)) }
        }
    }

    /// What a strategy's program said is not ours and may be what kills us: read on the program's thread, decided on by the
    /// loop, and told from other deaths in both. Not measured: the strategy is not what takes the time.
    package func beginsHandling(_ strategy: String) { note?.addHandler(strategy, by: 1) }
    package func endsHandling(_ strategy: String) { note?.addHandler(strategy, by: -1) }

    /// Decisions that took too long since it was last asked.
    package func takeSlow() -> [(strategy: String, took: Duration)] {
        state.withLock { state in
            guard !state.slow.isEmpty else { return [] }
            defer { state.slow = [] }
            return state.slow
        }
    }
}

/// Real time without suspension: a host that was put to sleep in the middle of a decision is not the strategy's fault.
package func awakeNow() -> MonotonicInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
