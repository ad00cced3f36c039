// One setting: its key in the file, its name in the environment, what is allowed, how it is read and shown.

import Trading
import TradingDomain

struct Setting: Sendable {
    /// As in the file, sections joined by points.
    let key: String
    /// What is allowed, for people.
    let allowed: String
    /// Takes the text into the configuration; false when it is not allowed.
    let take: @Sendable (String, inout Configuration) -> Bool
    /// False where a mistaken value could be a secret.
    var isShownWhenRefused = true
    /// The effective value.
    let show: @Sendable (Configuration) -> String

    /// `risk.max_daily_loss` is TRADER247_RISK_MAX_DAILY_LOSS.
    var variable: String { "TRADER247_" + key.uppercased().replacing(".", with: "_") }
}

extension Setting {
    /// Any value that has a reader and a writer.
    static func value<Value>(
        _ key: String, _ path: WritableKeyPath<Configuration, Value> & Sendable, _ allowed: String,
        _ read: @escaping @Sendable (String) -> Value?, _ write: @escaping @Sendable (Value) -> String
    ) -> Setting {
        Setting(key: key, allowed: allowed) { text, configuration in
            guard let value = read(text) else { return false }
            configuration[keyPath: path] = value
            return true
        } show: {
            write($0[keyPath: path])
        }
    }

    static func duration(
        _ key: String, _ path: WritableKeyPath<Configuration, Duration> & Sendable,
        from least: Duration = .zero, to most: Duration = .seconds(7 * 86_400)
    ) -> Setting {
        value(
            key, path, "a duration from \(Values.text(least)) to \(Values.text(most)), like 250ms, 30s or 5m",
            { text in Values.duration(text).flatMap { $0 >= least && $0 <= most ? $0 : nil } },
            { Values.text($0) })
    }

    static func integer(
        _ key: String, _ path: WritableKeyPath<Configuration, Int> & Sendable, _ range: ClosedRange<Int>
    ) -> Setting {
        value(
            key, path, "a whole number from \(range.lowerBound) to \(range.upperBound)",
            { Values.integer($0, range) }, { "\($0)" })
    }

    static func decimal<Value: ExactDecimal>(
        _ key: String, _ path: WritableKeyPath<Configuration, Value> & Sendable, zero: Bool = false
    ) -> Setting {
        value(
            key, path, zero ? "a decimal number from 0 on" : "a decimal number above 0",
            { Values.decimal($0, zero: zero) }, { "\($0)" })
    }
}
