import TradingDomain

// The balances of our account: what it owns and what is reserved, per currency, exact to 10^-18.
// An amount of any currency is a `Quantity` here, because one currency may be base in one market and quote
// in another. It never lets a reservation exceed what is owned.

struct Account: Sendable {
    let currency: String
    var total: Quantity
    /// The sum of `held` of the working orders; derived, not stored.
    var held = Quantity.zero
    /// What the fills still kept start from, so that opening + flows of kept fills = total, always.
    var opening: Quantity

    init(currency: String, total: Quantity, opening: Quantity) {
        self.currency = currency
        self.total = total
        self.opening = opening
    }

    var available: Quantity { Quantity(raw: total.raw - held.raw) }
    var balance: Balance { Balance(currency: currency, total: total, held: held) }
}

/// The amounts that one fill moves. The notional and the fee are cut toward zero at 10^-18 (with usual
/// increments both are exact), so the parts of an order never cost more than what was held for all of it.
struct FillFlow {
    let notional: Money
    let fee: Money
    /// Change of the quote currency.
    let quote: Quantity
    /// Change of the base currency.
    let base: Quantity

    init(side: Side, price: Price, quantity: Quantity, feeRate: Rate) throws(ArithmeticError) {
        let notional = try price.times(quantity, .down)
        let fee = try notional.times(feeRate, .down)
        try self.init(side: side, notional: notional, quantity: quantity, fee: fee)
    }

    init(_ fill: Fill) throws(ArithmeticError) {
        let notional = try fill.price.times(fill.quantity, .down)
        try self.init(side: fill.side, notional: notional, quantity: fill.quantity, fee: fill.fee)
    }

    private init(side: Side, notional: Money, quantity: Quantity, fee: Money) throws(ArithmeticError) {
        self.notional = notional
        self.fee = fee
        switch side {
        case .buy:
            quote = Quantity(raw: -(try notional + fee).raw)
            base = quantity
        case .sell:
            quote = Quantity(raw: (try notional - fee).raw)
            base = -quantity
        }
    }
}

extension Product {
    /// The rate that a hold reserves for: the dearer of the two, and never a rebate.
    var worstFee: Rate { max(makerFee, takerFee, .zero) }

    /// What a buy of `quantity` at `price` may cost at most, rounded up.
    func worstCost(_ price: Price, _ quantity: Quantity) throws(ArithmeticError) -> Quantity {
        let notional = try price.times(quantity, .up)
        return Quantity(raw: (try notional + notional.times(worstFee, .up)).raw)
    }
}
