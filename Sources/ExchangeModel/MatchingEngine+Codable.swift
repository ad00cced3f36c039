import TradingDomain

// The engine as it is kept on disk: the truth only. What can be derived is rebuilt when it is read, so a
// stored book cannot contradict itself; a text that could not have come from an engine is refused.

extension MatchingEngine: Codable {
    private enum Key: String, CodingKey {
        case now, cancelDelayNanoseconds, maximumOpenOrders, markets, accounts, orders, fills
        case lastOrderNumber, lastFillNumber, changes
    }

    private struct StoredMarket: Codable {
        let product: Product
        let bids: [BookLevel]
        let asks: [BookLevel]
        let told: Quote?
    }

    private struct StoredAccount: Codable {
        let currency: String
        let total: Quantity
        let opening: Quantity
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(now, forKey: .now)
        try values.encode(cancelDelay?.wholeNanoseconds, forKey: .cancelDelayNanoseconds)
        try values.encode(maximumOpenOrders, forKey: .maximumOpenOrders)
        try values.encode(
            markets.map {
                StoredMarket(
                    product: $0.product, bids: $0.bids.external, asks: $0.asks.external, told: $0.told)
            }, forKey: .markets)
        try values.encode(
            accounts.map { StoredAccount(currency: $0.currency, total: $0.total, opening: $0.opening) },
            forKey: .accounts)
        try values.encode(orders, forKey: .orders)
        try values.encode(fills, forKey: .fills)
        try values.encode(lastOrderNumber, forKey: .lastOrderNumber)
        try values.encode(lastFillNumber, forKey: .lastFillNumber)
        try values.encode(changes, forKey: .changes)
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        now = try values.decode(UTCInstant.self, forKey: .now)
        cancelDelay = try values.decode(Int64?.self, forKey: .cancelDelayNanoseconds)
            .map { .nanoseconds($0) }
        maximumOpenOrders = try values.decode(Int.self, forKey: .maximumOpenOrders)
        accounts = try values.decode([StoredAccount].self, forKey: .accounts)
            .map { Account(currency: $0.currency, total: $0.total, opening: $0.opening) }
        markets = []
        for stored in try values.decode([StoredMarket].self, forKey: .markets) {
            var market = try Self.market(stored.product, accounts)
            market.sides[Side.buy.place].external = stored.bids
            market.sides[Side.sell.place].external = stored.asks
            market.told = stored.told
            markets.append(market)
        }
        orders = try values.decode([ModelOrder].self, forKey: .orders)
        fills = try values.decode([Fill].self, forKey: .fills)
        lastOrderNumber = try values.decode(Int64.self, forKey: .lastOrderNumber)
        lastFillNumber = try values.decode(Int64.self, forKey: .lastFillNumber)
        changes = try values.decode([Change].self, forKey: .changes)
        if let problem = implausible() ?? rebuild() {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an exchange's book: \(problem)"))
        }
    }

    /// What makes the stored parts impossible; nil when nothing does.
    private func implausible() -> String? {
        func ascends<T>(_ items: [T], _ isBefore: (T, T) -> Bool) -> Bool {
            zip(items, items.dropFirst()).allSatisfy(isBefore)
        }
        if !ascends(accounts, { $0.currency < $1.currency }) { return "its accounts are not in order" }
        if !ascends(markets, { $0.product.symbol < $1.product.symbol }) {
            return "its markets are not in order"
        }
        if !ascends(orders, { $0.number < $1.number }) || (orders.last?.number ?? 0) > lastOrderNumber {
            return "its orders are not in order"
        }
        if !ascends(fills, { $0.number < $1.number })
            || (fills.last?.number ?? 0) > lastFillNumber
        {
            return "its fills are not in order"
        }
        for book in markets {
            for side in [book.bids, book.asks] {
                let priced = side.external.allSatisfy { $0.price.isPositive && $0.quantity.isPositive }
                if !priced || !ascends(side.external, { side.rank($0.price) < side.rank($1.price) }) {
                    return "the levels of \(book.product.symbol) are not in order"
                }
            }
        }
        for order in orders {
            let exists =
                markets.indices.contains(order.market)
                && markets[order.market].product.symbol == order.terms.symbol
            let rests = order.status.isTerminal || order.terms.type.limitPrice?.isPositive == true
            let filled = order.filledQuantity >= .zero && order.filledQuantity <= order.terms.quantity
            let amounts = order.held >= .zero && order.queueAhead >= .zero && order.terms.quantity.isPositive
            if !exists || !rests || !filled || !amounts { return "the order \(order.exchangeOrderID)" }
        }
        return nil
    }

    /// Rebuilds what follows from the orders.
    private mutating func rebuild() -> String? {
        numberByClientID.reserveCapacity(orders.count)
        for index in orders.indices {
            let order = orders[index]
            guard numberByClientID.updateValue(order.number, forKey: order.clientOrderID) == nil else {
                return "two orders have the id \(order.clientOrderID)"
            }
            guard !order.status.isTerminal, let price = order.terms.type.limitPrice else { continue }
            let account = heldAccount(order.market, order.terms.side)
            guard let held = try? accounts[account].held + order.held, held <= accounts[account].total else {
                return "more \(accounts[account].currency) is held than owned"
            }
            accounts[account].held = held
            insertResting(index, price, ahead: order.queueAhead)
            working.append(order.number)
        }
        rebuildDue()
        return nil
    }
}
