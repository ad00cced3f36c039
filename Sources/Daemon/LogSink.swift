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
        case .progress: nil
        }
    }
}

/// People's lines and the progress line, on a terminal.
package final class TerminalSink: LogSink {
    private let descriptor: Int32
    /// Alerts go here, in the same order, when it is the same terminal; nil when stderr is elsewhere.
    private let alertDescriptor: Int32?
    private let colours: Bool
    private static let eraseLine = "\r\u{1B}[K"

    package init(descriptor: Int32, alertDescriptor: Int32?, colours: Bool) {
        self.descriptor = descriptor
        self.alertDescriptor = alertDescriptor
        self.colours = colours
    }

    package func write(_ items: [LogItem]) -> Bool {
        var text: [UInt8] = []
        // Whatever a progress line left on the screen goes before anything else comes.
        text += Self.eraseLine.utf8
        for item in items {
            if let line = item.line {
                if line.level == .alert, let alertDescriptor {
                    guard put(text) else { return false }
                    text = []
                    _ = line.alert().withUnsafeBytes {
                        cl_write_all(alertDescriptor, $0.baseAddress, $0.count)
                    }
                } else {
                    text += line.human(colours: colours)
                }
            } else if case .progress(let progress?) = item {
                text += Self.eraseLine.utf8
                text += progress.utf8
            } else if case .progress(nil) = item {
                text += Self.eraseLine.utf8
            }
        }
        return put(text)
    }

    private func put(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) } == 0
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
