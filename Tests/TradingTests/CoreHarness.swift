// Drives a TradingCore by hand: every command it issues must be taken by the test, and what is durable when
// is the test's choice. Nothing sleeps; time is a number.

import Testing
import TradingDomain

@testable import Trading

let btc = Symbol("BTC-USD")!
let eth = Symbol("ETH-USD")!
let bot = BotID("test")!

func product(_ symbol: Symbol) -> Product {
    Product(
        symbol: symbol, baseIncrement: Quantity("0.00000001")!, priceIncrement: Price("0.01")!,
        minimumQuantity: Quantity("0.0001")!, maximumQuantity: Quantity(1_000), minimumNotional: Money(1),
        makerFee: Rate("0.004")!, takerFee: Rate("0.006")!)
}

/// Wants the same orders for ever.
struct FixedStrategy: Strategy {
    struct Memory: Codable, Equatable, Sendable { var decisions = 0 }
    var name = "fixed"
    var symbols: [Symbol] = [btc]
    var wanted: [WantedOrder] = []
    var initialMemory: Memory { Memory() }

    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        memory.decisions += 1
        return view.markets.allSatisfy { $0.quote != nil } ? .want(wanted) : .keep
    }

    /// A ladder of buys below 100.
    static func ladder(_ count: Int) -> FixedStrategy {
        FixedStrategy(
            wanted: (0..<count).map { level in
                WantedOrder(
                    symbol: btc, side: .buy,
                    type: .limit(Price(raw: Price(99).raw - Int128(level) * Price("0.01")!.raw)),
                    quantity: Quantity("0.1")!)
            })
    }
}

struct CoreHarness {
    var core: TradingCore
    var clock = Stamp(
        monotonic: MonotonicInstant(nanoseconds: 0), utc: UTCInstant("2026-11-22T10:00:00Z")!)
    var turns: Int64 = 0
    /// Commands not taken yet.
    var commands: [NumberedCommand] = []
    var records: [Record] = []
    /// What programs of strategies outside were told, not taken yet.
    var programs: [ExternalOrder] = []
    var notices: [Notice] = []
    var wakeAt: MonotonicInstant?
    /// Turns with records are durable at once unless a test holds the disk.
    var commitsAtOnce = true
    var report: ShutdownReport?

