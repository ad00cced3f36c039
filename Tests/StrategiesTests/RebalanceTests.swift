import Testing
import Trading
import TradingDomain

@testable import Strategies

@Suite struct RebalanceTests {
    private static let btc = Symbol("BTC-USD")!
    private static let eth = Symbol("ETH-USD")!
    private static let noon = UTCInstant("2026-03-01T12:00:00Z")!

    private func market(_ symbol: Symbol, _ price: Int64?, _ base: Int64, _ cash: Int64) throws -> MarketView
    {
        let product = Product(
            symbol: symbol, baseIncrement: try #require(Quantity("0.01")), priceIncrement: Price(1),
            minimumQuantity: try #require(Quantity("0.01")), maximumQuantity: Quantity(1_000),
            minimumNotional: Money(1), makerFee: .zero, takerFee: .zero)
        return MarketView(
            product: product,
            quote: price.map { Quote(symbol: symbol, bid: Price($0), ask: Price($0), at: Self.noon) },
            position: .zero, baseFunds: Quantity(base), quoteFunds: Money(cash))
    }

    private func rebalance(_ first: Int64 = 50, _ second: Int64 = 30) throws -> Rebalance {
        try #require(
            Rebalance(
                RebalanceSettings(
                    targets: [
                        .init(symbol: Self.btc, weight: Rate(basisPoints: first * 100)),
                        .init(symbol: Self.eth, weight: Rate(basisPoints: second * 100)),
                    ], collar: .zero)))
    }

    private func wanted(
        _ strategy: Rebalance, _ markets: [MarketView], _ memory: inout Rebalance.Memory,
        _ known: [OnceOrder] = [], after: Duration = .zero
    ) -> [WantedOrder] {
        let view = StrategyView(
            now: Self.noon + after, trigger: .cycle, markets: markets, onceOrders: known)
        guard case .want(let wanted) = strategy.decide(view, memory: &memory) else { return [] }
        return wanted
    }

    @Test func withinTheBandNothingIsTraded() throws {
        var memory = Rebalance.Memory()
        // 1,000 in all: 540 and 260 and 200; targets are 500, 300 and 200.
        let markets = [try market(Self.btc, 10, 54, 200), try market(Self.eth, 10, 26, 200)]
        #expect(wanted(try rebalance(), markets, &memory).isEmpty)
    }

    @Test func beyondTheBandItTradesToTheTargetSalesFirst() throws {
        var memory = Rebalance.Memory()
        // 700, 100 and 200 of 1,000.
        let markets = [try market(Self.btc, 10, 70, 200), try market(Self.eth, 10, 10, 200)]
        let orders = wanted(try rebalance(), markets, &memory)
        #expect(orders.map(\.terms.side) == [.sell, .buy])
        #expect(orders.map(\.terms.quantity) == [Quantity(20), Quantity(20)])
    }

    @Test func buysSpendWhatIsThereAndNoMore() throws {
        var memory = Rebalance.Memory()
        let markets = [try market(Self.btc, 10, 90, 100), try market(Self.eth, 10, 0, 100)]
        let orders = wanted(try rebalance(), markets, &memory)
        #expect(orders.map(\.terms.quantity) == [Quantity(35 + 5), Quantity(10)])
    }

    @Test func anUnknownPriceStopsAll() throws {
        var memory = Rebalance.Memory()
        let markets = [try market(Self.btc, 10, 90, 100), try market(Self.eth, nil, 0, 100)]
        #expect(wanted(try rebalance(), markets, &memory).isEmpty)
    }

    @Test func itWaitsForWhatIsUnderWayAndThenPauses() throws {
        var memory = Rebalance.Memory()
        let markets = [try market(Self.btc, 10, 90, 100), try market(Self.eth, 10, 0, 100)]
        let sale = try #require(wanted(try rebalance(), markets, &memory).first)
        var known = OnceOrder(
            key: try #require(sale.once), terms: sale.terms, filled: .zero, isWorking: true)
        #expect(wanted(try rebalance(), markets, &memory, [known]) == [sale])
        known.isWorking = false
        #expect(wanted(try rebalance(), markets, &memory, [known]).map(\.terms.symbol) == [Self.eth])
        let later = wanted(try rebalance(), markets, &memory, [known], after: .seconds(601))
        #expect(later.map(\.terms.symbol) == [Self.btc, Self.eth])
        #expect(later.first?.once != sale.once)
    }

    @Test func mistakesAreNamedByTheirKeys() throws {
        let eur = try #require(Symbol("ETH-EUR"))
        let settings = RebalanceSettings(
            targets: [.init(symbol: Self.btc, weight: Rate(1)), .init(symbol: eur, weight: Rate(1))],
            band: .zero, pause: .zero)
        #expect(settings.mistakes.map(\.key) == ["weights", "symbols", "band_percent", "pause"])
    }

    /// The account begins far from its targets, ends near them, and no order goes beyond.
    @Test func atWorkItComesToItsTargetsAndNeverSellsMoreThanItHas() throws {
        let strategy = try #require(
            Rebalance(
                RebalanceSettings(
                    targets: [
                        .init(symbol: Self.btc, weight: Rate(basisPoints: 2_000)),
                        .init(symbol: Self.eth, weight: Rate(basisPoints: 4_000)),
                    ], band: Rate(basisPoints: 100), pause: .seconds(2))))
        let bench = try StrategyBench([AnyStrategy(strategy)])
        try bench.pass(.seconds(240), step: .milliseconds(500))
        try bench.askBalances()
        func value(_ currency: String, _ price: Int64) throws -> Money {
            let balance = try #require(bench.balances.first { $0.currency == currency })
            return try Price(price).times(Quantity(raw: (balance.available + balance.hold).raw), .down)
        }
        // 20 % of about 220,000 at about 60,000 and 40 % at about 3,000, roughly: prices walk.
        let (btc, eth, usd) = (try value("BTC", 60_000), try value("ETH", 3_000), try value("USD", 1))
        let whole = try btc + eth + usd
        let shares = try [btc, eth].map { try $0.over(whole, .down) }
        #expect(shares[0] > Rate(basisPoints: 1_600) && shares[0] < Rate(basisPoints: 2_400), "\(shares)")
        #expect(shares[1] > Rate(basisPoints: 3_600) && shares[1] < Rate(basisPoints: 4_400), "\(shares)")
        let btcSides = Set(bench.intents.filter { $0.terms.symbol == Self.btc }.map(\.terms.side))
        #expect(btcSides == [.sell])
        #expect(try bench.unexplained(of: "USD", since: Money(100_000)).isZero)
    }
}
