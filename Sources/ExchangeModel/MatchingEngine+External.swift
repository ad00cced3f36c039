import TradingDomain

// The rest of the market: liquidity that a market model states, trades that it sends in, product status.
// External parties have no names, no balances and no limits.

extension MatchingEngine {
    /// Replaces all external liquidity of a market.
    ///
    /// Sizes are cut to the base increment; prices off the increment move away from the spread; levels of one
    /// price are joined; external asks that meet external bids are dropped. Growth at a price joins the queue at
    /// its end; where a size shrinks, the external size ahead of our orders shrinks in proportion (others
    /// cancel as often ahead of us as behind us), and a price that is no longer stated has nothing ahead of us.
    /// Where the stated prices meet or pass orders of ours, these fill at their own price, as makers, up to the
    /// stated size.
    /// - Returns: false when there is no such market.
    @discardableResult
    package mutating func setLiquidity(
        _ symbol: Symbol, bids: [BookLevel], asks: [BookLevel], at: UTCInstant
    ) -> Bool {
        advance(to: at)
        guard let market = marketIndex(symbol) else { return false }
        let increments = Increments(markets[market].product)
        let newBids = normalized(bids, .buy, increments)
        var newAsks = normalized(asks, .sell, increments)
        if let bid = newBids.last { newAsks.removeAll { $0.price <= bid.price } }
        replaceExternal(market, .buy, newBids)
        replaceExternal(market, .sell, newAsks)
        uncross(market)
        tellQuote(market, always: true)
        return true
    }

    /// `setLiquidity` with one level a side, for replays: the same effect, and no list is made on the way.
    @discardableResult
    package mutating func setBest(_ symbol: Symbol, bid: BookLevel, ask: BookLevel, at: UTCInstant) -> Bool {
        advance(to: at)
        guard let market = marketIndex(symbol) else { return false }
        let increments = Increments(markets[market].product)
        let newBid = usable(bid, .buy, increments)
        var newAsk = usable(ask, .sell, increments)
        if let newBid, let price = newAsk?.price, price <= newBid.price { newAsk = nil }
        replaceExternal(market, .buy, newBid)
        replaceExternal(market, .sell, newAsk)
        uncross(market)
        tellQuote(market, always: true)
        return true
    }

    /// An external order that takes liquidity: it consumes external levels and our resting orders by price and
    /// time, not beyond `limit`; what is left of it vanishes.
    /// - Returns: how much was traded.
    @discardableResult
    package mutating func externalTrade(
        _ symbol: Symbol, taker: Side, limit: Price?, quantity: Quantity, at: UTCInstant
    ) -> Quantity {
        advance(to: at)
        guard let market = marketIndex(symbol), markets[market].matches, quantity.isPositive else {
            return .zero
        }
        let size = cut(quantity, markets[market].product.baseIncrement)
        let taken = takeSum(market, taker.opposite, limit: limit, size)
        tellQuote(market)
        return taken
    }

    /// What the exchange lets anyone do in a market from now on. Back in a status that matches, prices that
    /// met in between trade at once.
    /// - Returns: false when there is no such market.
    @discardableResult
    package mutating func setStatus(_ symbol: Symbol, _ status: Product.Status, at: UTCInstant) -> Bool {
        advance(to: at)
        guard let market = marketIndex(symbol) else { return false }
        markets[market].product.status = status
        uncross(market)
        tellQuote(market)
        return true
    }

    private func cut(_ quantity: Quantity, _ increment: Quantity) -> Quantity {
        Quantity(raw: quantity.raw - quantity.raw % increment.raw)
    }

    /// Usable levels, worst first.
    private func normalized(_ levels: [BookLevel], _ side: Side, _ increments: Increments) -> [BookLevel] {
        let order = BookSide(side)
        var result: [BookLevel] = []
        result.reserveCapacity(levels.count)
        for level in levels {
            if let level = usable(level, side, increments) { result.append(level) }
        }
        result.sort { order.rank($0.price) < order.rank($1.price) }
        var joined: [BookLevel] = []
        joined.reserveCapacity(result.count)
        for level in result {
            if let last = joined.indices.last, joined[last].price == level.price {
                joined[last].quantity = (try? joined[last].quantity + level.quantity) ?? level.quantity
            } else {
                joined.append(level)
            }
        }
        return joined
    }

