// One setting of the catalogue: its key in the file, its name in the environment, what is allowed, what it means, how it
// is read and shown. `config show`, `config init`, the JSON Schema and the documentation's tables are made from these.

import Trading
import TradingDomain

struct Setting: Sendable {
    /// As in the file, sections joined by points.
    let key: String
    let shape: Shape
    /// One line for people.
    let meaning: String
    /// The default as it is written in a file, where the effective value says more than that.
    var standard: String?
    /// False where a mistaken value could be a secret.
    var isShownWhenRefused = true
    /// Takes the text into the configuration; false when it is not allowed.
    let take: @Sendable (String, inout Configuration) -> Bool
    /// The effective value.
    let show: @Sendable (Configuration) -> String

    /// What is allowed, for people.
    var allowed: String { shape.words }

    /// `risk.max_daily_loss` is TRADER247_RISK_MAX_DAILY_LOSS.
    var variable: String { "TRADER247_" + key.uppercased().replacing(".", with: "_") }

    func standardText(_ standards: Configuration) -> String { standard ?? show(standards) }
}

extension Setting {
    /// Any value that has a reader and a writer.
    static func value<Value>(
        _ key: String, _ path: WritableKeyPath<Configuration, Value> & Sendable, _ shape: Shape,
        _ meaning: String, standard: String? = nil, isShownWhenRefused: Bool = true,
        _ read: @escaping @Sendable (String) -> Value?, _ write: @escaping @Sendable (Value) -> String
    ) -> Setting {
        Setting(
            key: key, shape: shape, meaning: meaning, standard: standard,
            isShownWhenRefused: isShownWhenRefused
        ) { text, configuration in
            guard let value = read(text) else { return false }
            configuration[keyPath: path] = value
            return true
        } show: {
            write($0[keyPath: path])
        }
    }

    /// One of the words that a type has.
    static func choice<Value: RawRepresentable>(
        _ key: String, _ path: WritableKeyPath<Configuration, Value> & Sendable, _ known: [Value],
        _ meaning: String
    ) -> Setting where Value.RawValue == String, Value: Sendable {
        let words = known.map(\.rawValue)
        return value(
            key, path, .choice(words), meaning,
            { text in words.contains(text) ? Value(rawValue: text) : nil }, { $0.rawValue })
    }

    static func flag(
        _ key: String, _ path: WritableKeyPath<Configuration, Bool> & Sendable, _ meaning: String
    ) -> Setting {
        value(key, path, .flag, meaning, { Bool($0) }, { "\($0)" })
    }

    static func duration(
        _ key: String, _ path: WritableKeyPath<Configuration, Duration> & Sendable,
        from least: Duration = .zero, to most: Duration = .seconds(7 * 86_400), _ meaning: String
    ) -> Setting {
        value(
            key, path, .duration(from: least, to: most), meaning,
            { text in Values.duration(text).flatMap { $0 >= least && $0 <= most ? $0 : nil } },
            { Values.text($0) })
    }

    /// A duration, or a word for none.
    static func duration(
        _ key: String, _ path: WritableKeyPath<Configuration, Duration?> & Sendable,
        from least: Duration, to most: Duration, or none: String, _ meaning: String
    ) -> Setting {
        value(
            key, path, .or(.duration(from: least, to: most), [none]), meaning,
            { text in
                if text == none { return .some(nil) }
                return Values.duration(text).flatMap { $0 >= least && $0 <= most ? .some($0) : nil }
            }, { $0.map { Values.text($0) } ?? none })
    }

    static func integer(
        _ key: String, _ path: WritableKeyPath<Configuration, Int> & Sendable, _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> Setting {
        value(key, path, .integer(range), meaning, { Values.integer($0, range) }, { "\($0)" })
    }

    static func whole(
        _ key: String, _ path: WritableKeyPath<Configuration, UInt64> & Sendable, _ meaning: String
    ) -> Setting {
        value(key, path, .whole, meaning, { UInt64($0) }, { "\($0)" })
    }

    static func decimal<Value: ExactDecimal>(
        _ key: String, _ path: WritableKeyPath<Configuration, Value> & Sendable, zero: Bool = false,
        _ meaning: String
    ) -> Setting {
        value(
            key, path, zero ? .fromZero : .positive, meaning, { Values.decimal($0, zero: zero) },
            { "\($0)" })
    }

    /// Any text but an empty one, or a word for none.
    static func optionalText(
        _ key: String, _ path: WritableKeyPath<Configuration, String?> & Sendable, _ words: String,
        or none: String = "none", _ meaning: String, isShownWhenRefused: Bool = true,
        _ isAllowed: @escaping @Sendable (String) -> Bool = { !$0.isEmpty }
    ) -> Setting {
        value(
            key, path, .or(.text(words), [none]), meaning, isShownWhenRefused: isShownWhenRefused,
            { text in text == none ? .some(nil) : isAllowed(text) ? .some(text) : nil }, { $0 ?? none })
    }
}
