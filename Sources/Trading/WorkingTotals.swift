// Sums and counts over working orders, kept as orders change.

import TradingDomain

/// What the working orders of one symbol add up to.
package struct WorkingTotals: Equatable, Sendable {
    package var orders = 0
    /// Leaves, base units.
    package var buys: Quantity = .zero
    package var sells: Quantity = .zero
    /// Filled at the exchange and not yet booked, signed base units.
    package var unbooked: Quantity = .zero
}

/// How many orders stand where. Terminal ones are not counted.
package struct LiveCounts: Equatable, Codable, Sendable {
    /// Intents that were not sent.
    package var new = 0
    /// Sent, and nothing heard.
    package var inFlight = 0
    package var open = 0
    package var partiallyFilled = 0

    mutating func add(_ step: Int, _ state: OrderState, isInFlight: Bool) {
        switch state {
        case .new: if isInFlight { inFlight += step } else { new += step }
        case .open: open += step
        case .partiallyFilled: partiallyFilled += step
        case .filled, .canceled, .expired, .rejected, .failed: break
        }
    }
}

extension WorkingTotals {
    init(orders: Int, leaves: Quantity, _ side: Side, unbooked: Quantity) {
        self.orders = orders
        self.unbooked = unbooked
        switch side {
        case .buy: buys = leaves
        case .sell: sells = leaves
        }
    }

    static func + (a: Self, b: Self) throws(ArithmeticError) -> Self {
        var sum = a
        sum.orders += b.orders
        sum.buys = try a.buys + b.buys
        sum.sells = try a.sells + b.sells
        sum.unbooked = try a.unbooked + b.unbooked
        return sum
    }
}
