// Exact fixed-point numbers with 18 fractional digits, the arithmetic under Price, Quantity and Money.
//
// A value is an Int128 count of 10^-18 units, so it reaches ±1.7 × 10^20 units. Products and quotients
// are formed in 256 bits and only then rounded, by a rounding that the caller names. Nothing here traps on
// a value that came from outside: what does not fit throws `ArithmeticError`.

/// What can go wrong in exact arithmetic. Carries the operation and its operands, never a guess.
public enum ArithmeticError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The exact result lies outside ±1.7 × 10^20 units.
    case overflow(String)
    case divisionByZero(String)
    /// The text is not a plain decimal number with at most 18 fractional digits.
    case malformed(String)
    /// The value is not a whole multiple of the increment on which it must be printed.
    case offIncrement(value: String, increment: String)

    public var description: String {
        switch self {
        case .overflow(let what): "\(what) is too large for an exact decimal (limit ±1.7e20)"
        case .divisionByZero(let what): "\(what) divides by zero"
        case .malformed(let text):
            "'\(text)' is not a decimal number (digits, at most one point, at most 18 fractional digits)"
        case .offIncrement(let value, let increment):
            "\(value) is not a multiple of the increment \(increment)"
        }
    }
}

/// How a result that has no exact representation is brought to one. Every rounding operation names it.
public enum Rounding: String, Codable, Sendable {
    /// Toward zero.
    case down
    /// Away from zero.
    case up
    /// To the nearest; a tie goes to the even neighbour.
    case halfEven
}

/// Number of fractional digits of every exact decimal.
public let fractionalDigits = 18

@usableFromInline let scale: UInt64 = 1_000_000_000_000_000_000

/// A fixed-point decimal with 18 fractional digits. `raw` counts 10^-18 units.
public protocol ExactDecimal: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    LosslessStringConvertible
{
    var raw: Int128 { get }
    init(raw: Int128)
}

extension ExactDecimal {
    @inlinable public static var zero: Self { Self(raw: 0) }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
    @inlinable public var isZero: Bool { raw == 0 }
    @inlinable public var isPositive: Bool { raw > 0 }
    @inlinable public var isNegative: Bool { raw < 0 }

    /// The distance from zero. The most negative raw value has none and answers the largest instead;
    /// no arithmetic or parsing here can produce that value.
    @inlinable public var magnitude: Self {
        Self(raw: raw >= 0 ? raw : (raw == .min ? .max : -raw))
    }

    /// Whole units; every Int64 fits.
    @inlinable public init(_ units: Int64) {
        self.init(raw: Int128(units) * Int128(scale))
    }

    @inlinable public static func + (a: Self, b: Self) throws(ArithmeticError) -> Self {
        let (sum, overflow) = a.raw.addingReportingOverflow(b.raw)
        if overflow || sum == .min { throw .overflow("\(a) + \(b)") }
        return Self(raw: sum)
    }

    @inlinable public static func - (a: Self, b: Self) throws(ArithmeticError) -> Self {
        let (difference, overflow) = a.raw.subtractingReportingOverflow(b.raw)
        if overflow || difference == .min { throw .overflow("\(a) - \(b)") }
        return Self(raw: difference)
    }

    @inlinable public static prefix func - (a: Self) -> Self { Self(raw: a.raw == .min ? .max : -a.raw) }

    /// Exact product with a whole number.
    @inlinable public func times(_ count: Int) throws(ArithmeticError) -> Self {
        let (product, overflow) = raw.multipliedReportingOverflow(by: Int128(count))
        if overflow || product == .min { throw .overflow("\(self) × \(count)") }
        return Self(raw: product)
    }

    /// `self × numerator / denominator`, with a full-width intermediate.
    public func scaled(by numerator: Int64, over denominator: Int64, _ rounding: Rounding)
        throws(ArithmeticError) -> Self
    {
        if denominator == 0 { throw .divisionByZero("\(self) × \(numerator) / 0") }
        let negative = (raw < 0) != ((numerator < 0) != (denominator < 0))
        let result = scaledMagnitude(
            raw.magnitude, UInt128(numerator.magnitude), over: UInt128(denominator.magnitude), rounding)
        guard let result else { throw .overflow("\(self) × \(numerator) / \(denominator)") }
        return Self(raw: negative ? -result : result)
    }

    /// The nearest multiple of `increment` in the direction of `rounding`.
    /// - Throws: `divisionByZero` when the increment is not positive.
    @inlinable public func rounded(to increment: Self, _ rounding: Rounding) throws(ArithmeticError) -> Self {
        if increment.raw <= 0 { throw .divisionByZero("rounding \(self) to the increment \(increment)") }
        guard let multiple = nearestMultiple(of: increment.raw, to: raw, rounding) else {
            throw .overflow("\(self) rounded to the increment \(increment)")
        }
        return Self(raw: multiple)
    }

    @inlinable public func isMultiple(of increment: Self) -> Bool {
        increment.raw > 0 && raw % increment.raw == 0
    }
}

/// The multiple of `step`, which is positive, that is nearest to `raw` in the direction of `rounding`; nil where it does not
/// fit. For all kinds of decimals, so that none of them pays for being one of several.
@usableFromInline func nearestMultiple(of step: Int128, to raw: Int128, _ rounding: Rounding) -> Int128? {
    let quotient = raw / step
    // A second division would be the dearest part of it all.
    let rest = raw &- quotient &* step
    if rest == 0 { return raw }
    let away: Bool
    switch rounding {
    case .down: away = false
    case .up: away = true
    case .halfEven:
        let size = rest < 0 ? -rest : rest
        let other = step - size
        away = size > other || (size == other && quotient & 1 != 0)
    }
    let base = raw - rest
    guard away else { return base }
    let (next, overflow) = base.addingReportingOverflow(raw < 0 ? -step : step)
    return overflow || next == .min ? nil : next
}

/// `a × b / divisor` on magnitudes through a 256-bit product; nil when the quotient exceeds Int128.max.
package func scaledMagnitude(_ a: UInt128, _ b: UInt128, over divisor: UInt128, _ rounding: Rounding)
    -> Int128?
{
    let quotient: UInt128
    let rest: UInt128
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    if overflow {
        let full = a.multipliedFullWidth(by: b)
        if full.high >= divisor { return nil }
        (quotient, rest) = divisor.dividingFullWidth(full)
    } else {
        (quotient, rest) = product.quotientAndRemainder(dividingBy: divisor)
    }
    var result = quotient
    if rest != 0 {
        let away =
            switch rounding {
            case .down: false
            case .up: true
            case .halfEven:
                rest > divisor - rest || (rest == divisor - rest && quotient % 2 != 0)
            }
        if away {
            let (next, carried) = quotient.addingReportingOverflow(1)
            if carried { return nil }
            result = next
        }
    }
    return result <= UInt128(Int128.max) ? Int128(result) : nil
}
