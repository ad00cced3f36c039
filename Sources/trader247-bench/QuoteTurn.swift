// What one quote costs the core while few or many orders work. The core is the real one with a real grid; its
// exchange accepts everything at once.

import Daemon
import Exchanges
import Strategies
import Telemetry
import Trading
import TradingDomain

struct QuoteTurn {
    private var core: TradingCore
    private var stamp = Stamp(monotonic: realNow(), utc: UTCInstant(nanoseconds: 1_790_000_000_000_000_000))
    private var turns: TurnNumber = 0
    private var exchangeIDs = 0
    /// Told of each turn, as the loop tells it.
    private let meter: (any LoopMeter)?
    private let symbol: Symbol

    static func run() throws -> String {
        // In turns, so that a busy machine slows both.
        var few = try QuoteTurn(orders: 50)
        var many = try QuoteTurn(orders: 5_000)
        var measured = try QuoteTurn(orders: 50, meter: makeMeter())
        var times: (few: [Duration], many: [Duration], measured: [Duration]) = ([], [], [])
        for round in 0..<400 {
            let (a, b) = (few.quotes(100, round), many.quotes(100, round))
            let c = measured.quotes(100, round)
            // The first rounds warm the caches up.
            if round >= 40 {
                times.few.append(a)
                times.many.append(b)
                times.measured.append(c)
            }
        }
        let (a, b, c) = (median(times.few), median(times.many), median(times.measured))
        let ratio = Double(b) / Double(a)
        let measuredRatio = Double(c) / Double(a)
        return #"{"quote_turn_ns_50":\#(a),"quote_turn_ns_5000":\#(b),"ratio":\#(ratio),"#
            + #""quote_turn_ns_50_measured":\#(c),"measured_ratio":\#(measuredRatio)}"#
    }

    private static func makeMeter() throws -> any LoopMeter {
        guard let bot = BotID("bench") else { throw Surprise("the settings are wrong") }
        let facts = LifeFacts(
            version: "bench", bot: bot, pid: 1, startedAt: UTCInstant(nanoseconds: 0), mode: .paper)
        return TradingMetrics(
            TradingMetrics.makeRegistry(facts), facts, MetricsSettings(), guardianRestarts: nil,
            inbox: Inbox(), previous: nil)
    }

    private static func median(_ times: [Duration]) -> Int64 {
        times.sorted()[times.count / 2].wholeNanoseconds / 100
    }

    private init(orders: Int, meter: (any LoopMeter)? = nil) throws {
        self.meter = meter
        guard let symbol = Symbol("BTC-USD"), let bot = BotID("bench"), let spacing = Rate("0.0001"),
            let grid = Grid(
                GridSettings(
                    symbols: [symbol], levels: orders / 2, spacing: spacing, size: .quote(Money(5)),
                    recentre: Rate(1_000))),
            let product = PaperAccount.standard.listings.first(where: { $0.product.symbol == symbol })?
                .product
        else { throw Surprise("the settings are wrong") }
        self.symbol = symbol
        var configuration = CoreConfiguration(bot: bot, mode: .paper)
        configuration.tellsOrders = false
        configuration.rate = .unlimited
        configuration.risk.maximumWorkingOrders = 10_000
        configuration.risk.maximumWorkingOrdersPerSymbol = 10_000
        configuration.risk.maximumOrdersPerMinute = 1_000_000
        configuration.risk.priceCollarBasisPoints = 9_999
        core = try TradingCore(
            configuration: configuration, capabilities: ExchangeCapabilities(), products: [product],
            strategies: [AnyStrategy(grid)], durable: DurableState())
        handle(.started)
        for feed in Feed.allCases { handle(.feed(feed, .connected)) }
        handle(.quote(quote(0)))
        // Cycles until everything that is wanted rests.
        for _ in 0..<1_000 where core.status.workingOrders < orders {
            stamp = Stamp(monotonic: stamp.monotonic + .seconds(6), utc: stamp.utc + .seconds(6))
            handle(.quote(quote(0)))
            handle(.woke)
        }
        guard core.status.workingOrders == orders else {
            throw Surprise("\(core.status.workingOrders) orders work instead of \(orders)")
        }
    }

    private func quote(_ step: Int) -> Quote {
        let bid = Price(raw: Price(60_000).raw + Int128(step % 7) * Price(1).raw / 100)
        return Quote(symbol: symbol, bid: bid, ask: Price(raw: bid.raw + Price(1).raw / 50), at: stamp.utc)
    }

    /// Time for so many quotes, each in a turn of its own.
    private mutating func quotes(_ count: Int, _ round: Int) -> Duration {
        let began = ContinuousClock.now
        for number in 0..<count {
            stamp = Stamp(monotonic: stamp.monotonic + .microseconds(1), utc: stamp.utc + .microseconds(1))
            turns += 1
            var turn = Turn(number: turns)
            let event = Event.quote(quote(round + number))
            let began = meter == nil ? nil : realNow()
            core.handle(event, at: stamp, into: &turn)
            // What the loop looks at after each turn.
            _ = core.status
            if let meter, let began {
                let real = realNow()
                meter.turned(event, turn, took: real - began, at: real)
            }
        }
        return ContinuousClock.now - began
    }

    /// One event with everything that follows from it.
    private mutating func handle(_ first: Event) {
        var events = [first]
        while !events.isEmpty {
            let event = events.removeFirst()
            turns += 1
            var turn = Turn(number: turns)
            core.handle(event, at: stamp, into: &turn)
            if !turn.records.isEmpty { events.append(.committed(through: turns)) }
            for command in turn.commands { events.append(.answered(command.id, answer(command.command))) }
        }
    }

    private mutating func answer(_ command: Command) -> Answer {
        switch command {
        case .place(let order):
            exchangeIDs += 1
            return .placed(
                .accepted(
                    Acceptance(
                        exchangeOrderID: ExchangeOrderID("X\(exchangeIDs)"),
                        clientOrderID: order.clientOrderID.description, terms: order.terms)))
        case .cancel: return .canceled(.refused("nothing is to be canceled here"))
        case .listOrders: return .orders(.page(OrderPage(orders: [], nextCursor: nil)))
        case .listFills: return .fills(.page(FillPage(fills: [], nextCursor: nil)))
        case .listBalances:
            return .balances(
                .balances([
                    Balance(currency: symbol.base, available: Money(1_000), hold: .zero),
                    Balance(currency: symbol.quote, available: Money(10_000_000), hold: .zero),
                ]))
        case .ask: return .told(.failed(CallFailure("not here")))
        case .connect: return .connected(.begun)
        case .flush, .exit: return .withheld("not here")
        }
    }
}

extension RateLimits {
    fileprivate static var unlimited: RateLimits {
        var limits = RateLimits()
        limits.burst = 100_000
        limits.perSecond = 100_000
        limits.maximumInFlight = 1_000
        return limits
    }
}
