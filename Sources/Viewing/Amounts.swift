// Numbers as people read them at a glance. Exact ones are in `status --json`.

import TradingDomain

enum Glance {
    /// Two digits after the point, with its sign where it is a result.
    static func money(_ money: Money, isSigned: Bool = true) -> String {
        guard let cent = Money("0.01"), let rounded = try? money.rounded(to: cent, .halfEven) else {
            return "\(money)"
        }
        var text = "\(rounded)"
        let fraction = text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
        if fraction == 0 { text += "." }
        text += String(repeating: "0", count: max(0, 2 - fraction))
        return isSigned && rounded.isPositive ? "+" + text : text
    }

    static func ink(_ money: Money) -> Ink { money.isNegative ? .bad : money.isPositive ? .good : .plain }

    /// `850 ms`, `2.3 s`, `4:05 min`, `3:04:05 h`, `2 d 3 h`.
    static func duration(milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        switch seconds {
        case ..<1: return "\(max(0, milliseconds)) ms"
        case ..<60: return "\(seconds).\(milliseconds % 1_000 / 100) s"
        case ..<3_600: return "\(seconds / 60):\(two(seconds % 60)) min"
        case ..<86_400: return "\(seconds / 3_600):\(two(seconds / 60 % 60)):\(two(seconds % 60)) h"
        default: return "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
        }
    }

    /// `23:11:59Z`.
    static func time(_ instant: UTCInstant) -> String {
        let text = "\(instant)"
        guard let t = text.firstIndex(of: "T") else { return text }
        return text[text.index(after: t)...].prefix { $0 != "." && $0 != "Z" } + "Z"
    }

    /// How many of so many cells a part fills: none only for nothing, all only for the whole.
    static func cells(_ part: Int128, of whole: Int128, _ count: Int) -> Int {
        guard part > 0, whole > 0, count > 0 else { return 0 }
        guard part < whole else { return count }
        // Large amounts are brought to a size at which they can be multiplied.
        var (part, whole) = (part, whole)
        while whole > 1 << 100 { (part, whole) = (part >> 16, whole >> 16) }
        let filled = Int(part * Int128(count) / whole)
        return min(max(1, filled), count - (count > 1 ? 1 : 0))
    }
}
