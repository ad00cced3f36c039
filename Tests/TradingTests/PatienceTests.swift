// What is asked to be canceled is canceled now, whatever the venue says to others.

import Testing
import TradingDomain

@testable import Trading

@Suite("A venue that asks for patience")
struct PatienceTests {
    private let tooMany = CallFailure("429 Too Many Requests", retryAfter: .seconds(600), isRateLimit: true)

    private func trading() throws -> CoreHarness {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(4))])
        try bench.startTrading()
        // Three rest; the fourth is told to wait for ten minutes.
        let refused = try bench.takePlacement()
        try bench.acceptPlacements()
        bench.answer(refused.id, .placed(.unsent(tooMany)))
        bench.commands = []
        return bench
    }

    @Test func aHaltCancelsAndProvesAtOnce() throws {
        var bench = try trading()
        #expect(bench.alerted("throttled"))
        bench.send(.operatorRequest(.halt("drill")), after: .seconds(1))
        try bench.cancelEverything()
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        #expect(bench.core.status.isProvedEmpty)
    }

    @Test func aStopCancelsAndProvesAtOnce() throws {
        var bench = try trading()
        bench.send(.signal(.terminate), after: .seconds(1))
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
        #expect(bench.report.map { $0.elapsedMs < 1_000 } == true)
    }

    @Test func nothingIsPlacedBeforeTheTimeIsOver() throws {
        var bench = try trading()
        for _ in 0..<58 {
            bench.quote(99.5, 100.5)
            bench.pass(.seconds(10))
        }
        #expect(bench.placements == 0)
        for _ in 0..<4 {
            bench.quote(99.5, 100.5)
            bench.pass(.seconds(10))
        }
        #expect(bench.placements == 1)
    }

    @Test func aCancelThatIsToldToWaitIsSentAgainWithinSeconds() throws {
        var bench = try trading()
        bench.send(.operatorRequest(.halt("drill")))
        let cancel = try bench.takeCancel()
        bench.answer(cancel.id, .canceled(.unsent(tooMany)))
        bench.pass(.milliseconds(2_100))
        #expect(bench.cancels == 1)
    }

    @Test func aListThatIsToldToWaitIsAskedAgainSoonWhileSomethingIsToBeProved() throws {
        var bench = try trading()
        bench.send(.operatorRequest(.halt("drill")))
        let list = try bench.takeList()
        bench.answer(list.id, .orders(.failed(tooMany)))
        bench.pass(.seconds(6))
        #expect(bench.commands.contains { $0.isWorkingList })
    }
}
