import TradingDomain

// Upkeep of a book that lives long: forgetting old orders, and proving that it adds up.

extension MatchingEngine {
    /// Forgets terminal orders whose last change is before `instant`, with their fills. Balances stay; ids are
    /// never given again. A forgotten client order id is free again, as at an exchange that keeps ids for a
    /// limited time.
    /// - Returns: how many orders were forgotten.
    @discardableResult
    package mutating func forget(terminalBefore instant: UTCInstant) -> Int {
        var flows: [(account: Int, amount: Quantity)] = []
        var gone: Set<Int64> = []
        for order in orders where order.status.isTerminal && order.updatedAt < instant {
            gone.formUnion(order.fillNumbers)
        }
        for fill in fills where gone.contains(fill.number) {
            guard let market = marketIndex(fill.symbol), let flow = try? FillFlow(fill) else { return 0 }
            flows.append((markets[market].quoteAccount, flow.quote))
            flows.append((markets[market].baseAccount, flow.base))
        }
        // The sum of all flows is the distance between two totals that existed, but a part of it may not fit:
        // then nothing is forgotten.
        var openings = accounts.map(\.opening)
        for flow in flows {
            guard let sum = try? openings[flow.account] + flow.amount else { return 0 }
            openings[flow.account] = sum
        }
        for (index, opening) in openings.enumerated() { accounts[index].opening = opening }
        let before = orders.count
        for order in orders where order.status.isTerminal && order.updatedAt < instant {
            numberByClientID[order.clientOrderID] = nil
        }
        orders.removeAll { $0.status.isTerminal && $0.updatedAt < instant }
        fills.removeAll { gone.contains($0.number) }
        return before - orders.count
    }

    /// Recomputes everything that must add up, from the fills and the orders. Empty when it does; otherwise one
    /// sentence for each contradiction. Costs as much as the book is large.
    package func inconsistencies() -> [String] {
        balanceProblems() + orderProblems() + bookProblems()
    }

    private func balanceProblems() -> [String] {
        var problems: [String] = []
        var totals = accounts.map(\.opening)
        for fill in fills {
            guard let market = marketIndex(fill.symbol), let flow = try? FillFlow(fill),
                let quote = try? totals[markets[market].quoteAccount] + flow.quote,
                let base = try? totals[markets[market].baseAccount] + flow.base
            else {
                problems.append("the fill \(fill.id) does not add up")
                continue
            }
            totals[markets[market].quoteAccount] = quote
            totals[markets[market].baseAccount] = base
        }
        var holds = accounts.map { _ in Quantity.zero }
        for order in orders { holds[heldAccount(order.market, order.terms.side)].add(order.held) }
        for (index, account) in accounts.enumerated() {
            if account.total != totals[index] {
                problems.append("\(account.currency): owns \(account.total), its fills make \(totals[index])")
            }
            if account.held != holds[index] {
                problems.append("\(account.currency): holds \(account.held), its orders hold \(holds[index])")
            }
            if account.available.isNegative {
                problems.append("\(account.currency): more is held than owned")
            }
        }
        return problems
    }

    private func orderProblems() -> [String] {
        var problems: [String] = []
        for order in orders {
            let id = order.exchangeOrderID
            let own = fills(orderIDs: [id])
            var filled = Quantity.zero
            var fees = Money.zero
            for fill in own {
                filled.add(fill.quantity)
                fees = Money(raw: fees.raw + fill.fee.raw)
            }
            if filled != order.filledQuantity { problems.append("\(id): its fills add up to \(filled)") }
            if fees != order.fees { problems.append("\(id): its fees add up to \(fees)") }
            if order.status == .filled, !order.remaining.isZero { problems.append("\(id): filled in part") }
            if order.status.isTerminal, !order.held.isZero { problems.append("\(id): ended, yet holds") }
            if !order.status.isTerminal, order.remaining.isZero { problems.append("\(id): full, yet works") }
            let place = lowerBound(working.count) { working[$0] < order.number }
            let works = place < working.count && working[place] == order.number
            if works == order.status.isTerminal { problems.append("\(id): wrongly counted as working") }
        }
        return problems
    }

    private func bookProblems() -> [String] {
        var problems: [String] = []
        var resting: [Int64] = []
        for market in markets {
            let symbol = market.product.symbol
            for side in [market.bids, market.asks] {
                for level in side.resting {
                    let own = level.numbers.compactMap { orderIndex($0) }.map { orders[$0] }
                    let ahead = own.reduce(into: Quantity.zero) { $0.add($1.queueAhead) }
                    if own.isEmpty || own.contains(where: { $0.terms.type.limitPrice != level.price }) {
                        problems.append("\(symbol): wrong orders at \(level.price)")
                    }
                    if ahead != level.ahead || ahead > side.externalQuantity(level.price) {
                        problems.append("\(symbol): a wrong queue at \(level.price)")
                    }
                    resting += level.numbers
                }
                let prices = side.external.map(\.price) + side.resting.map(\.price)
                if side.bestPrice != prices.max(by: { side.rank($0) < side.rank($1) }) {
                    problems.append("\(symbol): another best price of the \(side.side.rawValue) side is kept")
                }
            }
            if market.matches, let bid = market.bids.bestPrice, let ask = market.asks.bestPrice, bid >= ask {
                problems.append("\(symbol): the book is crossed at \(bid) and \(ask)")
            }
        }
        if resting.sorted() != working { problems.append("the resting orders are not the working ones") }
        return problems
    }
}
