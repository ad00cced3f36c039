import Trading
import TradingDomain

// What we hold and have earned, by average cost, computed from the fills and the prices that a life was told.

extension Judge {
    private static let scale: Int128 = 1_000_000_000

    /// Price times size, quote units. Both have few digits in every scenario: the product is exact.
    static func value(_ price: Int128, _ quantity: Int128) -> Int128 { (price / scale) * (quantity / scale) }

    static func middle(_ quote: Quote) -> Int128 { (quote.bid.raw + quote.ask.raw) / 2 }

    /// Realised after fees, and unrealised where a price is known: what has none is valued at its cost.
    func result(_ view: LifeView) -> Int128 {
        var sum: Int128 = 0
        for (symbol, book) in view.books {
            sum += book.realised - book.fees
            if let quote = view.quotes[symbol] {
                sum += Self.value(Self.middle(quote), book.quantity) - book.cost
            }
        }
        return sum
    }

    func isValued(_ view: LifeView) -> Bool {
        !view.books.contains { $0.value.quantity != 0 && view.quotes[$0.key] == nil }
    }
}

extension Judge.Book {
    /// What an open position cost, and what a closed one has earned before fees.
    mutating func addCost(_ signed: Int128, _ value: Int128) {
        let scale: Int128 = 1_000_000_000
        let signedValue = signed < 0 ? -value : value
        if quantity == 0 || (quantity < 0) == (signed < 0) {
            cost += signedValue
        } else if signed.magnitude <= quantity.magnitude {
            let released =
                cost * Int128(signed.magnitude / UInt128(scale)) / Int128(quantity.magnitude / UInt128(scale))
            cost -= released
            realised += -signedValue - released
        } else {
            // All of it is closed; the rest opens the other side at this price.
            let units = Int128(signed.magnitude) / scale
            let rest = (quantity + signed) / scale
            let opened = value / units * rest
            realised += -(signedValue - opened) - cost
            cost = opened
        }
    }
}
