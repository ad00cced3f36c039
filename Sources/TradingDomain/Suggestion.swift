/// The known word that somebody may have meant.
package enum Suggestion {
    package static func of(_ word: String, among known: [String]) -> String? {
        let limit = max(1, word.count / 3)
        let near = known.map { ($0, distance(word, $0)) }.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
        if let near { return near }
        // The beginning of one word alone: spacing for spacing_bps.
        let longer = known.filter { word.count >= 3 && $0.hasPrefix(word) }
        return longer.count == 1 ? longer.first : nil
    }

    /// All that are known where they are few, else the five that are most like it.
    package static func list(_ known: [String], for word: String) -> String {
        guard known.count > 12 else { return known.joined(separator: ", ") }
        let nearest = known.enumerated().map { ($0.offset, $0.element, distance(word, $0.element)) }
            .sorted { ($0.2, $0.0) < ($1.2, $1.0) }.prefix(5).map(\.1)
        return "\(nearest.joined(separator: ", ")) and \(known.count - nearest.count) more"
    }

    /// The three that are most like it, each at most a third different.
    package static func several(of word: String, among known: [String]) -> [String] {
        let limit = max(1, word.count / 3)
        return known.map { ($0, distance(word, $0)) }.filter { $0.1 <= limit }
            .enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
            .prefix(3).map(\.element.0)
    }

    /// What is wrong with a word, which was meant, and what is known.
    package static func words(_ word: String, among known: [String]) -> String {
        let meant = of(word, among: known).map { "; did you mean \($0)?" } ?? "."
        return "'\(word)' is unknown\(meant) Known: \(known.joined(separator: ", "))"
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
    package static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a)
        let b = Array(b)
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
