import TradingDomain

// Executions: who trades with whom at which price, and what that does to our account.
//
// A taker, ours or an external one, meets the opposite side best price first and, at one price, in the order
// of its queue. The maker's price counts. Our own orders on both sides trade with each other like any two
// parties. No execution is booked in part: its amounts are all computed before the first balance changes.

struct Execution {
    let price: Price
    var quantity: Quantity
}

extension MatchingEngine {
    /// Takes up to `quantity` from the book's `side`, not beyond `limit`. Fills our resting orders on the way
    /// and answers what was taken, one entry per price.
    mutating func take(_ market: Int, _ side: Side, limit: Price?, _ quantity: Quantity) -> [Execution] {
        var executions: [Execution] = []
        takeEach(market, side, limit: limit, quantity) { executions.append($0) }
        return executions
    }

    /// The same, for whoever needs only the sum.
    mutating func takeSum(_ market: Int, _ side: Side, limit: Price?, _ quantity: Quantity) -> Quantity {
        var sum = Quantity.zero
        takeEach(market, side, limit: limit, quantity) { sum.add($0.quantity) }
        return sum
    }

    private mutating func takeEach(
        _ market: Int, _ side: Side, limit: Price?, _ quantity: Quantity, _ visit: (Execution) -> Void
    ) {
        var left = quantity
        while left.isPositive, let price = markets[market].sides[side.place].bestPrice,
            accepts(side, price, limit: limit)
        {
            let before = left
            takeLevel(market, side, price, &left)
            let taken = Quantity(raw: before.raw - left.raw)
            guard taken.isPositive else { continue }
            if tape != nil { print(market, price, taken, taker: side.opposite) }
            visit(Execution(price: price, quantity: taken))
        }
    }

    /// Whether a taker with this limit trades at `price` of the book's `side`.
    private func accepts(_ side: Side, _ price: Price, limit: Price?) -> Bool {
        guard let limit else { return true }
        return side == .sell ? price <= limit : price >= limit
    }

    /// Works through the queue at the best price. Either `left` ends at zero or the level is gone.
    private mutating func takeLevel(_ market: Int, _ side: Side, _ price: Price, _ left: inout Quantity) {
        if let level = markets[market].sides[side.place].resting.indices.last,
            markets[market].sides[side.place].resting[level].price == price
        {
            var done = 0
            while left.isPositive, done < markets[market].sides[side.place].resting[level].numbers.count {
                let number = markets[market].sides[side.place].resting[level].numbers[done]
                guard let index = orderIndex(number) else {
                    done += 1
                    continue
                }
                let ahead = min(orders[index].queueAhead, left)
                if ahead.isPositive {
                    orders[index].queueAhead.subtract(ahead)
                    markets[market].sides[side.place].resting[level].ahead.subtract(ahead)
                    markets[market].sides[side.place].consumeBestExternal(ahead)
                    left.subtract(ahead)
                    continue
                }
                let size = min(orders[index].remaining, left)
                if book(index, price, size, .maker) { left.subtract(size) }
                if orders[index].status.isTerminal { done += 1 }
            }
            if done == markets[market].sides[side.place].resting[level].numbers.count {
                markets[market].sides[side.place].resting.removeLast()
            } else {
                markets[market].sides[side.place].resting[level].numbers.removeFirst(done)
            }
        }
        guard left.isPositive, let outer = markets[market].sides[side.place].external.last,
            outer.price == price
        else { return }
        let size = min(outer.quantity, left)
        markets[market].sides[side.place].consumeBestExternal(size)
        left.subtract(size)
    }

