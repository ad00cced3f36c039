// A stop looks for the fills that no feed and no list of orders has told.

import Testing
import TradingDomain

@testable import Trading

@Suite("The last look at the fills")
struct FinalFillsTests {
    private let lag: Duration = .seconds(2)

    /// A stop of two orders, the first of which had ended before; the venue told its size as zero. All is proved but the fills.
    private func stopping(_ capabilities: ExchangeCapabilities) throws -> (CoreHarness, ClientOrderID) {
        var bench = try CoreHarness.trading(capabilities)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.show(id, .canceled)
        bench.commands = []
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        return (bench, id)
    }

    private func page(_ fills: [Fill], next: String? = nil) -> Answer {
        .fills(.page(FillPage(fills: fills, nextCursor: next)))
    }

    @Test func aStopReadsTheLatestFillsOfTheAccountOnce() throws {
        var (bench, id) = try stopping(silentFeed(listLag: lag))
        #expect(!bench.asksFlush, "proved empty, and fills may be missing")
        let look = try bench.takeRecentFills()
        #expect(look.since < bench.clock.utc - .seconds(60))
        // It has two pages.
        bench.answer(look.id, page([bench.fill(id, "f1", Quantity("0.04")!)], next: "more"))
        #expect(!bench.asksFlush)
        bench.answer(try bench.takeRecentFills().id, page([bench.fill(id, "f2", Quantity("0.01")!)]))
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.05")!)
        #expect(!bench.asksRecentFills, "once")
        while !bench.asksFlush { bench.pass(.milliseconds(100)) }
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0 && bench.report?.errors == [])
    }

    @Test func aVenueWhoseFeedTellsEverythingIsNotAsked() throws {
        var (bench, _) = try stopping(ExchangeCapabilities())
        #expect(!bench.asksRecentFills)
        try bench.finishStop()
    }

    @Test func aLookThatFailsIsTakenOnceMoreAndThenSaid() throws {
        var (bench, _) = try stopping(silentFeed(listLag: lag))
        bench.answer(try bench.takeRecentFills().id, .fills(.failed(CallFailure("500 of the look"))))
        #expect(!bench.asksRecentFills && !bench.asksFlush)
        bench.pass(lag)
        bench.answer(try bench.takeRecentFills().id, .fills(.failed(CallFailure("500 of the look"))))
        bench.passUntilFlush(within: .seconds(1))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
        #expect(bench.report?.errors.contains { $0.contains("500 of the look") } == true)
    }

    /// Neither a look nor its failure keeps a stop beyond its time.
    @Test func aVenueThatDoesNotAnswerIsNotWaitedForBeyondTheDeadline() throws {
        var (bench, _) = try stopping(silentFeed(listLag: .seconds(60)))
        let began = bench.clock.monotonic
        bench.passUntilFlush()
        #expect(bench.asksFlush && bench.clock.monotonic - began < .seconds(8))
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        #expect(bench.report?.verifiedEmpty == true)
    }
}
