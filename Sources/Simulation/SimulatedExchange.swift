import ExchangeModel
import Trading
import TradingDomain

// The exchange as seen from outside: the matching engine, and the history of every order, so that lists can
// be told as they were a while ago. It holds the truth that the invariants are judged by, and never fails:
// what goes wrong on the way is the world's business.

final class SimulatedExchange {
    private struct History {
        let createdAt: Instant
        let isOurs: Bool
        /// Ascending.
        var versions: [(at: Instant, snapshot: OrderSnapshot)]

        func last(at time: Instant) -> OrderSnapshot? {
            versions.last { $0.at <= time }?.snapshot
        }
    }

    private(set) var engine: MatchingEngine
    private let start: UTCInstant
    private var histories: [History] = []
    private var indexByID: [ExchangeOrderID: Int] = [:]
    private var idByClient: [ClientOrderID: ExchangeOrderID] = [:]
    /// Placements that the exchange refused.
    private(set) var refused: Set<ClientOrderID> = []
    var odd = Oddities()
    /// What of it somebody was shown, or was kept from, lately.
    var showed: Set<FaultKind> = []
    let capabilities: ExchangeCapabilities
    /// Whether it says of an order that has ended that its size is final.
    let tellsSettled: Bool
    /// For how long a new order is shown as pending.
    let pendingTime: Instant
    /// Placements on the way that will take effect.
    private(set) var arriving: Set<ClientOrderID> = []
    private let bot: BotID

    init(scenario: Scenario) throws {
        start = scenario.start
        capabilities = scenario.capabilities
        tellsSettled = scenario.tellsSettled
        pendingTime = scenario.pendingTime
        bot = scenario.configuration.bot
        engine = try MatchingEngine(
            products: scenario.products,
            balances: ["USD": Quantity(100_000), "BTC": Quantity(500), "ETH": Quantity(500)],
            cancelDelay: nil, now: scenario.start)
    }

    /// Its clock, where it is not right by itself.
    var skew: Instant = 0
    /// Whether its clock, which is the host's, was ever set.
    var hasClockJumped = false
    /// When each fill was made: its own stamps may jump.
    private var madeAt: [FillID: Instant] = [:]
    /// What is on its way.
    private(set) var coming: [ClientOrderID: OrderTerms] = [:]

    func utc(_ now: Instant) -> UTCInstant { start + .nanoseconds(now + skew) }

    // MARK: Changes

    func isComing(_ approved: RiskApproved) {
        arriving.insert(approved.clientOrderID)
        coming[approved.clientOrderID] = approved.terms
    }

    func place(_ approved: RiskApproved, refuse: Bool, at now: Instant) -> PlaceOutcome {
        let id = approved.clientOrderID
        arriving.remove(id)
        coming[id] = nil
        if refuse {
            refused.insert(id)
            return .rejected("the exchange has its moods")
        }
        let result = engine.place(clientOrderID: id.description, terms: approved.terms, at: utc(now))
        switch result {
        case .accepted(let snapshot), .duplicate(let snapshot):
            idByClient[id] = snapshot.exchangeOrderID
            return .accepted(
                Acceptance(
                    exchangeOrderID: snapshot.exchangeOrderID, clientOrderID: snapshot.clientOrderID,
                    terms: snapshot.terms))
        case .rejected(let why):
            refused.insert(id)
            return .rejected(why.description)
        }
    }

    /// An order of somebody else on the same account.
    @discardableResult
    func placeForeign(_ clientOrderID: String, _ terms: OrderTerms, at now: Instant) -> ExchangeOrderID? {
        switch engine.place(clientOrderID: clientOrderID, terms: terms, at: utc(now)) {
        case .accepted(let snapshot), .duplicate(let snapshot): snapshot.exchangeOrderID
        case .rejected: nil
        }
    }

    func placeInOurName(_ id: ClientOrderID, _ terms: OrderTerms, at now: Instant) {
        idByClient[id] = placeForeign(id.description, terms, at: now)
    }

    /// A row that is its own.
    func made(_ id: FillID, at now: Instant) { madeAt[id] = now }

    func requestCancel(_ id: ExchangeOrderID, at now: Instant) -> ExchangeModel.CancelResult {
        engine.requestCancel(id, at: utc(now))
    }

    func completeCancel(_ id: ExchangeOrderID, at now: Instant) {
        engine.completeCancel(id, at: utc(now))
    }

    func completeCancels(at now: Instant) { engine.completeCancels(at: utc(now)) }

