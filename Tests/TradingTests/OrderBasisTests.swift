// What the core records of why: for each intent what it was decided on, for each cancel who wanted it.

import Testing
import TradingDomain

@testable import Trading

/// Follows the price: one buy a tenth below the bid.
private struct FollowingStrategy: Strategy {
    struct Memory: Codable, Equatable, Sendable {}
    var name = "following"
    var symbols: [Symbol] = [btc]
    var initialMemory: Memory { Memory() }

    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        guard let quote = view.markets.first?.quote, let price = try? quote.bid - Price("0.1")! else {
            return .keep
        }
        return .want([
            WantedOrder(symbol: btc, side: .buy, type: .limit(price), quantity: Quantity("0.1")!)
        ])
    }
}

@Suite struct OrderBasisTests {
    private func intents(_ harness: CoreHarness) -> [Order] {
        harness.records.compactMap { if case .intent(let order) = $0 { order } else { nil } }
    }

    private func causes(_ harness: CoreHarness) -> [CancelCause?] {
        harness.records.compactMap {
            if case .cancelRequested(_, _, let why) = $0 { .some(why) } else { nil }
        }
    }

    @Test func anIntentSaysWhatItWasDecidedOn() throws {
        var harness = try CoreHarness([AnyStrategy(FollowingStrategy())])
        try harness.startTrading()
        _ = try harness.acceptPlacements()
        let first = try #require(intents(harness).first?.basis)
        #expect(first.bid != nil && first.ask != nil)
        #expect(first.waited == .zero && first.workingOrders == 0 && first.position.isZero)
        harness.records = []
        harness.quote(101, 101.5)
        let second = try #require(intents(harness).last?.basis)
        #expect(second.trigger == .quote)
        #expect(second.bid == Price(101) && second.ask == Price("101.5"))
        #expect(second.mid == Price("101.25"))
        // The first one still works, its cancel is on its way.
        #expect(second.workingOrders == 1 && second.workingOrdersOfSymbol == 1)
        #expect(second.ordersInLastMinute == 1)
        #expect(causes(harness) == [.unwanted])
    }

    @Test func aWishThatWaitedKeepsThePricesOfItsDecision() throws {
        var harness = try CoreHarness(configure: { configuration in
            configuration.rate.burst = 5
            configuration.rate.perSecond = 1
            configuration.rate.cancelReserve = 0
        })
        try harness.startTrading()
        for _ in 0..<40 where intents(harness).count < 3 {
            harness.quote(100.2, 100.4)
            harness.pass(.milliseconds(500))
        }
        let all = intents(harness)
        try #require(all.count == 3)
        let waited = try #require(all.last?.basis)
        #expect(waited.waited > .zero)
        #expect(waited.bid == all.first?.basis?.bid, "prices of the decision, not of the intent")
    }

    @Test func everyCancelSaysWhoWantedIt() throws {
        var harness = try CoreHarness()
        try harness.startTrading()
        _ = try harness.acceptPlacements()
        harness.send(.signal(.terminate))
        #expect(causes(harness) == [.stop])

        var halted = try CoreHarness()
        try halted.startTrading()
        let ids = try halted.acceptPlacements()
        halted.send(.operatorRequest(.halt("smoke")))
        #expect(causes(halted) == [.halt])
        #expect(halted.core.durable.ledger[ids[0]]?.cancelCause == .halt)

        var aged = try CoreHarness(configure: { $0.orderMaximumAge = .seconds(7) })
        try aged.startTrading()
        _ = try aged.acceptPlacements()
        aged.pass(.seconds(20))
        #expect(causes(aged).first == .age)

        var swept = try CoreHarness()
        try swept.startTrading()
        _ = try swept.acceptPlacements()
        swept.send(.operatorRequest(.said(OperatorOrder(number: 1, by: "test", word: .sweep))))
        #expect(causes(swept) == [.sweep])

        var paused = try CoreHarness()
        try paused.startTrading()
        _ = try paused.acceptPlacements()
        paused.send(
            .operatorRequest(.said(OperatorOrder(number: 1, by: "test", word: .pause(reduceOnly: true)))))
        #expect(causes(paused) == [.reduceOnly])
    }
}
