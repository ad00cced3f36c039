// A stop looks for the fills that no feed and no list of orders has told, where its balances say that some are missing.

import Testing
import TradingDomain

@testable import Trading

@Suite("The last look at the fills")
struct FinalFillsTests {
    private let lag: Duration = .seconds(2)

    private func trading() throws -> CoreHarness {
        var capabilities = introducing
        capabilities.feedCanBeSilent = true
        capabilities.listLag = lag
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(2))], capabilities: capabilities) {
            $0.risk.maximumQuoteAge = .seconds(100_000)
        }
        try bench.startLive()
        bench.quote(99.5, 100.5)
        try bench.acceptPlacements()
        return bench
    }

    private func balances(_ usd: Money, _ coins: Money) -> Answer {
        .balances(
            .balances([
                Balance(currency: "USD", available: usd, hold: .zero),
                Balance(currency: "BTC", available: coins, hold: .zero),
            ]))
    }

    /// A stop of a bot one of whose orders had ended before; the venue told its size as zero. All is proved but the balances.
    private func stopping() throws -> (CoreHarness, ClientOrderID) {
        var bench = try trading()
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.show(id, .canceled)
        bench.commands = []
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        #expect(!bench.asksFlush, "the balances are awaited")
        #expect(!bench.asksRecentFills)
        return (bench, id)
    }

    private func page(_ fills: [Fill], next: String? = nil) -> Answer {
        .fills(.page(FillPage(fills: fills, nextCursor: next)))
    }

    @Test func balancesThatAreRightNeedNoLook() throws {
        var (bench, _) = try stopping()
        try bench.tellBalances(Money(1_000_000))
        #expect(!bench.asksRecentFills)
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
    }

    @Test func aDifferenceIsLookedForInTheFillsOfTheAccount() throws {
        var (bench, id) = try stopping()
        try bench.tellBalances(Money(999_995), Money("1000.05")!)
        bench.pass(lag)
        let look = try bench.takeRecentFills()
        #expect(look.since < bench.clock.utc - .seconds(60))
        // It has two pages.
        bench.answer(look.id, page([bench.fill(id, "f1", Quantity("0.04")!)], next: "more"))
        #expect(!bench.asksFlush)
        bench.answer(try bench.takeRecentFills().id, page([bench.fill(id, "f2", Quantity("0.01")!)]))
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.05")!)
        #expect(!bench.asksRecentFills, "once")
    }

    @Test func whereNobodyTellsTheBalancesTheFillsAreLookedAt() throws {
        var (bench, id) = try stopping()
        let asked = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.answer(asked.id, .balances(.failed(CallFailure("500"))))
        #expect(!bench.asksFlush)
        bench.pass(lag)
        bench.answer(try bench.takeRecentFills().id, page([bench.fill(id, "f1", Quantity("0.04")!)]))
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.04")!)
    }

    @Test func aLookThatFailsIsTakenOnceMoreAndThenSaid() throws {
        var (bench, _) = try stopping()
        try bench.tellBalances(Money(999_995))
        bench.pass(lag)
        for _ in 0..<2 {
            bench.answer(try bench.takeRecentFills().id, .fills(.failed(CallFailure("500 of the look"))))
        }
        #expect(!bench.asksRecentFills)
        bench.passUntilFlush()
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        #expect(bench.report?.verifiedEmpty == true && bench.report?.exitCode == 0)
        #expect(bench.report?.errors.contains { $0.contains("500 of the look") } == true)
    }

    /// A stop that has no time left for the look says at least what it saw.
    @Test func aDifferenceThatCouldNotBeLookedIntoIsTold() throws {
        var (bench, _) = try stopping()
        try bench.tellBalances(Money(999_995))
        #expect(!bench.alerted("balance-drift"))
        bench.passUntilFlush()
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        #expect(bench.alerted("balance-drift"))
        #expect(bench.report?.exitCode == 0)
    }

    /// A question that was under way when the stop began is older than what it ended.
    @Test func anAnswerFromBeforeTheStopHidesNoDifference() throws {
        var bench = try trading()
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.pass(.seconds(3_700))
        let asked = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.commands = []
        bench.show(id, .canceled)
        bench.send(.signal(.terminate))
        bench.answer(asked.id, balances(Money(999_995), Money("1000.05")!))
        #expect(!bench.alerted("balance-drift"))
        try bench.cancelEverything()
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        try bench.tellBalances(Money(999_995), Money("1000.05")!)
        bench.pass(lag)
        #expect(bench.asksRecentFills)
    }

    /// A fill between the question and its answer makes the answer worthless, and the stop asks once more.
    @Test func aLateFillDoesNotEndTheComparison() throws {
        var (bench, _) = try stopping()
        let asked = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        let other = try #require(bench.core.durable.ledger.all.last?.id)
        bench.pass(.milliseconds(20))
        bench.show(other, .canceled, filled: Quantity("0.01")!)
        bench.answer(asked.id, balances(Money(900_000), Money(2_000)))
        bench.answer(try bench.takeFills().id, page([bench.fill(other, "late", Quantity("0.01")!)]))
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        try bench.tellBalances(Money(900_000), Money(2_000))
        bench.pass(lag)
        #expect(bench.asksRecentFills)
    }

    /// The look is under way when the time is over.
    @Test func anUnfinishedLookIsSaid() throws {
        var (bench, _) = try stopping()
        try bench.tellBalances(Money(999_995))
        bench.pass(lag)
        _ = try bench.takeRecentFills()
        bench.passUntilFlush()
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        #expect(bench.report?.errors.isEmpty == false)
    }
}