    /// Somebody takes this order's price.
    func trade(against id: ExchangeOrderID, permille: Int64, at now: Instant) {
        guard let order = engine.detail(id), !order.status.isTerminal else { return }
        let left = order.terms.quantity.raw - order.filledQuantity.raw
        let quantity = Quantity(raw: max(1, left * Int128(permille) / 1000))
        engine.externalTrade(
            order.terms.symbol, taker: order.terms.side.opposite, limit: order.terms.type.limitPrice,
            quantity: quantity, at: utc(now))
    }

    func moveMarket(_ walk: inout MarketWalk, at now: Instant) {
        walk.advance(&engine, at: utc(now))
    }

    /// What the feeds tell since the last call, in order.
    func news(at now: Instant) -> [Change] {
        let changes = engine.drainChanges()
        for change in changes {
            if case .fill(let fill) = change { madeAt[fill.id] = now }
            guard case .order(let snapshot) = change else { continue }
            if let index = indexByID[snapshot.exchangeOrderID] {
                histories[index].versions.append((now, snapshot))
            } else {
                indexByID[snapshot.exchangeOrderID] = histories.count
                let id = ClientOrderID(snapshot.clientOrderID)
                histories.append(
                    History(createdAt: now, isOurs: id?.bot == bot, versions: [(now, snapshot)]))
            }
        }
        return changes
    }

    func isOurs(_ snapshot: OrderSnapshot) -> Bool {
        indexByID[snapshot.exchangeOrderID].map { histories[$0].isOurs } ?? false
    }

    func number(_ snapshot: OrderSnapshot) -> Int64 { Int64(indexByID[snapshot.exchangeOrderID] ?? 0) }

    func isNew(_ snapshot: OrderSnapshot) -> Bool {
        indexByID[snapshot.exchangeOrderID].map { histories[$0].versions.count == 1 } ?? false
    }

    /// What was filled of it before its last fill.
    func filledBefore(_ snapshot: OrderSnapshot) -> Quantity {
        guard let index = indexByID[snapshot.exchangeOrderID] else { return .zero }
        return histories[index].versions.last { $0.snapshot.filledQuantity < snapshot.filledQuantity }?
            .snapshot
            .filledQuantity ?? .zero
    }

    /// Whether an order of ours went into the open ones, or out of them, in this time.
    func hasMoved(since first: Instant, until last: Instant) -> Bool {
        guard first < last else { return false }
        return histories.contains { history in
            guard history.isOurs, let newest = history.versions.last, newest.at > first else { return false }
            let before = history.last(at: first)?.status
            let after = history.last(at: last)?.status
            return before != nil && before != after && (before == .open || after == .open)
        }
    }

    // MARK: Questions

    func page(_ query: OrderQuery, asOf time: Instant, limit: Int) -> OrderPage {
        var page = OrderPage(orders: [], nextCursor: nil)
        if case .ids(let ids) = query.scope {
            page.orders = ids.compactMap { indexByID[$0] }.sorted().compactMap { seen($0, at: time) }
            return page
        }
        let first = query.cursor.flatMap { Int($0.dropFirst()) } ?? 0
        let hidden = hiddenBefore(query.scope, at: time)
        for index in histories.indices.dropFirst(first) where histories[index].createdAt <= time {
            guard let snapshot = seen(index, at: time), isListed(index, snapshot, query.scope, at: time),
                index >= hidden || snapshot.status != .open
            else { continue }
            if page.orders.count == limit {
                page.nextCursor = "c\(index)"
                return page
            }
            page.orders.append(snapshot)
        }
        return page
    }

    private func seen(_ index: Int, at time: Instant) -> OrderSnapshot? {
        histories[index].last(at: time).map { shown($0, since: histories[index].createdAt, at: time) }
    }

    /// Of open orders only the newest are returned; older ones than this index are not.
    private func hiddenBefore(_ scope: OrderQuery.Scope, at time: Instant) -> Int {
        guard let limit = capabilities.openListLimit, case .working(let statuses, _) = scope,
            statuses != .besideOpen
        else { return 0 }
        var left = limit
        for index in histories.indices.reversed() where histories[index].createdAt <= time {
            guard let snapshot = seen(index, at: time), snapshot.status == .open,
                isListed(index, snapshot, scope, at: time)
            else { continue }
            left -= 1
            if left < 0 {
                showed.insert(.foreignFlood)
                return index + 1
            }
        }
        return 0
    }

