// Silence is not health, and final is final only with its fills.

import Testing
import TradingDomain

@testable import Trading

@Suite("Silent feeds and sizes that are not final")
struct SilenceTests {
    private let silent = silentFeed(listLag: .seconds(5))

    @Test func onceAMinuteOrdersAndFillsAreLookedAt() throws {
        var bench = try CoreHarness.trading(silent)
        bench.pass(.seconds(59))
        #expect(bench.commands.isEmpty)
        bench.pass(.seconds(2))
        #expect(bench.asksRecentFills)
        try bench.answerList(bench.core.durable.ledger.workingOrders.map { bench.snapshot($0.id, .open) })
        bench.answer(try bench.takeRecentFills().id, .fills(.page(FillPage(fills: [], nextCursor: nil))))
        bench.commands = []
        bench.pass(.seconds(55))
        #expect(bench.commands.isEmpty)
        bench.pass(.seconds(6))
        #expect(bench.asksRecentFills)
    }

    @Test func anEmbeddedExchangeIsNotAsked() throws {
        var bench = try CoreHarness.trading(ExchangeCapabilities())
        bench.pass(.seconds(200))
        #expect(bench.commands.isEmpty)
    }

    @Test func aFillThatTheFeedDidNotTellIsBookedAndTheFeedConnectedAnew() throws {
        var bench = try CoreHarness.trading(silent)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.pass(.seconds(61))
        try bench.answerList(bench.core.durable.ledger.workingOrders.map { bench.snapshot($0.id, .open) })
        let fill = bench.fill(id, "f1", Quantity("0.1")!)
        bench.answer(try bench.takeRecentFills().id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.1")!)
        // The order itself says that it has ended.
        let look = try bench.takeEvidence()
        bench.answer(
            look.id,
            .orders(
                .page(
                    OrderPage(
                        orders: [bench.snapshot(id, .filled, filled: Quantity("0.1")!)], nextCursor: nil))))
        #expect(bench.core.durable.ledger[id]?.state == .filled)
        #expect(!bench.alerted("feed-silent"), "the feed may be a little late")
        bench.commands = []
        bench.pass(.seconds(61))
        try bench.answerList()
        bench.answer(try bench.takeRecentFills().id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
        #expect(bench.alerted("feed-silent"))
        #expect(bench.commands.contains { $0.command == .connect(.orders) })
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.1")!, "booked once")
    }

    @Test func aFeedThatTellsALittleLaterIsLeftAlone() throws {
        var bench = try CoreHarness.trading(silent)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.pass(.seconds(61))
        try bench.answerList(bench.core.durable.ledger.workingOrders.map { bench.snapshot($0.id, .open) })
        let fill = bench.fill(id, "f1", Quantity("0.1")!)
        bench.answer(try bench.takeRecentFills().id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
        bench.show(id, .filled, filled: Quantity("0.1")!)
        bench.pass(.seconds(130))
        #expect(!bench.alerted("feed-silent"))
        #expect(!bench.commands.contains { $0.command == .connect(.orders) })
    }

    // MARK: Sizes

    private func trading() throws -> CoreHarness {
        var capabilities = ExchangeCapabilities()
        capabilities.listLag = .seconds(2)
        return try CoreHarness.trading(capabilities)
    }

    /// A stop begins, and the venue tells the end of every order; whether the first one's size is final, and the others', is said
    /// by `isSettled`.
    private func stopped(
        _ bench: inout CoreHarness, isSettled: (_ isFirst: Bool) -> Bool?
    ) throws -> ClientOrderID {
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        bench.answer(
            cancel.id,
            .canceled(.answered(cancel.value.map { CancelResult(exchangeOrderID: $0, verdict: .accepted) })))
        for order in bench.core.durable.ledger.workingOrders {
            var last = bench.snapshot(order.id, .canceled)
            last.isSettled = isSettled(order.id == id)
            bench.send(.order(last))
        }
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        return id
    }

    @Test func aStopReadsAgainWhatEndedBeforeItsSizeWasFinal() throws {
        var bench = try trading()
        let id = try stopped(&bench) { isFirst in !isFirst }
        #expect(!bench.asksFlush, "proved empty, and one order has perhaps more fills")
        bench.pass(.milliseconds(2_100))
        let look = try bench.takeEvidence()
        #expect(look.value == [bench.exchangeID(id)])
        var settled = bench.snapshot(id, .canceled, filled: Quantity("0.04")!)
        settled.isSettled = true
        bench.answer(look.id, .orders(.page(OrderPage(orders: [settled], nextCursor: nil))))
        bench.answer(
            try bench.takeFills().id,
            .fills(.page(FillPage(fills: [bench.fill(id, "f", Quantity("0.04")!)], nextCursor: nil))))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0 && bench.report?.fillsIncomplete == [])
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.04")!)
    }

    @Test func filledBelowItsQuantityIsReadAgain() throws {
        var bench = try trading()
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.show(id, .filled, filled: .zero)
        bench.pass(.milliseconds(2_100))
        let look = try bench.takeEvidence()
        #expect(look.value == [bench.exchangeID(id)])
        bench.answer(
            look.id,
            .orders(
                .page(
                    OrderPage(
                        orders: [bench.snapshot(id, .filled, filled: Quantity("0.1")!)], nextCursor: nil))))
        #expect(bench.commands.contains { $0.isFills })
    }

    /// What may have been filled counts against the limits until its size is final.
    @Test func aSizeThatIsNotFinalMayBeTheWholeOne() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))]) {
            $0.risk.maximumPositionNotional = Money(15)
        }
        try bench.startTrading()
        let id = try #require(try bench.acceptPlacements().first)
        #expect(bench.core.durable.ledger.working(btc).buys == Quantity("0.1")!)
        bench.show(id, .filled, filled: Quantity("0.04")!)
        bench.pass(.seconds(1))
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 0, "0.2 of it would be worth 20")
        #expect(bench.core.durable.ledger.working(btc).buys == Quantity("0.06")!)
        #expect(bench.core.durable.ledger.workingCount == 0)
        bench.show(id, .filled, filled: Quantity("0.1")!)
        #expect(bench.core.durable.ledger.working(btc).buys == .zero)
    }

    /// What closes a position may have been filled already, and the rest of it is closed meanwhile.
    @Test func aFlattenGoesOnBesideASizeThatIsNotFinal() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))])
        try bench.startTrading()
        let first = try #require(try bench.acceptPlacements().first)
        bench.show(first, .filled, filled: Quantity("0.1")!)
        bench.answer(
            try bench.takeFills().id,
            .fills(.page(FillPage(fills: [bench.fill(first, "B", Quantity("0.1")!)], nextCursor: nil))))
        bench.commands = []
        bench.send(
            .operatorRequest(
                .said(
                    OperatorOrder(
                        number: 1, by: "test",
                        word: .flatten(FlattenOrder(slippageBasisPoints: 100, timeout: .seconds(30)))))))
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(2))
        let (call, sold) = try bench.takePlacement()
        #expect(sold.terms.side == .sell && sold.terms.quantity == Quantity("0.1")!)
        bench.answer(
            call,
            .placed(
                .accepted(
                    Acceptance(
                        exchangeOrderID: ExchangeOrderID("S1"),
                        clientOrderID: sold.clientOrderID.description, terms: sold.terms))))
        var end = bench.snapshot(sold.clientOrderID, .canceled, filled: Quantity("0.02")!)
        end.exchangeOrderID = ExchangeOrderID("S1")
        end.isSettled = false
        bench.send(.order(end))
        bench.records = []
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(3))
        #expect(bench.placements == 0, "all of it may be sold")
        #expect(!bench.records.contains { if case .refused = $0 { true } else { false } })
        end.isSettled = true
        bench.send(.order(end))
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(2))
        #expect(try bench.takePlacement().value.terms.quantity == Quantity("0.08")!)
    }

    @Test func whatIsNeverSettledIsNamed() throws {
        var bench = try trading()
        let id = try stopped(&bench) { isFirst in isFirst ? false : nil }
        bench.passUntilFlush()
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        #expect(bench.report?.fillsIncomplete == [id])
        #expect(bench.report?.verifiedEmpty == true)
    }
}
