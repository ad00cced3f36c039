// Leased orders: their dates, when they are renewed and with what, and when they are not.

import Testing
import TradingDomain

@testable import Trading

@Suite struct LeaseTests {
    /// A life that trades with leases of half an hour on a ladder of so many buys, all accepted.
    private func trading(
        _ count: Int = 1, lease: Duration = .seconds(1_800),
        configure: (inout CoreConfiguration) -> Void = { _ in }
    ) throws -> (CoreHarness, [ClientOrderID]) {
        try trading(AnyStrategy(FixedStrategy.ladder(count)), lease: lease, configure: configure)
    }

    private func trading(
        _ strategy: AnyStrategy, lease: Duration = .seconds(1_800),
        configure: (inout CoreConfiguration) -> Void = { _ in }
    ) throws -> (CoreHarness, [ClientOrderID]) {
        var harness = try CoreHarness([strategy]) {
            $0.lease = lease
            configure(&$0)
        }
        try harness.startTrading()
        var ids = try harness.acceptPlacements()
        // What the rate budget leaves for later.
        while let wake = harness.wakeAt, ids.count < harness.core.volatile.slots[0].desired.count {
            harness.send(.woke, after: max(.zero, wake - harness.clock.monotonic))
            ids += try harness.acceptPlacements()
        }
        return (harness, ids)
    }

    private func goodTill(_ harness: CoreHarness, _ id: ClientOrderID) -> UTCInstant? {
        harness.core.durable.ledger[id]?.terms.goodTill
    }

    /// Lets half an hour's third pass in steps with fresh prices until a renewal is asked for.
    private func passToRenewal(_ harness: inout CoreHarness, within limit: Duration = .seconds(1_801)) {
        let end = harness.clock.monotonic + limit
        while harness.cancels == 0, harness.clock.monotonic < end {
            harness.pass(.seconds(5))
            harness.quote(99.5, 100.5)
        }
    }

    private func acceptCancel(_ harness: inout CoreHarness) throws {
        let (id, orders) = try harness.takeCancel()
        harness.answer(
            id, .canceled(.answered(orders.map { CancelResult(exchangeOrderID: $0, verdict: .accepted) })))
    }

    private func leaseEndings(_ harness: CoreHarness) -> [ClientOrderID] {
        harness.records.flatMap { record -> [ClientOrderID] in
            if case .leaseEnding(let ids, _) = record { ids } else { [] }
        }
    }

    @Test func restingOrdersCarryADate() throws {
        let (harness, ids) = try trading(2)
        #expect(ids.count == 2)
        for id in ids {
            let end = try #require(goodTill(harness, id))
            #expect(abs((end - harness.clock.utc - .seconds(1_800)).wholeNanoseconds) < 2_000_000_000)
        }
    }

    @Test func withoutALeaseNothingChanges() throws {
        var (harness, ids) = try { () -> (CoreHarness, [ClientOrderID]) in
            var harness = try CoreHarness()
            try harness.startTrading()
            return (harness, try harness.acceptPlacements())
        }()
        #expect(goodTill(harness, ids[0]) == nil)
        harness.pass(.seconds(3_600))
        #expect(harness.cancels == 0)
    }

    @Test func whatNeverRestsGetsNoDateAndPostOnlyDoes() throws {
        func terms(_ type: OrderType) -> WantedOrder {
            WantedOrder(symbol: btc, side: .buy, type: type, quantity: Quantity("0.1")!)
        }
        let own = UTCInstant("2026-11-22T20:00:00Z")!
        let (harness, ids) = try trading(
            AnyStrategy(
                FixedStrategy(wanted: [
                    terms(.market),
                    terms(.limit(price: Price(99), timeInForce: .immediateOrCancel, postOnly: false)),
                    terms(.limit(price: Price(99), timeInForce: .fillOrKill, postOnly: false)),
                    terms(.limit(Price(98), postOnly: true)),
                    terms(.limit(price: Price(97), timeInForce: .goodTillDate(own), postOnly: false)),
                ])))
        #expect(ids.map { goodTill(harness, $0) != nil } == [false, false, false, true, true])
        #expect(goodTill(harness, ids[4]) == own)
        guard case .limit(_, _, true)? = harness.core.durable.ledger[ids[3]]?.terms.type else {
            Issue.record("the post-only order lost its word")
            return
        }
    }