    private func usable(_ level: BookLevel, _ side: Side, _ increments: Increments) -> BookLevel? {
        let quantity = cut(level.quantity, increments.base)
        // A price whose multiple does not fit in the numbers is no price that anyone could trade at.
        let price = try? level.price.rounded(to: increments.price, side == .buy ? .down : .up)
        guard let price, price.isPositive, quantity.isPositive else { return nil }
        return BookLevel(price, quantity)
    }

    private mutating func replaceExternal(_ market: Int, _ side: Side, _ level: BookLevel?) {
        guard markets[market].sides[side.place].external.count <= 1 else {
            return replaceExternal(market, side, level.map { [$0] } ?? [])
        }
        guard let old = markets[market].sides[side.place].replaceExternal(level) else { return }
        let new = level?.price == old.price ? level?.quantity ?? .zero : .zero
        if new < old.quantity { shrinkAhead(market, side, old.price, old.quantity, new) }
    }

    private mutating func replaceExternal(_ market: Int, _ side: Side, _ levels: [BookLevel]) {
        let old = markets[market].sides[side.place].external
        markets[market].sides[side.place].external = levels
        guard !markets[market].sides[side.place].resting.isEmpty else { return }
        for level in old {
            let new = markets[market].sides[side.place].externalQuantity(level.price)
            if new < level.quantity { shrinkAhead(market, side, level.price, level.quantity, new) }
        }
    }

    /// Shrinks the external size before each of our orders at `price` as the whole shrank from `old` to `new`.
    private mutating func shrinkAhead(
        _ market: Int, _ side: Side, _ price: Price, _ old: Quantity, _ new: Quantity
    ) {
        let (level, found) = markets[market].sides[side.place].restingIndex(price)
        guard found, markets[market].sides[side.place].resting[level].ahead.isPositive else { return }
        let increment = markets[market].product.baseIncrement
        var sum = Quantity.zero
        for number in markets[market].sides[side.place].resting[level].numbers {
            guard let index = orderIndex(number) else { continue }
            let ahead = share(orders[index].queueAhead, new, of: old)
            orders[index].queueAhead = cut(ahead, increment)
            sum.add(orders[index].queueAhead)
        }
        markets[market].sides[side.place].resting[level].ahead = sum
    }

    /// `part × new / old`, rounded down; `part` is not more than `old`, so the result is not more than `new`.
    private func share(_ part: Quantity, _ new: Quantity, of old: Quantity) -> Quantity {
        guard old.isPositive, part.isPositive, new.isPositive else { return .zero }
        let product = part.raw.magnitude.multipliedFullWidth(by: new.raw.magnitude)
        return Quantity(raw: Int128(old.raw.magnitude.dividingFullWidth(product).quotient))
    }

    /// External liquidity that meets our resting orders trades with them.
    private mutating func uncross(_ market: Int) {
        guard let bid = markets[market].sides[Side.buy.place].bestPrice,
            let ask = markets[market].sides[Side.sell.place].bestPrice, bid >= ask, markets[market].matches
        else { return }
        uncross(market, .buy)
        uncross(market, .sell)
    }

    private mutating func uncross(_ market: Int, _ side: Side) {
        while let outer = markets[market].sides[side.opposite.place].external.last,
            let ours = markets[market].sides[side.place].resting.last?.price,
            side == .buy ? outer.price <= ours : outer.price >= ours
        {
            let sum = takeSum(market, side, limit: outer.price, outer.quantity)
            if sum.isPositive { markets[market].sides[side.opposite.place].consumeBestExternal(sum) }
        }
    }
}

/// What of a product prices and sizes are cut to, without the rest of it.
private struct Increments {
    let base: Quantity
    let price: Price

    init(_ product: borrowing Product) {
        base = product.baseIncrement
        price = product.priceIncrement
    }
}
