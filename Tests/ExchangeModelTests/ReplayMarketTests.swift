// Replays: the order in which a bar's prices are visited, and what trades and bars fill.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct ReplayMarketTests {
    private let settings = ReplaySettings(spread: "0.0002", depth: "5")

    private func bar(_ minute: Int64, _ open: Price, _ high: Price, _ low: Price, _ close: Price) -> Bar {
        Bar(
            at: second(minute * 60), symbol: btc, open: open, high: high, low: low, close: close, volume: "1")
    }

    private func mids(_ changes: [Change]) -> [(UTCInstant, Price)] {
        changes.compactMap { change in
            if case .quote(let quote) = change { (quote.at, quote.mid) } else { nil }
        }
    }

    @Test("a bar becomes open, nearer extreme, other extreme, close, a quarter of its interval apart")
    func barPath() throws {
        #expect(bar(0, "100", "110", "95", "105").path == ["100", "95", "110", "105"])
        #expect(bar(0, "100", "103", "90", "95").path == ["100", "103", "90", "95"])
        #expect(bar(0, "100", "105", "95", "104").path == ["100", "95", "105", "104"])
        #expect(bar(0, "100", "105", "95", "96").path == ["100", "105", "95", "96"])

        var engine = try MatchingEngine.lab()
        var market = ReplayMarket(
            .bars(
                [bar(0, "100", "110", "95", "105"), bar(1, "106", "106", "100", "100")],
                interval: .seconds(60)),
            settings: settings)
        #expect(market.nextStepAt == second(0))
        market.advance(to: second(45), engine: &engine)
        let first = mids(engine.drainChanges())
        #expect(first.map(\.0) == [0, 15, 30, 45].map(second))
        #expect(first.map(\.1) == ["100", "95", "110", "105"])
        #expect(market.isFinished == false)
        #expect(market.nextStepAt == second(60))
        market.advance(to: second(1000), engine: &engine)
        #expect(mids(engine.drainChanges()).map(\.1) == ["106", "106", "100", "100"])
        #expect(market.isFinished)
        #expect(market.nextStepAt == nil)
        #expect(engine.now == second(1000))
    }

    @Test("a bar states its spread and depth around each price")
    func barBook() throws {
        var engine = try MatchingEngine.lab()
        var market = ReplayMarket(
            .bars([bar(0, "100", "110", "95", "105")], interval: .seconds(60)), settings: settings)
        market.advance(to: second(0), engine: &engine)
        #expect(engine.depth(btc, .buy, levels: 9) == [level("99.99", "5")])
        #expect(engine.depth(btc, .sell, levels: 9) == [level("100.01", "5")])
    }

    @Test("orders between a bar's prices fill at their own price, up to the depth")
    func barFills() throws {
        var engine = try MatchingEngine.lab()
        var market = ReplayMarket(
            .bars([bar(0, "100", "110", "95", "105")], interval: .seconds(60)), settings: settings)
        market.advance(to: second(0), engine: &engine)
        let near = try engine.limit("near", .buy, "4", "97").taken()
        let far = try engine.limit("far", .buy, "3", "96").taken()
        let below = try engine.limit("below", .buy, "1", "94").taken()
        let above = try engine.limit("above", .sell, "1", "109").taken()
        market.advance(to: second(60), engine: &engine)
        #expect(engine.status(near) == .filled)
        #expect(engine.filled(far) == "1")
        #expect(engine.filled(below) == .zero)
        #expect(engine.status(above) == .filled)
        #expect(engine.fills().map(\.price) == ["97", "96", "109"])
        #expect(engine.fills().map(\.at) == [second(15), second(15), second(30)])
    }

    @Test("a trade fills better-priced orders first, then its own price by the queue, up to its size")
    func tradeFills() throws {
        func tick(_ at: Int64, _ side: Side, _ price: Price, _ size: Quantity) -> TradeTick {
            TradeTick(at: second(at), symbol: btc, price: price, size: size, side: side)
        }
        var engine = try MatchingEngine.lab()
        var market = ReplayMarket(
            .trades([
                tick(1, .buy, "100", "1"), tick(2, .sell, "99.98", "1"), tick(3, .buy, "100", "2"),
                tick(4, .buy, "100", "6"),
            ]), settings: settings)
        market.advance(to: second(2), engine: &engine)
        #expect(engine.quote(btc)?.bid == "99.98")
        #expect(engine.quote(btc)?.ask == "100")
        let better = try engine.limit("better", .sell, "1.5", "99.99", postOnly: true).taken()
        let same = try engine.limit("same", .sell, "2", "100").taken()
        market.advance(to: second(3), engine: &engine)
        #expect(engine.status(better) == .filled)
        #expect(engine.filled(same) == .zero)
        // 4.5 of the depth still stand before the order; the trade's 6 leave 1.5 for it.
        market.advance(to: second(4), engine: &engine)
        #expect(engine.filled(same) == "1.5")
        #expect(engine.fills().allSatisfy { $0.liquidity == .maker })
        #expect(engine.inconsistencies() == [])
    }

    @Test("a trade larger than the depth goes no further than its own price")
    func tradeKeepsItsPrice() throws {
        var engine = try MatchingEngine.lab()
        let worse = try engine.limit("worse", .sell, "1", "100.01").taken()
        let tick = TradeTick(at: second(1), symbol: btc, price: "100", size: "50", side: .buy)
        var market = ReplayMarket(.trades([tick]), settings: settings)
        market.advance(to: second(1), engine: &engine)
        #expect(engine.filled(worse) == .zero)
        #expect(engine.depth(btc, .sell, levels: 9) == [level("100.01", "1")])
    }

    @Test("a replay goes on where its stored position stands, and can be shifted in time")
    func position() throws {
        let data = ReplayData.bars(
            (0..<50).map { bar($0, "100", "101", "99", "100") }, interval: .seconds(60))
        var shifted = settings
        shifted.shift = .seconds(86_400)
        var engine = try MatchingEngine.lab()
        var market = MarketModel.replay(ReplayMarket(data, settings: shifted))
        #expect(market.nextStepAt == second(86_400))
        market.advance(to: second(86_400 + 700), engine: &engine)
        let stored: MarketState = try fromJSON(json(market.state))
        guard case .replay(let position) = stored else {
            Issue.record("another market came back")
            return
        }
        #expect(position.played == 47)
        var copy = MarketModel.replay(ReplayMarket(data, position: position))
        var other = engine
        market.advance(to: second(100_000), engine: &engine)
        copy.advance(to: second(100_000), engine: &other)
        #expect(engine.drainChanges() == other.drainChanges())
        #expect(copy.nextStepAt == nil)
    }
}
