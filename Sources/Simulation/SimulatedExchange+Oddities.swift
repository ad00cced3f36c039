import ExchangeModel
import Trading
import TradingDomain

// What real venues do beside matching: sizes that are told late, configurations that nobody can read, trades that are
// taken back, more filled than was asked for, a flood of somebody else's orders, and orders in our name that no life
// of ours knows of.

/// How an exchange is odd; all of it empty where it is not.
struct Oddities {
    /// Orders whose configuration is of a kind that nobody can read.
    var termless: Set<ExchangeOrderID> = []
    /// Until when an order that has ended is shown with a size that is not yet the last.
    var stale: [ExchangeOrderID: (filled: Quantity, until: Instant, isSettled: Bool?)] = [:]
    /// Filled beyond what was asked for.
    var overfilled: [ExchangeOrderID: Int128] = [:]
    /// Rows that the engine knows nothing of: reversals, corrections and what was filled too much. Oldest first.
    var rows: [Fill] = []
    /// What these rows moved, per currency, raw.
    var moved: [String: Int128] = [:]
    /// Orders in our name that no life of ours is to blame for: they were placed late, or by another instance.
    var strange: Set<ClientOrderID> = []
    var flood: [ExchangeOrderID] = []
    var floods = 0
}

extension SimulatedExchange {
    /// As the venue shows it at this time.
    func shown(_ snapshot: OrderSnapshot, since created: Instant, at time: Instant) -> OrderSnapshot {
        var shown = snapshot
        if capabilities.listsOpenAlone, shown.status == .open, time < created + pendingTime {
            shown.status = .pending
        }
        if tellsSettled, Judge.isOver(shown.status) { shown.isSettled = true }
        guard odd.isOdd else { return shown }
        let id = snapshot.exchangeOrderID
        if odd.termless.contains(id) {
            shown.terms = nil
            showed.insert(.noTerms)
        }
        if let extra = odd.overfilled[id] {
            shown.filledQuantity = Quantity(raw: shown.filledQuantity.raw + extra)
        }
        if let stale = odd.stale[id], time < stale.until, Judge.isOver(shown.status) {
            shown.filledQuantity = stale.filled
            showed.insert(.staleSize)
            shown.isSettled = stale.isSettled
        }
        return shown
    }

    /// Fills of orders whose size was told too low.
    var fillsOfStale: [Fill] {
        odd.stale.isEmpty
            ? [] : engine.fills(orderIDs: odd.stale.keys.sorted { $0.description < $1.description })
    }

    // MARK: Rows of its own

    /// The newest trade of ours that was not touched yet is taken back and booked at another price.
    func reverse(at now: Instant) -> Bool {
        guard let fill = engine.fills().last(where: { $0.kind == .trade && !isTouched($0) }) else {
            return false
        }
        var back = fill
        back.id = FillID("\(fill.id)-back")
        back.kind = .reversal
        back.at = utc(now)
        var anew = fill
        anew.id = FillID("\(fill.id)-anew")
        anew.kind = .correction
        // One tick and no more: what was held for it still pays for it.
        anew.price = Price(raw: fill.price.raw - 10_000_000_000_000_000)
        anew.at = utc(now)
        book([back, anew], at: now)
        return true
    }

    /// The newest order of ours that was filled is filled once more.
    func overfill(at now: Instant) -> OrderSnapshot? {
        guard
            let fill = engine.fills().last(where: {
                $0.kind == .trade && odd.overfilled[$0.exchangeOrderID] == nil
            }),
            let order = engine.order(fill.exchangeOrderID), order.status == .filled
        else { return nil }
        var more = fill
        more.id = FillID("\(fill.id)-more")
        more.at = utc(now)
        odd.overfilled[fill.exchangeOrderID] = fill.quantity.raw
        book([more], at: now)
        return order
    }

    /// How much was filled beyond what was ordered, of these rows.
    func surplus(_ symbol: Symbol, booked: Set<FillID>) -> Int128 {
        odd.rows.reduce(0) { sum, row in
            guard row.symbol == symbol, row.kind == .trade, odd.overfilled[row.exchangeOrderID] != nil,
                booked.contains(row.id)
            else { return sum }
            return sum + row.quantity.raw
        }
    }

    private func isTouched(_ fill: Fill) -> Bool {
        odd.rows.contains { $0.id.description.hasPrefix("\(fill.id)-") }
    }

    private func book(_ rows: [Fill], at now: Instant) {
        for row in rows {
            var book = Judge.Book()
            book.add(row)
            odd.moved[row.symbol.base, default: 0] += book.quantity
            odd.moved[row.symbol.quote, default: 0] += book.cash
            odd.rows.append(row)
            made(row.id, at: now)
        }
    }

    // MARK: Orders of others, and in our name

    /// More open orders of others than the venue lists at most.
    func beginFlood(_ product: Product, count: Int, at now: Instant) {
        odd.floods += 1
        for number in 0..<count {
            let price = Price(raw: product.priceIncrement.raw * Int128(1_000 + number))
            let terms = OrderTerms(
                symbol: product.symbol, side: .buy, type: .limit(price), quantity: product.minimumQuantity)
            if let id = placeForeign("flood-\(odd.floods)-\(number)", terms, at: now) { odd.flood.append(id) }
        }
    }

    func endFlood(at now: Instant) {
        for id in odd.flood {
            _ = requestCancel(id, at: now)
            completeCancel(id, at: now)
        }
        odd.flood = []
    }

    /// An order in our name takes effect that no life of ours sends now.
    func placeStrange(_ id: ClientOrderID, _ product: Product, at now: Instant) {
        let price = Price(raw: product.priceIncrement.raw * 2_500)
        let terms = OrderTerms(
            symbol: product.symbol, side: .buy, type: .limit(price), quantity: product.minimumQuantity)
        odd.strange.insert(id)
        placeInOurName(id, terms, at: now)
    }
}

extension Oddities {
    var isOdd: Bool { !termless.isEmpty || !stale.isEmpty || !overfilled.isEmpty }
}
