// What the core keeps for metrics: where orders stand, what is left of the rate, refusals each time, and earnings.

import Testing
import TradingDomain

@testable import Trading

@Suite struct MeasuresTests {
    private func intent(_ sequence: Int64) -> Order {
        Order(
            id: ClientOrderID(bot: bot, epoch: 1, sequence: sequence)!,
            terms: OrderTerms(symbol: btc, side: .buy, type: .limit(Price(100)), quantity: Quantity(1)),
            strategy: "s", createdAt: UTCInstant(nanoseconds: 0))
    }

    private func change(_ sequence: Int64, _ state: OrderState) -> Record {
        .changed(OrderChange(id: intent(sequence).id, state: state, at: UTCInstant(nanoseconds: 0)))
    }

    @Test func ordersAreCountedWhereTheyStand() throws {
        var state = DurableState()
        for sequence in 1...4 { try state.apply(.intent(intent(Int64(sequence)))) }
        #expect(state.ledger.liveCounts == counts(new: 4))
        for sequence in 2...4 {
            try state.apply(.sent(intent(Int64(sequence)).id, at: UTCInstant(nanoseconds: 1)))
        }
        #expect(state.ledger.liveCounts == counts(new: 1, inFlight: 3))
        try state.apply(change(3, .open))
        try state.apply(change(4, .open))
        try state.apply(change(4, .partiallyFilled))
        #expect(state.ledger.liveCounts == counts(new: 1, inFlight: 1, open: 1, partiallyFilled: 1))
        // A late fill turns a canceled order filled: it was not counted any more.
        for terminal in [OrderState.canceled, .filled] { try state.apply(change(4, terminal)) }
        try state.apply(change(1, .failed))
        try state.apply(change(2, .rejected))
        #expect(state.ledger.liveCounts == counts(open: 1))

        // What is loaded from a store counts like what was lived.
        var loaded = DurableState()
        for order in state.ledger.all { try loaded.restore(order, fills: []) }
        #expect(loaded.ledger.liveCounts == state.ledger.liveCounts)
    }

    private func counts(new: Int = 0, inFlight: Int = 0, open: Int = 0, partiallyFilled: Int = 0)
        -> LiveCounts
    {
        var counts = LiveCounts()
        counts.new = new
        counts.inFlight = inFlight
        counts.open = open
        counts.partiallyFilled = partiallyFilled
        return counts
    }

    @Test func whatIsLeftOfTheRateIsToldAndNotTaken() {
        var limits = RateLimits()
        limits.burst = 10
        limits.perSecond = 10
        limits.perHour = 100
        var budget = RateBudget(limits: limits)
        let start = MonotonicInstant(nanoseconds: 0)
        for _ in 0..<4 { _ = budget.take(.cancel, at: start) }
        let left = budget.left(at: start)
        #expect(left == budget.left(at: start))
        #expect(left.burst == 6 && left.burstLimit == 10)
        #expect(left.hour == 96 && left.hourLimit == 100)
        #expect(left.slowdown == 1 && left.blockedMs == 0)
        #expect(budget.left(at: start + .milliseconds(200)).burst == 8)
        budget.throttled(.query, retryAfter: .seconds(3), at: start)
        #expect(budget.left(at: start).blockedMs == 3_000)
        #expect(budget.left(at: start).slowdown == 2)
        #expect(budget.left(at: start + .seconds(4)).blockedMs == 0)
    }

    @Test func aRefusalIsCountedEachTimeAndJournaledOnce() throws {
        var core = try TradingCore(
            configuration: CoreConfiguration(bot: bot, mode: .paper), capabilities: ExchangeCapabilities(),
            products: [product(btc)], strategies: [], durable: CoreHarness.aStoreThatStoppedClean)
        var turn = Turn(number: 1)
        let wish = WantedOrder(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity(1))
        for _ in 0..<3 { _ = core.intend(wish, strategy: "s", seen: DecisionView(), &turn) }
        #expect(turn.refusals == [.noQuote, .noQuote, .noQuote])
        #expect(turn.records.count == 1)
    }

    @Test func earningsHoldTogether() throws {
        var state = CoreHarness.aStoreThatStoppedClean
        var position = Position()
        position.quantity = Quantity(2)
        position.costBasis = Money(190)
        position.realised = Money(7)
        position.fees = Money(3)
        state.restore(position, of: btc)
        var core = try TradingCore(
            configuration: CoreConfiguration(bot: bot, mode: .paper), capabilities: ExchangeCapabilities(),
            products: [product(btc)], strategies: [], durable: state)
        #expect(core.measures.earnings.map(\.unrealised) == [nil], "held, and without a quote")
        var turn = Turn(number: 1)
        core.handle(
            .quote(Quote(symbol: btc, bid: Price(99), ask: Price(101), at: UTCInstant(nanoseconds: 0))),
            at: Stamp(monotonic: MonotonicInstant(nanoseconds: 0), utc: UTCInstant(nanoseconds: 0)),
            into: &turn
        )
        let earned = try #require(core.measures.earnings.first)
        #expect(earned.realised == Money(7) && earned.fees == Money(3))
        #expect(earned.unrealised == Money(10))
        #expect(core.makeOverview().markets.first?.result == Money(14))
    }
}
