import Testing
import TradingDomain

@testable import Trading

/// Wants what it is told to.
private struct OnceStrategy: Strategy {
    struct Memory: Codable, Equatable, Sendable {}
    var name = "once"
    var symbols: [Symbol] = [btc]
    var keys: [String] = ["a"]
    /// Wants nothing any more once the market has risen.
    var isShort = false
    var initialMemory: Memory { Memory() }

    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        if isShort, let bid = view.markets[0].quote?.bid, bid > Price(100) { return .want([]) }
        return .want(
            keys.map { key in
                // Its price follows the market: it is the key that says whether it is the same order.
                let price = view.markets[0].quote?.bid ?? Price(99)
                return WantedOrder(
                    symbol: btc, side: .buy, type: .limit(price), quantity: Quantity("0.1")!, once: key)
            })
    }
}

@Suite struct OnceOrderTests {
    private func trading(_ keys: [String] = ["a"], _ durable: DurableState? = nil) throws -> CoreHarness {
        var harness = try CoreHarness(
            [AnyStrategy(OnceStrategy(keys: keys))], durable: durable ?? CoreHarness.aStoreThatStoppedClean)
        try harness.startTrading()
        return harness
    }

    private func intents(_ harness: CoreHarness) -> [Order] {
        harness.records.compactMap { if case .intent(let order) = $0 { order } else { nil } }
    }

    @Test func theKeyIsInTheIntentAndTheOrderIsLetBeWhateverItsPriceWouldBe() throws {
        var harness = try trading()
        #expect(intents(harness).map(\.onceKey) == ["a"])
        try harness.acceptPlacements()
        harness.quote(101.5, 102.5)
        harness.pass(.seconds(20))
        #expect(intents(harness).count == 1)
        #expect(harness.cancels == 0)
    }

    @Test func oneKeyTwiceInASetIsOneOrder() throws {
        let harness = try trading(["a", "a", "b"])
        #expect(intents(harness).map(\.onceKey) == ["a", "b"])
    }

    @Test func whatEndedIsNotPlacedAgainInThisLifeOrTheNext() throws {
        var harness = try trading()
        let placement = try harness.takePlacement()
        harness.answer(placement.id, .placed(.rejected("no")))
        harness.pass(.seconds(20))
        #expect(intents(harness).count == 1)
        let view = harness.core.onceOrders(of: "once")
        #expect(view.map(\.key) == ["a"])
        #expect(view.map(\.isWorking) == [false])

        var next = try trading(["a", "b"], harness.core.durable)
        next.pass(.seconds(20))
        #expect(intents(next).map(\.onceKey) == ["b"])
    }

    @Test func oneThatIsNotWantedAnyMoreIsCanceled() throws {
        var harness = try CoreHarness([AnyStrategy(OnceStrategy(keys: ["a"], isShort: true))])
        try harness.startTrading()
        try harness.acceptPlacements()
        harness.quote(101.5, 102.5)
        #expect(try harness.takeCancel().value.count == 1)
    }

    @Test func onlyTheNewestKeysAreRemembered() throws {
        var once = OnceOrders()
        for number in 1...(Int64(OnceOrders.limit) + 5) {
            once.note(
                "k\(number)", try #require(ClientOrderID(bot: bot, epoch: 1, sequence: number)), of: "s")
        }
        #expect(once.order("k5", of: "s") == nil)
        #expect(once.order("k6", of: "s") != nil)
    }

    @Test func figuresComeFromTheVenueWhereItTellsThemAndElseFromTheQuotes() throws {
        var harness = try CoreHarness()
        try harness.startTrading()
        harness.quote(99, 101)
        #expect(harness.core.volatile.marketRecords[btc]?.statistics(at: harness.clock.utc) == nil)
        harness.send(.woke, after: .seconds(60))
        harness.quote(109, 111)
        harness.send(.woke, after: .seconds(60))
        harness.quote(104, 106)
        let seen = try #require(harness.core.volatile.marketRecords[btc]?.statistics(at: harness.clock.utc))
        #expect(seen.high == Price(110))
        #expect(seen.low == Price(100))
        #expect(seen.change == Rate("0.1"))
        #expect(seen.volume == nil)
        let told = MarketStatistics(
            symbol: btc, at: harness.clock.utc, change: Rate("0.2")!, high: Price(200), low: Price(50),
            volume: Quantity(1_440))
        harness.send(.statistics(told))
        #expect(
            harness.core.volatile.marketRecords[btc]?.statistics(at: harness.clock.utc)?.high == Price(200))
        // A minute later one more has been traded than left the day: that one and an average one.
        harness.send(.woke, after: .seconds(60))
        var next = told
        next.at = harness.clock.utc
        next.volume = Quantity(1_441)
        harness.send(.statistics(next))
        let volume = harness.core.volatile.marketRecords[btc]?.statistics(at: harness.clock.utc)?.minuteVolume
        #expect(volume.map { $0 > Quantity(2) && $0 < Quantity("2.01")! } == true)
        // Told figures that stay away are no longer believed.
        harness.send(.woke, after: .seconds(301))
        #expect(
            harness.core.volatile.marketRecords[btc]?.statistics(at: harness.clock.utc)?.high != Price(200))
    }
}
