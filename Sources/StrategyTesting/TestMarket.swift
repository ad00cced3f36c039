// Where a strategy trades in its author's tests: one market in virtual time, the real core, risk limits and matching
// engine. The same market and strategy give the same run, to the last digit.

import Backtesting
import ExchangeModel
import Exchanges
@_exported import Trading
@_exported import TradingDomain

public struct TestMarket: Sendable {
    private enum Course: Sendable {
        case wandering(seed: UInt64, lasts: Duration, volatility: Rate)
        case told([Price], every: Duration)
    }

    /// Increments, smallest order and fees; change what the test is about.
    public var product: Product
    /// What the account owns at first.
    public var baseFunds: Quantity = .zero
    public var quoteFunds = Money(100_000)
    /// From an order to its answer; prices are half as old when they are heard.
    public var latency: Duration = .milliseconds(20)
    /// From one `.cycle` to the next.
    public var cycle: Duration = .seconds(1)
    private let course: Course
    private let firstPrice: Price

    public var symbol: Symbol { product.symbol }

    /// A price that wanders, another way for each seed, with a book of orders around it and takers that hit either side.
    /// - Parameter volatility: how far it moves in a quarter of a second, as a fraction.
    public init(
        _ symbol: String = "BTC-USD", seed: UInt64, lasts: Duration = .seconds(600),
        firstPrice: Price = Price(60_000), volatility: Rate = Rate(basisPoints: 2)
    ) throws(TestMarketError) {
        guard lasts > .zero, firstPrice.isPositive else { throw .nothing }
        try self.init(symbol, .wandering(seed: seed, lasts: lasts, volatility: volatility), firstPrice)
    }

    /// A trade at each of these prices, one after another, from takers that sell and buy by turns.
    public init(_ symbol: String = "BTC-USD", prices: [Price], every step: Duration = .seconds(1))
        throws(TestMarketError)
    {
        guard let first = prices.first, step > .zero, prices.allSatisfy(\.isPositive) else { throw .nothing }
        try self.init(symbol, .told(prices, every: step), first)
    }

    private init(_ text: String, _ course: Course, _ firstPrice: Price) throws(TestMarketError) {
        guard let symbol = Symbol(text) else { throw .symbol(text) }
        self.course = course
        self.firstPrice = firstPrice
        product = Product(
            symbol: symbol, baseIncrement: Self.tenthOf(4), priceIncrement: Self.tenthOf(2),
            minimumQuantity: Self.tenthOf(4), maximumQuantity: Quantity(100_000), minimumNotional: Money(1),
            makerFee: Rate(basisPoints: 40), takerFee: Rate(basisPoints: 60))
    }

    /// 10 to the power of minus `digits`.
    private static func tenthOf<Value: ExactDecimal>(_ digits: Int) -> Value {
        Value(raw: (0..<digits).reduce(Value(1).raw) { raw, _ in raw / 10 })
    }

    // MARK: A whole run

    /// Lets strategies trade the market to its end and stops them, as `trader247` would.
    public func run(_ strategies: any Strategy...) throws(TestMarketError) -> TestRun {
        do throws(BacktestError) {
            var backtest = try backtest(strategies.map { erased($0) })
            while try backtest.advance(instants: 10_000) {}
            return TestRun(try backtest.result(), symbol)
        } catch {
            throw .run(error.description)
        }
    }

    private func erased(_ strategy: some Strategy) -> AnyStrategy { AnyStrategy(strategy) }

    private func backtest(_ strategies: [AnyStrategy]) throws(BacktestError) -> Backtest {
        switch course {
        case .told(let prices, let step):
            let ticks = prices.enumerated().map { index, price in
                TradeTick(
                    at: Self.start + step * index, symbol: symbol, price: price, size: depth,
                    side: index.isMultiple(of: 2) ? .sell : .buy)
            }
            return try Backtest(
                settings(seed: 1), [BacktestSeries(symbol: symbol, data: .trades(ticks))], strategies)
        case .wandering(let seed, let lasts, let volatility):
            let market = SimulatedMarket(
                seed: seed, start: Self.start,
                [.init(symbol: symbol, firstMid: firstPrice, levelQuantity: depth, volatility: volatility)])
            return try Backtest(
                settings(seed: seed), market, until: Self.start + lasts, strategies)
        }
    }

    private static let start = UTCInstant(seconds: 1_767_268_800)  // 2026-01-01T12:00:00Z

    /// At the best price: about 10,000 quote units.
    private var depth: Quantity {
        let size = try? Money(10_000).over(firstPrice, .up).rounded(to: product.baseIncrement, .up)
        return size ?? Quantity(1)
    }

    private func settings(seed: UInt64) throws(BacktestError) -> BacktestSettings {
        guard let bot = BotID("test") else { throw .noData }
        var core = CoreConfiguration(bot: bot, mode: .paper)
        core.cycleInterval = cycle
        core.cycleJitter = 0
        core.seed = seed
        core.tellsOrders = false
        // Told prices may be as far apart as a test likes.
        core.risk.maximumQuoteAge = .seconds(366 * 86_400)
        return BacktestSettings(
            core: core, network: BacktestNetwork(orders: latency, cancels: latency, feed: latency / 2),
            exchange: PaperNetwork(), products: [product],
            balances: [
                symbol.base: baseFunds, symbol.quote: Quantity(raw: quoteFunds.raw),
            ],
            market: ReplaySettings(spread: Rate(basisPoints: 1), depth: depth), seed: seed)
    }

    // MARK: A single view

    /// What a strategy is shown at one moment, to ask it by hand.
    public func view(
        bid: Price, ask: Price, position: Quantity = .zero, trigger: StrategyView.Trigger = .cycle,
        at second: Int64 = 1, onceOrders: [OnceOrder] = []
    ) -> StrategyView {
        let now = Self.start + .seconds(second)
        return StrategyView(
            now: now, trigger: trigger,
            markets: [
                MarketView(
                    product: product, quote: Quote(symbol: symbol, bid: bid, ask: ask, at: now),
                    position: position, baseFunds: position, quoteFunds: quoteFunds)
            ], onceOrders: onceOrders)
    }

    /// The same before the first price is known.
    public func viewWithoutQuote(at second: Int64 = 1) -> StrategyView {
        var view = view(bid: .zero, ask: .zero, at: second)
        view.markets[0].quote = nil
        return view
    }
}

public enum TestMarketError: Error, Equatable, Sendable, CustomStringConvertible {
    case symbol(String)
    case nothing
    case run(String)

    public var description: String {
        switch self {
        case .symbol(let text): "'\(text)' is not a market like BTC-USD"
        case .nothing: "a market needs prices above 0, and time to pass between them"
        case .run(let problem): "the strategy could not be run: \(problem)"
        }
    }
}
