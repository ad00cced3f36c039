// How the text of one setting becomes a value. Each answers nil for a text that is none; what is allowed is said
// beside the setting.

import TradingDomain

enum Values {
    /// `250ms`, `30s`, `1.5m`, `2h`, `7d`. Never negative.
    static func duration(_ text: String) -> Duration? {
        let units: [(suffix: String, nanoseconds: Int64)] = [
            ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
            ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
        ]
        let number = text.prefix { $0.isNumber || $0 == "." }
        guard let unit = units.first(where: { $0.suffix == text.dropFirst(number.count) }),
            let amount = Quantity(String(number)),
            let total = try? amount.scaled(by: unit.nanoseconds, over: 1, .down),
            let nanoseconds = Int64(exactly: total.raw / Quantity(1).raw)
        else { return nil }
        return .nanoseconds(nanoseconds)
    }

    /// As `duration` reads it, in the largest unit that needs no fraction.
    static func text(_ duration: Duration) -> String {
        let nanoseconds = duration.wholeNanoseconds
        let units: [(String, Int64)] = [
            ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
            ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
        ]
        if nanoseconds == 0 { return "0s" }
        for (suffix, size) in units where nanoseconds % size == 0 { return "\(nanoseconds / size)\(suffix)" }
        return "\(nanoseconds)ns"
    }

    /// `64KB`, `32MB`, `1GB`, in units of 1,024; a plain number is bytes.
    static func size(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits),
            let shift = ["": 0, "KB": 10, "MB": 20, "GB": 30][String(text.dropFirst(digits.count))]
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : bytes
    }

    @Sendable static func size(_ bytes: Int64) -> String {
        for (unit, shift) in [("GB", 30), ("MB", 20), ("KB", 10)] where bytes > 0 && bytes % (1 << shift) == 0
        {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)"
    }

    static func integer(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = Int(text), range.contains(value) else { return nil }
        return value
    }

    /// An exact decimal above zero, or from zero on.
    static func decimal<Value: ExactDecimal>(_ text: String, zero: Bool = false) -> Value? {
        guard let value = Value(text), value.isPositive || (zero && value.isZero) else { return nil }
        return value
    }

    /// A fraction from 0 to 1, for a probability or a share; never for money.
    static func fraction(_ text: String) -> Double? {
        guard let rate = Rate(text), !rate.isNegative, rate <= Rate(1) else { return nil }
        return Double(text)
    }

    static func speed(_ text: String) -> Configuration.Speed? {
        if text == "max" { return .maximum }
        guard let rate = Rate(text), rate.isPositive, rate <= Rate(100_000), let value = Double(text) else {
            return nil
        }
        return .times(value)
    }

    /// `simulated`, `coinbase`, `replay:FILE` or `replay:SYMBOL=FILE`.
    static func feed(_ text: String) -> Configuration.FeedChoice? {
        if text == "simulated" { return .simulated }
        if text == "coinbase" { return .coinbase }
        guard text.hasPrefix("replay:") else { return nil }
        let rest = text.dropFirst("replay:".count)
        if let sign = rest.firstIndex(of: "="), let symbol = Symbol(String(rest[..<sign])) {
            let file = String(rest[rest.index(after: sign)...])
            return file.isEmpty ? nil : .replay(file: file, symbol: symbol)
        }
        return rest.isEmpty ? nil : .replay(file: String(rest), symbol: nil)
    }

    static func text(_ feed: Configuration.FeedChoice) -> String {
        switch feed {
        case .simulated: "simulated"
        case .coinbase: "coinbase"
        case .replay(let file, nil): "replay:\(file)"
        case .replay(let file, let symbol?): "replay:\(symbol)=\(file)"
        }
    }
}