    private func isListed(
        _ index: Int, _ snapshot: OrderSnapshot, _ scope: OrderQuery.Scope, at time: Instant
    ) -> Bool {
        switch scope {
        case .working(let statuses, let market):
            let status = snapshot.status
            guard market == nil || snapshot.terms == nil || snapshot.terms?.symbol == market else {
                return false
            }
            switch statuses {
            case .open: return status == .open
            case .besideOpen: return !Judge.isOver(status) && status != .open
            case .any:
                guard capabilities.listsOpenAlone else { return !Judge.isOver(status) }
                // Whoever asks for all of them gets two readings, one after the other.
                let before = seen(index, at: time - milliseconds(20))?.status ?? .filled
                return status == .open || !Judge.isOver(before) && before != .open
            }
        case .createdSince(let instant, let market):
            return snapshot.createdAt >= instant && (market == nil || snapshot.terms?.symbol == market)
        case .ids(let ids): return ids.contains(snapshot.exchangeOrderID)
        }
    }

    func fills(_ query: FillQuery, asOf time: Instant, limit: Int) -> FillPage {
        let told =
            switch query.scope {
            case .orders(let ids):
                engine.fills(orderIDs: ids) + odd.rows.filter { ids.contains($0.exchangeOrderID) }
            case .since(let instant): engine.fills(since: instant) + odd.rows.filter { $0.at >= instant }
            }
        let all = told.filter { madeAt[$0.id] ?? 0 <= time }
        let first = query.cursor.flatMap { Int($0.dropFirst()) } ?? 0
        let end = min(all.count, first + limit)
        guard first < end else { return FillPage(fills: [], nextCursor: nil) }
        return FillPage(fills: Array(all[first..<end]), nextCursor: end < all.count ? "f\(end)" : nil)
    }

    func balances() -> [Trading.Balance] {
        engine.balances.map {
            Trading.Balance(
                currency: $0.currency,
                available: Money(raw: $0.available.raw + (odd.moved[$0.currency] ?? 0)),
                hold: Money(raw: $0.held.raw))
        }
    }

    // MARK: The truth

    func truth(_ id: ClientOrderID) -> OrderSnapshot? { idByClient[id].flatMap { engine.order($0) } }

    func fill(_ fill: Fill) -> Bool {
        engine.fills(orderIDs: [fill.exchangeOrderID]).contains(fill) || odd.rows.contains(fill)
    }

    /// Orders of ours that are not terminal.
    var liveOrders: [ClientOrderID] {
        engine.workingOrders().items.compactMap { snapshot in
            ClientOrderID(snapshot.clientOrderID).flatMap { $0.bot == bot ? $0 : nil }
        }
    }

    /// Their exchange ids.
    var workingIDs: [ExchangeOrderID] {
        engine.workingOrders().items.compactMap { snapshot in
            ClientOrderID(snapshot.clientOrderID).flatMap { $0.bot == bot ? snapshot.exchangeOrderID : nil }
        }
    }

    /// Whether another instance, begun later than this epoch, has placed it.
    func isOfLaterInstance(_ id: ExchangeOrderID, _ epoch: Int64) -> Bool {
        guard let own = engine.order(id).flatMap({ ClientOrderID($0.clientOrderID) }) else { return false }
        return odd.strange.contains(own) && own.epoch >= epoch
    }

    func isOfLaterInstance(_ id: ClientOrderID, _ epoch: Int64) -> Bool {
        odd.strange.contains(id) && id.epoch >= epoch
    }

    /// When something of this order changed last.
    func changedAt(_ id: ClientOrderID) -> Instant? {
        idByClient[id].flatMap { indexByID[$0] }.flatMap { histories[$0].versions.last?.at }
    }

    func isOlder(_ fill: Fill, than time: Instant) -> Bool { (madeAt[fill.id] ?? .max) < time }

    /// Every row of ours that the venue books, oldest first.
    var rows: [Fill] { ourFills + odd.rows }

    /// The same with what is left of them.
    var working: [(id: ClientOrderID, terms: OrderTerms, left: Int128)] {
        engine.workingOrders().items.compactMap { snapshot in
            guard let id = ClientOrderID(snapshot.clientOrderID), id.bot == bot, let terms = snapshot.terms
            else { return nil }
            return (id, terms, terms.quantity.raw - snapshot.filledQuantity.raw)
        }
    }

    /// Signed base units, by our fills.
    func position(_ symbol: Symbol, booked: Set<FillID>) -> Int128 {
        var book = Judge.Book()
        for fill in ourFills where fill.symbol == symbol { book.add(fill) }
        for row in odd.rows where row.symbol == symbol && booked.contains(row.id) { book.add(row) }
        return book.quantity
    }

    /// Every order of ours that ever reached it.
    var ourOrders: [ClientOrderID] { idByClient.keys.sorted() }

    var foreignWorking: Int { engine.workingCount - liveOrders.count }

    /// Every fill of ours, oldest first.
    var ourFills: [Fill] { engine.fills() }
}
