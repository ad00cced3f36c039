// What leases cost: one simulated day of a grid with the real core, the real matching engine and a seeded market, in
// virtual time. The same seed gives the same day and the same figures. Requests take their way to the exchange and
// back, so that a renewed order is really missing from the book for a while and really goes to the end of the queue.

import ExchangeModel
import Strategies
import Trading
import TradingDomain

struct LeaseDay {
    /// One way to the exchange, and from an accepted cancel to its effect.
    private static let latency: Duration = .milliseconds(25)
    private static let cancelDelay: Duration = .milliseconds(25)
    private static let day: Duration = .seconds(86_400)
    private static let step: Duration = .seconds(2)

    private enum What {
        case event(Event)
        case arrive(NumberedCommand)
    }

    private let start = UTCInstant(seconds: 1_790_035_200)
    private let symbol: Symbol
    private var core: TradingCore
    private var engine: MatchingEngine
    private var market: SimulatedMarket
    private var now = Duration.zero
    private var turns: TurnNumber = 0
    private var wakeAt: Duration?
    /// What is on its way, by when it arrives and in the order in which it was sent.
    private var pending: [(at: Duration, what: What)] = []
    private(set) var figures = LeaseFigures()
    private var equityBefore: Money?
    /// Renewed orders whose successor is not in the book yet, and since when.
    private var gaps: [ClientOrderID: (since: Duration, ahead: Quantity)] = [:]
    /// What others had before orders of ours in the queue when their cancel arrived.
    private var ahead: [ExchangeOrderID: Quantity] = [:]

    static func run(lease: Duration?, seed: UInt64) throws -> String {
        var day = try LeaseDay(lease: lease, seed: seed)
        try day.run()
        return day.figures.line(lease: lease, seed: seed)
    }

    private init(lease: Duration?, seed: UInt64) throws {
        guard let symbol = Symbol("BTC-USD"), let bot = BotID("bench"), let tick = Price("30"),
            let base = Quantity("0.00000001"), let least = Quantity("0.00001"), let level = Quantity("0.1"),
            let grid = Grid(
                GridSettings(
                    symbols: [symbol], levels: 10, spacing: Rate(basisPoints: 25),
                    size: .quote(Money(500)), recentre: Rate(1)))
        else { throw Surprise("the settings are wrong") }
        self.symbol = symbol
        let product = Product(
            symbol: symbol, baseIncrement: base, priceIncrement: tick, minimumQuantity: least,
            maximumQuantity: Quantity(1_000), minimumNotional: Money(1), makerFee: Rate(basisPoints: 5),
            takerFee: Rate(basisPoints: 10))
        engine = try MatchingEngine(
            products: [product], balances: ["USD": Quantity(100_000), "BTC": Quantity(2)],
            cancelDelay: Self.cancelDelay, now: start)
        // The daily range of a usual day: 3 basis points in two seconds are some 6 % a day. Coarse prices, with somebody
        // else's size at each as far as the grid reaches, are where the place in the queue matters most.
        market = SimulatedMarket(
            seed: seed, start: start, interval: Self.step,
            [
                .init(
                    symbol: symbol, firstMid: Price(60_000), levelQuantity: level,
                    volatility: Rate(basisPoints: 3), levelDistance: Rate(basisPoints: 5), levels: 55)
            ])
        var configuration = CoreConfiguration(bot: bot, mode: .paper)
        configuration.tellsOrders = false
        configuration.lease = lease
        configuration.risk.maximumWorkingOrders = 100
        configuration.risk.maximumPositionNotional = Money(1_000_000)
        configuration.risk.maximumDailyLoss = .zero
        core = try TradingCore(
            configuration: configuration, capabilities: ExchangeCapabilities(), products: [product],
            strategies: [AnyStrategy(grid)], durable: DurableState())
    }

    // MARK: The day

