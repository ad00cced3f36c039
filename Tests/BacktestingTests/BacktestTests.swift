// Backtests against what can be worked out by hand.

import ExchangeModel
import Testing
import Trading
import TradingDomain

@testable import Backtesting

@Suite struct BacktestTests {
    private func run(
        _ lines: [Scripted.Line], _ series: BacktestSeries, _ settings: BacktestSettings = Lab.settings()
    ) throws -> BacktestResult {
        try Lab.run(settings, [series], [AnyStrategy(Scripted(lines: lines))])
    }

    /// Buys 0.5 when the price falls to 99, sells it when it rises to 101; a maker pays 0.4 %.
    @Test func aRoundTripToTheLastDigit() throws {
        let buy = Scripted.Line(from: .zero, side: .buy, type: .limit(Price(99)), quantity: "0.5")
        let sell = Scripted.Line(from: .seconds(6), side: .sell, type: .limit(Price(101)), quantity: "0.5")
        let data = Lab.trades(["100", "100", "100", "99", "98.5", "100", "100", "100", "101", "101.5", "100"])
        let result = try run([buy, sell], data)

        try #require(result.trades.count == 2)
        let (first, second) = (result.trades[0], result.trades[1])
        #expect(first.side == .buy && first.price == Price(99) && first.quantity == Quantity("0.5"))
        #expect(first.fee == Money("0.198"))  // 49.5 × 0.004
        #expect(first.at == Lab.start + .seconds(3) && first.liquidity == .maker)
        #expect(second.side == .sell && second.price == Price(101))
        #expect(second.fee == Money("0.202"))  // 50.5 × 0.004
        #expect(second.at == Lab.start + .seconds(8))
        #expect(first.realised == .zero && second.realised == Money(1))
        let figures = result.figures
        #expect(figures.result == Money("0.6"))  // 1 − 0.198 − 0.202
        #expect(figures.fees == Money("0.4") && figures.turnover == Money(100))
        #expect(figures.closes == 1 && figures.wins == 1 && figures.trades == 2)
        #expect(figures.ordersSent == 2 && figures.ordersAccepted == 2 && figures.ordersFilled == 2)
        #expect(figures.fillRatio == Rate(1))
        // The best moment of what was held: 0.5 at the mid of 100.005.
        #expect(figures.maximumExposure == Money("50.0025"))
        // Held from the fourth to the ninth second.
        let whole = (result.to - result.from).wholeMilliseconds
        #expect(try figures.timeInMarket == Money(5_000).over(Money(whole), .halfEven))
        // Down by the fee, and by half a dollar for each dollar that the price fell: to a mid of 98.505 from a buy at 99.
        #expect(figures.drawdown == Money("0.4455"))
        #expect(result.strategies.map(\.result) == [Money("0.6")])
        #expect(result.markets.map(\.position) == [.zero])
        #expect(result.end.verdict == .clean && result.end.verifiedEmpty && result.end.workingAtExchange == 0)
    }

    /// A taker pays the dearer fee, and what is open at the end is valued at the last mid.
    @Test func aTakerAndAnOpenEnd() throws {
        let buy = Scripted.Line(from: .seconds(1), side: .buy, type: .market, quantity: "0.1")
        let result = try run([buy], Lab.trades(["100", "100", "100", "102", "104"]))
        try #require(result.trades.count == 1)
        // The second trade is a buyer's at 100: the ask.
        #expect(result.trades[0].price == Price(100) && result.trades[0].liquidity == .taker)
        #expect(result.trades[0].fee == Money("0.06"))
        // The last trade is a seller's at 104: bid 104, and the ask a basis point above it, at the next whole cent.
        #expect(result.figures.result == Money("0.341"))  // 0.1 × (104.01 − 100) − 0.06
        #expect(result.markets[0].position == Quantity("0.1"))
        // 10,000 dollars and a bitcoin, at 100.005 and at 104.01.
        #expect(result.figures.startEquity == Money("10100.005"))
        #expect(result.figures.endEquity == Money("10104.351"))
    }

    @Test func whatTheExchangeHoldsIsWhatTheBotBooked() throws {
        var backtest = try Backtest(Lab.settings(), [Lab.wandering(4_000)], [Lab.grid()])
        while try backtest.advance(instants: 500) {}
        let result = try backtest.result()
        #expect(result.trades.count > 100)
        #expect(backtest.engine.fills().count == result.trades.count)
        #expect(backtest.engine.inconsistencies() == [])
        // Two ways to the same sum: the account's worth, and the positions' books.
        #expect(result.figures.result == result.markets[0].result)
        #expect(result.figures.result == result.strategies[0].result)
        #expect(backtest.core.makeOverview().result == result.figures.result)
        #expect(result.end.verdict == .clean && result.end.ordersFound > 0)
    }

    /// The price touches 95 before the strategy wants to buy there, and never again.
    @Test func thePastCannotBeTraded() throws {
        let buy = Scripted.Line(from: .seconds(61), side: .buy, type: .limit(Price(95)), quantity: "0.5")
        let bars = Lab.bars([
            ("100", "100", "90", "100"), ("100", "101", "97", "100"), ("100", "101", "97", "100"),
        ])
        #expect(try run([buy], bars).trades.isEmpty)
        // Had it been there in time, it would have bought.
        var early = buy
        early.from = .zero
        #expect(try run([early], bars).trades.map(\.price) == [Price(95)])
    }

