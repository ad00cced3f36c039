// The verdict is judged when it is given: news of an order of ours after the proof reopens the work.

import Testing
import TradingDomain

@testable import Trading

@Suite("The verdict")
struct VerdictTests {
    /// A stop that has proved the account empty and waits for its flush.
    private func flushing() throws -> CoreHarness {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(2))])
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        #expect(bench.asksFlush && bench.core.durable.stopped?.verdict == .clean)
        return bench
    }

    /// An order of an earlier life that this store has lost.
    private func lostOrder(_ bench: CoreHarness) -> OrderSnapshot {
        OrderSnapshot(
            exchangeOrderID: ExchangeOrderID("L1"),
            clientOrderID: ClientOrderID(bot: bot, epoch: 1_000, sequence: 7)!.description,
            terms: OrderTerms(symbol: btc, side: .sell, type: .limit(Price(105)), quantity: Quantity("0.2")!),
            status: .open, filledQuantity: .zero, createdAt: bench.clock.utc)
    }

    @Test func newsDuringTheFlushIsCanceledAndProvedAgain() throws {
        var bench = try flushing()
        let flush = try bench.takeFlush()
        bench.send(.order(lostOrder(bench)), after: .milliseconds(20))
        #expect(bench.core.durable.stopped?.verdict == .ordersRemain, "the clean marker is withdrawn")
        try bench.expectCancel(of: ExchangeOrderID("L1"))
        // The flush that was asked for before it does not end the stop.
        bench.answer(flush, .flushed(.flushed(checkpointed: true)))
        #expect(bench.report == nil)
        var gone = lostOrder(bench)
        gone.status = .canceled
        bench.send(.order(gone))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
        #expect(bench.report?.ordersFound == 3 && bench.report?.ordersCanceled == 3)
        #expect(bench.core.durable.stopped?.verdict == .clean)
    }

    @Test func newsThatNoTimeIsLeftForIsNamedAndCanceledAllTheSame() throws {
        var bench = try flushing()
        let flush = try bench.takeFlush()
        // The disk is slow: the time for the work is over, that for the flush is not.
        bench.send(.order(lostOrder(bench)), after: .seconds(7))
        try bench.expectCancel(of: ExchangeOrderID("L1"))
        bench.answer(flush, .flushed(.flushed(checkpointed: true)))
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        let report = try #require(bench.report)
        #expect(report.exitCode == ExitCode.ordersRemain && !report.verifiedEmpty)
        #expect(report.remaining.map(\.exchangeOrderID) == [ExchangeOrderID("L1")])
        #expect(bench.core.durable.stopped?.verdict == .ordersRemain)
    }

    @Test func theNextLifeTrustsNoMarkerWithoutAReport() throws {
        let clean = CoreHarness.aStoreThatStoppedClean
        for distrusts in [false, true] {
            var bench = try CoreHarness(durable: clean) { $0.distrustsMarker = distrusts }
            bench.send(.started)
            let isMissed = bench.notices.contains { $0.message.contains("the last life stopped clean") }
            #expect(isMissed == !distrusts)
        }
    }

    @Test(arguments: [true, false]) func aStopThatNobodyAskedForIsNoSuccess(isAskedLater: Bool) throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.commitOverdue)
        if isAskedLater { bench.send(.signal(.terminate), after: .milliseconds(400)) }
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.verdict == .clean && bench.report?.verifiedEmpty == true)
        #expect(bench.report?.exitCode == (isAskedLater ? ExitCode.clean : ExitCode.internalError))
    }

    @Test func theGuardiansDeathIsNoWishToStop() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy())])
        try bench.startTrading()
        bench.send(.signal(.guardianLost))
        try bench.finishStop()
        #expect(bench.report?.verdict == .clean)
        #expect(bench.report?.exitCode == ExitCode.internalError)
    }
}
