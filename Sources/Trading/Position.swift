// What we hold of one market and what it has earned, from unique fills alone.

import TradingDomain

/// Average-cost accounting of one symbol. All money in quote units.
package struct Position: Codable, Equatable, Sendable {
    /// Base units; positive is long, negative short.
    package var quantity: Quantity = .zero
    /// What the open quantity cost, signed like it. Average cost is `costBasis / quantity`.
    package var costBasis: Money = .zero
    /// Result of closed quantity, before fees.
    package var realised: Money = .zero
    /// Sum of fees paid.
    package var fees: Money = .zero
    /// Sum of cash flows: sales minus purchases minus fees.
    package var cash: Money = .zero

    package init() {}

    /// Realised result after fees.
    package var netRealised: Money { get throws(ArithmeticError) { try realised - fees } }

    /// Average cost per base unit of the open quantity; nil when flat.
    package var averageCost: Price? {
        get throws(ArithmeticError) {
            quantity.isZero ? nil : try costBasis.over(quantity, .halfEven)
        }
    }

    /// Result if the open quantity were closed at `price`, without fees.
    package func unrealised(at price: Price) throws(ArithmeticError) -> Money {
        quantity.isZero ? .zero : try price.times(quantity, .halfEven) - costBasis
    }

    /// Books one fill. Throws without changing anything.
    package mutating func book(_ fill: Fill) throws(ArithmeticError) {
        let effect = try FillEffect(fill)
        let (signedQuantity, signedValue) = (effect.quantity, effect.value)
        var next = self
        next.fees = try fees + effect.fee
        next.cash = try cash + effect.cash
        next.quantity = try quantity + signedQuantity
        if quantity.isZero || quantity.isNegative == signedQuantity.isNegative {
            next.costBasis = try costBasis + signedValue
        } else if signedQuantity.magnitude < quantity.magnitude {
            // Part of the position is closed: its share of the basis is released.
            let released = Money(
                raw: try costBasis.share(signedQuantity.magnitude, of: quantity.magnitude))
            next.costBasis = try costBasis - released
            next.realised = try realised + (-signedValue - released)
        } else {
            // All of it is closed, and the rest of the fill opens the other side at the fill's price.
            let rest = next.quantity
            let opened = rest.isZero ? Money.zero : try fill.price.times(rest, .halfEven)
            let closedValue = try signedValue - opened
            next.realised = try realised + (-closedValue - costBasis)
            next.costBasis = opened
        }
        self = next
    }
}

/// What one fill does to the account. A reversal does the opposite of the trade that it names.
package struct FillEffect {
    /// Base units gained.
    package let quantity: Quantity
    /// Quote units paid for them, before the fee.
    package let value: Money
    /// Quote units paid.
    package let fee: Money
    /// Quote units gained.
    package let cash: Money

    package init(_ fill: Fill) throws(ArithmeticError) {
        let worth = try fill.price.times(fill.quantity, .halfEven)
        let isGain = (fill.side == .buy) != (fill.kind == .reversal)
        quantity = isGain ? fill.quantity : -fill.quantity
        value = isGain ? worth : -worth
        // A reversal gives the fee back, whichever sign the venue prints it with.
        fee = fill.kind == .reversal ? -fill.fee.magnitude : fill.fee
        cash = try -value - fee
    }
}

extension Money {
    /// `self × part / whole`, rounded half to even, as a raw value.
    func share(_ part: Quantity, of whole: Quantity) throws(ArithmeticError) -> Int128 {
        // costBasis / whole × part would round twice; a ratio of two quantities keeps one rounding.
        let negative = raw < 0
        guard
            let result = scaledMagnitude(
                raw.magnitude, part.raw.magnitude, over: whole.raw.magnitude, .halfEven)
        else { throw .overflow("\(self) × \(part) / \(whole)") }
        return negative ? -result : result
    }
}
