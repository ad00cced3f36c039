// Bytes as they come, lines as they end; never more in memory than one line may have.

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

    mutating func take(_ bytes: some Sequence<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if line.count < limit { line.append(byte) } else { isOverlong = true }
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            pieces.append(isOverlong ? .overlong(line) : .line(line))
            line.removeAll(keepingCapacity: line.capacity <= 65_536)
            isOverlong = false
        }
        return pieces
    }

    /// Whether the line at hand is too long already, though it has not ended.
    var hasOverflowed: Bool { isOverlong }

    /// The line that nobody ended; nil for none.
    mutating func rest() -> [UInt8]? {
        defer { line = [] }
        return line.isEmpty ? nil : line
    }
}
