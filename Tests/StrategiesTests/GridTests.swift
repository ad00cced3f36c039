import Testing
import Trading
import TradingDomain

@testable import Strategies

@Suite struct GridTests {
    static let bitcoin = product("BTC-USD", increment: "0.01", base: "0.00000001", minimum: "0.0001")
    static let ether = product("ETH-USD", increment: "0.01", base: "0.0001", minimum: "0.001")

    static func product(_ symbol: String, increment: String, base: String, minimum: String) -> Product {
        Product(
            symbol: Symbol(symbol)!, baseIncrement: Quantity(base)!, priceIncrement: Price(increment)!,
            minimumQuantity: Quantity(minimum)!, maximumQuantity: Quantity(1_000), minimumNotional: Money(1),
            makerFee: Rate(basisPoints: 40), takerFee: Rate(basisPoints: 60))
    }

    static func market(
        _ product: Product, _ bid: String, _ ask: String, base: Int64 = 1_000, quote: Int64 = 10_000_000
    ) -> MarketView {
        MarketView(
            product: product,
            quote: Quote(
                symbol: product.symbol, bid: Price(bid)!, ask: Price(ask)!, at: UTCInstant(seconds: 1)),
            position: .zero, baseFunds: Quantity(base), quoteFunds: Money(quote))
    }

    static func view(_ trigger: StrategyView.Trigger, _ markets: MarketView...) -> StrategyView {
        StrategyView(now: UTCInstant(seconds: 1), trigger: trigger, markets: markets)
    }

