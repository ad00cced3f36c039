// What commands print: lines on stdout for people or machines, complaints on stderr. All of it goes through here, and no
// control character of anybody's goes out: whatever a store, a venue, a program or a file holds, a terminal only shows it.

import CLinux
import FoundationEssentials
import TradingDomain

enum Output {
    static func line(_ text: String) { write(VisibleText.lines(text) + "\n", to: 1) }

    /// Several lines, the last one's end with them.
    static func text(_ text: String) { write(VisibleText.lines(text), to: 1) }

    static func complain(_ text: String) {
        write("\(TraderProgram.name): \(VisibleText.lines(text))\n", to: 2)
    }

    /// A line for whoever sits at the terminal, beside what a command prints.
    static func tell(_ text: String, ends: Bool = true) {
        write(VisibleText.lines(text) + (ends ? "\n" : ""), to: 2)
    }

    /// A line that replaces itself, for a terminal; nil clears it.
    static func progress(_ text: String?) { write("\r\u{1B}[K" + VisibleText.line(text ?? ""), to: 2) }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) }
    }

    /// One line; keys in snake case and in order.
    static func json(_ value: some Encodable) throws { json(try jsonText(value)) }

    /// JSON that is there already, a line end after it. Its values stay as they are, whatever they hold.
    static func json(_ text: String) { write(VisibleText.lines(VisibleText.json(text)) + "\n", to: 1) }

    static func jsonText(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return VisibleText.json(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Columns as wide as their longest cell; numbers to the right.
    static func table(_ header: [String], _ rows: [[String]], right: Set<Int> = []) {
        // A cell is one line, so that nobody's text makes rows of its own.
        let all = [header] + rows.map { $0.map(VisibleText.line) }
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        for row in all {
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
                return right.contains(column) ? padding + cell : cell + padding
            }
            var text = cells.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            line(text)
        }
    }
}
