// Between the trading loop and whoever asks: the latest overview, the questions that wait for an answer, and what
// happened for those who listen. The loop only ever takes a short lock here; nothing that a client does, or fails to
// do, can hold it.

import CLinux
import Daemon
import Synchronization
import Trading
import TradingDomain

package final class ControlDesk: OperationsDesk {
    /// An answer, or that none came in time.
    package enum Outcome: Equatable, Sendable {
        case answered(OperatorReply.Outcome, isDurable: Bool)
        /// Too many wishes wait already; nothing was asked.
        case busy
    }

    private struct State: Sendable {
        var overview: CoreOverview?
        var report: ShutdownReport?
        var curve = ResultCurve()
        var fills: [RecentFill] = []
        var waiting: [Int64: @Sendable (Outcome) -> Void] = [:]
        var number: Int64 = 0
    }

    package let hub = EventHub()
    private let inbox: Inbox
    private let state = Mutex(State())
    private let lastTurn = Atomic<Int64>(0)
    private let pace = Mutex(LoopPace())

    package init(inbox: Inbox) { self.inbox = inbox }

    // MARK: From the loop

    package func turned(at real: MonotonicInstant) { lastTurn.store(real.nanoseconds, ordering: .relaxed) }

    package func woke(after delay: Duration) { pace.withLock { $0.note(delay) } }

    /// How late the loop's last turns were whose time had come; nil before the first.
    package var lateness: LoopPace.View? { pace.withLock { $0.view } }

    package func show(_ overview: CoreOverview) {
        state.withLock { state in
            state.overview = overview
            state.curve.add(overview.result, at: overview.at)
        }
        hub.show(overview)
    }

    /// For the last fills, whoever listens.
    package var wantsRecords: Bool { true }

    package func happened(_ records: [Record], at utc: UTCInstant) {
        if hub.hasListeners { hub.put(records, at: utc) }
        let fills = records.compactMap { record -> RecentFill? in
            if case .fill(_, let fill) = record { RecentFill(fill) } else { nil }
        }
        guard !fills.isEmpty else { return }
        state.withLock { state in
            state.fills = Array((state.fills + fills).suffix(RecentFill.limit))
        }
    }

    package func answer(_ reply: OperatorReply, isDurable: Bool) {
        let waiter = state.withLock { $0.waiting.removeValue(forKey: reply.number) }
        waiter?(.answered(reply.outcome, isDurable: isDurable))
    }

    package func ended(_ report: ShutdownReport) {
        state.withLock { $0.report = report }
        hub.end(with: report)
    }

    // MARK: For those who ask

    package var overview: CoreOverview? { state.withLock { $0.overview } }
    package var curve: [ResultCurve.Point] { state.withLock { $0.curve.points } }
    /// The last fills of this life, oldest first.
    package var fills: [RecentFill] { state.withLock { $0.fills } }
    /// The report of this life; nil while it lasts.
    package var report: ShutdownReport? { state.withLock { $0.report } }

    /// How long ago the loop turned last; nil before its first turn.
    package var sinceLastTurn: Duration? {
        let last = lastTurn.load(ordering: .relaxed)
        return last == 0 ? nil : realNow() - MonotonicInstant(nanoseconds: last)
    }

    /// Puts a wish in the loop's way. `done` is called at most once, on any thread; never if the loop does not come to
    /// it, until `forget`.
    /// - Returns: the wish's number.
    @discardableResult
    package func ask(_ word: OperatorWord, by who: String, _ done: @escaping @Sendable (Outcome) -> Void)
        -> Int64
    {
        let number = state.withLock { state in
            state.number += 1
            state.waiting[state.number] = done
            return state.number
        }
        if !inbox.request(.said(OperatorOrder(number: number, by: who, word: word))) {
            forget(number)
            done(.busy)
        }
        return number
    }

    /// Nobody waits for this answer any more.
    package func forget(_ number: Int64) { state.withLock { _ = $0.waiting.removeValue(forKey: number) } }
}