    static func grid(
        _ symbols: [Product] = [bitcoin], levels: Int = 3, spacing: Rate = Rate(basisPoints: 10),
        size: StrategySettings.OrderSize = .base(Quantity("0.01")!), recentre: Rate = Rate(1)
    ) throws -> Grid {
        try #require(
            Grid(
                GridSettings(
                    symbols: symbols.map(\.symbol), levels: levels, spacing: spacing, size: size,
                    recentre: recentre)))
    }

    func prices(_ decision: Decision, _ side: Side, _ symbol: String = "BTC-USD") -> [String] {
        guard case .want(let orders) = decision else { return ["keep"] }
        return orders.filter { $0.terms.side == side && $0.terms.symbol == Symbol(symbol) }
            .compactMap { $0.terms.type.limitPrice?.description }
    }

    @Test func ladderAroundTheMid() throws {
        var memory = Grid.Memory()
        let decision = try Self.grid().decide(
            Self.view(.quote(Self.bitcoin.symbol), Self.market(Self.bitcoin, "49995", "50005")),
            memory: &memory)
        #expect(prices(decision, .buy) == ["49950", "49900", "49850"])
        #expect(prices(decision, .sell) == ["50050", "50100", "50150"])
        guard case .want(let orders) = decision else { return }
        for order in orders {
            guard case .limit(_, .goodTillCanceled, postOnly: true) = order.terms.type else {
                Issue.record("not post-only: \(order)")
                continue
            }
        }
    }

    @Test func quoteWithinTheThresholdKeeps() throws {
        let grid = try Self.grid()
        var memory = Grid.Memory()
        let symbol = Self.bitcoin.symbol
        _ = grid.decide(
            Self.view(.quote(symbol), Self.market(Self.bitcoin, "49995", "50005")), memory: &memory)
        let before = memory
        let near = Self.market(Self.bitcoin, "50040", "50050")
        #expect(grid.decide(Self.view(.quote(symbol), near), memory: &memory) == .keep)
        #expect(memory == before)
        // A cycle answers in full, with the same lines.
        let cycle = grid.decide(Self.view(.cycle, near), memory: &memory)
        #expect(prices(cycle, .sell) == ["50050", "50100", "50150"])
    }

    /// Two markets of one currency; prices that creep, jump and vanish, funds that are spent, rules that change.
    @Test(arguments: UInt64(0)..<40) func whatItCallsARepetitionIsOne(_ seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let products = [Self.bitcoin, Self.ether]
        let size: StrategySettings.OrderSize =
            seed % 2 == 0 ? .quote(Money(500)) : .base(Quantity("0.01")!)
        let grid = try Self.grid(
            products, spacing: Rate(basisPoints: Int64(5 + seed % 4 * 7)), size: size,
            recentre: Rate(basisPoints: [5_000, 10_000, 30_000][Int(seed % 3)]))
        var memory = Grid.Memory()
        var last: (view: StrategyView, decision: Decision)?
        var (cents, spread, funds) = (Int64(5_000_000), Int64(100), Int64(3_000))
        var (repeated, decided) = (0, 0)
        for _ in 0..<400 {
            cents += chance.below(16) == 0 ? chance.below(20_001) - 10_000 : chance.below(1_001) - 500
            if chance.below(8) == 0 { spread = 1 + chance.below(chance.below(4) == 0 ? 15_000 : 1_000) }
            if chance.below(20) == 0 { funds = chance.below(6_000) }
            let markets = products.enumerated().map { index, product in
                var product = product
                if chance.below(100) == 0 { product.priceIncrement = Price("0.05")! }
                if chance.below(100) == 0 { product.baseIncrement = Quantity("0.001")! }
                func price(_ cents: Int64) -> Price {
                    Price(raw: Price(cents).raw / 100 / (index == 0 ? 1 : 16))
                }
                let quote = Quote(
                    symbol: product.symbol, bid: price(cents), ask: price(cents + spread),
                    at: UTCInstant(seconds: 1))
                return MarketView(
                    product: product, quote: chance.below(80) == 0 ? nil : quote, position: .zero,
                    baseFunds: Quantity(1), quoteFunds: Money(funds))
            }
            let view = StrategyView(now: UTCInstant(seconds: 1), trigger: .cycle, markets: markets)
            let says = last.map { grid.repeats(view, after: $0.view, memory: memory) } ?? false
            let before = memory
            let decision = grid.decide(view, memory: &memory)
            if says {
                repeated += 1
                #expect(decision == last?.decision)
                #expect(memory == before)
            } else {
                decided += 1
            }
            last = (view, decision)
        }
        #expect(repeated > 20 && decided > 20, "\(repeated) repeated, \(decided) decided")
    }

    @Test func recentreMovesByWholeStepsAndKeepsLines() throws {
        let grid = try Self.grid()
        var memory = Grid.Memory()
        let symbol = Self.bitcoin.symbol
        _ = grid.decide(
            Self.view(.quote(symbol), Self.market(Self.bitcoin, "49995", "50005")), memory: &memory)
        let moved = grid.decide(
            Self.view(.quote(symbol), Self.market(Self.bitcoin, "50055", "50057")), memory: &memory)
        #expect(memory.anchors == [.init(symbol: symbol, centre: Price(50_050), step: Price(50))])
        #expect(prices(moved, .buy) == ["50000", "49950", "49900"])
        #expect(prices(moved, .sell) == ["50100", "50150", "50200"])
    }

    @Test func aJumpStartsAFreshLadder() throws {
        let grid = try Self.grid()
        var memory = Grid.Memory()
        let symbol = Self.bitcoin.symbol
        _ = grid.decide(
            Self.view(.quote(symbol), Self.market(Self.bitcoin, "49995", "50005")), memory: &memory)
        _ = grid.decide(
            Self.view(.quote(symbol), Self.market(Self.bitcoin, "59999", "60001")), memory: &memory)
        #expect(memory.anchors == [.init(symbol: symbol, centre: Price(60_000), step: Price(60))])
    }

    @Test func neverInsideOrAcrossTheTouch() throws {
        let grid = try Self.grid(recentre: Rate(3))
        var memory = Grid.Memory()
        _ = grid.decide(Self.view(.cycle, Self.market(Self.bitcoin, "49995", "50005")), memory: &memory)
        // The market stands two lines higher, within the threshold; the first sells are behind it.
        let decision = grid.decide(
            Self.view(.cycle, Self.market(Self.bitcoin, "50110", "50120")), memory: &memory)
        #expect(prices(decision, .sell) == ["50150"])
        #expect(prices(decision, .buy) == ["49950", "49900", "49850"])
    }

    /// Our own order is the best ask: it must stay wanted, or it would be canceled and placed for ever.
    @Test func anOrderThatIsTheTouchStays() throws {
        let grid = try Self.grid()
        var memory = Grid.Memory()
        _ = grid.decide(Self.view(.cycle, Self.market(Self.bitcoin, "49995", "50005")), memory: &memory)
        let decision = grid.decide(
            Self.view(.cycle, Self.market(Self.bitcoin, "50040", "50050")), memory: &memory)
        #expect(prices(decision, .sell).first == "50050")
    }

    @Test func fundsBoundTheLadderNearestFirst() throws {
        var memory = Grid.Memory()
        let view = MarketView(
            product: Self.bitcoin,
            quote: Quote(
                symbol: Self.bitcoin.symbol, bid: Price(49_995), ask: Price(50_005),
                at: UTCInstant(seconds: 1)),
            position: .zero, baseFunds: Quantity("0.02")!, quoteFunds: Money("502.50")!)
        let decision = try Self.grid().decide(
            StrategyView(now: UTCInstant(seconds: 1), trigger: .cycle, markets: [view]), memory: &memory)
        // 499.50 with 0.6 % of fees is 502.497.
        #expect(prices(decision, .buy) == ["49950"])
        #expect(prices(decision, .sell) == ["50050", "50100"])
    }

    @Test func marketsShareTheirQuoteCurrency() throws {
        var memory = Grid.Memory()
        let decision = try Self.grid(
            [Self.bitcoin, Self.ether], size: .quote(Money(100))
        ).decide(
            Self.view(
                .cycle, Self.market(Self.bitcoin, "49995", "50005", quote: 250),
                Self.market(Self.ether, "2999", "3001", quote: 250)), memory: &memory)
        #expect(prices(decision, .buy, "BTC-USD").count == 1)
        #expect(prices(decision, .buy, "ETH-USD").count == 1)
    }

    @Test func sizesAreOnTheIncrementAndWithinTheLimits() throws {
        var memory = Grid.Memory()
        let decision = try Self.grid([Self.ether], size: .quote(Money(50))).decide(
            Self.view(.cycle, Self.market(Self.ether, "2999", "3001")), memory: &memory)
        guard case .want(let orders) = decision else { return }
        // 50 / 2997 = 0.016683…
        #expect(orders.first?.terms.quantity == Quantity("0.0166")!)
        let tiny = try Self.grid([Self.ether], size: .base(Quantity("0.00001")!)).decide(
            Self.view(.cycle, Self.market(Self.ether, "2999", "3001")), memory: &memory)
        guard case .want(let small) = tiny else { return }
        #expect(small.allSatisfy { $0.terms.quantity == Quantity("0.001")! })
    }

    @Test func spacingIsAtLeastOneIncrement() throws {
        var memory = Grid.Memory()
        let decision = try Self.grid(spacing: Rate("0.000000000001")!).decide(
            Self.view(.cycle, Self.market(Self.bitcoin, "49999.99", "50000.01")), memory: &memory)
        #expect(prices(decision, .buy) == ["49999.99", "49999.98", "49999.97"])
    }

    @Test func twoThousandFiveHundredLevelsOfTwoMarkets() throws {
        let grid = try Self.grid(
            [Self.bitcoin, Self.ether], levels: 2_500, spacing: Rate(basisPoints: 2),
            size: .base(Quantity("0.001")!))
        var memory = Grid.Memory()
        let view = Self.view(
            .cycle, Self.market(Self.bitcoin, "49995", "50005"),
            Self.market(Self.ether, "2999.90", "3000.10"))
        guard case .want(let orders) = grid.decide(view, memory: &memory) else { return }
        #expect(orders.count == 10_000)
        #expect(Set(orders).count == 10_000)
        #expect(grid.decide(view, memory: &memory) == .want(orders))
    }

    /// What it ignores it would have kept, and what moves its ladder it never ignores.
    @Test func itIgnoresWhatItWouldKeep() throws {
        for recentre in [Rate(basisPoints: 5_000), Rate(1), Rate(3)] {
            let grid = try Self.grid(recentre: recentre)
            var memory = Grid.Memory()
            var price: Int64 = 50_000
            var ignored = 0
            var moved = 0
            // A walk that comes to every distance from the centre.
            for step in Int64(0)..<2_000 {
                price += (step &* step &* 31 &+ step &* 17) % 41 - 20
                let market = Self.market(Self.bitcoin, "\(price - 1)", "\(price + 1)")
                let quote = try #require(market.quote)
                let says = grid.ignores(quote, memory: memory)
                let before = memory
                let decision = grid.decide(Self.view(.quote(quote.symbol), market), memory: &memory)
                #expect(says == (decision == .keep && memory == before), "\(price) beside \(before)")
                if says { ignored += 1 } else { moved += 1 }
            }
            #expect(ignored > 100 && moved > 10, "\(ignored) ignored, \(moved) moved")
        }
    }

    @Test func noQuoteNoOrders() throws {
        var memory = Grid.Memory()
        let market = MarketView(
            product: Self.bitcoin, quote: nil, position: .zero, baseFunds: Quantity(1), quoteFunds: Money(1))
        #expect(
            try Self.grid().decide(
                StrategyView(now: UTCInstant(seconds: 1), trigger: .cycle, markets: [market]),
                memory: &memory) == .want([]))
        #expect(memory.anchors.isEmpty)
    }

    @Test func mistakesAreNamed() {
        let bad = GridSettings(
            name: "", symbols: [], levels: 0, spacing: .zero, size: .quote(.zero), recentre: .zero)
        #expect(
            bad.mistakes.map(\.key) == ["name", "symbols", "levels", "spacing_bps", "size_quote", "recentre"])
        #expect(Grid(bad) == nil)
    }
}
