// Commits in virtual time: each takes a moment, some take long, some too long, one may never end. A commit that is
// under way when its life ends may or may not have reached the disk.

import Daemon
import Exchanges
import Synchronization
import Trading
import TradingDomain

final class SlowCommitter: Committer, VirtualTimeSource {
    private struct UnderWay: Sendable {
        /// Nil once it is on the disk.
        var transaction: Trading.Transaction?
        var result: CommitResult?
        let since: MonotonicInstant
        let due: MonotonicInstant
        /// When the loop must look whether it is overdue; nil once it has.
        var overdueAt: MonotonicInstant?
    }
    private struct State: Sendable {
        var dice: Dice
        var slowRate: Int64
        var commits = 0
        var underWay: UnderWay?
        var failed = false
    }

    private let store: FaultyStore
    private let inbox: Inbox
    private let clock: any TradingClock
    private let plan: DiskPlan
    private let chronicle: Chronicle
    private let state: Mutex<State>

    init(
        _ store: FaultyStore, inbox: Inbox, clock: any TradingClock, plan: DiskPlan, slowRate: Int64,
        dice: Dice, chronicle: Chronicle
    ) {
        self.store = store
        self.inbox = inbox
        self.clock = clock
        self.plan = plan
        self.chronicle = chronicle
        state = Mutex(State(dice: dice, slowRate: slowRate))
    }

    /// Whether nothing that creates exposure can be made durable any more: a commit failed, or takes too long.
    func isOut(at now: MonotonicInstant) -> Bool {
        state.withLock { state in
            state.failed || state.underWay.map { now - $0.since >= CommitPipeline.overdueLimit } ?? false
        }
    }

    func heal() { state.withLock { $0.slowRate = 0 } }

    func begin(_ transaction: Trading.Transaction) {
        let now = clock.now().monotonic
        let isEarly = state.withLock { state in
            state.commits += 1
            var delay = state.dice.milliseconds(0, 4)
            var due: MonotonicInstant?
            if state.commits == plan.hungAt {
                chronicle.note(.hungCommit)
                due = .distantFuture
            } else if state.commits == plan.overdueAt {
                chronicle.note(.overdueCommit)
                delay = state.dice.milliseconds(2_100, 5_000)
            } else if state.dice.chance(state.slowRate) {
                chronicle.note(.slowCommit)
                delay = state.dice.milliseconds(50, 1_900)
            }
            state.underWay = UnderWay(
                transaction: transaction, since: now, due: due ?? now + delay,
                overdueAt: now + CommitPipeline.overdueLimit)
            // On the disk at once or only at the end: nobody outside can know.
            return state.dice.chance(500)
        }
        if isEarly { write() }
    }

    private func write() {
        guard let transaction = state.withLock({ $0.underWay?.transaction }) else { return }
        let result = store.commit(transaction)
        state.withLock { state in
            state.underWay?.transaction = nil
            state.underWay?.result = result
        }
    }

    var nextDue: MonotonicInstant? {
        state.withLock { state in
            guard let underWay = state.underWay else { return nil }
            return min(underWay.due, underWay.overdueAt ?? .distantFuture)
        }
    }

    func advance(to stamp: Stamp) {
        let isDone = state.withLock { state in
            if let at = state.underWay?.overdueAt, at <= stamp.monotonic { state.underWay?.overdueAt = nil }
            return state.underWay.map { $0.due <= stamp.monotonic } ?? false
        }
        guard isDone else { return }
        write()
        let result = state.withLock { state in
            defer { state.underWay = nil }
            return state.underWay?.result
        }
        guard let result else { return }
        if case .failed = result { state.withLock { $0.failed = true } }
        inbox.stored(result)
    }
}
