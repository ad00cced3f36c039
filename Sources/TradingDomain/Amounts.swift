// The three kinds of number that trading must not mix: a price, a size, an amount of money.

/// Quote units per base unit, e.g. USD per BTC.
public struct Price: ExactDecimal {
    public let raw: Int128
    @inlinable public init(raw: Int128) { self.raw = raw }
}

/// Base units, e.g. BTC. Signed where it is a position: positive is long.
public struct Quantity: ExactDecimal {
    public let raw: Int128
    @inlinable public init(raw: Int128) { self.raw = raw }
}

/// Quote units, e.g. USD. Signed where it is a cash flow or a result.
public struct Money: ExactDecimal {
    public let raw: Int128
    @inlinable public init(raw: Int128) { self.raw = raw }
}

/// A dimensionless rate, e.g. a fee of 0.0025.
public struct Rate: ExactDecimal {
    public let raw: Int128
    @inlinable public init(raw: Int128) { self.raw = raw }
    /// Basis points: 25 is 0.0025.
    public init(basisPoints: Int64) {
        self.init(raw: Int128(basisPoints) * Int128(scale / 10_000))
    }
}

extension Price {
    /// What `quantity` costs at this price.
    public func times(_ quantity: Quantity, _ rounding: Rounding) throws(ArithmeticError) -> Money {
        Money(raw: try product(raw, quantity.raw, rounding) { "\(self) × \(quantity)" })
    }

    public func times(_ rate: Rate, _ rounding: Rounding) throws(ArithmeticError) -> Price {
        Price(raw: try product(raw, rate.raw, rounding) { "\(self) × \(rate)" })
    }
}

extension Money {
    public func times(_ rate: Rate, _ rounding: Rounding) throws(ArithmeticError) -> Money {
        Money(raw: try product(raw, rate.raw, rounding) { "\(self) × \(rate)" })
    }

    /// The price at which `quantity` makes this amount.
    public func over(_ quantity: Quantity, _ rounding: Rounding) throws(ArithmeticError) -> Price {
        Price(raw: try quotient(raw, quantity.raw, rounding) { "\(self) / \(quantity)" })
    }

    /// The quantity that this amount buys at `price`.
    public func over(_ price: Price, _ rounding: Rounding) throws(ArithmeticError) -> Quantity {
        Quantity(raw: try quotient(raw, price.raw, rounding) { "\(self) / \(price)" })
    }

    /// This amount as a fraction of `whole`.
    public func over(_ whole: Money, _ rounding: Rounding) throws(ArithmeticError) -> Rate {
        Rate(raw: try quotient(raw, whole.raw, rounding) { "\(self) / \(whole)" })
    }
}

private func product(_ a: Int128, _ b: Int128, _ rounding: Rounding, _ what: () -> String)
    throws(ArithmeticError) -> Int128
{
    guard let result = scaledMagnitude(a.magnitude, b.magnitude, over: UInt128(scale), rounding) else {
        throw .overflow(what())
    }
    return (a < 0) != (b < 0) ? -result : result
}

private func quotient(_ a: Int128, _ b: Int128, _ rounding: Rounding, _ what: () -> String)
    throws(ArithmeticError) -> Int128
{
    if b == 0 { throw .divisionByZero(what()) }
    guard let result = scaledMagnitude(a.magnitude, UInt128(scale), over: b.magnitude, rounding) else {
        throw .overflow(what())
    }
    return (a < 0) != (b < 0) ? -result : result
}
