// Bytes as they come, lines as they end; never more in memory than one line may have.

import Glibc

struct LineBuffer: Sendable {
    let limit: Int
    private var line: [UInt8] = []
    /// Of the line at hand, all beyond the limit.
    private var isOverlong = false

    init(limit: Int) { self.limit = limit }

    enum Piece: Equatable, Sendable {
        case line([UInt8])
        /// One that has more bytes than the limit; its beginning.
        case overlong([UInt8])
    }

    mutating func take(_ bytes: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var at = 0
        while at < bytes.count {
            let end = Self.newline(in: bytes, from: at) ?? bytes.count
            let room = limit - line.count
            if end - at > room { isOverlong = true }
            line += bytes[at..<min(end, at + room)]
            at = end + 1
            guard end < bytes.count else { break }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            pieces.append(isOverlong ? .overlong(line) : .line(line))
            line.removeAll(keepingCapacity: line.capacity <= 65_536)
            isOverlong = false
        }
        return pieces
    }

    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress,
                let found = memchr(base + start, Int32(UInt8(ascii: "\n")), all.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Whether the line at hand is too long already, though it has not ended.
    var hasOverflowed: Bool { isOverlong }

    /// The line that nobody ended; nil for none.
    mutating func rest() -> [UInt8]? {
        defer { line = [] }
        return line.isEmpty ? nil : line
    }
}