    private mutating func run() throws {
        handle(.started)
        while now < Self.day {
            let arrival = pending.first?.at ?? Self.day
            let marketAt = market.nextStepAt.map { $0 - start } ?? Self.day
            // Queued cancels and ends of leases.
            let dueAt = engine.nextDueAt.map { $0 - start } ?? Self.day
            let next = min(arrival, marketAt, dueAt, wakeAt ?? Self.day, Self.day)
            now = max(now, next)
            if let first = pending.first, first.at <= now {
                pending.removeFirst()
                switch first.what {
                case .event(let event): handle(event)
                case .arrive(let command): arrive(command)
                }
            } else if dueAt <= now {
                tellChanges()
            } else if marketAt <= now {
                market.advance(to: start + now, engine: &engine)
                equityBefore = equityBefore ?? equity
                tellChanges()
            } else {
                handle(.woke)
            }
        }
        guard core.status.lifecycle == .trading else { throw Surprise("the day ended \(core.status)") }
        figures.resting = core.status.workingOrders
        figures.result = try (equity ?? .zero) - (equityBefore ?? .zero)
    }

    private mutating func handle(_ event: Event) {
        turns += 1
        var turn = Turn(number: turns)
        core.handle(
            event,
            at: Stamp(monotonic: MonotonicInstant(nanoseconds: now.wholeNanoseconds), utc: start + now),
            into: &turn)
        wakeAt = turn.wakeAt.map { .nanoseconds($0.nanoseconds) }
        for record in turn.records {
            switch record {
            case .leaseEnding(let ids, _): figures.renewals += ids.count
            case .changed(let change) where change.state == .expired: figures.lapsed += 1
            case .refused: figures.refused += 1
            default: break
            }
        }
        for command in turn.commands where command.command.isExchangeCall {
            send(.arrive(command), after: Self.latency)
        }
        // The disk is fast here: what is to be durable is.
        if !turn.records.isEmpty { handle(.committed(through: turns)) }
    }

    private mutating func send(_ what: What, after delay: Duration) {
        let at = now + delay
        let place = pending.lastIndex { $0.at <= at }.map { $0 + 1 } ?? 0
        pending.insert((at, what), at: place)
    }

    // MARK: The exchange

    private func fills(_ query: FillQuery) -> [Fill] {
        switch query.scope {
        case .orders(let ids): engine.fills(orderIDs: ids)
        case .since(let instant): engine.fills(since: instant)
        }
    }

    private mutating func arrive(_ command: NumberedCommand) {
        let answer: Answer
        switch command.command {
        case .place(let order):
            figures.placements += 1
            answer = .placed(place(order))
        case .cancel(let ids):
            figures.cancels += 1
            answer = .canceled(
                .answered(ids.map { Trading.CancelResult(exchangeOrderID: $0, verdict: cancel($0)) }))
        case .listOrders(let query):
            figures.queries += 1
            let orders =
                switch query.scope {
                case .ids(let ids): engine.orders(ids: ids)
                case .working(let statuses, let market):
                    engine.workingOrders(market).items.filter { statuses.include($0.status) }
                case .createdSince(let instant, let market): engine.allOrders(since: instant, market).items
                }
            answer = .orders(.page(OrderPage(orders: orders, nextCursor: nil)))
        case .listFills(let query):
            figures.queries += 1
            answer = .fills(.page(FillPage(fills: fills(query), nextCursor: nil)))
        case .listBalances:
            figures.queries += 1
            answer = .balances(.balances(balances))
        case .ask, .connect, .flush, .exit: return
        }
        tellChanges()
        send(.event(.answered(command.id, answer)), after: Self.latency)
    }

    private mutating func place(_ order: RiskApproved) -> PlaceOutcome {
        let id = order.clientOrderID
        switch engine.place(clientOrderID: id.description, terms: order.terms, at: start + now) {
        case .accepted(let snapshot), .duplicate(let snapshot):
            if let old = core.durable.ledger[id]?.continues, let gap = gaps.removeValue(forKey: old) {
                figures.bare.append((now - gap.since).wholeMilliseconds)
                let ahead = engine.detail(snapshot.exchangeOrderID)?.queueAhead ?? .zero
                figures.queueBefore += gap.ahead.raw
                figures.queueAfter += ahead.raw
            }
            return .accepted(
                Acceptance(
                    exchangeOrderID: snapshot.exchangeOrderID, clientOrderID: snapshot.clientOrderID,
                    terms: snapshot.terms))
        case .rejected(let why): return .rejected(why.description)
        }
    }

