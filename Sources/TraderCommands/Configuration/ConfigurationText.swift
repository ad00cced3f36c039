// YAML as people write it: a key that is there twice is a mistake like any other, and hides none behind it.

import Yams

enum ConfigurationText {
    struct Duplicate {
        /// With all that is around it: `risk.max_daily_loss`.
        let key: String
        /// The later one's.
        let line: Int?
        let firstLine: Int?
    }

    struct Composed {
        /// Nil for a text without anything in it. A key that is there twice is in it twice.
        let root: Node?
        let duplicates: [Duplicate]
    }

    /// Stands before the first of two keys while the text is read; a private character that no key has.
    private static let mark: Unicode.Scalar = "\u{E2A7}"
    /// More is no configuration.
    private static let limit = 500

    /// - Throws: `YamlError` for what is no YAML.
    static func compose(_ text: String) throws -> Composed {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            Array($0.unicodeScalars)
        }
        var copy = text
        for _ in 0..<limit {
            do {
                guard let root = try Yams.compose(yaml: copy) else {
                    return Composed(root: nil, duplicates: [])
                }
                var duplicates: [Duplicate] = []
                let plain = unmarked(root, "", &duplicates)
                return Composed(root: plain, duplicates: duplicates)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                // The reader refuses it whole and names the first of the two, which is read under another name.
                guard mark(context.mark, &lines) else {
                    throw YamlError.duplicatedKeysInMapping(duplicates: keys, context: context)
                }
                copy = lines.map { String(String.UnicodeScalarView($0)) }.joined(separator: "\n")
            }
        }
        return Composed(root: try Yams.compose(yaml: text), duplicates: [])
    }

    private static func mark(_ place: Mark, _ lines: inout [[Unicode.Scalar]]) -> Bool {
        var column = place.column - 1
        guard lines.indices.contains(place.line - 1), lines[place.line - 1].indices.contains(column) else {
            return false
        }
        if ["\"", "'"].contains(lines[place.line - 1][column]) { column += 1 }
        lines[place.line - 1].insert(mark, at: column)
        return true
    }

    /// The same without marks, which stand before keys that come again.
    private static func unmarked(_ node: Node, _ path: String, _ duplicates: inout [Duplicate]) -> Node {
        switch node {
        case .scalar, .alias: return node
        case .sequence(var sequence):
            for index in sequence.indices {
                sequence[index] = unmarked(sequence[index], "\(path)[\(index)]", &duplicates)
            }
            return .sequence(sequence)
        case .mapping(let mapping):
            var pairs: [(Node, Node)] = []
            var firsts: [String: Int?] = [:]
            for (key, value) in mapping {
                let (plain, wasMarked) = unmarked(key: key)
                let name = plain.string ?? "?"
                let inner = path.isEmpty ? name : "\(path).\(name)"
                if let first = firsts[name] {
                    duplicates.append(Duplicate(key: inner, line: key.mark?.line, firstLine: first))
                } else if wasMarked {
                    firsts[name] = .some(key.mark?.line)
                }
                pairs.append((plain, unmarked(value, inner, &duplicates)))
            }
            return .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark))
        }
    }

    private static func unmarked(key: Node) -> (Node, Bool) {
        guard case .scalar(var scalar) = key, scalar.string.unicodeScalars.first == mark else {
            return (key, false)
        }
        scalar.string = String(String.UnicodeScalarView(scalar.string.unicodeScalars.drop { $0 == mark }))
        return (.scalar(scalar), true)
    }
}
