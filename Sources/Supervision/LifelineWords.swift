// The words of the lifeline between guardian and trader: a connected pair of sockets, one end each. The trader writes
// lines; when either process dies the kernel closes its end, which tells the other one.

extension TraderWord {
    /// What a sealed memory file comes with, the configuration and key that the venue accepts now. Of that file the
    /// guardian's plan knows nothing.
    package static let handsUp = "m\n"

    /// One line, without control characters inside.
    package var line: String {
        switch self {
        case .beat: "b\n"
        case .ready: "r\n"
        case .reloading: "l\n"
        case .stopping: "s\n"
        case .status(let text): "t " + String(text.prefix(200).map { $0.isNewline ? " " : $0 }) + "\n"
        }
    }

    init?(line: Substring) {
        switch line.first {
        case "b": self = .beat
        case "r": self = .ready
        case "l": self = .reloading
        case "s": self = .stopping
        case "t": self = .status(String(line.dropFirst(2)))
        default: return nil
        }
    }
}

/// Puts lines together from what arrives in pieces; what is not a word of ours is dropped.
struct LifelineReader {
    private var rest: [UInt8] = []

    mutating func words(_ bytes: some Sequence<UInt8>) -> [TraderWord] {
        rest += bytes
        var words: [TraderWord] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if let word = TraderWord(line: Substring(decoding: rest[..<end], as: UTF8.self)) {
                words.append(word)
            }
            rest.removeSubrange(...end)
        }
        if rest.count > 4_096 { rest = [] }
        return words
    }
}
