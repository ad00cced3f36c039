// Cycles of which a strategy says that its answer would be the same.

import Testing
import TradingDomain

@testable import Trading

/// Counts its decisions. Wants one order, for ever, and says so while the bid is below 100.
private struct Steady: Strategy {
    var name: String { "steady" }
    var symbols: [Symbol] { [btc] }
    var initialMemory: Int { 0 }

    func repeats(_ view: StrategyView, after last: StrategyView, memory: Int) -> Bool {
        guard let quote = view.markets.first?.quote, last.markets.first?.quote != nil else { return false }
        return quote.bid < Price(100)
    }

    func decide(_ view: StrategyView, memory: inout Int) -> Decision {
        memory += 1
        guard let quote = view.markets.first?.quote, quote.bid < Price(200) else { return .keep }
        return .want(FixedStrategy.ladder(1).wanted)
    }
}

extension CoreHarness {
    fileprivate var decisions: Int { core.durable.memories["steady"].flatMap(Int.init) ?? 0 }
}

@Suite struct RepeatedAnswerTests {
    @Test func nothingIsDecidedOnThem() throws {
        var bench = try CoreHarness([AnyStrategy(Steady())])
        try bench.startTrading()
        bench.quote(99, 99.5)
        let before = bench.decisions
        #expect(before > 0)
        for _ in 0..<3 { bench.pass(.seconds(10)) }
        #expect(bench.decisions == before)
        bench.quote(100, 100.5)
        bench.pass(.seconds(10))
        #expect(bench.decisions > before + 1, "the quote, and a cycle that it does not vouch for")
    }

    @Test func whatWasWantedIsStillWanted() throws {
        var bench = try CoreHarness([AnyStrategy(Steady())])
        try bench.startTrading()
        bench.quote(99, 99.5)
        let order = try #require(try bench.acceptPlacements().first)
        bench.pass(.seconds(10))
        #expect(try bench.acceptPlacements().isEmpty, "it rests")
        let before = bench.decisions
        bench.show(order, .canceled)
        bench.pass(.seconds(1))
        #expect(try bench.acceptPlacements().count == 1, "what somebody else canceled is placed again")
        #expect(bench.decisions == before + 1, "the end of an order is decided on")
    }

    /// Its latest answer was none, so there is nothing that a cycle could repeat.
    @Test func keepingIsNoAnswerToRepeat() throws {
        var bench = try CoreHarness([AnyStrategy(Steady())])
        try bench.startTrading()
        bench.quote(99, 99.5)
        bench.quote(200, 200.5)
        let before = bench.decisions
        bench.quote(99, 99.5)
        #expect(bench.decisions == before + 1)
        bench.pass(.seconds(10))
        #expect(bench.decisions == before + 1, "the quote's answer is repeated")
        bench.quote(200, 200.5)
        bench.pass(.seconds(10))
        #expect(bench.decisions > before + 2, "after a `keep` the cycle is decided on")
    }
}
