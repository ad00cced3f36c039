// A bounded buffer before a sink, and the thread that empties it. Whoever puts a line in never waits: when the
// reader is too slow, lines are dropped and counted, and the count is written where they are missing.

import Synchronization
import TradingDomain

package final class LogWriter: Sendable {
    package static let lineLimit = 8_192

    private struct Buffer: Sendable {
        var items: [LogItem] = []
        var dropped = 0
        var droppedInAll = 0
        var progress: String?
        var progressChanged = false
        /// The newest frame that was not handed over; an older one is dropped.
        var frame: TerminalFrame??
        var isSettled = false
        var isWriting = false
        var isWaiting = false
        var isClosed = false
        /// Nobody will ever read again.
        var isDead = false
    }

    private let buffer = Mutex(Buffer())
    private let doorbell = Doorbell()
    private let idle = Doorbell()
    private let lineLimit: Int

    package init(
        _ name: String, _ sink: any LogSink, lineLimit: Int = LogWriter.lineLimit
    ) throws(PlainThread.Failure) {
        self.lineLimit = lineLimit
        try PlainThread.start(name) { [self] in run(sink) }
    }

    package func put(_ line: LogLine) {
        change { buffer in
            guard buffer.items.count < lineLimit else {
                buffer.dropped += 1
                buffer.droppedInAll += 1
                return
            }
            if buffer.dropped > 0 {
                buffer.items.append(.dropped(buffer.dropped))
                buffer.dropped = 0
            }
            buffer.items.append(.line(line))
        }
    }

    /// Only the latest progress counts.
    package func progress(_ text: String?) {
        change { buffer in
            guard text != buffer.progress else { return }
            buffer.progress = text
            buffer.progressChanged = true
        }
    }

    /// Only the latest frame counts.
    package func show(_ frame: TerminalFrame?) {
        change { buffer in
            if !buffer.isSettled { buffer.frame = .some(frame) }
        }
    }

    /// The last frame: it stays where it is among the lines, and none comes after it.
    package func settle(_ frame: TerminalFrame) {
        change { buffer in
            guard !buffer.isSettled else { return }
            buffer.isSettled = true
            buffer.frame = nil
            buffer.items.append(.settled(frame))
        }
    }

    /// Lines that were dropped so far.
    package var dropped: Int { buffer.withLock { $0.droppedInAll } }

    /// Waits until everything is written, at most until this moment. False when something was left.
    package func drain(until end: MonotonicInstant) -> Bool {
        while true {
            let done = buffer.withLock { buffer in
                buffer.isDead
                    || (buffer.items.isEmpty && buffer.dropped == 0 && !buffer.progressChanged
                        && buffer.frame == nil && !buffer.isWriting)
            }
            if done { return true }
            let left = end - realNow()
            guard left > .zero else { return false }
            idle.wait(left)
        }
    }

    /// Ends the thread once it has written what it has. Nobody waits for it.
    package func close() {
        buffer.withLock { $0.isClosed = true }
        doorbell.ring()
    }

    private func change(_ body: (inout Buffer) -> Void) {
        let rings = buffer.withLock { buffer in
            guard !buffer.isDead else { return false }
            body(&buffer)
            defer { buffer.isWaiting = false }
            return buffer.isWaiting
        }
        if rings { doorbell.ring() }
    }

    private enum Work: Sendable {
        case items([LogItem])
        case nothing, closed
    }

    private func run(_ sink: any LogSink) {
        while true {
            let work: Work = buffer.withLock { buffer in
                var items = buffer.items
                buffer.items = []
                if buffer.dropped > 0 {
                    items.append(.dropped(buffer.dropped))
                    buffer.dropped = 0
                }
                // A line erases the progress line on the screen, so it is drawn again after each batch.
                if buffer.progressChanged || (!items.isEmpty && buffer.progress != nil) {
                    items.append(.progress(buffer.progress))
                    buffer.progressChanged = false
                }
                if let frame = buffer.frame {
                    items.append(.frame(frame))
                    buffer.frame = nil
                }
                buffer.isWriting = !items.isEmpty
                buffer.isWaiting = items.isEmpty
                if items.isEmpty { return buffer.isClosed ? .closed : .nothing }
                return .items(items)
            }
            switch work {
            case .closed: return
            case .nothing:
                idle.ring()
                doorbell.wait(nil)
            case .items(let items):
                let alive = sink.write(items)
                buffer.withLock { buffer in
                    buffer.isWriting = false
                    if !alive {
                        buffer.isDead = true
                        buffer.items = []
                    }
                }
                idle.ring()
                if !alive { return }
            }
        }
    }
}
