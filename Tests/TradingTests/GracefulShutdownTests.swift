// The reference's eleven tests by name and meaning, where its meaning was right; and what a trading desk
// would ask beyond them.

import Testing
import TradingDomain

@testable import Trading

@Suite("Graceful shutdown: the reference's tests")
struct ReferenceShutdownTests {
    @Test func dryRunSkipsOrderCancellation() throws {
        var bench = try CoreHarness(
            mode: .dryRun, capabilities: ExchangeCapabilities(holdsOrders: false))
        bench.send(.started)
        bench.quote(99.5, 100.5)
        bench.commands = []
        bench.send(.signal(.terminate))
        #expect(bench.cancels == 0)
        try bench.finishStop()
        #expect(bench.report?.verdict == .nothingToCancel)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func paperModeCancelsOrders() throws {
        var bench = try CoreHarness(mode: .paper)
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.ordersCanceled == 3)
        #expect(bench.report?.verdict == .clean)
    }

    @Test func noActiveOrdersToCancel() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy())])
        try bench.startTrading()
        bench.send(.signal(.terminate))
        #expect(bench.cancels == 0)
        try bench.finishStop()
        #expect(bench.report?.ordersFound == 0)
        #expect(bench.report?.verifiedEmpty == true)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func cancelSingleActiveOrder() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        #expect(cancel.value == ids.map(bench.exchangeID))
        bench.answer(
            cancel.id,
            .canceled(.answered([CancelResult(exchangeOrderID: cancel.value[0], verdict: .accepted)])))
        // Accepted is not canceled: only evidence ends the order.
        #expect(bench.core.durable.ledger[ids[0]]?.state == .open)
        bench.show(ids[0], .canceled)
        try bench.finishStop()
        #expect(bench.report?.ordersCanceled == 1)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func cancelMultipleActiveOrdersBatch() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(30))])
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.pass(.seconds(2))
        try bench.acceptPlacements()
        #expect(bench.core.durable.ledger.workingCount == 30)
        bench.send(.signal(.terminate))
        #expect(bench.cancels == 1)
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.ordersCanceled == 30)
    }

    @Test func theProofWaitsForNoListingThatCannotProve() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        let early = try bench.takeList()
        try bench.cancelEverything()
        let proof = try bench.takeList()
        // The early one says what was true then; nobody follows its pages any more.
        let page = OrderPage(orders: [bench.snapshot(ids[0], .open)], nextCursor: "more")
        bench.answer(early.id, .orders(.page(page)))
        #expect(bench.report == nil && !bench.asksFlush)
        bench.answer(proof.id, .orders(.page(OrderPage(orders: [], nextCursor: nil))))
        try bench.finishStop()
        #expect(bench.report?.verifiedEmpty == true)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func cleanupSummaryLogged() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.signal(.interrupt))
        try bench.cancelEverything()
        try bench.finishStop()
        let lines = bench.notices.map(\.message)
        for line in [
            "SHUTDOWN SIGNAL RECEIVED - Initiating graceful shutdown", "Step 1: Canceling active orders...",
            "Found 3 active orders to cancel", "  - BTC-USD BUY (order_id=X1)",
            "Step 2: Flushing StateStore to disk...", "GRACEFUL SHUTDOWN COMPLETE", "  Orders canceled: 3",
            "  Cancel errors: 0", "  State flushed: True",
        ] { #expect(lines.contains(line), "missing: \(line)") }
    }

    /// The reference skipped them; ours are settled, then canceled.
    @Test func ordersWithoutExchangeIDAreSettledNotSkipped() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))])
        try bench.startTrading()
        let placement = try bench.takePlacement()
        bench.send(.signal(.terminate))
        #expect(bench.cancels == 0)
        bench.answer(
            placement.id,
            .placed(
                .accepted(
                    Acceptance(exchangeOrderID: ExchangeOrderID("X1"), clientOrderID: nil, terms: nil))))
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.placementsSettled == 1)
        #expect(bench.report?.ordersCanceled == 1)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func cancelFailureContinuesCleanup() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        bench.answer(
            cancel.id,
            .canceled(
                .answered([
                    CancelResult(exchangeOrderID: cancel.value[0], verdict: .accepted),
                    CancelResult(exchangeOrderID: cancel.value[1], verdict: .refused("busy")),
                    // The third is missing: unknown, not canceled.
                ])))
        bench.show(ids[0], .canceled)
        bench.pass(.milliseconds(300))
        var retried: [ExchangeOrderID] = []
        while bench.commands.contains(where: \.isCancel) {
            let again = try bench.takeCancel()
            retried += again.value
            bench.answer(
                again.id,
                .canceled(
                    .answered(
                        again.value.map { CancelResult(exchangeOrderID: $0, verdict: .accepted) })),
                after: .milliseconds(1))
        }
        #expect(Set(retried) == Set(ids[1...].map(bench.exchangeID)))
        bench.show(ids[1], .canceled)
        bench.show(ids[2], .canceled)
        try bench.finishStop()
        #expect(bench.report?.cancelErrors == 2)
        #expect(bench.report?.ordersCanceled == 3)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func exchangeErrorContinuesCleanup() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        bench.answer(cancel.id, .canceled(.ambiguous(CallFailure("502 Bad Gateway"))))
        bench.pass(.milliseconds(300))
        // The failed call is repeated as a batch.
        let again = try bench.takeCancel()
        #expect(again.value == cancel.value)
        bench.passUntilFlush()
        // Nothing ever came back: the flush still happens, and the report says what remains.
        let flush = try bench.takeFlush()
        bench.answer(flush, .flushed(.flushed(checkpointed: true)))
        #expect(bench.report?.verdict == .ordersRemain)
        #expect(bench.report?.exitCode == 3)
        #expect(bench.report?.remaining.count == 3)
        #expect(bench.report?.stateFlushed == true)
    }

    /// The cancels take effect and no answer ever arrives; without a feed only a look-up can tell.
    @Test func lostAnswersToCancelsAreLookedUp() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        bench.answer(cancel.id, .canceled(.ambiguous(CallFailure("no answer"))))
        bench.pass(.milliseconds(300))
        let lookUp = try bench.takeEvidence()
        #expect(Set(lookUp.value) == Set(cancel.value))
        let shown = ids.map { bench.snapshot($0, .canceled) }
        bench.answer(lookUp.id, .orders(.page(OrderPage(orders: shown, nextCursor: nil))))
        try bench.finishStop()
        #expect(bench.report?.ordersCanceled == 3)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func stateStoreFlushFailureReported() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        try bench.finishStop(flush: .failed("disk full"))
        #expect(bench.report?.stateFlushed == false)
        #expect(bench.report?.verdict == .stateNotFlushed)
        #expect(bench.report?.exitCode == 4)
        #expect(bench.notices.map(\.message).contains("GRACEFUL SHUTDOWN INCOMPLETE"))
    }

    @Test func transitionFailureContinuesCleanup() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        // An answer that no lawful life allows: one client id under two exchange ids.
        var impossible = bench.snapshot(ids[0], .canceled)
        impossible.exchangeOrderID = ExchangeOrderID("another")
        bench.send(.order(impossible))
        #expect(bench.core.durable.ledger[ids[0]]?.state == .open)
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.ordersCanceled == 3)
        #expect(bench.report?.errors.isEmpty == false)
        #expect(bench.report?.exitCode == 0)
    }
}

