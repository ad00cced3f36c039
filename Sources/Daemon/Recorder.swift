// Writes a run to a file while it happens, on a thread of its own. The loop only hands over values; encoding,
// digests and the disk are the thread's. A recording with a hole is worthless: one that cannot keep up
// while time is real ends, says so in its last line, and the run goes on. Standing time waits for it.

import CLinux
import FoundationEssentials
import Glibc
import Synchronization
import Trading
import TradingDomain

package final class Recorder: Sendable {
    package static let turnLimit = 65_536
    private static let chunk = 64 * 1024

    private struct Entry: Sendable {
        var event: Event
        var stamp: Stamp
        var turn: Turn
    }
    private struct State: Sendable {
        var entries: [Entry] = []
        var isBusy = true
        var isClosed = false
        /// Why nothing more is recorded.
        var failure: String?
        /// An entry that was taken in could not be written.
        var hasHole = false
    }

    private let state = Mutex(State())
    private let work = Doorbell()
    private let progress = Doorbell()
    private let waitsWhenFull: Bool
    private let turnLimit: Int

    /// Creates the file, which must not exist: a recording is never overwritten. `waitsWhenFull` for runs
    /// whose time stands until it is moved.
    package init(
        path: String, header: RecordHeader, waitsWhenFull: Bool, turnLimit: Int = Recorder.turnLimit
    ) throws {
        self.waitsWhenFull = waitsWhenFull
        self.turnLimit = turnLimit
        let fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw FileFailure("create the recording", path, errno) }
        var first = Array(try Self.encoder().encode(header))
        first.append(UInt8(ascii: "\n"))
        let text = first
        try PlainThread.start("recorder", stack: 2 * 1024 * 1024) { [self] in run(fd, text) }
    }

    /// Takes a turn in.
    package func note(_ event: Event, at stamp: Stamp, _ turn: Turn) {
        while true {
            let isIn: Bool = state.withLock { state in
                guard state.failure == nil, !state.isClosed else { return true }
                if state.entries.count >= turnLimit {
                    if waitsWhenFull { return false }
                    state.failure = "the recording could not keep up with the run"
                    return true
                }
                state.entries.append(Entry(event: event, stamp: stamp, turn: turn))
                return true
            }
            work.ring()
            if isIn { return }
            progress.wait(.milliseconds(100))
        }
    }

    /// Why the recording is incomplete; nil while it is not.
    package var failure: String? { state.withLock { $0.failure } }

    /// Writes what is left, waiting at most this long. False when it did not get that far.
    @discardableResult
    package func finish(within limit: Duration = .milliseconds(300)) -> Bool {
        state.withLock { $0.isClosed = true }
        work.ring()
        let end = realNow() + limit
        while true {
            let isDone = state.withLock { $0.entries.isEmpty && !$0.isBusy }
            if isDone { return failure == nil }
            let left = end - realNow()
            guard left > .zero else { return false }
            progress.wait(left)
        }
    }

    // MARK: The thread

    private func run(_ fd: Int32, _ header: [UInt8]) {
        var text = header
        while true {
            let taken = state.withLock { state in
                defer { state.entries = [] }
                state.isBusy = !state.entries.isEmpty || !text.isEmpty
                return state
            }
            for entry in taken.entries where append(entry, to: &text) {
                if text.count >= Self.chunk { write(&text, to: fd) }
            }
            write(&text, to: fd)
            if let failure {
                // What has no hole before it is written; this line says that there is one now.
                if let end = try? Self.encoder().encode(RecordEnd(incomplete: failure)) { text += end }
                text.append(UInt8(ascii: "\n"))
                write(&text, to: fd)
                break
            }
            guard taken.entries.isEmpty else { continue }
            if taken.isClosed { break }
            progress.ring()
            work.wait(nil)
        }
        fsync(fd)
        close(fd)
        state.withLock {
            $0.isBusy = false
            $0.entries = []
        }
        progress.ring()
    }

    /// False once there is a hole: nothing may follow it.
    private func append(_ entry: Entry, to text: inout [UInt8]) -> Bool {
        let recorded = RecordedTurn(
            number: entry.turn.number, stamp: entry.stamp, event: entry.event,
            digest: TurnDigest.digest(entry.turn))
        do {
            let line = try Self.encoder().encode(recorded)
            guard !hasHole else { return false }
            text += line
            text.append(UInt8(ascii: "\n"))
            return true
        } catch {
            fail("turn \(entry.turn.number) cannot be encoded: \(error)")
            return false
        }
    }

    private func write(_ text: inout [UInt8], to fd: Int32) {
        guard !text.isEmpty else { return }
        let code = text.withUnsafeBytes { cl_write_all(fd, $0.baseAddress, $0.count) }
        if code != 0 { fail("the recording could not be written: \(systemMessage(code))") }
        text = []
    }

    private func fail(_ reason: String) {
        state.withLock {
            $0.failure = $0.failure ?? reason
            $0.hasHole = true
        }
    }

    private var hasHole: Bool { state.withLock { $0.hasHole } }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
