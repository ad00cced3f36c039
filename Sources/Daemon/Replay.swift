// Feeds a recording to a fresh core and compares what each turn decided. Names the first difference.

import CLinux
import FoundationEssentials
import Glibc
import Trading
import TradingDomain

/// A recording that cannot be read.
package struct RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    package let path: String
    /// From 1; 0 for the file as a whole.
    package let line: Int
    package let cause: String
    package var description: String {
        line == 0 ? "recording \(path): \(cause)" : "recording \(path), line \(line): \(cause)"
    }
}

package enum ReplayOutcome: Equatable, Sendable {
    /// All turns are equal.
    case equal(turns: Int)
    /// The first turn that is not. `decided` is what the core decided now, as canonical JSON.
    case differs(
        turn: TurnNumber, line: Int, event: String, recorded: String, replayed: String, decided: String)
    /// All turns are equal as far as the recording goes, which is not to the end of the run.
    case incomplete(turns: Int, reason: String)
}

package enum Replay {
    /// The recording's header.
    package static func header(of path: String) throws -> RecordHeader {
        var lines = try RecordingLines(path: path)
        return try header(&lines)
    }

    /// Feeds the recording at `path` to the core that `makeCore` makes from its header.
    package static func run<Core: LoopCore>(
        _ path: String, makeCore: (RecordHeader) throws -> Core
    ) throws -> ReplayOutcome {
        var lines = try RecordingLines(path: path)
        var core = try makeCore(try header(&lines))
        let decoder = JSONDecoder()
        var turns = 0
        while let line = try lines.next() {
            if let end = try? decoder.decode(RecordEnd.self, from: line) {
                return .incomplete(turns: turns, reason: end.incomplete)
            }
            let recorded = try decode(RecordedTurn.self, line, lines, decoder)
            var turn = Turn(number: recorded.number)
            core.handle(recorded.event, at: recorded.stamp, into: &turn)
            turns += 1
            let digest = TurnDigest.digest(turn)
            guard digest == recorded.digest else {
                return .differs(
                    turn: recorded.number, line: lines.number, event: "\(recorded.event)",
                    recorded: recorded.digest, replayed: digest,
                    decided: TurnDigest.canonical(turn).map { String(decoding: $0, as: UTF8.self) }
                        ?? "unencodable")
            }
        }
        return .equal(turns: turns)
    }

    private static func header(_ lines: inout RecordingLines) throws -> RecordHeader {
        guard let first = try lines.next() else {
            throw RecordingError(path: lines.path, line: 0, cause: "it is empty")
        }
        let header = try decode(RecordHeader.self, first, lines, JSONDecoder())
        guard header.format == RecordHeader.currentFormat else {
            throw RecordingError(
                path: lines.path, line: 1,
                cause: "its format is \(header.format), this version reads \(RecordHeader.currentFormat)")
        }
        return header
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ line: Data, _ lines: borrowing RecordingLines, _ decoder: JSONDecoder
    ) throws -> Value {
        do {
            return try decoder.decode(type, from: line)
        } catch {
            throw RecordingError(path: lines.path, line: lines.number, cause: "\(error)")
        }
    }
}

/// A file line by line, however large it is.
private struct RecordingLines: ~Copyable {
    let path: String
    private(set) var number = 0
    private let fd: Int32
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    init(path: String) throws {
        self.path = path
        fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else {
            throw RecordingError(path: path, line: 0, cause: "cannot open it: \(systemMessage(errno))")
        }
    }

    deinit { close(fd) }

    /// The next line that is not empty. A last line without its newline was cut off by a crash and is an error.
    mutating func next() throws -> Data? {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[position..<end]
                position = end + 1
                number += 1
                if !line.isEmpty { return Data(line) }
                continue
            }
            if isAtEnd {
                guard position == buffer.count else {
                    throw RecordingError(
                        path: path, line: number + 1, cause: "it ends in the middle of a line")
                }
                return nil
            }
            try fill()
        }
    }

    private mutating func fill() throws {
        buffer.removeFirst(position)
        position = 0
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        let count = read(fd, &chunk, chunk.count)
        guard count >= 0 else {
            throw RecordingError(path: path, line: 0, cause: "cannot read it: \(systemMessage(errno))")
        }
        if count == 0 { isAtEnd = true }
        buffer += chunk[..<count]
    }
}
