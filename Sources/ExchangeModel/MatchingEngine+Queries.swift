import TradingDomain

// What anyone may ask the exchange. No query changes anything; lists ascend by creation.

extension MatchingEngine {
    /// How many orders are not terminal.
    package var workingCount: Int { working.count }
    /// How many orders the book remembers, whatever their status.
    package var orderCount: Int { orders.count }
    package var products: [Product] { markets.map(\.product) }

    package func product(_ symbol: Symbol) -> Product? {
        guard let index = marketIndex(symbol) else { return nil }
        return markets[index].product
    }

    /// The same for one who asks for nothing else.
    func priceIncrement(_ symbol: Symbol) -> Price? {
        marketIndex(symbol).map { markets[$0].product.priceIncrement }
    }

    package func order(_ id: ExchangeOrderID) -> OrderSnapshot? { orderIndex(id).map { orders[$0].snapshot } }

    /// The order with its sums, hold and queue position.
    package func detail(_ id: ExchangeOrderID) -> ModelOrder? { orderIndex(id).map { orders[$0] } }

    /// The orders of these ids that exist, ascending by creation, each once.
    package func orders(ids: [ExchangeOrderID]) -> [OrderSnapshot] {
        var last = -1
        return ids.compactMap { orderIndex($0) }.sorted().compactMap { index in
            defer { last = index }
            return index == last ? nil : orders[index].snapshot
        }
    }

    /// Orders that are not terminal, whatever their status.
    package func workingOrders(
        _ symbol: Symbol? = nil, after cursor: ExchangeOrderID? = nil, limit: Int = .max
    ) -> Page<OrderSnapshot> {
        let first = afterNumber(cursor)
        let start = lowerBound(working.count) { working[$0] <= first }
        return page(working[start...].lazy.compactMap { orderIndex($0) }, symbol, limit)
    }

    /// Orders of every status that were created at `since` or later.
    package func allOrders(
        since: UTCInstant? = nil, _ symbol: Symbol? = nil, after cursor: ExchangeOrderID? = nil,
        limit: Int = .max
    ) -> Page<OrderSnapshot> {
        let first = afterNumber(cursor)
        let start = lowerBound(orders.count) { index in
            if orders[index].number <= first { return true }
            guard let since else { return false }
            return orders[index].createdAt < since
        }
        return page(start..<orders.count, symbol, limit)
    }

    /// The fills of these orders, ascending.
    package func fills(orderIDs: [ExchangeOrderID]) -> [Fill] {
        var numbers: [Int64] = []
        var last = -1
        for index in orderIDs.compactMap({ orderIndex($0) }).sorted() where index != last {
            numbers += orders[index].fillNumbers
            last = index
        }
        return numbers.sorted().compactMap { fill($0) }
    }

    /// Fills at or after this, ascending.
    package func fills(since instant: UTCInstant) -> [Fill] {
        // A clock that went back leaves some out of order: it is looked back a day further than the first that is older.
        var found: [Fill] = []
        for fill in fills.reversed() {
            guard instant - fill.at <= .seconds(86_400) else { break }
            if fill.at >= instant { found.append(fill) }
        }
        return found.reversed()
    }

    /// Fills that came after the one with this id, oldest first; all without an id. An id that this book never
    /// gave counts as none.
    package func fills(after id: FillID? = nil, limit: Int = .max) -> [Fill] {
        let number = id.flatMap { bookNumber($0.description, prefix: UInt8(ascii: "F")) } ?? 0
        let start = lowerBound(fills.count) { fills[$0].number <= number }
        return Array(fills[start...].prefix(max(0, limit)))
    }

    /// Every currency, by name.
    package var balances: [Balance] { accounts.map(\.balance) }

    package func balance(_ currency: String) -> Balance? {
        accounts.first { $0.currency == currency }?.balance
    }

    /// The best prices now; nil when a side is empty or a halt let the sides cross.
    package func quote(_ symbol: Symbol) -> Quote? {
        guard let market = marketIndex(symbol), let (bid, ask) = markets[market].best else { return nil }
        return Quote(symbol: symbol, bid: bid, ask: ask, at: markets[market].told?.at ?? now)
    }

    /// The best `levels` prices of one side with their whole size, ours included, best first.
    package func depth(_ symbol: Symbol, _ side: Side, levels: Int) -> [BookLevel] {
        struct Enough: Error {}
        guard let market = marketIndex(symbol) else { return [] }
        var result: [BookLevel] = []
        do throws(Enough) {
            try walk(market, side, limit: nil, Quantity(raw: .max)) { price, quantity throws(Enough) in
                if let last = result.indices.last, result[last].price == price {
                    result[last].quantity.add(quantity)
                } else if result.count < levels {
                    result.append(BookLevel(price, quantity))
                } else {
                    throw Enough()
                }
            }
        } catch {}
        return result
    }

    // MARK: Parts

    /// Direct as long as nothing before it was forgotten.
    private func fill(_ number: Int64) -> Fill? {
        let guess = number - (fills.first?.number ?? 0)
        if guess >= 0, guess < fills.count, fills[Int(guess)].number == number { return fills[Int(guess)] }
        let index = lowerBound(fills.count) { fills[$0].number < number }
        return index < fills.count && fills[index].number == number ? fills[index] : nil
    }

    /// A cursor that this book never gave starts from the beginning.
    private func afterNumber(_ cursor: ExchangeOrderID?) -> Int64 {
        cursor.flatMap { bookNumber($0.description, prefix: UInt8(ascii: "X")) } ?? 0
    }

    private func page(_ indices: some Sequence<Int>, _ symbol: Symbol?, _ limit: Int) -> Page<OrderSnapshot> {
        var items: [OrderSnapshot] = []
        for index in indices where symbol == nil || orders[index].terms.symbol == symbol {
            if items.count >= limit { return Page(items: items, next: items.last?.exchangeOrderID) }
            items.append(orders[index].snapshot)
        }
        return Page(items: items, next: nil)
    }
}
