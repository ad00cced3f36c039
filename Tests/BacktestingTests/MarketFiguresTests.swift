import ExchangeModel
import Strategies
import Testing
import Trading
import TradingDomain

@testable import Backtesting

/// What was traded stands in the record, so a strategy that waits for volume can be tried on it.
@Suite struct MarketFiguresTests {
    private var momentum: AnyStrategy {
        get throws {
            let settings = MomentumSettings(symbols: [Lab.bitcoin], volumeSpike: Rate(3))
            return AnyStrategy(try #require(Momentum(settings)))
        }
    }

    /// 70 quiet minutes at 100, then two that rise by a half percent every ten seconds.
    private func minutes(lastSize: String) throws -> [(price: Price, size: Quantity)] {
        let quiet = try #require(Quantity("1"))
        let last = try #require(Quantity(lastSize))
        return (0..<420).map { _ in (Price(100), quiet) }
            + (1...12).map { (Price(raw: Price(200 + $0).raw / 2), last) }
    }

    @Test(arguments: [("1", false), ("10", true)]) func tradesTellTheirVolume(size: String, buys: Bool) throws
    {
        let ticks = try minutes(lastSize: size).enumerated().map { index, trade in
            TradeTick(
                at: Lab.start + .seconds(10) * index, symbol: Lab.bitcoin, price: trade.price,
                size: trade.size,
                side: index % 2 == 0 ? .sell : .buy)
        }
        let result = try Lab.run(
            Lab.settings(), [BacktestSeries(symbol: Lab.bitcoin, data: .trades(ticks))], [momentum])
        #expect(result.trades.contains { $0.side == .buy } == buys)
    }

    @Test(arguments: [("1", false), ("10", true)]) func barsTellTheirVolume(size: String, buys: Bool) throws {
        let all = try minutes(lastSize: size)
        let bars = try stride(from: 0, to: all.count, by: 6).map { first in
            let prices = all[first..<first + 6].map(\.price)
            let value = try prices[5].times(all[first].size, .down).times(6)
            return Bar(
                at: Lab.start + .seconds(10) * first, symbol: Lab.bitcoin, open: prices[0], high: prices[5],
                low: prices[0], close: prices[5], volume: value)
        }
        let result = try Lab.run(
            Lab.settings(),
            [BacktestSeries(symbol: Lab.bitcoin, data: .bars(bars, interval: .seconds(60)))], [momentum])
        #expect(result.trades.contains { $0.side == .buy } == buys)
    }

    @Test func figuresAddUp() throws {
        let ticks = (0..<180).map { index in
            TradeTick(
                at: Lab.start + .seconds(1) * index, symbol: Lab.bitcoin, price: Price(100 + Int64(index)),
                size: Quantity(2), side: .buy)
        }
        var figures = MarketFigures(BacktestSeries(symbol: Lab.bitcoin, data: .trades(ticks)))
        #expect(figures.count(through: 60) == nil)
        let told = figures.count(through: 61)
        let first = try #require(told)
        #expect(first.volume == Quantity(120) && first.minuteVolume == Quantity(120))
        #expect(first.high == Price(159) && first.low == Price(100))
        let last = figures.count(through: 180)
        let second = try #require(last)
        #expect(second.volume == Quantity(240) && second.minuteVolume == Quantity(120))
    }
}
