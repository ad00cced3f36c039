// What commands print: lines on stdout for people or machines, complaints on stderr.

import CLinux
import FoundationEssentials

enum Output {
    static func line(_ text: String) { write(text + "\n", to: 1) }

    /// As it is.
    static func text(_ text: String) { write(text, to: 1) }

    static func complain(_ text: String) { write("\(TraderProgram.name): \(text)\n", to: 2) }

    /// A line for whoever sits at the terminal, beside what a command prints.
    static func tell(_ text: String, ends: Bool = true) { write(text + (ends ? "\n" : ""), to: 2) }

    /// A line that replaces itself, for a terminal; nil clears it.
    static func progress(_ text: String?) { write("\r\u{1B}[K\(text ?? "")", to: 2) }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) }
    }

    /// One line; keys in snake case and in order.
    static func json(_ value: some Encodable) throws { line(try jsonText(value)) }

    static func jsonText(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Columns as wide as their longest cell; numbers to the right.
    static func table(_ header: [String], _ rows: [[String]], right: Set<Int> = []) {
        let all = [header] + rows
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
