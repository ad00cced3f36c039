import ExchangeModel
import Exchanges
import Strategies
import Testing
import Trading
import TradingDomain

@testable import Backtesting

/// What the tests of backtests share: one market, small data made by hand, a strategy that follows a script.
enum Lab {
    static let bitcoin = Symbol("BTC-USD")!
    static let start = UTCInstant("2026-03-01T12:00:00Z")!

    static func product(maker: Int64 = 40, taker: Int64 = 60, _ symbol: Symbol = bitcoin) -> Product {
        Product(
            symbol: symbol, baseIncrement: Quantity("0.0001")!, priceIncrement: Price("0.01")!,
            minimumQuantity: Quantity("0.0001")!, maximumQuantity: Quantity(1_000), minimumNotional: Money(1),
            makerFee: Rate(basisPoints: maker), takerFee: Rate(basisPoints: taker))
    }

    /// Limits that no test of trading meets by accident; one round trip of 20 ms.
    static func settings(
        latency: Duration = .milliseconds(20), seed: UInt64 = 1, depth: String = "5",
        _ change: (inout BacktestSettings) -> Void = { _ in }
    ) -> BacktestSettings {
        var core = CoreConfiguration(bot: BotID("lab")!, mode: .paper)
        core.cycleInterval = .seconds(1)
        core.cycleJitter = 0
        core.risk.maximumQuoteAge = .seconds(86_400)
        core.risk.priceCollarBasisPoints = 9_999
        core.rate.burst = 10_000
        core.rate.perSecond = 10_000
        core.tellsOrders = false
        var network = PaperNetwork()
        network.cancelDelay = .milliseconds(5)
        var settings = BacktestSettings(
            core: core,
            network: BacktestNetwork(orders: latency, cancels: latency, feed: latency / 2),
            exchange: network, products: [product()],
            balances: ["USD": Quantity(10_000), "BTC": Quantity(1)],
            market: ReplaySettings(spread: Rate(basisPoints: 1), depth: Quantity(depth)!), seed: seed)
        change(&settings)
        return settings
    }

    /// A trade every `step`, at these prices, from takers that sell and buy by turns.
    static func trades(
        _ prices: [String], every step: Duration = .seconds(1), size: String = "1", _ symbol: Symbol = bitcoin
    ) -> BacktestSeries {
        let ticks = prices.enumerated().map { index, price in
            TradeTick(
                at: start + step * index, symbol: symbol, price: Price(price)!, size: Quantity(size)!,
                side: index % 2 == 0 ? .sell : .buy)
        }
        return BacktestSeries(symbol: symbol, data: .trades(ticks))
    }

    static func bars(_ rows: [(open: String, high: String, low: String, close: String)]) -> BacktestSeries {
        let bars = rows.enumerated().map { index, row in
            Bar(
                at: start + .seconds(60) * index, symbol: bitcoin, open: Price(row.open)!,
                high: Price(row.high)!,
                low: Price(row.low)!, close: Price(row.close)!, volume: Money(1_000))
        }
        return BacktestSeries(symbol: bitcoin, data: .bars(bars, interval: .seconds(60)))
    }

    /// A price that wanders, the same for the same seed.
    static func wandering(_ count: Int, seed: UInt64 = 7, step: Duration = .milliseconds(400))
        -> BacktestSeries
    {
        typealias Chance = ExchangeModel.SeededGenerator
        var chance = Chance(seed: seed)
        var cents: Int64 = 2_000_000
        let ticks = (0..<count).map { index in
            cents += chance.below(1_601) - 800
            return TradeTick(
                at: start + step * index, symbol: bitcoin, price: Price(raw: Price(cents).raw / 100),
                size: Quantity(raw: Quantity(1 + chance.below(20)).raw / 10),
                side: chance.below(2) == 0 ? .sell : .buy)
        }
        return BacktestSeries(symbol: bitcoin, data: .trades(ticks))
    }

    static func grid(levels: Int = 5, spacing: Int64 = 5) -> AnyStrategy {
        AnyStrategy(
            Grid(
                GridSettings(
                    symbols: [bitcoin], levels: levels, spacing: Rate(basisPoints: spacing),
                    size: .quote(Money(100))))!)
    }

    static func run(_ settings: BacktestSettings, _ series: [BacktestSeries], _ strategies: [AnyStrategy])
        throws
        -> BacktestResult
    {
        var backtest = try Backtest(settings, series, strategies)
        while try backtest.advance(instants: 1_000) {}
        return try backtest.result()
    }
}

/// Wants each of its orders from its moment on, for good.
struct Scripted: Strategy {
    struct Line: Sendable {
        var from: Duration
        var side: Side
        var type: OrderType
        var quantity: String
    }
    struct Memory: Codable, Equatable, Sendable { var placed = 0 }

    var lines: [Line]
    var name: String { "scripted" }
    var symbols: [Symbol] { [Lab.bitcoin] }
    var initialMemory: Memory { Memory() }

    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        guard let market = view.markets.first, market.quote != nil else { return .keep }
        let due = lines.filter { view.now - Lab.start >= $0.from }
        // Each once: what was filled or canceled is not wanted again.
        guard due.count > memory.placed else { return .keep }
        let new = due[memory.placed...]
        memory.placed = due.count
        return .want(
            new.map {
                WantedOrder(
                    symbol: Lab.bitcoin, side: $0.side, type: $0.type, quantity: Quantity($0.quantity)!)
            })
    }
}
