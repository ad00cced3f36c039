import Testing
import Trading
import TradingDomain

@testable import Strategies

@Suite struct MomentumTests {
    private static let btc = Symbol("BTC-USD")!
    private static let noon = UTCInstant("2026-03-01T12:00:00Z")!

    private func figures(
        change: String = "0.05", high: Int64 = 100, volume: Int64 = 1_440, minute: Int64 = 3,
        seconds: Int64 = 86_400
    ) throws -> MarketStatistics {
        MarketStatistics(
            symbol: Self.btc, at: Self.noon, seconds: seconds, change: try #require(Rate(change)),
            high: Price(high), low: Price(90), volume: Quantity(volume), minuteVolume: Quantity(minute))
    }

    private func market(
        _ price: String = "101", position: Quantity = .zero, base: Quantity? = nil,
        _ figures: MarketStatistics? = nil
    ) throws -> MarketView {
        let product = Product(
            symbol: Self.btc, baseIncrement: try #require(Quantity("0.001")),
            priceIncrement: try #require(Price("0.01")), minimumQuantity: try #require(Quantity("0.01")),
            maximumQuantity: Quantity(100), minimumNotional: Money(1), makerFee: .zero, takerFee: .zero)
        let price = try #require(Price(price))
        return MarketView(
            product: product, quote: Quote(symbol: Self.btc, bid: price, ask: price, at: Self.noon),
            position: position, baseFunds: base ?? position, quoteFunds: Money(10_000), statistics: figures)
    }

    private func momentum(_ change: (inout MomentumSettings) -> Void = { _ in }) throws -> Momentum {
        var settings = MomentumSettings(
            symbols: [Self.btc], size: .base(Quantity(2)), takeProfit: Rate(basisPoints: 500),
            stop: Rate(basisPoints: 1_000), cooldown: .seconds(60), stopCooldown: .seconds(600), collar: .zero
        )
        change(&settings)
        return try #require(Momentum(settings))
    }

    private func wanted(
        _ strategy: Momentum, _ market: MarketView, _ memory: inout Momentum.Memory,
        _ known: [OnceOrder] = [], after: Duration = .zero
    ) -> [WantedOrder] {
        let view = StrategyView(
            now: Self.noon + after, trigger: .cycle, markets: [market], onceOrders: known)
        guard case .want(let wanted) = strategy.decide(view, memory: &memory) else { return [] }
        return wanted
    }

    private func done(_ order: WantedOrder, filled: Quantity? = nil) throws -> OnceOrder {
        OnceOrder(
            key: try #require(order.once), terms: order.terms, filled: filled ?? order.terms.quantity,
            isWorking: false)
    }

    @Test func anEntryNeedsEveryConditionThatIsAskedFor() throws {
        let strategy = try momentum()
        var memory = Momentum.Memory()
        let entry = wanted(strategy, try market("101", try figures()), &memory)
        #expect(entry.map(\.terms.side) == [.buy])
        #expect(entry.map(\.terms.quantity) == [Quantity(2)])
        // One of them missing, each in turn.
        #expect(wanted(strategy, try market("101", try figures(change: "0.02")), &memory).isEmpty)
        #expect(wanted(strategy, try market("101", try figures(minute: 1)), &memory).isEmpty)
        #expect(wanted(strategy, try market("100", try figures()), &memory).isEmpty)
        #expect(wanted(strategy, try market("101", try figures(seconds: 1_800)), &memory).isEmpty)
        #expect(wanted(strategy, try market("101"), &memory).isEmpty)
        // And not asked for.
        let lenient = try momentum {
            $0.entryChange = nil
            $0.volumeSpike = nil
        }
        #expect(wanted(lenient, try market("101", try figures(change: "-1", minute: 0)), &memory).count == 1)
    }

    @Test func aPartOfAnEntryIsHeldAndLeftAtTheProfit() throws {
        let strategy = try momentum()
        var memory = Momentum.Memory()
        let entry = try #require(wanted(strategy, try market("101", try figures()), &memory).first)
        let part = try #require(Quantity("0.7"))
        let ended = try done(entry, filled: part)
        #expect(wanted(strategy, try market("104", position: part), &memory, [ended]).isEmpty)
        #expect(memory.lanes.first?.paid == Price(101))
        let exit = wanted(
            strategy, try market("106.05", position: part), &memory, [ended], after: .seconds(5))
        #expect(exit.map(\.terms.side) == [.sell])
        #expect(exit.map(\.terms.quantity) == [part])
        #expect(exit.first?.once != entry.once)
    }

