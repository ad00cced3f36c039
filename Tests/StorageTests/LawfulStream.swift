import Testing
import TradingDomain

@testable import Trading

/// A seeded stream of turns whose records are lawful in the state that the earlier ones made.
struct LawfulStream {
    private(set) var state = DurableState()
    private var random: SeededGenerator
    private var turnNumber: Int64 = 0
    private var sequence: Int64 = 0
    private var fillNumber = 0
    private let bot: BotID
    private let symbols: [Symbol]

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        bot = try #require(BotID("grid"))
        symbols = try ["BTC-USD", "ETH-USD", "SOL-EUR"].map { try #require(Symbol($0)) }
    }

    /// The next turn, its records already applied to `state`.
    mutating func next() throws -> TurnEntry {
        turnNumber += 1
        var records: [Trading.Record] = []
        if state.epoch == 0 { records.append(.lifeBegan(epoch: 7, mode: .paper, at: now)) }
        for record in records { try state.apply(record) }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            guard let record = try nextRecord() else { continue }
            try state.apply(record)
            records.append(record)
        }
        let event: Event? = Bool.random(using: &random) ? .committed(through: turnNumber - 1) : nil
        var commands: [NumberedCommand] = []
        if Bool.random(using: &random) { commands.append(NumberedCommand(id: turnNumber, command: .flush)) }
        return TurnEntry(
            number: turnNumber, stamp: Stamp(monotonic: MonotonicInstant(nanoseconds: turnNumber), utc: now),
            event: event, records: records, commands: commands)
    }

    private var now: UTCInstant { UTCInstant(nanoseconds: 1_800_000_000_000_000_000 + turnNumber * 1_001) }

    private mutating func nextRecord() throws -> Trading.Record? {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<22:
            let names = ["grid", "grid", "dca", Flatten.strategy]
            return .intent(try newOrder(strategy: try #require(names.randomElement(using: &random))))
        case 22..<36: return anOrder { $0.state == .new && $0.sentAt == nil }.map { .sent($0.id, at: now) }
        case 36..<46:
            return anOrder { $0.isInFlight }.map {
                .changed(
                    OrderChange(
                        id: $0.id, state: .open, exchangeOrderID: ExchangeOrderID("x-\($0.id)"), at: now))
            }
        case 46..<58: return try observed()
        case 58..<76: return try fill()
        case 76..<81:
            let ids = state.ledger.workingOrders.prefix(5).map(\.id)
            guard !ids.isEmpty else { return nil }
            return turnNumber.isMultiple(of: 2)
                ? .cancelRequested(ids, at: now, why: CancelCause.allCases.randomElement(using: &random))
                : .leaseEnding(ids, at: now)
        case 81..<84:
            return .strategyMemory(strategy: "grid\(turnNumber % 3)", memory: "{\"n\":\(turnNumber)}")
        case 84:
            let own = StrategyBaseline(strategy: "gr\"id", result: Money(turnNumber))
            return .dayBegan(
                TradingDay(
                    number: turnNumber, baseline: Money(-turnNumber),
                    strategies: [nil, [], [own]].randomElement(using: &random) ?? nil))
        case 85: return .halted(Halt(cause: .dailyLoss, detail: "lost 'é' / \"\(turnNumber)\"", at: now))
        case 86:
            let name = try #require(["grid", "dca"].randomElement(using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 3: return .accountConfirmed(portfolio: "p-\(turnNumber % 2)", at: now)
            case 0: return .resumed(at: now)
            case 1: return .diedDeciding(strategy: Bool.random(using: &random) ? name : nil, at: now)
            default:
                return .strategyHalted(
                    StrategyHalt(strategy: name, cause: .tooSlow, detail: "'\(turnNumber)'", at: now))
            }
        case 87: return .alert(Alert(name: "overfill", message: "look", at: now))
        case 88: return .stopBegan(reason: "SIGTERM", at: now)
        case 89:
            let left = state.ledger.workingOrders.prefix(2).map(\.id)
            return .stopped(StopMarker(epoch: state.epoch, verdict: .ordersRemain, remaining: left, at: now))
        case 90: return .recovered(at: now)
        case 91:
            sequence = 0
            return .lifeBegan(epoch: state.epoch + 1, mode: .live, at: now)
        case 92:
            sequence = 0
            return .epochRaised(state.epoch + 3)
        case 93:
            // Another life's order, far beyond what fits a packed integer.
            var order = try newOrder(strategy: "", epoch: 2_176_782_336 + turnNumber)
            order.state = .open
            order.exchangeOrderID = ExchangeOrderID("x-\(order.id)")
            return .discovered(order)
        case 94:
            guard let order = anOrder({ $0.state == .new }) else { return nil }
            return .changed(OrderChange(id: order.id, state: .failed, reason: "never sent", at: now))
        case 95:
            let words: [OperatorWord] = [
                .pause(reduceOnly: false), .pause(reduceOnly: true), .resume(confirmed: true), .stop,
                .halt("'smoke'"), .sweep,
                .flatten(FlattenOrder(slippageBasisPoints: 7, timeout: .milliseconds(1_500), next: .halt)),
                .reload(ReloadedSettings(CoreConfiguration(bot: bot, mode: .paper))),
                .strategy(name: "grid", .disable), .strategy(name: "dca", .disable),
                .strategy(name: "grid", .enable), .strategy(name: "dca", .resume),
            ]
            let word = try #require(words.randomElement(using: &random))
            return .operatorSaid(OperatorNote(word: word, by: "socket uid \(turnNumber)", at: now))
        default: return try lateNews()
        }
    }

    private mutating func anOrder(_ fits: (Order) -> Bool) -> Order? {
        state.ledger.liveOrders.filter(fits).randomElement(using: &random)
    }

    private mutating func newOrder(strategy: String, epoch: Int64? = nil) throws -> Order {
        sequence += 1
        let quantity = Quantity(raw: Int128.random(in: 1...5_000, using: &random) * 1_000_000_000_000_000)
        let price = Price(raw: Int128.random(in: 1...9_000_000, using: &random) * 10_000_000_000_000_000)
        let types: [OrderType] = [
            .market, .limit(price, postOnly: true),
            .limit(price: price, timeInForce: .goodTillDate(now + .seconds(60)), postOnly: false),
            .limit(price: price, timeInForce: .immediateOrCancel, postOnly: false),
            .limit(price: price, timeInForce: .fillOrKill, postOnly: false),
        ]
        let terms = OrderTerms(
            symbol: try #require(symbols.randomElement(using: &random)),
            side: Bool.random(using: &random) ? .buy : .sell,
            type: try #require(types.randomElement(using: &random)), quantity: quantity)
        let id = try #require(
            ClientOrderID(bot: bot, epoch: epoch ?? state.epoch, sequence: epoch == nil ? sequence : 1))
        var order = Order(id: id, terms: terms, strategy: strategy, createdAt: now)
        if !strategy.isEmpty, Bool.random(using: &random) { order.basis = try basis(price) }
        if epoch == nil, sequence.isMultiple(of: 5) { order.onceKey = "key \(sequence / 10)" }
        return order
    }

    private mutating func basis(_ price: Price) throws -> OrderBasis {
        OrderBasis(
            trigger: try #require(OrderBasis.Trigger.allCases.randomElement(using: &random)),
            bid: Bool.random(using: &random) ? price : nil, ask: Bool.random(using: &random) ? price : nil,
            waited: .nanoseconds(Int64.random(in: 0...3, using: &random)), position: Quantity(raw: -7),
            workingOrders: 3, workingOrdersOfSymbol: 2, ordersInLastMinute: 1)
    }

    /// The exchange shows a working order, some of it filled, perhaps ended.
    private mutating func observed() throws -> Trading.Record? {
        guard let order = anOrder({ $0.isWorking }) else { return nil }
        let statuses: [ExchangeOrderStatus] = [.open, .canceled, .expired, .cancelQueued, .filled]
        let status = try #require(statuses.randomElement(using: &random))
        let share = Int64.random(in: 0...4, using: &random)
        let filled =
            status == .filled
            ? order.terms.quantity : try order.terms.quantity.scaled(by: share, over: 4, .down)
        let snapshot = OrderSnapshot(
            exchangeOrderID: order.exchangeOrderID ?? ExchangeOrderID("x-\(order.id)"),
            clientOrderID: order.id.description, terms: order.terms, status: status, filledQuantity: filled,
            createdAt: now, reason: status == .canceled ? "by user" : "")
        return try OrderStateMachine.change(order, on: .observed(snapshot), at: now).map { .changed($0) }
    }

    /// A new fill of a working or of an unsettled order, or one that is known already.
    private mutating func fill() throws -> Trading.Record? {
        guard let order = anOrder({ $0.exchangeOrderID != nil }), let exchangeID = order.exchangeOrderID
        else {
            return nil
        }
        let known = state.ledger.fills(of: order.id)
        let isRepeat = !known.isEmpty && Bool.random(using: &random)
        fillNumber += 1
        let id = isRepeat ? known[0] : FillID("f\(fillNumber)")
        let quantity = try order.terms.quantity.scaled(by: 1, over: 4, .down)
        guard !quantity.isZero else { return nil }
        let price = Price(raw: Int128.random(in: 1...9_000_000, using: &random) * 10_000_000_000_000_000)
        return .fill(
            order.id,
            Fill(
                id: id, exchangeOrderID: exchangeID, symbol: order.terms.symbol, side: order.terms.side,
                price: price, quantity: quantity, fee: Money(raw: 12_345_678_900_000_000),
                liquidity: .maker, at: now))
    }

    /// An order that was done proves to have been filled further, and then its fill comes.
    private mutating func lateNews() throws -> Trading.Record? {
        let ids = (1...max(1, sequence)).compactMap {
            ClientOrderID(bot: bot, epoch: state.epoch, sequence: $0)
        }
        let ended = ids.compactMap { state.ledger[$0] }.filter {
            $0.state == .canceled && $0.exchangeOrderID != nil
        }
        guard let order = ended.randomElement(using: &random), let exchangeID = order.exchangeOrderID else {
            return nil
        }
        if order.isSettled {
            let more = try min(order.terms.quantity, order.filledQuantity + Quantity(raw: 1_000))
            return .changed(
                OrderChange(
                    id: order.id, state: order.state, filledQuantity: more,
                    isSizeFinal: [nil, true, false].randomElement(using: &random) ?? nil, at: now))
        }
        fillNumber += 1
        return .fill(
            order.id,
            Fill(
                id: FillID("late\(fillNumber)"), exchangeOrderID: exchangeID, symbol: order.terms.symbol,
                side: order.terms.side, price: Price(100),
                quantity: try order.filledQuantity - order.bookedQuantity, fee: .zero, liquidity: .taker,
                at: now))
    }
}