    @Test func aLeaseIsRenewedInItsLastThirdAndBornOnlyWhenTheOldOrderHasEnded() throws {
        var (harness, ids) = try trading()
        let end = try #require(goodTill(harness, ids[0]))
        passToRenewal(&harness)
        let asked = harness.clock.utc
        #expect(asked >= end - .seconds(610) && asked < end - .seconds(100))
        #expect(leaseEndings(harness) == ids)
        #expect(harness.core.durable.ledger[ids[0]]?.reason == "lease")
        try acceptCancel(&harness)
        // The cancel is accepted, which ends nothing; cycles and quotes go by.
        harness.quote(99.5, 100.5)
        harness.pass(.seconds(20))
        #expect(harness.placements == 0)
        harness.show(ids[0], .cancelQueued)
        harness.quote(99.5, 100.5)
        #expect(harness.placements == 0)
        harness.show(ids[0], .canceled)
        let (_, order) = try harness.takePlacement()
        #expect(order.terms.type.limitPrice == Price(99))
        #expect(order.terms.quantity == Quantity("0.1")!)
        let new = try #require(harness.core.durable.ledger[order.clientOrderID])
        #expect(new.continues == ids[0])
        #expect(try #require(new.terms.goodTill) > end)
        #expect(harness.placements == 0)
    }

    @Test func onlyTheRemainderOfAPartlyFilledOrderIsRenewed() throws {
        var (harness, ids) = try trading()
        harness.show(ids[0], .open, filled: Quantity("0.04")!)
        passToRenewal(&harness)
        try acceptCancel(&harness)
        // One more fill while the cancel was on its way.
        harness.show(ids[0], .canceled, filled: Quantity("0.05")!)
        let (id, order) = try harness.takePlacement()
        #expect(order.terms.quantity == Quantity("0.05")!)
        harness.answer(
            id,
            .placed(
                .accepted(
                    Acceptance(
                        exchangeOrderID: harness.exchangeID(order.clientOrderID),
                        clientOrderID: order.clientOrderID.description, terms: order.terms))))
        // The strategy goes on to want 0.1 at this price: the remainder is what is left of that wish.
        for _ in 0..<10 {
            harness.pass(.seconds(6))
            harness.quote(99.5, 100.5)
        }
        #expect(harness.placements == 0 && harness.cancels == 0)
        #expect(harness.core.status.workingOrders == 1)
        // And the remainder is renewed like any other.
        passToRenewal(&harness)
        try acceptCancel(&harness)
        harness.show(order.clientOrderID, .canceled, filled: Quantity("0.01")!)
        #expect(try harness.takePlacement().value.terms.quantity == Quantity("0.04")!)
    }

    @Test func aRemainderBelowTheMinimumIsLeftToItsEnd() throws {
        var (harness, ids) = try trading()
        // 0.005 at 99 is worth less than the minimum of 1.
        harness.show(ids[0], .open, filled: Quantity("0.095")!)
        passToRenewal(&harness)
        #expect(harness.cancels == 0)
        #expect(leaseEndings(harness).isEmpty)
    }

    @Test func whatIsNoLongerWantedIsNotRenewed() throws {
        let switching = SwitchingStrategy()
        var (harness, ids) = try trading(AnyStrategy(switching))
        passToRenewal(&harness)
        try acceptCancel(&harness)
        // The price moves the strategy to want nothing.
        harness.quote(89.5, 90.5)
        harness.show(ids[0], .canceled)
        harness.pass(.seconds(10))
        #expect(harness.placements == 0)
    }

    @Test func aStrategyThatKeepsItsWishGetsItsOrderBack() throws {
        var (harness, ids) = try trading(AnyStrategy(KeepingStrategy()))
        passToRenewal(&harness)
        try acceptCancel(&harness)
        harness.show(ids[0], .canceled)
        #expect(harness.placements == 1)
    }