    @Test func aStopSellsUntilItIsFlatAndThenCoolsForLonger() throws {
        let strategy = try momentum()
        var memory = Momentum.Memory()
        let entry = try #require(wanted(strategy, try market("100.5", try figures()), &memory).first)
        var known = [try done(entry)]
        _ = wanted(strategy, try market("100", position: Quantity(2)), &memory, known)
        let first = try #require(
            wanted(strategy, try market("90", position: Quantity(2)), &memory, known, after: .seconds(5))
                .first)
        #expect(first.terms.side == .sell)
        // Half of it went; the price has come back, and it sells on.
        known.append(try done(first, filled: Quantity(1)))
        let second = try [5, 8].compactMap { seconds in
            wanted(
                strategy, try market("99", position: Quantity(1)), &memory, known,
                after: .seconds(Int64(seconds))
            ).first
        }.last
        #expect(second?.terms.quantity == Quantity(1))
        #expect(second?.once != first.once)
        known.append(try done(try #require(second)))
        let inviting = try market("101", try figures())
        for seconds in [9, 70, 600] as [Int64] {
            #expect(wanted(strategy, inviting, &memory, known, after: .seconds(seconds)).isEmpty)
        }
        #expect(wanted(strategy, inviting, &memory, known, after: .seconds(620)).map(\.terms.side) == [.buy])
    }

    @Test func neverMoreThanTheAccountHasIsSold() throws {
        let strategy = try momentum()
        var memory = Momentum.Memory()
        _ = wanted(strategy, try market("100", position: Quantity(5)), &memory)
        let exit = wanted(
            strategy, try market("50", position: Quantity(5), base: Quantity(3)), &memory, after: .seconds(9))
        #expect(exit.map(\.terms.quantity) == [Quantity(3)])
    }

    @Test func whatIsUnderWayIsLetBe() throws {
        let strategy = try momentum()
        var memory = Momentum.Memory()
        let entry = try #require(wanted(strategy, try market("101", try figures()), &memory).first)
        var working = try done(entry, filled: Quantity(1))
        working.isWorking = true
        #expect(wanted(strategy, try market("50", position: Quantity(1)), &memory, [working]) == [entry])
    }

    @Test func mistakesAreNamedByTheirKeys() {
        let settings = MomentumSettings(
            symbols: [Self.btc], size: .quote(.zero), entryChange: nil, volumeSpike: nil, breakout: false,
            history: .seconds(1), takeProfit: .zero, stop: Rate(1), cooldown: .seconds(-1))
        #expect(
            settings.mistakes.map(\.key) == [
                "size_quote", "breakout", "history", "take_profit_percent", "stop_percent", "cooldown",
            ])
    }

    /// Forty minutes of the simulated market with conditions that are easily met.
    @Test func atWorkItNeverExceedsItsSizeNorTradesWhileItCools() throws {
        let strategy = try #require(
            Momentum(
                MomentumSettings(
                    symbols: [Self.btc], size: .quote(Money(500)), entryChange: nil, volumeSpike: nil,
                    history: .seconds(60), takeProfit: Rate(basisPoints: 4), stop: Rate(basisPoints: 4),
                    cooldown: .seconds(20), stopCooldown: .seconds(60))))
        let bench = try StrategyBench([AnyStrategy(strategy)])
        try bench.pass(.seconds(2_400), step: .seconds(1))
        let buys = bench.intents.filter { $0.terms.side == .buy }
        let sells = bench.intents.filter { $0.terms.side == .sell }
        #expect(buys.count > 1 && sells.count > 1, "\(buys.count) entries, \(sells.count) exits")
        for buy in buys { #expect(try bench.value(of: [buy.id]) <= Money(500)) }
        var held = Quantity.zero
        var lastFill: UTCInstant?
        for order in bench.intents {
            if order.terms.side == .buy, let lastFill {
                #expect(order.createdAt - lastFill >= .seconds(19), "entry \(order.id) in the cooldown")
            }
            for (id, fill) in bench.fills where id == order.id {
                held = try order.terms.side == .buy ? held + fill.quantity : held - fill.quantity
                lastFill = fill.at
            }
            #expect(!held.isNegative)
        }
    }
}