    /// A stop-loss by hand: seen at 90, sold at what the market is when the order is there.
    @Test(arguments: [(20, "98"), (3_000, "94")]) func latencyMatters(_ milliseconds: Int, _ price: String)
        throws
    {
        let sell = Scripted.Line(from: .milliseconds(2_050), side: .sell, type: .market, quantity: "0.1")
        let data = Lab.trades(["100", "99", "98", "97", "96", "95", "94", "93", "92", "91", "90"])
        let settings = Lab.settings(latency: .milliseconds(milliseconds)) {
            $0.core.cycleInterval = .milliseconds(100)
        }
        let result = try run([sell], data, settings)
        // A buyer's trade at an odd second leaves the bid a cent below it.
        let expected = try #require(Price(price))
        try #require(result.trades.count == 1)
        #expect((try result.trades[0].price - expected).magnitude <= Price("1.01")!)
        #expect(result.trades[0].at >= Lab.start + .milliseconds(2_050 + milliseconds / 2))
    }

    @Test func noOrderFillsBeforeItCouldBeThere() throws {
        let settings = Lab.settings(latency: .milliseconds(300)) { $0.network.jitter = Rate("0.5")! }
        let result = try Lab.run(settings, [Lab.wandering(3_000)], [Lab.grid()])
        #expect(result.trades.count > 50)
        for trade in result.trades { #expect(trade.at >= trade.orderedAt + .milliseconds(150)) }
    }

    @Test func theSameInputsGiveTheSameResult() throws {
        let jittery = Lab.settings { $0.network.jitter = Rate(1) }
        let series = [Lab.wandering(2_000)]
        let first = try Lab.run(jittery, series, [Lab.grid()])
        #expect(try Lab.run(jittery, series, [Lab.grid()]) == first)
        // In pieces of another size, too.
        var pieces = try Backtest(jittery, series, [Lab.grid()])
        while try pieces.advance(instants: 1) {}
        #expect(try pieces.result() == first)
        let other = Lab.settings(seed: 2) { $0.network.jitter = Rate(1) }
        #expect(try Lab.run(other, series, [Lab.grid()]) != first)
    }

    @Test func theDailyLossHaltsIt() throws {
        let buy = Scripted.Line(from: .zero, side: .buy, type: .market, quantity: "2")
        let settings = Lab.settings { $0.core.risk.maximumDailyLoss = Money(5) }
        let result = try run([buy], Lab.trades(["100", "100", "99", "98", "90", "80", "80"]), settings)
        #expect(result.halts.map(\.name) == ["dailyLoss"])
        #expect(result.end.workingAtExchange == 0)
    }

    @Test func refusalsAreCounted() throws {
        let buy = Scripted.Line(from: .zero, side: .buy, type: .limit(Price(90)), quantity: "50")
        let settings = Lab.settings { $0.core.risk.maximumOrderNotional = Money(1_000) }
        let result = try run([buy], Lab.trades(["100", "100", "100"]), settings)
        #expect(result.refusals == [.init(rule: "orderNotional", count: 1)])
        #expect(result.figures.refusals == 1 && result.figures.ordersSent == 0)
    }

    @Test func severalMarketsShareOneTime() throws {
        let ether = try #require(Symbol("ETH-USD"))
        let settings = Lab.settings {
            $0.products.append(Lab.product(ether))
            $0.balances["ETH"] = Quantity(1)
        }
        let a = Lab.trades(["100", "101", "102"])
        let b = Lab.trades(["10", "11", "12"], every: .milliseconds(700), ether)
        let result = try Lab.run(settings, [a, b], [Lab.grid()])
        #expect(result.markets.map(\.symbol) == [Lab.bitcoin, ether])
        // The last trades are sellers' at 102 and 12.
        #expect(result.markets.map(\.lastPrice) == [Price("102.01"), Price("12.005")])
    }

    @Test func whatCannotBeTestedIsRefused() throws {
        let empty = BacktestSeries(symbol: Lab.bitcoin, data: .trades([]))
        #expect(throws: BacktestError.noData) { try Lab.run(Lab.settings(), [empty], []) }
        let ether = try #require(Symbol("ETH-USD"))
        #expect(throws: BacktestError.noProduct(ether)) {
            try Lab.run(Lab.settings(), [Lab.trades(["1"], ether)], [])
        }
        let euros = try #require(Symbol("BTC-EUR"))
        #expect(throws: BacktestError.severalCurrencies(["EUR", "USD"])) {
            try Lab.run(Lab.settings { $0.products.append(Lab.product(euros)) }, [Lab.trades(["1"])], [])
        }
    }

    @Test func theCurveIsBounded() throws {
        let settings = Lab.settings {
            $0.valuations = 300
            $0.curvePoints = 50
        }
        let result = try Lab.run(settings, [Lab.wandering(3_000)], [Lab.grid()])
        #expect((40...53).contains(result.equity.count))
        #expect(result.equity.last?.equity == result.figures.endEquity)
        #expect(zip(result.equity, result.equity.dropFirst()).allSatisfy { $0.at < $1.at })
    }
}