    @Test func renewalsAreSpread() throws {
        let (count, life) = (40, Duration.seconds(1_800))
        var (harness, _) = try trading(count, lease: life)
        passWithPrices(&harness, life - .seconds(1))
        let asked = beginnings(harness)
        #expect(asked.count == count)
        // 40 over 450 s: one in 11 s on average; never three within five seconds.
        for (first, third) in zip(asked, asked.dropFirst(2)) { #expect(third - first >= .seconds(5)) }
    }

    @Test func renewalsKeepWithinTheirShare() throws {
        // 20 orders, one request a second, a quarter for renewals: one renewal in 8 s, 17 s of them in the window.
        var (harness, _) = try trading(20, lease: .seconds(200)) {
            $0.rate.perSecond = 1
            $0.rate.burst = 50
        }
        passWithPrices(&harness, .seconds(199))
        let asked = beginnings(harness)
        #expect(asked.count > 2 && asked.count < 10)
        for (first, second) in zip(asked, asked.dropFirst()) { #expect(second - first >= .seconds(8)) }
    }

    /// Lets time pass with fresh prices.
    private func passWithPrices(_ harness: inout CoreHarness, _ limit: Duration) {
        let end = harness.clock.monotonic + limit
        while harness.clock.monotonic < end {
            harness.pass(min(.seconds(5), end - harness.clock.monotonic))
            harness.quote(99.5, 100.5)
        }
    }

    /// When renewals were begun.
    private func beginnings(_ harness: CoreHarness) -> [UTCInstant] {
        harness.records.compactMap { if case .leaseEnding(_, let at) = $0 { at } else { nil } }
    }

    @Test func nothingIsRenewedDuringAStop() throws {
        var (harness, ids) = try trading()
        passToRenewal(&harness)
        try acceptCancel(&harness)
        harness.send(.signal(.terminate))
        harness.show(ids[0], .canceled)
        harness.pass(.milliseconds(500))
        #expect(harness.placements == 0)
    }

    @Test func nothingIsRenewedDuringAHalt() throws {
        var (harness, ids) = try trading(2)
        passToRenewal(&harness)
        try acceptCancel(&harness)
        harness.send(.operatorRequest(.halt("by hand")))
        for id in ids { harness.show(id, .canceled) }
        harness.pass(.seconds(60))
        #expect(harness.placements == 0)
        #expect(leaseEndings(harness).count == 1)
    }

    /// A renewal would end what rests and could not place it again. After the pause it is renewed at once.
    @Test func nothingIsRenewedWhilePaused() throws {
        var (harness, _) = try trading()
        harness.say(.pause(reduceOnly: false))
        passToRenewal(&harness, within: .seconds(1_700))
        #expect(harness.cancels == 0)
        #expect(leaseEndings(harness).isEmpty)
        harness.say(.resume(confirmed: false))
        harness.quote(99.5, 100.5)
        harness.pass(.seconds(2))
        #expect(harness.cancels == 1)
    }

    @Test func nothingIsRenewedWithoutAFreshPrice() throws {
        var (harness, _) = try trading()
        harness.pass(.seconds(1_700))
        #expect(harness.cancels == 0)
        #expect(leaseEndings(harness).isEmpty)
        harness.quote(99.5, 100.5)
        harness.pass(.seconds(2))
        #expect(harness.cancels == 1)
    }

    @Test func anOrderThatLapsedIsBookedWithItsFillsAndItsRestPlacedAgain() throws {
        var (harness, ids) = try trading()
        // No price, no renewal: it lapses.
        harness.pass(.seconds(1_790))
        harness.show(ids[0], .expired, filled: Quantity("0.03")!)
        let order = try #require(harness.core.durable.ledger[ids[0]])
        #expect(order.state == .expired && order.filledQuantity == Quantity("0.03")!)
        #expect(order.endedAt != nil)
        let fills = try harness.takeFills()
        #expect(fills.value.orders == [harness.exchangeID(ids[0])])
        harness.quote(99.5, 100.5)
        harness.pass(.seconds(6))
        #expect(try harness.takePlacement().value.terms.quantity == Quantity("0.07")!)
    }

    @Test func aLapseThatNobodyToldIsLookedUp() throws {
        var (harness, ids) = try trading()
        harness.pass(.seconds(1_803))
        let (id, asked) = try harness.takeEvidence()
        #expect(asked == [harness.exchangeID(ids[0])])
        harness.answer(
            id,
            .orders(.page(OrderPage(orders: [harness.snapshot(ids[0], .expired)], nextCursor: nil))))
        #expect(harness.core.durable.ledger[ids[0]]?.state == .expired)
    }

    @Test func datesFollowTheVenuesClock() throws {
        #expect(
            Leases.end(.seconds(60), from: UTCInstant("2026-11-22T10:00:00.9Z")!)
                == UTCInstant("2026-11-22T10:01:00Z")!)
        var (harness, _) = try trading()
        harness.core.volatile.introduction.clockReadAt = harness.clock.monotonic
        harness.core.volatile.introduction.venueTimeAtReading = harness.clock.utc - .seconds(90)
        #expect(harness.core.venueNow == harness.clock.utc - .seconds(90))
        // Between two readings it goes by monotonic time, whatever becomes of our wall clock.
        let before = harness.core.venueNow
        harness.clock.utc = harness.clock.utc + .seconds(7_200)
        harness.send(.woke, after: .milliseconds(10))
        #expect(harness.core.venueNow == before + .milliseconds(10))
        let terms = OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity(1))
        #expect(
            harness.core.leased(terms).goodTill == Leases.end(.seconds(1_800), from: harness.core.venueNow))
    }

    @Test func adoptedOrdersAreRenewedAndARenewalOfAnEarlierLifeIsWaitedFor() throws {
        var (first, ids) = try trading(2)
        passToRenewal(&first)
        let renewing = try #require(leaseEndings(first).first)
        let staying = try #require(ids.first { $0 != renewing })
        // The host dies; the next life adopts what rests.
        var harness = try CoreHarness(
            [AnyStrategy(FixedStrategy.ladder(2))], durable: first.core.durable
        ) {
            $0.lease = .seconds(1_800)
            $0.leftovers = .adopt
        }
        harness.clock = first.clock
        harness.send(.started)
        let shown = ids.map { first.snapshot($0, .open) }
        try harness.answerPast(shown)
        let balances = try harness.take("balances") { if case .listBalances = $0 { true } else { nil } }
        harness.answer(
            balances.id,
            .balances(.balances([Balance(currency: "USD", available: Money(1_000_000), hold: .zero)])))
        try harness.answerList(shown)
        for _ in 0..<3 where harness.core.status.lifecycle != .trading { harness.pass(.milliseconds(300)) }
        #expect(harness.core.status.lifecycle == .trading)
        harness.quote(99.5, 100.5)
        harness.pass(.seconds(6))
        #expect(harness.placements == 0)
        harness.show(renewing, .canceled)
        let (_, order) = try harness.takePlacement()
        #expect(harness.core.durable.ledger[order.clientOrderID]?.continues == renewing)
        harness.commands = harness.commands.filter { !$0.isCancel }
        passToRenewal(&harness)
        #expect(leaseEndings(harness).contains(staying))
    }
}

/// Wants one order while the market is above 95.
private struct SwitchingStrategy: Strategy {
    var name: String { "switching" }
    var symbols: [Symbol] { [btc] }
    var initialMemory: Int { 0 }

    func decide(_ view: StrategyView, memory: inout Int) -> Decision {
        guard let quote = view.markets.first?.quote else { return .keep }
        return .want(quote.bid < Price(95) ? [] : FixedStrategy.ladder(1).wanted)
    }
}

/// Says once what it wants, and nothing more.
private struct KeepingStrategy: Strategy {
    var name: String { "keeping" }
    var symbols: [Symbol] { [btc] }
    var initialMemory: Bool { false }

    func decide(_ view: StrategyView, memory: inout Bool) -> Decision {
        guard !memory, view.markets.first?.quote != nil else { return .keep }
        memory = true
        return .want(FixedStrategy.ladder(1).wanted)
    }
}
