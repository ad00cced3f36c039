// Runs the programs of a bot's strategies, each in a seat of its own: one that hangs holds up no other.

import Daemon
import Glibc
import Trading
import TradingDomain

package final class ProgramHost: ExternalHost {
    private let seats: [String: ProgramSeat]

    /// - Parameters:
    ///   - report: takes what becomes of a program; it must not wait.
    ///   - watch: told while something that a program said is read.
    ///   - isInStandingTime: no time passes for the core while it waits for an answer, so the seats watch the real one.
    /// - Throws: where the system has no thread left.
    package init(
        _ programs: [ProgramSettings], environment: [String: String], isInStandingTime: Bool,
        watch: StrategyWatch? = nil, now: @escaping @Sendable () -> Stamp,
        write: @escaping @Sendable (LogLine) -> Void, report: @escaping @Sendable (ExternalReport) -> Void
    ) throws {
        // A program that reads no more is found silent; its pipe is nothing to die of.
        signal(SIGPIPE, SIG_IGN)
        var seats: [String: ProgramSeat] = [:]
        for program in programs {
            seats[program.name] = ProgramSeat(
                program, environment: environment, isInStandingTime: isInStandingTime, watch: watch, now: now,
                write: write, report: report)
        }
        self.seats = seats
        for program in programs {
            guard let seat = seats[program.name] else { continue }
            try PlainThread.start("strategy", stack: 1_024 * 1_024) { seat.run() }
        }
    }

    package func carryOut(_ order: ExternalOrder) { seats[order.strategy]?.take(order) }

    package var isAsked: Bool { seats.values.contains { $0.isAsked } }

    package func close() { for seat in seats.values { seat.close() } }
}
