// How exact decimals are written and read: canonical plain decimals, never an exponent, never a float.

extension ExactDecimal {
    /// Canonical: no leading zeros, no trailing fractional zeros, no point without a fraction, no "-0".
    /// `Self(description)` gives the same value back.
    public var description: String { decimalText(raw, digits: nil) }

    /// Reads `-?digits[.digits]` (a leading "+" is not accepted). Nil when the text is malformed, has more
    /// than 18 significant fractional digits, or does not fit.
    public init?(_ description: String) {
        guard let raw = parseDecimal(description.utf8) else { return nil }
        self.init(raw: raw)
    }

    /// The same of text that is at hand as bytes.
    package init?(utf8 text: ArraySlice<UInt8>) {
        guard let raw = parseDecimal(text) else { return nil }
        self.init(raw: raw)
    }

    /// Like `init?(_:)`, with the reason.
    public init(parsing text: String) throws(ArithmeticError) {
        guard let raw = parseDecimal(text.utf8) else { throw .malformed(text) }
        self.init(raw: raw)
    }

    /// As the wire wants it: printed with exactly the fractional digits of the product's increment
    /// ("12.30" at an increment of "0.01").
    /// - Throws: `offIncrement` when the value is not a multiple of it, so that nothing is rounded silently.
    public func wire(increment: Self) throws(ArithmeticError) -> String {
        guard isMultiple(of: increment) else {
            throw .offIncrement(value: description, increment: increment.description)
        }
        return decimalText(raw, digits: significantFraction(increment.raw))
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let raw = parseDecimal(text.utf8) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: ArithmeticError.malformed(text).description)
        }
        self.init(raw: raw)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// How many of the 18 fractional digits are needed to write `raw` exactly.
private func significantFraction(_ raw: Int128) -> Int {
    var fraction = UInt64(truncatingIfNeeded: raw.magnitude % UInt128(scale))
    if fraction == 0 { return 0 }
    var digits = fractionalDigits
    while fraction % 10 == 0 {
        fraction /= 10
        digits -= 1
    }
    return digits
}

private func decimalText(_ raw: Int128, digits: Int?) -> String {
    let (whole, rest) = raw.magnitude.quotientAndRemainder(dividingBy: UInt128(scale))
    let shown = digits ?? significantFraction(raw)
    var text = raw < 0 ? "-" : ""
    if let small = UInt64(exactly: whole) { text += String(small) } else { text += String(whole) }
    guard shown > 0 else { return text }
    let fraction = String(UInt64(rest))
    text += "."
    text += String(repeating: "0", count: fractionalDigits - fraction.utf8.count)
    text += fraction
    // The fraction now has 18 digits; keep the ones that are asked for.
    text.removeLast(fractionalDigits - shown)
    return text
}

private func parseDecimal(_ text: some Sequence<UInt8>) -> Int128? {
    var negative = false
    var isFirst = true
    var sawDigit = false
    var fraction = -1  // digits seen behind the point, -1 before it
    var whole: UInt128 = 0
    var part: UInt64 = 0
    for byte in text {
        switch byte {
        case UInt8(ascii: "-") where isFirst: negative = true
        case UInt8(ascii: ".") where fraction < 0 && sawDigit: fraction = 0
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            sawDigit = true
            let digit = UInt64(byte - UInt8(ascii: "0"))
            if fraction < 0 {
                // Beyond 10^21 nothing fits any more; this also bounds the loop's arithmetic.
                if whole > 1_000_000_000_000_000_000_000 { return nil }
                whole = whole &* 10 &+ UInt128(digit)
            } else if fraction < fractionalDigits {
                part = part &* 10 &+ digit
                fraction += 1
            } else if digit != 0 {
                return nil
            }
        default: return nil
        }
        isFirst = false
    }
    guard sawDigit, fraction != 0 else { return nil }
    if fraction > 0 {
        for _ in fraction..<fractionalDigits { part *= 10 }
    }
    let (scaled, overflow) = whole.multipliedReportingOverflow(by: UInt128(scale))
    let (sum, carried) = scaled.addingReportingOverflow(UInt128(part))
    guard !overflow, !carried, sum <= UInt128(Int128.max) else { return nil }
    return negative ? -Int128(sum) : Int128(sum)
}
