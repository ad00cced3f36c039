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
    /// Placements on the way that will take effect.
    private(set) var arriving: Set<ClientOrderID> = []
    private let bot: BotID

    init(scenario: Scenario) throws {
        start = scenario.start
        bot = scenario.configuration.bot
        engine = try MatchingEngine(
            products: scenario.products,
            balances: ["USD": Quantity(100_000), "BTC": Quantity(500), "ETH": Quantity(500)],
            cancelDelay: nil, now: scenario.start)
    }

    /// Its clock, where it is not right by itself.
    var skew: Instant = 0
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
    func placeForeign(_ clientOrderID: String, _ terms: OrderTerms, at now: Instant) {
        _ = engine.place(clientOrderID: clientOrderID, terms: terms, at: utc(now))
    }

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

    // MARK: Questions

    func page(_ query: OrderQuery, asOf time: Instant, limit: Int) -> OrderPage {
        var page = OrderPage(orders: [], nextCursor: nil)
        if case .ids(let ids) = query.scope {
            page.orders = ids.compactMap { indexByID[$0] }.sorted()
                .compactMap { histories[$0].last(at: time) }
            return page
        }
        let first = query.cursor.flatMap { Int($0.dropFirst()) } ?? 0
        for index in histories.indices.dropFirst(first) where histories[index].createdAt <= time {
            guard let snapshot = histories[index].last(at: time), isListed(snapshot, query.scope)
            else { continue }
            if page.orders.count == limit {
                page.nextCursor = "c\(index)"
                return page
            }
            page.orders.append(snapshot)
        }
        return page
    }

    private func isListed(_ snapshot: OrderSnapshot, _ scope: OrderQuery.Scope) -> Bool {
        switch scope {
        case .working(let statuses, let market):
            statuses.include(snapshot.status) && (market == nil || snapshot.terms?.symbol == market)
        case .createdSince(let instant): snapshot.createdAt >= instant
        case .ids(let ids): ids.contains(snapshot.exchangeOrderID)
        }
    }

    func fills(_ query: FillQuery, asOf time: Instant, limit: Int) -> FillPage {
        let told =
            switch query.scope {
            case .orders(let ids): engine.fills(orderIDs: ids)
            case .since(let instant): engine.fills(since: instant)
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
                currency: $0.currency, available: Money(raw: $0.available.raw), hold: Money(raw: $0.held.raw))
        }
    }

    // MARK: The truth

    func truth(_ id: ClientOrderID) -> OrderSnapshot? { idByClient[id].flatMap { engine.order($0) } }

    func fill(_ fill: Fill) -> Bool { engine.fills(orderIDs: [fill.exchangeOrderID]).contains(fill) }

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

    /// When something of this order changed last.
    func changedAt(_ id: ClientOrderID) -> Instant? {
        idByClient[id].flatMap { indexByID[$0] }.flatMap { histories[$0].versions.last?.at }
    }

    func isOlder(_ fill: Fill, than time: Instant) -> Bool { (madeAt[fill.id] ?? .max) < time }

    /// Every row of ours that the venue books, oldest first.
    var rows: [Fill] { ourFills }

    /// The same with what is left of them.
    var working: [(id: ClientOrderID, terms: OrderTerms, left: Int128)] {
        engine.workingOrders().items.compactMap { snapshot in
            guard let id = ClientOrderID(snapshot.clientOrderID), id.bot == bot, let terms = snapshot.terms
            else { return nil }
            return (id, terms, terms.quantity.raw - snapshot.filledQuantity.raw)
        }
    }

    /// Signed base units, by our fills.
    func position(_ symbol: Symbol) -> Int128 {
        var book = Judge.Book()
        for fill in ourFills where fill.symbol == symbol { book.add(fill) }
        return book.quantity
    }

    /// Every order of ours that ever reached it.
    var ourOrders: [ClientOrderID] { idByClient.keys.sorted() }

    var foreignWorking: Int { engine.workingCount - liveOrders.count }

    /// Every fill of ours, oldest first.
    var ourFills: [Fill] { engine.fills() }
}
