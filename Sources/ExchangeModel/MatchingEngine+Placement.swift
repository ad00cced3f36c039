import TradingDomain

// What happens to a new order: idempotency, the exchange's checks, the hold, matching, resting.
// A refusal leaves no trace: nothing is stored, held or told.

extension MatchingEngine {
    /// Places an order of our account. A client order id that was used before gives the stored order back,
    /// even when its terms differ and even when it is terminal.
    package mutating func place(clientOrderID: String, terms: OrderTerms, at: UTCInstant) -> PlaceResult {
        advance(to: at)
        if let number = numberByClientID[clientOrderID], let index = orderIndex(number) {
            return .duplicate(orders[index].snapshot)
        }
        do throws(Rejection) {
            let index = try admit(clientOrderID, terms)
            execute(index)
            return .accepted(orders[index].snapshot)
        } catch {
            return .rejected(error)
        }
    }

    /// Checks the order, reserves what it needs and stores it.
    private mutating func admit(_ clientOrderID: String, _ terms: OrderTerms) throws(Rejection) -> Int {
        guard (1...128).contains(clientOrderID.utf8.count) else {
            throw Rejection(.invalidRequest, "a client order id has 1 to 128 bytes")
        }
        guard let market = marketIndex(terms.symbol) else {
            throw Rejection(.invalidProduct, "there is no product \(terms.symbol)")
        }
        try checkSize(terms, markets[market].product)
        try checkPrice(terms, market)
        try checkType(terms, market)
        let needed: Quantity
        do throws(ArithmeticError) {
            needed = try hold(terms, market)
        } catch {
            throw Rejection(.sizeTooLarge, "\(error)")
        }
        let account = heldAccount(market, terms.side)
        guard needed <= accounts[account].available else {
            throw Rejection(
                .insufficientFunds,
                "the order needs \(needed) \(accounts[account].currency), "
                    + "\(accounts[account].available) are available")
        }
        accounts[account].held = Quantity(raw: accounts[account].held.raw + needed.raw)
        lastOrderNumber += 1
        orders.append(
            ModelOrder(
                number: lastOrderNumber, clientOrderID: clientOrderID, terms: terms, market: market,
                createdAt: now, held: needed))
        numberByClientID[clientOrderID] = lastOrderNumber
        tell(order: orders.count - 1)
        return orders.count - 1
    }

    private func checkSize(_ terms: OrderTerms, _ product: Product) throws(Rejection) {
        let quantity = terms.quantity
        guard quantity.isPositive else {
            throw Rejection(.sizeTooSmall, "the size \(quantity) is not positive")
        }
        guard quantity.isMultiple(of: product.baseIncrement) else {
            throw Rejection(
                .invalidSizePrecision, "\(quantity) is not a multiple of \(product.baseIncrement)")
        }
        guard quantity >= product.minimumQuantity else {
            throw Rejection(.sizeTooSmall, "\(quantity) is below the minimum of \(product.minimumQuantity)")
        }
        guard quantity <= product.maximumQuantity else {
            throw Rejection(.sizeTooLarge, "\(quantity) is above the maximum of \(product.maximumQuantity)")
        }
    }

    /// The limit's form, and the order's value: at its limit, or at the best price for a market order.
    private func checkPrice(_ terms: OrderTerms, _ market: Int) throws(Rejection) {
        let product = markets[market].product
        let quantity = terms.quantity
        let limit = terms.type.limitPrice
        guard let price = limit ?? markets[market].sides[terms.side.opposite.place].bestPrice else { return }
        guard price.isPositive else { throw Rejection(.invalidPrice, "the price \(price) is not positive") }
        guard price.isMultiple(of: product.priceIncrement) else {
            throw Rejection(
                .invalidPricePrecision, "\(price) is not a multiple of \(product.priceIncrement)")
        }
        do throws(ArithmeticError) {
            let notional = try price.times(quantity, .down)
            guard notional < product.minimumNotional else { return }
            throw .offIncrement(value: "\(notional)", increment: "\(product.minimumNotional)")
        } catch .offIncrement(let notional, let minimum) {
            throw Rejection(.notionalTooSmall, "a value of \(notional) is below the minimum of \(minimum)")
        } catch {
            throw Rejection(.sizeTooLarge, "\(error)")
        }
    }