    private mutating func cancel(_ id: ExchangeOrderID) -> Trading.CancelResult.Verdict {
        ahead[id] = engine.detail(id)?.queueAhead
        return switch engine.requestCancel(id, at: start + now) {
        case .accepted: .accepted
        case .duplicateRequest: .duplicateRequest
        case .alreadyFilled, .alreadyFinal: .alreadyFinal
        case .unknownOrder: .unknownOrder
        }
    }

    /// What happened is told on the feeds, a way later.
    private mutating func tellChanges() {
        engine.advance(to: start + now)
        var quote: Quote?
        for change in engine.drainChanges() {
            switch change {
            case .order(let snapshot):
                note(snapshot)
                send(.event(.order(snapshot)), after: Self.latency)
            case .fill(let fill):
                figures.fills += 1
                figures.filled =
                    (try? figures.filled + fill.price.times(fill.quantity, .up)) ?? figures.filled
            case .quote(let news): quote = news
            }
        }
        if let quote { send(.event(.quote(quote)), after: Self.latency) }
    }

    private mutating func note(_ snapshot: OrderSnapshot) {
        guard snapshot.status == .canceled || snapshot.status == .expired,
            let id = ClientOrderID(snapshot.clientOrderID), let order = core.durable.ledger[id],
            order.reason == Order.leaseReason || snapshot.status == .expired
        else { return }
        gaps[id] = (now, ahead.removeValue(forKey: snapshot.exchangeOrderID) ?? .zero)
    }

    private var balances: [Trading.Balance] {
        ["BTC", "USD"].compactMap { engine.balance($0) }.map {
            Trading.Balance(
                currency: $0.currency, available: Money(raw: $0.available.raw), hold: Money(raw: $0.held.raw))
        }
    }

    /// All that the account owns, at the mid.
    private var equity: Money? {
        guard let mid = market.mid(symbol), let base = engine.balance("BTC"),
            let quote = engine.balance("USD"), let value = try? mid.times(base.total, .down)
        else { return nil }
        return try? value + Money(raw: quote.total.raw)
    }
}

/// What one day came to.
struct LeaseFigures {
    var placements = 0
    var cancels = 0
    var queries = 0
    var fills = 0
    var filled = Money.zero
    var renewals = 0
    var lapsed = 0
    var refused = 0
    var resting = 0
    /// Milliseconds without an order, per renewal.
    var bare: [Int64] = []
    /// Sizes of others before ours in the queue, summed over the renewals, before and after.
    var queueBefore: Int128 = 0
    var queueAfter: Int128 = 0
    var result = Money.zero

    func line(lease: Duration?, seed: UInt64) -> String {
        let count = Int128(max(1, bare.count))
        let median = bare.isEmpty ? 0 : bare.sorted()[bare.count / 2]
        let fields: [(String, String)] = [
            ("lease_s", "\(lease.map { $0.wholeMilliseconds / 1_000 } ?? 0)"), ("seed", "\(seed)"),
            ("placements", "\(placements)"), ("cancels", "\(cancels)"), ("queries", "\(queries)"),
            ("renewals", "\(renewals)"), ("lapsed", "\(lapsed)"), ("refused", "\(refused)"),
            ("resting", "\(resting)"), ("fills", "\(fills)"), ("filled_usd", "\(filled)"),
            ("bare_ms_median", "\(median)"), ("bare_ms_sum", "\(bare.reduce(0, +))"),
            ("queue_before", "\(Quantity(raw: queueBefore / count))"),
            ("queue_after", "\(Quantity(raw: queueAfter / count))"), ("result_usd", "\(result)"),
        ]
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
}
