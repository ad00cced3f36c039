import Testing
import Trading
import TradingDomain

@testable import Strategies

@Suite struct DCATests {
    private static let btc = Symbol("BTC-USD")!
    private static let begin = UTCInstant("2026-03-01T12:00:00Z")!

    private func market(_ ask: String? = "100", funds: Money = Money(1_000)) throws -> MarketView {
        let product = Product(
            symbol: Self.btc, baseIncrement: try #require(Quantity("0.0001")),
            priceIncrement: try #require(Price("0.01")), minimumQuantity: try #require(Quantity("0.001")),
            maximumQuantity: Quantity(100), minimumNotional: Money(1), makerFee: .zero, takerFee: .zero)
        let quote = try ask.map { text in
            let price = try #require(Price(text))
            return Quote(symbol: Self.btc, bid: price, ask: price, at: Self.begin)
        }
        return MarketView(
            product: product, quote: quote, position: .zero, baseFunds: .zero, quoteFunds: funds)
    }

    private func dca(grace: Duration? = nil) throws -> DCA {
        try #require(
            DCA(
                DCASettings(
                    symbols: [Self.btc], amount: Money(50), interval: .seconds(3_600), grace: grace,
                    collar: .zero)))
    }

    private func wanted(
        _ dca: DCA, _ market: MarketView, at now: UTCInstant = DCATests.begin, _ known: [OnceOrder] = [],
        _ trigger: StrategyView.Trigger = .cycle
    ) -> Decision {
        var memory = DCA.Memory()
        return dca.decide(
            StrategyView(now: now, trigger: trigger, markets: [market], onceOrders: known), memory: &memory)
    }

    private func order(_ quantity: String, _ key: String) throws -> WantedOrder {
        WantedOrder(
            symbol: Self.btc, side: .buy,
            type: .limit(price: Price(100), timeInForce: .immediateOrCancel, postOnly: false),
            quantity: try #require(Quantity(quantity)), once: key)
    }

    @Test func aSlotIsBoughtUnderTheKeyOfItsBeginning() throws {
        let expected = try order("0.5", "BTC-USD 2026-03-01T12:00:00Z")
        for minutes in [0, 1, 59] as [Int64] {
            let now = Self.begin + .seconds(minutes * 60)
            #expect(wanted(try dca(), try market(), at: now) == .want([expected]))
        }
        guard case .want(let next) = wanted(try dca(), try market(), at: Self.begin + .seconds(3_600)) else {
            Issue.record("no decision")
            return
        }
        #expect(next.map(\.once) == ["BTC-USD 2026-03-01T13:00:00Z"])
    }

    @Test func whatIsUnderWayIsLetBeWhateverThePriceIs() throws {
        let placed = try order("0.5", "BTC-USD 2026-03-01T12:00:00Z")
        let known = OnceOrder(
            key: "BTC-USD 2026-03-01T12:00:00Z", terms: placed.terms, filled: .zero, isWorking: true)
        #expect(wanted(try dca(), try market("107"), [known]) == .want([placed]))
        #expect(wanted(try dca(), try market(nil), [known]) == .want([placed]))
    }

    @Test func aFilledSlotWantsNothingMore() throws {
        let placed = try order("0.5", "BTC-USD 2026-03-01T12:00:00Z")
        let known = OnceOrder(
            key: "BTC-USD 2026-03-01T12:00:00Z", terms: placed.terms, filled: placed.terms.quantity,
            isWorking: false)
        #expect(wanted(try dca(), try market(), [known]) == .want([]))
    }

    @Test func onlyWhatIsLeftOfASlotIsTriedAgainUnderAnotherKey() throws {
        let key = "BTC-USD 2026-03-01T12:00:00Z"
        let known = OnceOrder(
            key: key, terms: try order("0.5", key).terms, filled: try #require(Quantity("0.2")),
            isWorking: false)
        #expect(wanted(try dca(), try market(), [known]) == .want([try order("0.3", key + " #2")]))
    }

    @Test func aSlotIsGivenUpAfterItsAttempts() throws {
        let known = try (1...DCASettings.attempts).map { attempt in
            let key = DCA.key(Self.btc, Self.begin, attempt)
            return OnceOrder(key: key, terms: try order("0.5", key).terms, filled: .zero, isWorking: false)
        }
        #expect(wanted(try dca(), try market(), known) == .want([]))
    }

    @Test func noQuoteNoFundsOrTooLateBuysNothing() throws {
        #expect(wanted(try dca(), try market(nil)) == .want([]))
        #expect(wanted(try dca(), try market(funds: .zero)) == .want([]))
        let late = Self.begin + .seconds(601)
        #expect(wanted(try dca(grace: .seconds(600)), try market(), at: late) == .want([]))
        #expect(wanted(try dca(), try market(), [], .quote(Self.btc)) == .keep)
    }

    @Test func fewFundsBuyLess() throws {
        #expect(
            wanted(try dca(), try market(funds: Money(20)))
                == .want([try order("0.2", "BTC-USD 2026-03-01T12:00:00Z")]))
    }

    @Test func mistakesAreNamedByTheirKeys() {
        let settings = DCASettings(
            symbols: [], amount: .zero, interval: .seconds(5), grace: .seconds(1),
            collar: Rate(basisPoints: 2_000))
        #expect(settings.mistakes.map(\.key) == ["symbols", "amount", "interval", "grace", "collar_bps"])
        #expect(DCA(settings) == nil)
    }

    // MARK: At work

    private func bench(killsAt: Int? = nil, diskIsFaster: Bool = true) throws -> StrategyBench {
        let settings = DCASettings(
            symbols: [Self.btc], amount: Money(100), interval: .seconds(60), collar: Rate(basisPoints: 20))
        let strategy = try #require(DCA(settings))
        return try StrategyBench([AnyStrategy(strategy)], killsAt: killsAt, diskIsFaster: diskIsFaster)
    }

    /// What each slot bought, by its beginning.
    private func slots(_ bench: StrategyBench) throws -> [String: Money] {
        var orders: [String: Set<ClientOrderID>] = [:]
        for order in bench.intents {
            let key = try #require(order.onceKey)
            let slot = key.split(separator: " ").prefix(2).joined(separator: " ")
            orders[slot, default: []].insert(order.id)
        }
        return try orders.mapValues { try bench.value(of: $0) }
    }

    @Test func everySlotIsBoughtOnceAndForItsAmount() throws {
        let bench = try bench()
        try bench.pass(.seconds(5 * 60), step: .milliseconds(500))
        let bought = try slots(bench)
        #expect((5...6).contains(bought.count))
        for (slot, money) in bought { #expect(money > Money(98) && money <= Money(100), "\(slot): \(money)") }
    }

    /// Killed at events of the first slots, before the disk and after it: no slot is ever bought twice, and none is
    /// lost for longer than the recovery takes.
    @Test(arguments: [true, false]) func aCrashAtAnyEventBuysNoSlotTwice(diskIsFaster: Bool) throws {
        for event in stride(from: 2, through: 120, by: diskIsFaster ? 7 : 8) {
            let bench = try bench(killsAt: event, diskIsFaster: diskIsFaster)
            try bench.pass(.seconds(75), step: .milliseconds(500))
            #expect(bench.lives == 2, "event \(event) never came")
            let keys = bench.intents.compactMap(\.onceKey)
            #expect(Set(keys).count == keys.count, "killed at \(event): a key was used twice")
            let bought = try slots(bench)
            #expect(bought.count == 2, "killed at \(event): \(bought)")
            for (slot, money) in bought {
                #expect(
                    money > Money(98) && money <= Money(100), "killed at \(event): \(slot) bought \(money)")
            }
            try bench.askBalances()
            #expect(
                try bench.unexplained(of: "USD", since: Money(100_000)).isZero,
                "killed at \(event): the account paid for something that no fill tells")
        }
    }
}
