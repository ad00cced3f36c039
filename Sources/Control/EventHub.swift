// What happens, for those who listen: records as they are made, the overview at a calm pace, and at the end the report.
//
// The loop puts values into a bounded queue and goes on; encoding and sending is the server's thread's. What does not
// fit is dropped and counted, and listeners are told of the gap. A listener that does not keep up is dropped.

import Daemon
import Synchronization
import Trading
import TradingDomain

package final class EventHub: Sendable {
    package static let queueLimit = 4_096
    package static let listenerLimit = 60

    /// What is sent to everybody, encoded by the sender.
    package enum Item: Sendable {
        case record(Record, at: UTCInstant)
        case status(CoreOverview)
        case gap(Int)
        case report(ShutdownReport)
    }

    private struct Step: Equatable, Sendable {
        var lifecycle: CoreStatus.Lifecycle
        var phase: StopPhase?
    }

    private struct State: Sendable {
        var step: Step?
        var items: [Item] = []
        var dropped = 0
        var overview: CoreOverview?
        /// The last word: nothing is told after it.
        var report: ShutdownReport?
        var isScheduled = false
        /// Calls the server's thread; nil while nobody serves.
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let listeners = Atomic<Int>(0)

    package init() {}

    package var hasListeners: Bool { listeners.load(ordering: .relaxed) > 0 }

    // MARK: From the loop

    package func put(_ records: [Record], at utc: UTCInstant) {
        wakeAfter { state in
            for record in records {
                if state.items.count < Self.queueLimit {
                    state.items.append(.record(record, at: utc))
                } else {
                    state.dropped += 1
                }
            }
        }
    }

    package func show(_ overview: CoreOverview) {
        guard hasListeners else { return }
        let step = Step(lifecycle: overview.lifecycle, phase: overview.stop?.phase)
        wakeAfter { state in
            // Where a life has moved on, that is told for sure; what only changes numbers may be overtaken.
            if state.step != step, state.items.count < Self.queueLimit {
                state.step = step
                state.overview = nil
                state.items.append(.status(overview))
            } else {
                state.overview = overview
            }
        }
    }

    package func end(with report: ShutdownReport) {
        wakeAfter { $0.report = report }
    }

    private func wakeAfter(_ change: (inout State) -> Void) {
        let wake = state.withLock { state in
            change(&state)
            guard !state.isScheduled else { return nil as (@Sendable () -> Void)? }
            state.isScheduled = state.wake != nil
            return state.wake
        }
        wake?()
    }

    // MARK: For the server's thread

    package func serve(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// False when as many listen as may.
    package func join() -> Bool {
        guard listeners.wrappingAdd(1, ordering: .relaxed).newValue <= Self.listenerLimit else {
            leave()
            return false
        }
        return true
    }

    package func leave() { listeners.wrappingSubtract(1, ordering: .relaxed) }

    /// What came since the last call; the newest overview and the last word apart.
    package func take() -> (items: [Item], overview: CoreOverview?, report: ShutdownReport?) {
        state.withLock { state in
            var items = state.items
            if state.dropped > 0 { items.append(.gap(state.dropped)) }
            defer {
                state.items.removeAll(keepingCapacity: true)
                state.dropped = 0
                state.overview = nil
                state.report = nil
                state.isScheduled = false
            }
            return (items, state.overview, state.report)
        }
    }
}
