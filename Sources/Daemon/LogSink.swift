// Where log lines go: a terminal, a pipe, a file. A sink is written to by one thread of its own, which may
// block in it for as long as it likes.

import CLinux
import Glibc
import TradingDomain

/// What a writer is handed.
package enum LogItem: Sendable {
    case line(LogLine)
    /// So many lines were dropped here.
    case dropped(Int)
    /// The progress line of a terminal; nil takes it away.
    case progress(String?)
    /// What is drawn in place below the lines; nil takes it away.
    case frame(TerminalFrame?)
    /// The last frame: it becomes ordinary lines, and nothing is drawn after it.
    case settled(TerminalFrame)
}

package protocol LogSink: AnyObject, Sendable {
    /// False when nobody will ever read again; nothing more is handed over.
    func write(_ items: [LogItem]) -> Bool
}

extension LogItem {
    /// A dropped count as a line of its own.
    var line: LogLine? {
        switch self {
        case .line(let line): line
        case .dropped(let count):
            LogLine(
                .warning, "log-dropped", "\(count) log lines dropped here: the reader was too slow",
                at: UTCInstant(nanoseconds: cl_utc_nanoseconds()))
        case .progress, .frame, .settled: nil
        }
    }
}

/// Lines into a pipe, a socket or whatever stdout is: JSON, or people's where somebody wants that.
package final class JSONSink: LogSink {
    private let descriptor: Int32
    private let isForPeople: Bool

    package init(descriptor: Int32, isForPeople: Bool = false) {
        self.descriptor = descriptor
        self.isForPeople = isForPeople
    }

    package func write(_ items: [LogItem]) -> Bool {
        var text: [UInt8] = []
        for item in items {
            if let line = item.line { text += isForPeople ? line.human(colours: false) : line.json() }
        }
        return text.withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) } == 0
    }
}

/// One line `ALERT …` per alert, on stderr.
package final class AlertSink: LogSink {
    private let descriptor: Int32

    package init(descriptor: Int32) { self.descriptor = descriptor }

    package func write(_ items: [LogItem]) -> Bool {
        for item in items {
            guard case .line(let line) = item, line.level == .alert else { continue }
            if line.alert().withUnsafeBytes({ cl_write_all(descriptor, $0.baseAddress, $0.count) }) != 0 {
                return false
            }
        }
        return true
    }
}
