// What we need of an answer and could not read. Whoever reads a page decides what becomes of it.

import ForeignJSON
import TradingDomain

struct Unreadable: Error {
    let what: String
    init(_ what: String) { self.what = what }
}

extension JSONValue {
    /// A text that must be there and say something.
    func need(_ name: StaticString) throws(Unreadable) -> String {
        guard let text = self[name]?.wording else { throw Unreadable("no \(name)") }
        return text
    }

    func needFlag(_ name: StaticString) throws(Unreadable) -> Bool {
        guard let flag = self[name]?.flag else { throw Unreadable("no \(name)") }
        return flag
    }

    /// A decimal that must be there.
    func needDecimal<Number: ExactDecimal>(_ name: StaticString) throws(Unreadable) -> Number {
        guard let number: Number = try decimal(name) else { throw Unreadable("no \(name)") }
        return number
    }

    /// A decimal that may be missing, null or ""; but what is there must be one.
    func decimal<Number: ExactDecimal>(_ name: StaticString) throws(Unreadable) -> Number? {
        guard let value = self[name] else { return nil }
        if let number: Number = value.decimal() { return number }
        if let text = value.text, text.isEmpty { return nil }
        throw Unreadable("\(name) is not a decimal: '\(StrangersText.clean(value.text ?? "", limit: 40))'")
    }

    /// A moment that may be missing or unreadable, as the zero time of the venue is.
    func instant(_ name: StaticString) -> UTCInstant? {
        self[name]?.text.flatMap { wireInstant($0) }
    }

    func need(_ name: StaticString, where list: String) throws(Unreadable) -> [JSONValue] {
        guard let elements = self[name]?.elements else { throw Unreadable("no list '\(name)'\(list)") }
        return elements
    }
}

/// The venue's times: RFC 3339, with an offset of nothing spelled in either way. The year 1 stands for none.
package func wireInstant(_ text: String) -> UTCInstant? {
    if let instant = UTCInstant(text) { return instant }
    for ending in ["+00:00", "+0000", " +0000 UTC", "z"] where text.hasSuffix(ending) {
        var plain = String(text.dropLast(ending.count)) + "Z"
        if let space = plain.firstIndex(of: " ") { plain.replaceSubrange(space...space, with: "T") }
        return UTCInstant(plain)
    }
    return nil
}

/// `BUY` and `SELL`.
func wireSide(_ text: String?) -> Side? {
    switch text {
    case "BUY": .buy
    case "SELL": .sell
    default: nil
    }
}
