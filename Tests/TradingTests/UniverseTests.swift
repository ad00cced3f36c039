import Testing
import TradingDomain

@testable import Trading

private func market(
    _ name: String, _ volume: Int64? = 1_000_000, _ status: Product.Status = .online
) -> Product {
    var product = product(Symbol(name)!)
    product.status = status
    product.volume24h = volume.map { Money($0) }
    return product
}

private func symbols(_ names: String...) -> [Symbol] { names.map { Symbol($0)! } }

@Suite("The universe")
struct UniverseTests {
    private var rules: UniverseRules {
        var rules = UniverseRules()
        rules.minimumVolume = Money(1_000_000)
        rules.maximumSpreadBasisPoints = 10
        return rules
    }

    @Test func eachExclusionHasItsReason() {
        var rules = rules
        rules.exclude = symbols("DOGE-USD")
        rules.include = symbols("GONE-USD", "TINY-EUR", "SHUT-USD")
        let universe = rules.universe(
            of: [
                market("BTC-USD"), market("ETH-USD", 999_999), market("DOGE-USD"), market("SOL-EUR"),
                market("NEW-USD", nil), market("HALT-USD", 1_000_000, .cancelOnly),
                market("OFF-USD", 1_000_000, .disabled), market("LIM-USD", 1_000_000, .limitOnly),
                market("POST-USD", 1_000_000, .postOnly), market("WIDE-USD"), market("TINY-EUR", 5),
                market("SHUT-USD", 1_000_000, .disabled),
            ], spreads: [Symbol("WIDE-USD")!: 1_001, Symbol("BTC-USD")!: 1_000])
        #expect(universe.included == symbols("BTC-USD", "LIM-USD", "POST-USD", "TINY-EUR"))
        let reasons = Dictionary(uniqueKeysWithValues: universe.excluded.map { ("\($0.symbol)", $0.reason) })
        #expect(
            reasons == [
                "ETH-USD": .volume(Money(999_999), least: Money(1_000_000)), "DOGE-USD": .excluded,
                "SOL-EUR": .quoteCurrency, "NEW-USD": .unknownVolume, "HALT-USD": .status(.cancelOnly),
                "OFF-USD": .status(.disabled), "WIDE-USD": .spread(1_001, most: 10), "GONE-USD": .notListed,
                "SHUT-USD": .status(.disabled),
            ])
        #expect(universe.excluded.map(\.symbol) == universe.excluded.map(\.symbol).sorted())
        #expect("\(Universe.Reason.spread(1_001, most: 10))" == "spread 10.01 bps, at most 10 bps are wanted")
    }

    @Test func ofTooManyTheLargestAreInAndNamedOnesTakePlacesFirst() {
        var rules = rules
        rules.maximumSymbols = 2
        rules.include = symbols("A-USD")
        let products = [
            market("A-USD", 1), market("B-USD", 3_000_000), market("C-USD", 2_000_000),
            market("D-USD", 2_000_000),
        ]
        let universe = rules.universe(of: products)
        #expect(universe.included == symbols("A-USD", "B-USD"))
        #expect(universe.reason(Symbol("C-USD")!) == .rank(3, most: 2))
        #expect(universe.reason(Symbol("D-USD")!) == .rank(4, most: 2))
    }

    @Test func aMarketDoesNotComeAndGoWithEveryLook() {
        let btc = Symbol("BTC-USD")!
        func isIn(_ volume: Int64, spread: Int64 = 0, before: Bool) -> Bool {
            !rules.universe(
                of: [market("BTC-USD", volume)], spreads: [btc: spread], before: before ? [btc] : []
            ).included.isEmpty
        }
        #expect(isIn(1_000_000, before: false) && !isIn(999_999, before: false))
        #expect(isIn(800_000, before: true) && !isIn(799_999, before: true))
        #expect(isIn(2_000_000, spread: 1_250, before: true) && !isIn(2_000_000, spread: 1_251, before: true))
        #expect(!isIn(2_000_000, spread: 1_001, before: false))
        var few = rules
        few.maximumSymbols = 1
        let pair = [market("A-USD", 1_000_000), market("B-USD", 1_200_000)]
        #expect(few.universe(of: pair).included == symbols("B-USD"))
        #expect(few.universe(of: pair, before: [Symbol("A-USD")!]).included == symbols("A-USD"))
    }

    @Test func whatIsNotSubscribedWaitsForTheNextStart() {
        let universe = rules.universe(
            of: [market("BTC-USD"), market("ETH-USD"), market("XRP-USD", 5)], subscribed: [Symbol("BTC-USD")!]
        )
        #expect(universe.included == symbols("BTC-USD"))
        #expect(universe.reason(Symbol("ETH-USD")!) == .notSubscribed)
        #expect(universe.reason(Symbol("XRP-USD")!) == .volume(Money(5), least: Money(1_000_000)))
    }

    @Test func aSpreadIsTheMeanOfItsQuotes() {
        var meter = SpreadMeter()
        #expect(meter.mean == nil)
        func quote(_ bid: Int64, _ ask: Int64) -> Quote {
            Quote(symbol: btc, bid: Price(bid), ask: Price(ask), at: UTCInstant(nanoseconds: 0))
        }
        meter.add(quote(9_990, 10_010))
        meter.add(quote(9_999, 10_001))
        #expect(meter.mean == 1_100)
        // Nonsense is no quote, and no spread is wider than all.
        meter.add(quote(10_010, 9_990))
        meter.add(quote(0, 0))
        #expect(meter.mean == 1_100)
        meter.add(quote(1, 1_000_000))
        #expect(meter.mean == 334_066)
    }
}