@Suite("Graceful shutdown: what a trading desk asks")
struct ShutdownTests {
    @Test func nothingIsSentOnceTheGateIsClosed() throws {
        var bench = try CoreHarness()
        bench.commitsAtOnce = false
        bench.send(.started)
        try bench.answerPast()
        let balances = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.answer(
            balances.id,
            .balances(.balances([Balance(currency: "USD", available: Money(1_000_000), hold: .zero)])))
        try bench.answerList()
        bench.quote(99.5, 100.5)
        let decided = bench.turns
        #expect(bench.core.durable.ledger.workingCount == 3)
        // The signal comes between the commit and its news.
        bench.send(.signal(.terminate))
        bench.send(.committed(through: decided))
        #expect(bench.placements == 0)
        #expect(bench.core.durable.ledger.workingCount == 0)
        try bench.finishStop()
        #expect(bench.report?.ordersFound == 0)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func placementGoesOnlyAfterItsCommit() throws {
        var other = try CoreHarness()
        other.commitsAtOnce = false
        other.send(.started)
        try other.answerPast()
        let balances = try other.take("balances") { if case .listBalances = $0 { true } else { nil } }
        other.answer(
            balances.id,
            .balances(.balances([Balance(currency: "USD", available: Money(1_000_000), hold: .zero)])))
        try other.answerList()
        other.quote(99.5, 100.5)
        #expect(other.placements == 0)
        other.send(.committed(through: other.turns))
        #expect(other.placements == 3)
    }