    /// What `take` would find, without taking it.
    func walk<E: Error>(
        _ market: Int, _ side: Side, limit: Price?, _ quantity: Quantity,
        _ visit: (Price, Quantity) throws(E) -> Void
    ) throws(E) {
        let book = markets[market].sides[side.place]
        var left = quantity
        var outer = book.external.count - 1
        var ours = book.resting.count - 1
        while left.isPositive, outer >= 0 || ours >= 0 {
            let takesOuter =
                ours < 0
                || (outer >= 0
                    && book.rank(book.external[outer].price) >= book.rank(book.resting[ours].price))
            let price = takesOuter ? book.external[outer].price : book.resting[ours].price
            guard accepts(side, price, limit: limit) else { return }
            if takesOuter {
                let size = min(left, book.external[outer].quantity)
                try visit(price, size)
                left.subtract(size)
                outer -= 1
            } else {
                for number in book.resting[ours].numbers where left.isPositive {
                    guard let index = orderIndex(number) else { continue }
                    let size = min(left, orders[index].remaining)
                    try visit(price, size)
                    left.subtract(size)
                }
                ours -= 1
            }
        }
    }

    /// Books one fill of our order: fee, balances, hold, the order's sums. An amount that does not fit fails
    /// the order and books nothing. Leaves the order's place in the book to the caller.
    /// - Returns: whether the fill was booked.
    mutating func book(
        _ index: Int, _ price: Price, _ quantity: Quantity, _ liquidity: Fill.Liquidity
    ) -> Bool {
        do throws(ArithmeticError) {
            try settle(index, price, quantity, liquidity)
        } catch {
            finish(index, .failed, "\(error)")
            return false
        }
        if orders[index].remaining.isZero { finish(index, .filled, "") } else { tell(order: index) }
        return true
    }

    private mutating func settle(
        _ index: Int, _ price: Price, _ quantity: Quantity, _ liquidity: Fill.Liquidity
    ) throws(ArithmeticError) {
        let order = orders[index]
        let market = markets[order.market]
        let side = order.terms.side
        let flow = try FillFlow(
            side: side, price: price, quantity: quantity, feeRate: market.feeRate(liquidity))
        let rest = Quantity(raw: order.remaining.raw - quantity.raw)
        let held: Quantity =
            if side == .sell {
                rest
            } else if let limit = order.terms.type.limitPrice {
                try market.product.worstCost(limit, rest)
            } else {
                max(.zero, try order.held + flow.quote)
            }
        let base = try accounts[market.baseAccount].total + flow.base
        let quote = try accounts[market.quoteAccount].total + flow.quote
        let value = try order.filledValue + flow.notional
        let fees = try order.fees + flow.fee

        // Nothing below can fail.
        lastFillNumber += 1
        accounts[market.baseAccount].total = base
        accounts[market.quoteAccount].total = quote
        accounts[heldAccount(order.market, side)].held.subtract(Quantity(raw: order.held.raw - held.raw))
        orders[index].held = held
        orders[index].filledQuantity.add(quantity)
        orders[index].filledValue = value
        orders[index].fees = fees
        orders[index].fillNumbers.append(lastFillNumber)
        orders[index].updatedAt = now
        let fill = Fill(
            id: FillID("F\(lastFillNumber)"), exchangeOrderID: order.exchangeOrderID,
            symbol: order.terms.symbol, side: side, price: price, quantity: quantity, fee: flow.fee,
            liquidity: liquidity, at: now)
        fills.append(fill)
        changes.append(.fill(fill))
    }

    /// Ends an order: releases its hold, forgets that it works, tells it. It never touches the book.
    mutating func finish(_ index: Int, _ status: ExchangeOrderStatus, _ reason: String) {
        accounts[heldAccount(orders[index].market, orders[index].terms.side)].held
            .subtract(orders[index].held)
        orders[index].held = .zero
        orders[index].queueAhead = .zero
        orders[index].cancelDueAt = nil
        orders[index].status = status
        orders[index].reason = reason
        orders[index].updatedAt = now
        let number = orders[index].number
        let place = lowerBound(working.count) { working[$0] < number }
        if place < working.count, working[place] == number { working.remove(at: place) }
        if due.count > 2 * working.count + 256 { rebuildDue() }
        tell(order: index)
    }
}
