// Programs for a time that stands until they have answered, without a loop or an inbox: for backtests.

import Daemon
import Synchronization
import Trading
import TradingDomain

package final class StepPrograms: Sendable {
    private final class Box: Sendable {
        let reports = Mutex<[ExternalReport]>([])
        let bell = Doorbell()
    }
    private let box: Box
    private let host: ProgramHost

    /// - Throws: where the system has no thread left.
    package init(
        _ programs: [ProgramSettings], environment: [String: String], now: @escaping @Sendable () -> Stamp,
        write: @escaping @Sendable (LogLine) -> Void
    ) throws {
        let box = Box()
        self.box = box
        host = try ProgramHost(
            programs, environment: environment, isInStandingTime: true, now: now, write: write,
            report: { report in
                box.reports.withLock { $0.append(report) }
                box.bell.ring()
            })
    }

    /// What was reported by then; after a view, what became of it is among it: every view is answered, found unanswered
    /// in time, or its program has ended.
    package func carryOut(_ order: ExternalOrder) -> [ExternalReport] {
        host.carryOut(order)
        guard case .tell = order.word else { return [] }
        var told: [ExternalReport] = []
        while true {
            told += box.reports.withLock { reports in
                defer { reports = [] }
                return reports
            }
            if told.contains(where: { $0.strategy == order.strategy && $0.isOutcome }) { return told }
            box.bell.wait(.seconds(1))
        }
    }

    package func close() { host.close() }
}

extension ExternalReport {
    fileprivate var isOutcome: Bool { if case .started = what { false } else { true } }
}
