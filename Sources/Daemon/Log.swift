// The log: people's lines on a terminal, JSON lines elsewhere and in the log file. Each place has a bounded
// buffer and a thread of its own, so that a stuck or closed reader never stops a turn and never keeps the
// other places from their lines. Nothing in the daemon depends on what becomes of a line.

import Glibc
import Synchronization
import Trading
import TradingDomain

package final class Log: Sendable {
    /// The longest that leaving waits for readers.
    package static let drainLimit: Duration = .milliseconds(300)

    private let writers: [LogWriter]
    private let terminal: LogWriter?
    private let alerts: LogWriter?
    private let threshold: Mutex<Notice.Level>

    /// `writers` get every line; `alerts` gets those of level alert only.
    package init(
        writers: [LogWriter], terminal: LogWriter? = nil, alerts: LogWriter? = nil,
        threshold: Notice.Level = .info
    ) {
        self.writers = writers
        self.terminal = terminal
        self.alerts = alerts
        self.threshold = Mutex(threshold)
    }

    /// stdout, stderr and the log file. Returns what could not be opened, for the first line. `environment` is asked for
    /// NO_COLOR and TERM.
    package static func standard(
        _ settings: LogSettings, environment: (String) -> String?
    ) throws -> (log: Log, problem: FileFailure?) {
        var writers: [LogWriter] = []
        var problem: FileFailure?
        if let path = settings.file {
            var sink: FileSink?
            do throws(FileFailure) {
                sink = try FileSink(path: path, rotation: settings.rotation)
            } catch {
                problem = error
            }
            if let sink { writers.append(try LogWriter("log-file", sink)) }
        }
        let isDumb = environment("TERM") == "dumb"
        let outIsTerminal = isatty(1) == 1 && !isDumb && settings.format != .json
        let sameTerminal = outIsTerminal && isatty(2) == 1
        var terminal: LogWriter?
        if outIsTerminal {
            let noColour = environment("NO_COLOR").map { !$0.isEmpty } ?? false
            terminal = try LogWriter(
                "log-terminal",
                TerminalSink(descriptor: 1, alertDescriptor: sameTerminal ? 2 : nil, colours: !noColour))
        } else {
            writers.append(
                try LogWriter("log-stdout", JSONSink(descriptor: 1, isForPeople: settings.format == .text)))
        }
        let alerts = sameTerminal ? nil : try LogWriter("log-alerts", AlertSink(descriptor: 2))
        if let terminal { writers.append(terminal) }
        return (
            Log(writers: writers, terminal: terminal, alerts: alerts, threshold: settings.threshold), problem
        )
    }

    /// From now on lines below this are left out.
    package func setThreshold(_ level: Notice.Level) { threshold.withLock { $0 = level } }

    private func isShown(_ level: Notice.Level) -> Bool { threshold.withLock { level >= $0 } }

    package func write(_ line: LogLine) {
        guard isShown(line.level) else { return }
        for writer in writers { writer.put(line) }
        if line.level == .alert { alerts?.put(line) }
    }

    package func show(_ notice: Notice, at utc: UTCInstant) {
        guard isShown(notice.level) else { return }
        write(LogLine(notice, at: utc))
    }

    /// Whether a progress line would be seen at all.
    package var showsProgress: Bool { terminal != nil }
    /// The one line at the bottom of a terminal; nil takes it away.
    package func progress(_ text: String?) { terminal?.progress(text) }

    /// Whether a frame would be seen: people's lines go to a terminal that can move its cursor.
    package var showsFrames: Bool { terminal != nil }
    /// What is drawn below the lines of a terminal; the latest counts.
    package func show(_ frame: TerminalFrame?) { terminal?.show(frame) }
    /// The last frame becomes lines among the others.
    package func settle(_ frame: TerminalFrame) { terminal?.settle(frame) }

    /// Lines that were dropped anywhere.
    package var dropped: Int {
        writers.reduce(alerts?.dropped ?? 0) { $0 + $1.dropped }
    }

    /// Waits until all is written, at most for the limit. False when some reader did not take it.
    @discardableResult
    package func drain(_ limit: Duration = Log.drainLimit) -> Bool {
        let end = realNow() + limit
        var complete = true
        for writer in writers + (alerts.map { [$0] } ?? []) {
            complete = writer.drain(until: end) && complete
        }
        return complete
    }

    package func close() {
        for writer in writers { writer.close() }
        alerts?.close()
    }
}