@Suite("The universe at work")
struct UniverseDeskTests {
    private func follower(_ name: String, follows: Bool = true) -> AnyStrategy {
        func order(_ symbol: Symbol, _ side: Side, _ price: Int64, _ quantity: Int64 = 1) -> WantedOrder {
            WantedOrder(symbol: symbol, side: side, type: .limit(Price(price)), quantity: Quantity(quantity))
        }
        var strategy = AnyStrategy(
            FixedStrategy(
                name: name, symbols: [btc, eth],
                wanted: [order(btc, .buy, 99), order(btc, .sell, 110), order(eth, .buy, 98)]))
        strategy.followsUniverse = follows
        return strategy
    }

    private func bench(_ strategies: [AnyStrategy]) throws -> CoreHarness {
        var bench = try CoreHarness(strategies) { configuration in
            var rules = UniverseRules()
            rules.interval = .seconds(600)
            rules.maximumSpreadBasisPoints = 200
            configuration.universe = rules
        }
        bench.send(.started)
        try bench.answerPast()
        let balances = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.answer(
            balances.id,
            .balances(
                .balances(
                    ["USD", "BTC", "ETH"].map {
                        Balance(currency: $0, available: Money(100_000), hold: .zero)
                    })))
        try bench.answerList()
        bench.quote(99.5, 100.5, of: eth)
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(1))
        return bench
    }

    private func working(_ bench: CoreHarness, _ strategy: String, _ symbol: Symbol) -> [Side] {
        bench.core.durable.ledger.workingOrders.filter {
            $0.strategy == strategy && $0.terms.symbol == symbol && $0.cancelRequestedAt == nil
        }.map(\.terms.side)
    }

    @Test func aMarketThatLeavesIsOnlyReducedAndComesBack() throws {
        var bench = try bench([follower("follows"), follower("own", follows: false)])
        try bench.acceptPlacements()
        #expect(
            working(bench, "follows", btc) == [.buy, .sell]
                || working(bench, "follows", btc) == [.sell, .buy])
        let buy = try #require(
            bench.core.durable.ledger.workingOrders.first {
                $0.strategy == "follows" && $0.terms.side == .buy && $0.terms.symbol == btc
            })
        bench.show(buy.id, .filled, filled: Quantity(1))
        let fills = try bench.takeFills()
        bench.answer(
            fills.id, .fills(.page(FillPage(fills: [bench.fill(buy.id, "f", Quantity(1))], nextCursor: nil))))
        try bench.acceptPlacements()
        // The spread of one market is too wide for the next look.
        bench.commands.removeAll()
        for _ in 0..<3 {
            bench.pass(.seconds(201))
            bench.quote(95, 105)
            bench.quote(99.5, 100.5, of: eth)
        }
        bench.pass(.seconds(10))
        let universe = try #require(bench.core.makeOverview().universe)
        #expect(universe.included == [eth])
        guard case .spread? = universe.reason(btc) else {
            Issue.record("\(universe.excluded)")
            return
        }
        // It holds one: the exit stays, the entry goes. The other strategy has markets of its own.
        #expect(working(bench, "follows", btc) == [.sell])
        #expect(working(bench, "own", btc).contains(.buy))
        #expect(
            bench.core.view(of: bench.core.volatile.slots[0].strategy, .cycle).markets.map(\.mayEnter) == [
                false, true,
            ])
        #expect(
            bench.core.view(of: bench.core.volatile.slots[1].strategy, .cycle).markets.map(\.mayEnter) == [
                true, true,
            ])

        for _ in 0..<8 {
            bench.pass(.seconds(201))
            bench.quote(99.5, 100.5)
            bench.quote(99.5, 100.5, of: eth)
        }
        bench.pass(.seconds(10))
        #expect(bench.core.makeOverview().universe?.included == [btc, eth])
        try bench.acceptPlacements()
        #expect(working(bench, "follows", btc).contains(.buy))
    }

    @Test func theGateLetsOnlyWhatClosesThrough() throws {
        var bench = try bench([follower("follows")])
        try bench.acceptPlacements()
        bench.core.volatile.universe.universe?.included = [eth]
        let sell = OrderTerms(symbol: btc, side: .sell, type: .limit(Price(101)), quantity: Quantity(1))
        #expect(try !bench.core.closes(sell, "follows"))
        let isPlaced = bench.tryToPlace(WantedOrder(sell), "follows")
        #expect(!isPlaced)
        #expect(
            bench.records.contains {
                if case .refused(let refusal) = $0 { refusal.rule == .notInUniverse } else { false }
            })
    }

    @Test func aReloadChoosesByTheNewRules() throws {
        var bench = try bench([follower("follows")])
        try bench.acceptPlacements()
        var settings = ReloadedSettings(bench.core.configuration)
        settings.universe?.exclude = [eth]
        bench.say(.reload(settings))
        #expect(bench.core.makeOverview().universe?.reason(eth) == .excluded)
        #expect(working(bench, "follows", eth).isEmpty)
    }
}

extension CoreHarness {
    /// One wish through the gate, as a strategy's.
    fileprivate mutating func tryToPlace(_ wanted: WantedOrder, _ strategy: String) -> Bool {
        turns += 1
        var turn = Turn(number: turns)
        let isPlaced = core.intend(wanted, strategy: strategy, seen: DecisionView(), &turn)
        records += turn.records
        return isPlaced
    }
}
