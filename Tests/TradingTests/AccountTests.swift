// What an account shows proves nothing until we know whose account it is.

import Testing
import TradingDomain

@testable import Trading

@Suite("Whose account it is")
struct AccountTests {
    private func permissions(_ portfolio: String) -> Answer {
        .told(
            .permissions(
                KeyPermissions(canView: true, canTrade: true, canTransfer: false, portfolio: portfolio)))
    }

    private func takePermissions(_ bench: inout CoreHarness) throws -> CommandID {
        try bench.take("the key's permissions") { $0 == .ask(.permissions) ? true : nil }.id
    }

    /// A life that crashed with two placements without an answer and one order at the exchange.
    private func crashed() throws -> DurableState {
        let at = UTCInstant("2026-11-22T09:59:00Z")!
        var state = DurableState()
        try state.apply(.lifeBegan(epoch: 5, mode: .live, at: at))
        try state.apply(.accountConfirmed(portfolio: "p-1", at: at))
        try state.apply(.recovered(at: at))
        for sequence in Int64(1)...3 {
            var order = Order(
                id: ClientOrderID(bot: bot, epoch: 5, sequence: sequence)!,
                terms: OrderTerms(
                    symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
                strategy: "fixed", createdAt: at)
            order.sentAt = at
            if sequence == 1 {
                order.exchangeOrderID = ExchangeOrderID("X1")
                order.state = .open
            }
            try state.apply(.intent(order))
        }
        return state
    }

    /// Answers every list with nothing until the core wants to flush, or so much time is over.
    private func answerEmptyLists(_ bench: inout CoreHarness, within limit: Duration = .seconds(40)) {
        let end = bench.clock.monotonic + limit
        while !bench.asksFlush, bench.clock.monotonic < end {
            guard
                let list = bench.commands.first(where: {
                    if case .listOrders = $0.command { true } else { false }
                })
            else {
                bench.send(.woke, after: .milliseconds(100))
                continue
            }
            bench.commands.removeAll { $0.id == list.id }
            bench.answer(list.id, .orders(.page(OrderPage(orders: [], nextCursor: nil))))
        }
    }

    /// A life that had an order and proved that none of ours rests, in these words.
    private func stopped(_ verdict: Verdict) throws -> DurableState {
        let at = UTCInstant("2026-11-22T09:59:00Z")!
        var state = DurableState()
        try state.apply(.lifeBegan(epoch: 5, mode: .live, at: at))
        try state.apply(.accountConfirmed(portfolio: "p-1", at: at))
        try state.apply(.recovered(at: at))
        let order = Order(
            id: ClientOrderID(bot: bot, epoch: 5, sequence: 1)!,
            terms: OrderTerms(
                symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
            strategy: "fixed", createdAt: at)
        try state.apply(.intent(order))
        try state.apply(.changed(OrderChange(id: order.id, state: .failed, at: at)))
        try state.apply(
            .stopped(StopMarker(epoch: 5, verdict: verdict, remaining: [], at: at)))
        return state
    }

    /// A mistake in the configuration after a proof leaves nobody with orders to look after.
    @Test(arguments: [Verdict.clean, .nothingToCancel, .unproved, .ordersRemain])
    func afterAProofAKeyOfAnotherPortfolioIsAMistakeInTheConfiguration(verdict: Verdict) throws {
        for (sweeps, distrusts) in [(false, false), (true, false), (false, true)] {
            var bench = try CoreHarness(durable: try stopped(verdict), capabilities: introducing) {
                $0.expectedPortfolio = "p-1"
                $0.sweepsOnly = sweeps
                $0.distrustsMarker = distrusts
            }
            bench.send(.started)
            bench.answer(try takePermissions(&bench), permissions("p-2"))
            answerEmptyLists(&bench)
            bench.passUntilFlush()
            bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
            let report = try #require(bench.report)
            let isProved = (verdict == .clean || verdict == .nothingToCancel) && !sweeps && !distrusts
            #expect(report.exitCode == (isProved ? ExitCode.configuration : ExitCode.ordersRemain))
            #expect(!report.verifiedEmpty)
        }
    }

    /// A store that failed does not say that nothing was ever placed.
    @Test(arguments: [false, true])
    func aStoreThatFailedIsNoFirstStart(fails: Bool) throws {
        var bench = try CoreHarness(durable: DurableState(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
        }
        bench.send(.started)
        if fails { bench.send(.storeFailed("unreadable")) }
        bench.answer(try takePermissions(&bench), permissions("p-2"))
        answerEmptyLists(&bench)
        if !fails {
            bench.passUntilFlush()
            bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        }
        let code = fails ? ExitCode.ordersRemainAndStateNotFlushed : ExitCode.configuration
        #expect(bench.report?.exitCode == code)
    }

    @Test func theListsOfAnotherPortfolioChangeNoRecord() throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            // The operator changed the key and the configuration together.
            $0.expectedPortfolio = "p-2"
        }
        bench.send(.started)
        bench.answer(try takePermissions(&bench), permissions("p-2"))
        #expect(bench.core.status.lifecycle == .stopping)
        answerEmptyLists(&bench)
        bench.passUntilFlush()
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        let report = try #require(bench.report)
        #expect(report.exitCode == ExitCode.ordersRemain && !report.verifiedEmpty)
        #expect(report.remaining.count == 3)
        #expect(bench.core.durable.ledger.workingCount == 3)
        #expect(bench.core.durable.portfolio == "p-1")
    }

    @Test func cancelsNeverWaitForTheAnswer() throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
        }
        bench.send(.started)
        try bench.expectCancel(of: ExchangeOrderID("X1"))
        // What a list shows of our name is canceled, too, and nothing else comes of it.
        let second = ClientOrderID(bot: bot, epoch: 5, sequence: 2)!
        var shown = bench.snapshot(second, .open)
        shown.exchangeOrderID = ExchangeOrderID("X2")
        try bench.answerList([shown])
        try bench.expectCancel(of: ExchangeOrderID("X2"))
        #expect(bench.core.durable.ledger[second]?.state == .new)
        #expect(!bench.commands.contains { $0.isHistory }, "nothing else is asked of an unknown account")
        // Once it is known to be ours, that very list counts.
        bench.answer(try takePermissions(&bench), permissions("p-1"))
        #expect(bench.core.durable.ledger[second]?.exchangeOrderID == ExchangeOrderID("X2"))
        #expect(bench.commands.contains { $0.isHistory })
    }

    /// An end that is told before the answer counts after it: for an order in our books, and for one that is not.
    @Test func whatEndedBeforeTheAnswerIsNotForgotten() throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
        }
        bench.send(.started)
        let second = ClientOrderID(bot: bot, epoch: 5, sequence: 2)!
        let other = ClientOrderID(bot: bot, epoch: Int64(Int32.max), sequence: 1)!
        for status in [ExchangeOrderStatus.open, .canceled, .open] {
            var own = bench.snapshot(second, status)
            own.exchangeOrderID = ExchangeOrderID("X2")
            bench.send(.order(own))
            bench.send(
                .order(
                    OrderSnapshot(
                        exchangeOrderID: ExchangeOrderID("X9"), clientOrderID: other.description,
                        terms: own.terms, status: status, filledQuantity: .zero, createdAt: bench.clock.utc)))
        }
        bench.answer(try takePermissions(&bench), permissions("p-1"))
        #expect(bench.core.durable.ledger[second]?.state == .canceled)
        #expect(bench.core.durable.ledger[other]?.state == .canceled, "one of a life that the store has lost")
    }

    /// A placement that nobody answered has no exchange id in our books: where a list showed it, a stop cancels it by that one.
    @Test func aStopCancelsWhatWasShownBeforeTheAnswer() throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
            $0.leftovers = .adopt
        }
        bench.send(.started)
        let second = ClientOrderID(bot: bot, epoch: 5, sequence: 2)!
        var shown = bench.snapshot(second, .open)
        shown.exchangeOrderID = ExchangeOrderID("X2")
        bench.send(.order(shown))
        #expect(
            !bench.commands.contains { if case .cancel = $0.command { true } else { false } },
            "nothing is to be canceled yet")
        bench.send(.signal(.terminate))
        #expect(Set(try bench.takeCancel().value) == [ExchangeOrderID("X1"), ExchangeOrderID("X2")])
    }

    /// What the feed, or a list that came too late, showed before is not forgotten where the list that counts misses it.
    @Test func whatWasShownBeforeTheAnswerIsNotForgotten() throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
            $0.sweepsOnly = true
            $0.crash = "the trader died"
        }
        bench.send(.started)
        let stranger = ClientOrderID(bot: bot, epoch: Int64(Int32.max), sequence: 1)!
        bench.send(
            .order(
                OrderSnapshot(
                    exchangeOrderID: ExchangeOrderID("X9"), clientOrderID: stranger.description,
                    terms: OrderTerms(
                        symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
                    status: .open, filledQuantity: .zero, createdAt: bench.clock.utc)))
        bench.answer(try takePermissions(&bench), permissions("p-1"))
        bench.passUntilFlush()
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        let report = try #require(bench.report)
        #expect(report.remaining.contains { $0.clientOrderID == stranger }, "\(report.remaining)")
    }

    @Test func whereTheVenueDoesNotSayNothingIsProved() throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
            $0.sweepsOnly = true
            $0.crash = "the trader died"
        }
        bench.send(.started)
        try bench.expectCancel(of: ExchangeOrderID("X1"))
        answerEmptyLists(&bench)
        bench.passUntilFlush()
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        let report = try #require(bench.report)
        #expect(report.exitCode == ExitCode.ordersRemain && !report.verifiedEmpty)
        #expect(report.remaining.count == 3, "nothing became 'never arrived'")
    }

    @Test func aFirstStartWithTheWrongKeyIsAMistakeAndNothingMore() throws {
        var bench = try CoreHarness(durable: DurableState(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
        }
        bench.send(.started)
        bench.answer(try takePermissions(&bench), permissions("p-2"))
        answerEmptyLists(&bench)
        #expect(bench.clock.monotonic < MonotonicInstant(nanoseconds: 3_000_000_000), "it need not wait")
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        #expect(bench.report?.exitCode == ExitCode.configuration)
        #expect(bench.report?.verifiedEmpty == false)
    }
}
