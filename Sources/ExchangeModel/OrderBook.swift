import TradingDomain

// One market's book: external liquidity as aggregated levels, and our resting orders in price-time order.
//
// Both are sorted arrays with the best price last, so that what trades is at the end and a price is found by
// binary search. At one price the queue is: the external size ahead of our first order, that order, the
// external size between it and our next one, and so on; what is left of the external size is behind.
// The book never fills an order: it only knows who stands where.

/// A price and the size that is offered at it.
package struct BookLevel: Hashable, Codable, Sendable {
    package var price: Price
    package var quantity: Quantity
    package init(_ price: Price, _ quantity: Quantity) {
        self.price = price
        self.quantity = quantity
    }
}

/// Our orders at one price, by number: first come, first served.
struct RestingLevel: Sendable {
    let price: Price
    var numbers: [Int64]
    /// The sum of their `queueAhead`, never more than the external size at this price.
    var ahead = Quantity.zero
}

struct BookSide: Sendable {
    let side: Side
    /// Worst first.
    var external: [BookLevel] = [] { didSet { noteBest() } }
    /// Worst first.
    var resting: [RestingLevel] = [] { didSet { noteBest() } }
    /// Asked for with every price, so it is kept: finding it there and then would copy the book for the look.
    private(set) var bestPrice: Price?

    init(_ side: Side) { self.side = side }

    /// Grows toward the better price on either side.
    @inline(__always) func rank(_ price: Price) -> Int128 { side == .buy ? price.raw : -price.raw }

    private mutating func noteBest() {
        guard let outer = external.last?.price else {
            bestPrice = resting.last?.price
            return
        }
        guard let ours = resting.last?.price else {
            bestPrice = outer
            return
        }
        bestPrice = rank(outer) >= rank(ours) ? outer : ours
    }

    /// Where the external level of this price is, or would be.
    func externalIndex(_ price: Price) -> (index: Int, found: Bool) {
        let wanted = rank(price)
        let index = lowerBound(external.count) { rank(external[$0].price) < wanted }
        return (index, index < external.count && external[index].price == price)
    }

    func externalQuantity(_ price: Price) -> Quantity {
        let (index, found) = externalIndex(price)
        return found ? external[index].quantity : .zero
    }

    /// Where our level of this price is, or would be.
    func restingIndex(_ price: Price) -> (index: Int, found: Bool) {
        let wanted = rank(price)
        let index = lowerBound(resting.count) { rank(resting[$0].price) < wanted }
        return (index, index < resting.count && resting[index].price == price)
    }

    /// Puts this level in the place of the one external level.
    /// - Returns: what was there, if orders of ours may have stood behind it.
    mutating func replaceExternal(_ level: BookLevel?) -> BookLevel? {
        let old = external.last
        switch (old, level) {
        case (nil, nil): break
        case (nil, let level?): external.append(level)
        case (_, nil): external.removeLast()
        case (_, let level?): external[external.count - 1] = level
        }
        return resting.isEmpty ? nil : old
    }

    /// Takes size from the best external level, which must have at least that much.
    mutating func consumeBestExternal(_ quantity: Quantity) {
        guard let last = external.indices.last else { return }
        let rest = external[last].quantity.raw - quantity.raw
        if rest > 0 { external[last].quantity = Quantity(raw: rest) } else { external.removeLast() }
    }
}

struct MarketBook: Sendable {
    var product: Product
    let baseAccount: Int
    let quoteAccount: Int
    /// Bids and asks, at their `place`. Reached through stored properties alone, so that a look at the best price copies no
    /// book and counts no reference.
    var sides = [BookSide(.buy), BookSide(.sell)]
    /// The best prices as last told.
    var told: Quote?

    init(product: Product, baseAccount: Int, quoteAccount: Int) {
        self.product = product
        self.baseAccount = baseAccount
        self.quoteAccount = quoteAccount
    }

    var bids: BookSide { sides[Side.buy.place] }
    var asks: BookSide { sides[Side.sell.place] }

    /// The best prices; nil when a side is empty, or when a halt let the sides cross.
    var best: (bid: Price, ask: Price)? {
        guard let bid = sides[Side.buy.place].bestPrice, let ask = sides[Side.sell.place].bestPrice, bid < ask
        else { return nil }
        return (bid, ask)
    }

    /// The best prices if they are others than those last told, or in any case when `always`; from now on these are told.
    mutating func news(always: Bool, at now: UTCInstant) -> Quote? {
        guard let (bid, ask) = best else {
            told = nil
            return nil
        }
        if !always, let told, told.bid == bid, told.ask == ask { return nil }
        told = Quote(symbol: product.symbol, bid: bid, ask: ask, at: now)
        return told
    }

    /// Whether executions happen in the product's present status.
    var matches: Bool {
        switch product.status {
        case .online, .postOnly, .limitOnly: true
        case .cancelOnly, .disabled: false
        }
    }

    func feeRate(_ liquidity: Fill.Liquidity) -> Rate {
        liquidity == .maker ? product.makerFee : product.takerFee
    }
}

extension Side {
    /// Of a side's book in its market.
    @inline(__always) var place: Int { self == .buy ? 0 : 1 }
}

/// The first index in `0..<count` for which `isBefore` is false; it must be true up to there.
@inline(__always) func lowerBound(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
        let middle = (low + high) / 2
        if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
}