    private func checkType(_ terms: OrderTerms, _ market: Int) throws(Rejection) {
        let status = markets[market].product.status
        guard markets[market].matches else {
            throw Rejection(.orderEntryDisabled, "\(terms.symbol) takes no orders now (\(status.rawValue))")
        }
        guard case .limit(let price, let timeInForce, let postOnly) = terms.type else {
            guard status == .online else {
                throw Rejection(.orderEntryDisabled, "\(terms.symbol) takes limit orders only")
            }
            return
        }
        if status == .postOnly, !postOnly {
            throw Rejection(.orderEntryDisabled, "\(terms.symbol) takes post-only orders only")
        }
        switch timeInForce {
        case .immediateOrCancel, .fillOrKill:
            if postOnly {
                throw Rejection(.unsupportedConfiguration, "an immediate order cannot be post-only")
            }
            return
        case .goodTillDate(let end) where end <= now:
            throw Rejection(.invalidRequest, "the end time \(end) has passed")
        case .goodTillDate, .goodTillCanceled: break
        }
        if postOnly, let best = markets[market].sides[terms.side.opposite.place].bestPrice,
            terms.side == .buy ? price >= best : price <= best
        {
            throw Rejection(.wouldCross, "a post-only order at \(price) would execute against \(best)")
        }
        if working.count >= maximumOpenOrders {
            throw Rejection(.tooManyOpenOrders, "\(working.count) orders are open")
        }
    }

    // MARK: Holds

    func heldAccount(_ market: Int, _ side: Side) -> Int {
        side == .buy ? markets[market].quoteAccount : markets[market].baseAccount
    }

    /// What a new order reserves: all of its size for a sell; the worst cost with the dearer fee for a buy; what
    /// the book asks at this moment for a market buy.
    private func hold(_ terms: OrderTerms, _ market: Int) throws(ArithmeticError) -> Quantity {
        guard terms.side == .buy else { return terms.quantity }
        let product = markets[market].product
        if let price = terms.type.limitPrice { return try product.worstCost(price, terms.quantity) }
        var cost = Quantity.zero
        try walk(market, .sell, limit: nil, terms.quantity) { price, quantity throws(ArithmeticError) in
            cost = try cost + product.worstCost(price, quantity)
        }
        return cost
    }

    // MARK: From admitted to resting or final

    private mutating func execute(_ index: Int) {
        let terms = orders[index].terms
        let market = orders[index].market
        defer { tellQuote(market) }
        var rests = false
        switch terms.type {
        case .market: break
        case .limit(let price, .fillOrKill, _):
            var found = Quantity.zero
            walk(market, terms.side.opposite, limit: price, terms.quantity) { _, quantity in
                found = Quantity(raw: found.raw + quantity.raw)
            }
            if found < terms.quantity {
                finish(index, .canceled, "fill or kill: \(found) of \(terms.quantity) could be filled")
                return
            }
        case .limit(_, .immediateOrCancel, _): break
        case .limit: rests = true
        }
        let executions = take(
            market, terms.side.opposite, limit: terms.type.limitPrice, orders[index].remaining)
        for execution in executions {
            guard book(index, execution.price, execution.quantity, .taker) else { return }
        }
        guard !orders[index].status.isTerminal else { return }
        if rests { rest(index) } else { finish(index, .canceled, "no more could be filled at once") }
    }

    /// Puts the order at the end of the queue at its price.
    private mutating func rest(_ index: Int) {
        guard let price = orders[index].terms.type.limitPrice else { return }
        let number = orders[index].number
        insertResting(index, price, ahead: nil)
        working.append(number)
        if let end = orders[index].goodTill { due.insert(.init(at: end, number: number, kind: .expiry)) }
    }

    /// - Parameter ahead: the external size directly before the order; nil for all of it that stands behind our
    ///   last order at this price.
    mutating func insertResting(_ index: Int, _ price: Price, ahead: Quantity?) {
        let market = orders[index].market
        let side = orders[index].terms.side
        let number = orders[index].number
        let outside = markets[market].sides[side.place].externalQuantity(price)
        let (place, found) = markets[market].sides[side.place].restingIndex(price)
        if !found {
            markets[market].sides[side.place].resting.insert(
                RestingLevel(price: price, numbers: []), at: place)
        }
        let behind = Quantity(raw: outside.raw - markets[market].sides[side.place].resting[place].ahead.raw)
        let before = min(ahead ?? behind, behind)
        orders[index].queueAhead = before
        markets[market].sides[side.place].resting[place].numbers.append(number)
        markets[market].sides[side.place].resting[place].ahead.add(before)
    }
}

extension Quantity {
    /// For sums that are bounded by a quantity that exists.
    mutating func add(_ other: Quantity) { self = Quantity(raw: raw + other.raw) }
    mutating func subtract(_ other: Quantity) { self = Quantity(raw: raw - other.raw) }
}
