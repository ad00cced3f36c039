// What a value may be: the one description that people's messages, the documentation's tables and the JSON Schema for
// editors are made of.

import TradingDomain

indirect enum Shape: Equatable, Sendable {
    /// One of these words.
    case choice([String])
    case flag
    case integer(ClosedRange<Int>)
    /// A whole number from zero on.
    case whole
    case decimal(DecimalRange)
    case duration(from: Duration, to: Duration)
    /// What people are told is allowed, and the pattern that all such texts match, where there is one.
    case text(String, pattern: String? = nil)
    /// What people are told is allowed, and the types of JSON that it may have.
    case plain(String, types: [String])
    /// That, or one of these words.
    case or(Shape, [String])
    case list(of: Shape, String)
    /// Whose keys and values are not ours to judge.
    case table(String)

    struct DecimalRange: Equatable, Sendable {
        /// "a decimal number", "basis points", …
        var noun = "a decimal number"
        var least = "0"
        /// Whether `least` itself is not allowed.
        var isAbove = false
        var most: String?
        /// Whether `most` itself is not allowed.
        var isBelow = false
        var example: String?
    }

    static let positive = Shape.decimal(DecimalRange(isAbove: true))
    static let fromZero = Shape.decimal(DecimalRange())
    static let durationPattern = "[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d)"
    static let marketPattern = "[A-Z0-9]{1,16}-[A-Z0-9]{1,16}"

    static func duration(from least: Duration = .zero) -> Shape {
        .duration(from: least, to: .seconds(7 * 86_400))
    }

    /// What is allowed, for people.
    var words: String {
        switch self {
        case .choice(let words): Self.enumerated(words)
        case .flag: "true or false"
        case .integer(let range) where range.upperBound == .max: "a whole number from \(range.lowerBound) on"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .whole: "a whole number from 0 on"
        case .decimal(let range): Self.words(range)
        case .duration(let least, let most):
            "a duration from \(Values.text(least)) to \(Values.text(most)), like 250ms, 30s or 5m"
        case .text(let words, _), .plain(let words, _): words
        case .or(let shape, let words):
            "\(shape.words), \(words.count == 1 ? "or " : "")\(Self.enumerated(words))"
        case .list(_, let words): words
        case .table(let words): words
        }
    }

    /// The same for tables, without examples.
    var brief: String {
        switch self {
        case .duration(let least, let most): "\(Values.text(least)) to \(Values.text(most))"
        case .or(let shape, let words):
            "\(shape.brief), \(words.count == 1 ? "or " : "")\(Self.enumerated(words))"
        case .choice, .flag, .integer, .whole, .decimal, .text, .plain, .list, .table: words
        }
    }

    /// The words among which one may have been meant.
    var choices: [String] {
        switch self {
        case .choice(let words): words
        case .flag: ["true", "false"]
        case .or(let shape, let words): shape.choices + words
        case .integer, .whole, .decimal, .duration, .text, .plain, .list, .table: []
        }
    }

    static func enumerated(_ words: [String]) -> String {
        words.count < 2
            ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
    }

    private static func words(_ range: DecimalRange) -> String {
        var text = range.noun + (range.isAbove ? " above \(range.least)" : " from \(range.least)")
        switch range.most {
        case nil: text += range.isAbove ? "" : " on"
        case let most? where range.isBelow: text += range.isAbove ? ", below \(most)" : " to below \(most)"
        case let most?: text += range.isAbove ? ", at most \(most)" : " to \(most)"
        }
        return text + (range.example.map { ", like \($0)" } ?? "")
    }
}