    @Test func aListingBegunBeforeTheLastCancelProvesNothing() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        // The first list was asked together with the cancels; it happens to show nothing.
        try bench.answerList()
        try bench.cancelEverything()
        #expect(bench.report == nil)
        #expect(!bench.asksFlush)
        // The proof is a list asked after everything had ended.
        try bench.answerList()
        #expect(bench.asksFlush)
    }

    @Test func aTornOrIncompleteListProvesNothing() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy())])
        try bench.startTrading()
        bench.send(.signal(.terminate))
        try bench.answerList(complete: false)
        #expect(!bench.asksFlush)
        bench.pass(.milliseconds(200))
        let page = try bench.takeList()
        bench.answer(page.id, .orders(.page(OrderPage(orders: [], nextCursor: "2"))))
        let second = try bench.takeList()
        #expect(second.value.cursor == "2")
        bench.answer(second.id, .orders(.failed(CallFailure("500"))))
        #expect(!bench.asksFlush)
        bench.pass(.milliseconds(200))
        try bench.answerList()
        #expect(bench.asksFlush)
    }

    @Test func anUnknownPlacementNeedsTwoListingsTheSecondAfterItsRequestsLife() throws {
        var bench = try CoreHarness(
            [AnyStrategy(FixedStrategy.ladder(1))],
            capabilities: ExchangeCapabilities(requestLife: .seconds(3)))
        try bench.startTrading()
        let placement = try bench.takePlacement()
        bench.answer(placement.id, .placed(.ambiguous(CallFailure("connection reset"))))
        let sentAt = bench.clock.monotonic - .milliseconds(50)
        bench.send(.signal(.terminate))
        var searches: [MonotonicInstant] = []
        while bench.report == nil, !bench.commands.contains(where: { $0.command == .flush }) {
            while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
            if bench.commands.contains(where: {
                if case .listOrders(let query) = $0.command, case .createdSince = query.scope {
                    true
                } else {
                    false
                }
            }) {
                searches.append(bench.clock.monotonic)
                let search = try bench.takeHistory()
                bench.answer(search.id, .orders(.page(OrderPage(orders: [], nextCursor: nil))))
            } else {
                bench.pass(.milliseconds(20))
            }
        }
        #expect(searches.count >= 2)
        #expect(searches.last.map { $0 - sentAt >= .seconds(3) } == true)
        try bench.finishStop()
        #expect(bench.report?.placementsSettled == 1)
        #expect(bench.report?.verdict == .clean)
    }

    @Test func anOrderThatArrivesAfterBeingGivenUpIsCanceledAndAlerted() throws {
        var bench = try CoreHarness(
            [AnyStrategy(FixedStrategy.ladder(1))],
            capabilities: ExchangeCapabilities(requestLife: .milliseconds(100)))
        try bench.startTrading()
        let placement = try bench.takePlacement()
        bench.answer(placement.id, .placed(.ambiguous(CallFailure("reset"))))
        let id = placement.value.clientOrderID
        for _ in 0..<2 {
            let search = try bench.takeHistory()
            bench.answer(search.id, .orders(.page(OrderPage(orders: [], nextCursor: nil))))
            bench.pass(.milliseconds(900))
        }
        #expect(bench.core.durable.ledger[id]?.state == .failed)
        bench.commands = []
        bench.show(id, .open)
        #expect(bench.core.durable.ledger[id]?.state == .open)
        let cancel = try bench.takeCancel()
        #expect(cancel.value == [bench.exchangeID(id)])
        #expect(bench.notices.contains { $0.level == .alert && $0.event == "order-appeared" })
    }

    @Test func aLateFillIsBookedAndTold() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        bench.answer(
            cancel.id,
            .canceled(.answered([CancelResult(exchangeOrderID: cancel.value[0], verdict: .accepted)])))
        bench.show(ids[0], .canceled, filled: Quantity("0.04")!)
        let fills = try bench.takeFills()
        let fill = bench.fill(ids[0], "F1", Quantity("0.04")!)
        // The same fill twice counts once.
        bench.answer(fills.id, .fills(.page(FillPage(fills: [fill, fill], nextCursor: nil))))
        try bench.finishStop()
        #expect(bench.report?.lateFills == 1)
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.04")!)
        #expect(bench.core.durable.ledger[ids[0]]?.state == .canceled)
        #expect(bench.report?.fillsIncomplete == [])
    }

    @Test func fillsThatWereAskedInVainBeforeAreAskedAgain() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.show(ids[0], .filled, filled: Quantity("0.1")!)
        var asked = 0
        while asked < 5 {
            bench.pass(.milliseconds(100))
            try bench.acceptPlacements()
            guard bench.commands.contains(where: { $0.isFills }) else { continue }
            asked += 1
            bench.answer(try bench.takeFills().id, .fills(.failed(CallFailure("500"))))
        }
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        try bench.answerList()
        // Proved empty, and yet not over: the fills are asked for again, patiently, as in any stop.
        let fills = try bench.takeFills()
        bench.answer(fills.id, .fills(.failed(CallFailure("500"))))
        bench.pass(.milliseconds(200))
        #expect(!bench.asksFlush)
        let fill = bench.fill(ids[0], "F1", Quantity("0.1")!)
        bench.answer(try bench.takeFills().id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
        try bench.finishStop()
        #expect(bench.report?.fillsIncomplete == [])
    }

    @Test func aSecondSignalExpedites() throws {
        var bench = try CoreHarness { $0.stop.deadline = .seconds(24) }
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        bench.pass(.milliseconds(500))
        bench.send(.signal(.terminate))
        bench.passUntilFlush()
        let flush = try bench.takeFlush()
        bench.answer(flush, .flushed(.flushed(checkpointed: true)), after: .milliseconds(5))
        #expect(bench.report?.exitCode == 3)
        #expect((bench.report?.elapsedMs ?? .max) <= 4_000)
    }

    @Test func aHungFlushIsCalledNotFlushedInTime() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy())])
        try bench.startTrading()
        bench.send(.signal(.terminate))
        try bench.answerList()
        bench.pass(.seconds(9))
        #expect(bench.report?.exitCode == 4)
        #expect((bench.report?.elapsedMs ?? .max) <= 8_000)
    }

    @Test func aFailedCommitGatesAndStopsAndCancelsFromMemory() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.commitsAtOnce = false
        bench.send(.storeFailed("No space left on device"))
        try bench.cancelEverything()
        try bench.answerList()
        try bench.answerList()
        #expect(bench.report?.exitCode == 4)
        #expect(bench.report?.ordersCanceled == 3)
        #expect(bench.report?.verifiedEmpty == true)
    }

    @Test func foreignOrdersAreCountedAndNeverTouched() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy())])
        try bench.startTrading()
        bench.send(.signal(.terminate))
        var foreign = bench.snapshot(ClientOrderID(bot: bot, epoch: 1, sequence: 1)!, .open)
        foreign.clientOrderID = "test2-1-1"
        try bench.answerList([foreign])
        #expect(bench.cancels == 0)
        try bench.finishStop()
        #expect(bench.report?.foreignOrders == 1)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func aProofDoesNotOutliveNewsOfAWorkingOrder() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(2))])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        // A fill is known and not read yet, so the stop waits for it after its proof.
        bench.show(ids[0], .filled, filled: Quantity("0.1")!)
        let fills = try bench.takeFills()
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        try bench.answerList()
        try bench.answerList()
        #expect(!bench.asksFlush)
        let stray = ClientOrderID(bot: bot, epoch: 1, sequence: 9)!
        bench.show(stray, .open)
        bench.answer(
            fills.id,
            .fills(.page(FillPage(fills: [bench.fill(ids[0], "F1", Quantity("0.1")!)], nextCursor: nil))))
        #expect(!bench.asksFlush)
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
        #expect(bench.report?.ordersCanceled == 2)
    }
}
