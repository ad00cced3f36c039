// A terminal as a value: what a person would see of what a program writes. It knows what ours writes (carriage return, line
// feed, cursor up, erasing, colours) and notes whatever else it is sent.

struct TestScreen {
    private(set) var columns: Int
    private(set) var rows: Int
    /// What has left the screen at its top, then what is on it.
    private var scrolled: [String] = []
    private var lines: [[Character]]
    private var row = 0
    private var column = 0
    private var pending = ""
    /// Sequences that it does not know.
    private(set) var strange: [String] = []
    private(set) var colours = 0

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        lines = Array(repeating: [], count: rows)
    }

    var screen: [String] { lines.map { Self.trimmed($0) } }
    var text: [String] { scrolled + screen }
    /// The last line with anything on it.
    var lastLine: String { text.last { !$0.isEmpty } ?? "" }

    mutating func resize(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        // What is above the cursor leaves first, as terminals do it.
        while lines.count > rows {
            if row < lines.count - 1, lines.last?.isEmpty == true {
                lines.removeLast()
            } else {
                scrolled.append(Self.trimmed(lines.removeFirst()))
                row -= 1
            }
        }
        while lines.count < rows { lines.append([]) }
        row = max(0, min(row, rows - 1))
        column = min(column, columns - 1)
    }

    mutating func feed(_ more: String) {
        var rest = Substring(pending + more)
        pending = ""
        while let first = rest.first {
            if first == "\u{1B}" {
                guard let end = rest.dropFirst(2).firstIndex(where: { $0.isLetter || $0 == "\u{1B}" }) else {
                    pending = String(rest)
                    return
                }
                obey(String(rest[...end]))
                rest = rest[rest.index(after: end)...]
            } else {
                rest.removeFirst()
                put(first)
            }
        }
    }

    private mutating func put(_ character: Character) {
        switch character {
        case "\r": column = 0
        case "\n": lineFeed()
        case "\r\n":
            column = 0
            lineFeed()
        default:
            if column >= columns {
                column = 0
                lineFeed()
            }
            while lines[row].count <= column { lines[row].append(" ") }
            lines[row][column] = character
            column += 1
        }
    }

    private mutating func lineFeed() {
        if row == rows - 1 { scrollUp() } else { row += 1 }
    }

    private mutating func scrollUp() {
        scrolled.append(Self.trimmed(lines.removeFirst()))
        lines.append([])
    }

    private mutating func obey(_ sequence: String) {
        let number = Int(sequence.dropFirst(2).dropLast()) ?? 1
        switch sequence.last {
        case "A": row = max(0, row - number)
        case "K": lines[row] = Array(lines[row].prefix(column))
        case "J":
            lines[row] = Array(lines[row].prefix(column))
            for below in lines.indices where below > row { lines[below] = [] }
        case "m": colours += 1
        default: strange.append(sequence)
        }
    }

    private static func trimmed(_ line: [Character]) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