    init(
        _ strategies: [AnyStrategy] = [AnyStrategy(FixedStrategy.ladder(3))],
        durable: DurableState = CoreHarness.aStoreThatStoppedClean, mode: Mode = .paper,
        capabilities: ExchangeCapabilities = ExchangeCapabilities(),
        configure: (inout CoreConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = CoreConfiguration(bot: bot, mode: mode)
        configure(&configuration)
        core = try TradingCore(
            configuration: configuration, capabilities: capabilities,
            products: [product(btc), product(eth)], strategies: strategies, durable: durable)
    }

    /// Of an earlier life, so that nothing has to be waited for. An empty store may be a lost one.
    static var aStoreThatStoppedClean: DurableState {
        var state = DurableState()
        state.epoch = 1
        state.sequences = [1: 0]
        state.isRecovered = true
        state.stopped = StopMarker(
            epoch: 1, verdict: .clean, remaining: [], at: UTCInstant("2026-11-22T09:00:00Z")!)
        return state
    }

    mutating func send(_ event: Event, after delay: Duration = .zero) {
        clock = Stamp(monotonic: clock.monotonic + delay, utc: clock.utc + delay)
        turns += 1
        var turn = Turn(number: turns)
        core.handle(event, at: clock, into: &turn)
        commands += turn.commands
        records += turn.records
        programs += turn.programs
        notices += turn.notices
        wakeAt = turn.wakeAt
        for command in turn.commands {
            if case .exit(let report) = command.command { self.report = report }
        }
        if commitsAtOnce, !turn.records.isEmpty { send(.committed(through: turns)) }
    }

    /// Lets time pass until `limit`, waking the core whenever it asks for it.
    mutating func pass(_ limit: Duration) {
        let end = clock.monotonic + limit
        while report == nil, let wake = wakeAt, wake <= end { send(.woke, after: wake - clock.monotonic) }
        if clock.monotonic < end, report == nil { send(.woke, after: end - clock.monotonic) }
    }

    /// Lets time pass, nothing being answered, until the core asks for the flush.
    mutating func passUntilFlush(within limit: Duration = .seconds(60)) {
        let end = clock.monotonic + limit
        while !asksFlush, let wake = wakeAt, wake <= end { send(.woke, after: wake - clock.monotonic) }
    }

    /// Takes the oldest command that `match` accepts, or records that there is none.
    mutating func take<T>(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ match: (Command) -> T?
    ) throws -> (id: CommandID, value: T) {
        for (index, command) in commands.enumerated() {
            if let value = match(command.command) {
                commands.remove(at: index)
                return (command.id, value)
            }
        }
        Issue.record(
            "the core did not ask for \(what); it asked for \(commands)", sourceLocation: sourceLocation)
        throw Missing()
    }
    struct Missing: Error {}

    mutating func takePlacement() throws -> (id: CommandID, value: RiskApproved) {
        try take("a placement") { if case .place(let order) = $0 { order } else { nil } }
    }
    mutating func takeCancel() throws -> (id: CommandID, value: [ExchangeOrderID]) {
        try take("a cancel") { if case .cancel(let ids) = $0 { ids } else { nil } }
    }
    mutating func takeList() throws -> (id: CommandID, value: OrderQuery) {
        try take("the working list") {
            if case .listOrders(let query) = $0, query.scope == .working() { query } else { nil }
        }
    }
    mutating func takeHistory() throws -> (id: CommandID, value: OrderQuery) {
        try take("a search") {
            guard case .listOrders(let query) = $0, case .createdSince = query.scope else { return nil }
            return query
        }
    }
    mutating func takeEvidence() throws -> (id: CommandID, value: [ExchangeOrderID]) {
        try take("a look-up by id") {
            guard case .listOrders(let query) = $0, case .ids(let ids) = query.scope else { return nil }
            return ids
        }
    }
    mutating func takeFills() throws -> (id: CommandID, value: FillQuery) {
        try take("fills") { if case .listFills(let query) = $0 { query } else { nil } }
    }
    mutating func takeFlush() throws -> CommandID {
        try take("the flush") { if case .flush = $0 { true } else { nil } }.id
    }

    /// The next cancel is of these orders and no others.
    mutating func expectCancel(of ids: ExchangeOrderID..., sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let asked = try takeCancel().value
        #expect(asked == ids, sourceLocation: sourceLocation)
    }

    func alerted(_ name: String) -> Bool {
        records.contains { if case .alert(let alert) = $0 { alert.name == name } else { false } }
    }

    /// Commands of each kind that wait to be taken.
    var cancels: Int { commands.filter(\.isCancel).count }
    var placements: Int { commands.filter(\.isPlacement).count }
    var asksFlush: Bool { commands.contains { $0.command == .flush } }

    mutating func answer(_ id: CommandID, _ answer: Answer, after delay: Duration = .milliseconds(50)) {
        send(.answered(id, answer), after: delay)
    }
    /// What the exchange remembers since the store's newest order.
    mutating func answerPast(_ orders: [OrderSnapshot] = []) throws {
        let search = try takeHistory()
        answer(search.id, .orders(.page(OrderPage(orders: orders, nextCursor: nil))))
    }
    mutating func answerList(_ orders: [OrderSnapshot] = [], complete: Bool = true) throws {
        let list = try takeList()
        answer(list.id, .orders(.page(OrderPage(orders: orders, nextCursor: nil, isComplete: complete))))
    }

    /// Starts the core on an empty exchange with plenty of funds and a quote at 100.
    mutating func startTrading() throws {
        send(.started)
        try answerPast()
        let balances = try take("balances") { if case .listBalances = $0 { true } else { nil } }
        answer(
            balances.id,
            .balances(
                .balances([
                    Balance(currency: "USD", available: Money(1_000_000), hold: .zero),
                    Balance(currency: "BTC", available: Money(1_000), hold: .zero),
                ])))
        try answerList()
        #expect(core.status.lifecycle == .trading || core.status.lifecycle == .paused)
        quote(99.5, 100.5)
    }

    mutating func quote(_ bid: Double, _ ask: Double, of symbol: Symbol = btc) {
        send(
            .quote(
                Quote(
                    symbol: symbol, bid: Price("\(bid)")!, ask: Price("\(ask)")!, at: clock.utc)))
    }

    /// Accepts every placement that is asked for; the exchange's ids are "X<sequence>".
    @discardableResult
    mutating func acceptPlacements() throws -> [ClientOrderID] {
        var accepted: [ClientOrderID] = []
        while commands.contains(where: { if case .place = $0.command { true } else { false } }) {
            let (id, order) = try takePlacement()
            answer(
                id,
                .placed(
                    .accepted(
                        Acceptance(
                            exchangeOrderID: exchangeID(order.clientOrderID),
                            clientOrderID: order.clientOrderID.description, terms: order.terms))),
                after: .milliseconds(1))
            accepted.append(order.clientOrderID)
        }
        return accepted
    }

    func exchangeID(_ id: ClientOrderID) -> ExchangeOrderID { ExchangeOrderID("X\(id.sequence)") }

    func snapshot(
        _ id: ClientOrderID, _ status: ExchangeOrderStatus, filled: Quantity = .zero
    ) -> OrderSnapshot {
        let order = core.durable.ledger[id]
        return OrderSnapshot(
            exchangeOrderID: order?.exchangeOrderID ?? exchangeID(id), clientOrderID: id.description,
            terms: order?.terms
                ?? OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
            status: status, filledQuantity: filled, createdAt: order?.createdAt ?? clock.utc)
    }

    mutating func show(_ id: ClientOrderID, _ status: ExchangeOrderStatus, filled: Quantity = .zero) {
        send(.order(snapshot(id, status, filled: filled)))
    }

    func fill(_ id: ClientOrderID, _ fillID: String, _ quantity: Quantity, at price: Price = Price(99))
        -> Fill
    {
        Fill(
            id: FillID(fillID), exchangeOrderID: exchangeID(id), symbol: btc, side: .buy, price: price,
            quantity: quantity, fee: Money("0.01")!, liquidity: .maker, at: clock.utc)
    }

    /// The whole cancel batch is taken by the exchange and each order's end is shown on the feed.
    mutating func cancelEverything() throws {
        let (id, orders) = try takeCancel()
        answer(
            id, .canceled(.answered(orders.map { CancelResult(exchangeOrderID: $0, verdict: .accepted) })))
        for order in core.durable.ledger.workingOrders {
            if let exchangeID = order.exchangeOrderID, orders.contains(exchangeID) {
                show(order.id, .canceled)
            }
        }
    }

    /// Answers what a stop asks after its cancels: listings show nothing of ours, and the flush succeeds.
    mutating func finishStop(flush: FlushOutcome = .flushed(checkpointed: true)) throws {
        while report == nil, commands.contains(where: { $0.isWorkingList }) { try answerList() }
        let id = try takeFlush()
        answer(id, .flushed(flush))
    }
}

extension NumberedCommand {
    var isWorkingList: Bool {
        if case .listOrders(let query) = command, query.scope == .working() { true } else { false }
    }
    var isHistory: Bool {
        if case .listOrders(let query) = command, case .createdSince = query.scope { true } else { false }
    }
    var isPlacement: Bool { if case .place = command { true } else { false } }
    var isFills: Bool { if case .listFills = command { true } else { false } }
    var isCancel: Bool { if case .cancel = command { true } else { false } }
}
