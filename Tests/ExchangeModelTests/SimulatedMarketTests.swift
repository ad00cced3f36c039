// The seeded market: plausible, repeatable, stored and continued, caught up in bounded time.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct SimulatedMarketTests {
    private func market(seed: UInt64 = 42) -> SimulatedMarket {
        SimulatedMarket(
            seed: seed, start: second(0),
            [
                .init(symbol: btc, firstMid: "50000", levelQuantity: "0.5"),
                .init(symbol: eth, firstMid: "3000", levelQuantity: "4"),
            ])
    }

    private func engine() throws -> MatchingEngine {
        try .lab(
            [sampleProduct(), sampleProduct(eth)], balances: ["USD": "1000000", "BTC": "20", "ETH": "300"])
    }

    private func quotes(_ changes: [Change], _ symbol: Symbol) -> [Quote] {
        changes.compactMap { change in
            if case .quote(let quote) = change, quote.symbol == symbol { quote } else { nil }
        }
    }

    @Test("each step quotes each symbol; prices move, both ways, by plausible amounts")
    func moves() throws {
        var engine = try engine()
        var market = market()
        #expect(market.nextStepAt == second(0))
        market.advance(to: second(300), engine: &engine)
        market.advance(to: second(600), engine: &engine)
        #expect(engine.now == second(600))
        #expect(market.nextStepAt == second(600) + .milliseconds(250))
        let quotes = quotes(engine.drainChanges(), btc)
        #expect(Set(quotes.map(\.at)).count == 2401)
        let mids = quotes.map(\.mid)
        let steps = zip(mids, mids.dropFirst())
        #expect(steps.filter { $0 < $1 }.count > 300)
        #expect(steps.filter { $0 > $1 }.count > 300)
        // Twelve deviations of one basis point would be a jump, and 10 % in ten minutes a crash.
        #expect(steps.allSatisfy { abs($1.raw - $0.raw) * 800 < $0.raw })
        #expect(mids.allSatisfy { $0 > "45000" && $0 < "55000" })
        #expect(quotes.allSatisfy { $0.bid < $0.ask })
        #expect(engine.depth(btc, .buy, levels: 99).count > 8)
        #expect(engine.inconsistencies() == [])
    }

    @Test("a ladder around the mid gets fills on both sides, by trades and by moves")
    func fills() throws {
        var engine = try engine()
        var market = market()
        market.advance(to: second(1), engine: &engine)
        for step in 1...20 {
            let away = Price(Int64(step * 5))
            let mid = try #require(market.mid(btc)).rounded(to: "0.01", .down)
            _ = try engine.limit("b\(step)", .buy, "0.1", mid - away).taken()
            _ = try engine.limit("s\(step)", .sell, "0.1", mid + away).taken()
        }
        market.advance(to: second(1800), engine: &engine)
        let fills = engine.fills().filter { $0.liquidity == .maker }
        #expect(Set(fills.map(\.side)) == [.buy, .sell])
        #expect(engine.inconsistencies() == [])
    }

    @Test("the same seed gives the same market, however the time is cut; another seed another one")
    func deterministic() throws {
        func run(_ seed: UInt64, _ cut: Int64) throws -> [Change] {
            var engine = try engine()
            var market = market(seed: seed)
            for time in stride(from: cut, through: 120_000, by: Int64.Stride(cut)) {
                market.advance(to: second(0) + .milliseconds(time), engine: &engine)
            }
            return engine.drainChanges()
        }
        let once = try run(1, 120_000)
        #expect(once.count > 900)
        #expect(try run(1, 100) == once)
        #expect(try run(1, 7_500) == once)
        #expect(try run(2, 120_000) != once)
    }

    @Test("a market that was stored and read goes on identically")
    func codable() throws {
        var engine = try engine()
        var market = market()
        market.advance(to: second(30), engine: &engine)
        var stored: MarketState = try fromJSON(json(MarketModel.simulated(market).state))
        guard case .simulated(var copy) = stored else {
            Issue.record("another market came back")
            return
        }
        var other = engine
        market.advance(to: second(60), engine: &engine)
        copy.advance(to: second(60), engine: &other)
        #expect(engine.drainChanges() == other.drainChanges())
        stored = .simulated(copy)
        #expect(stored == .simulated(market))
    }

    @Test("a gap of days is caught up in few steps and ends at a living market")
    func longGap() throws {
        var engine = try engine()
        var market = market()
        market.advance(to: second(10), engine: &engine)
        let mid = try #require(market.mid(btc))
        let order = try engine.limit("a", .buy, "0.1", Price(raw: mid.raw).rounded(to: "0.01", .down) - "150")
            .taken()
        _ = engine.drainChanges()
        market.advance(to: second(30 * 86_400), engine: &engine)
        let quotes = quotes(engine.drainChanges(), btc)
        #expect(Set(quotes.map(\.at)).count <= Int(SimulatedMarket.stepsAtOnce) + 1)
        #expect(quotes.last.map { second(30 * 86_400) - $0.at < .milliseconds(250) } == true)
        #expect(engine.status(order) == .filled)
        #expect(try #require(market.mid(btc)) > "25000")
        #expect(try #require(market.mid(btc)) < "100000")
        #expect(try #require(market.nextStepAt) > engine.now)
        market.advance(to: UTCInstant(nanoseconds: .max), engine: &engine)
        #expect(engine.inconsistencies() == [])
    }

    @Test("a market of symbols that the exchange lacks changes nothing but the time")
    func unknownSymbol() throws {
        var engine = try MatchingEngine.lab()
        var market = MarketModel.simulated(
            SimulatedMarket(
                seed: 1, start: second(0), [.init(symbol: eth, firstMid: "1", levelQuantity: "1")]))
        market.advance(to: second(5), engine: &engine)
        #expect(engine.drainChanges() == [])
        #expect(engine.now == second(5))
    }

    @Test("the generator is the published SplitMix64 and keeps within its bounds")
    func generator() {
        var known = SeededGenerator(seed: 1_234_567)
        #expect(known.next() == 6_457_827_717_110_365_317)
        #expect(known.next() == 3_203_168_211_198_807_973)
        var chance = SeededGenerator(seed: 9)
        let draws = (0..<10_000).map { _ in chance.below(7) }
        #expect(Set(draws) == Set(0..<7))
        #expect(chance.below(0) == 0)
        let normals = (0..<10_000).map { _ in chance.normalThousandths() }
        #expect(abs(normals.reduce(0, +)) < 300_000)
        let variance = normals.map { $0 * $0 }.reduce(0, +) / 10_000
        #expect((900_000...1_100_000).contains(variance))
    }
}
