import TradingDomain

// One order as the exchange keeps it: its terms, what happened to it, what it holds, where it stands in its
// queue. It never decides anything; the engine's extensions do.

package struct ModelOrder: Codable, Sendable, Hashable {
    /// The exchange's running number; the order's place in time priority.
    package let number: Int64
    package let clientOrderID: String
    package let terms: OrderTerms
    package let createdAt: UTCInstant
    package internal(set) var updatedAt: UTCInstant
    package internal(set) var status: ExchangeOrderStatus
    package internal(set) var reason = ""

    /// Cumulative, base units.
    package internal(set) var filledQuantity = Quantity.zero
    /// Cumulative price × quantity, quote units.
    package internal(set) var filledValue = Money.zero
    /// Cumulative; negative when rebates outweigh fees.
    package internal(set) var fees = Money.zero
    /// The numbers of its fills, ascending.
    package internal(set) var fillNumbers: [Int64] = []

    /// What is reserved for its rest: quote units for a buy, base units for a sell.
    package internal(set) var held = Quantity.zero
    /// External size between the order of ours before it at this price (or the front) and this order.
    package internal(set) var queueAhead = Quantity.zero
    /// When a queued cancel takes effect by itself; nil without one, or when only an explicit step does it.
    package internal(set) var cancelDueAt: UTCInstant?

    /// Index of its market in the engine.
    let market: Int

    init(
        number: Int64, clientOrderID: String, terms: OrderTerms, market: Int, createdAt: UTCInstant,
        held: Quantity
    ) {
        self.number = number
        self.clientOrderID = clientOrderID
        self.terms = terms
        self.market = market
        self.createdAt = createdAt
        self.updatedAt = createdAt
        self.status = .open
        self.held = held
    }

    package var exchangeOrderID: ExchangeOrderID { ExchangeOrderID("X\(number)") }
    package var remaining: Quantity { Quantity(raw: terms.quantity.raw - filledQuantity.raw) }

    /// The instant at which it expires by its own terms.
    package var goodTill: UTCInstant? {
        if case .limit(_, .goodTillDate(let end), _) = terms.type { end } else { nil }
    }

    package var snapshot: OrderSnapshot {
        OrderSnapshot(
            exchangeOrderID: exchangeOrderID, clientOrderID: clientOrderID, terms: terms, status: status,
            filledQuantity: filledQuantity, createdAt: createdAt, reason: reason)
    }
}

/// The number in an id that this engine made: "X12" is 12. Nil for every other text.
func bookNumber(_ text: String, prefix: UInt8) -> Int64? {
    var bytes = text.utf8.makeIterator()
    guard bytes.next() == prefix else { return nil }
    var value: Int64 = 0
    var digits = 0
    while let byte = bytes.next() {
        guard byte >= 48, byte <= 57, digits < 14, digits > 0 || byte != 48 else { return nil }
        value = value * 10 + Int64(byte - 48)
        digits += 1
    }
    return digits > 0 ? value : nil
}

extension Fill {
    /// The number in its id.
    var number: Int64 { bookNumber(id.description, prefix: UInt8(ascii: "F")) ?? 0 }
}
