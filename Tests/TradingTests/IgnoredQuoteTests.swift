// Prices that a strategy says mean nothing to it.

import Synchronization
import Testing
import TradingDomain

@testable import Trading

/// Counts its decisions; prices below 100 mean nothing to it. Wants one order, for ever.
private struct Choosy: Strategy {
    var name: String { "choosy" }
    var symbols: [Symbol] { [btc] }
    var initialMemory: Int { 0 }

    func ignores(_ quote: Quote, memory: Int) -> Bool { quote.bid < Price(100) }

    func decide(_ view: StrategyView, memory: inout Int) -> Decision {
        memory += 1
        return view.markets.first?.quote == nil ? .keep : .want(FixedStrategy.ladder(1).wanted)
    }
}

extension CoreHarness {
    fileprivate var decisions: Int { core.durable.memories["choosy"].flatMap(Int.init) ?? 0 }
}

@Suite struct IgnoredQuoteTests {
    @Test func nothingIsDecidedOnThem() throws {
        var bench = try CoreHarness([AnyStrategy(Choosy())])
        try bench.startTrading()
        let before = bench.decisions
        for _ in 0..<5 { bench.quote(99, 99.5) }
        #expect(bench.decisions == before)
        bench.quote(100, 100.5)
        #expect(bench.decisions == before + 1)
    }

    @Test func cyclesAndEndsOfOrdersAreDecidedOnAllTheSame() throws {
        var bench = try CoreHarness([AnyStrategy(Choosy())])
        try bench.startTrading()
        bench.quote(100, 100.5)
        let order = try #require(try bench.acceptPlacements().first)
        bench.quote(99, 99.5)
        let before = bench.decisions
        bench.pass(.seconds(10))
        #expect(bench.decisions > before, "a cycle")
        bench.quote(99, 99.5)
        bench.show(order, .canceled)
        bench.quote(99, 99.5)
        bench.pass(.seconds(1))
        #expect(try bench.acceptPlacements().count == 1, "what somebody else canceled is placed again")
    }

    /// In the shell's eyes a look at a price is the strategy's work as well.
    @Test func theWatchHearsOfThem() throws {
        final class Watch: DecisionWatch {
            let count = Mutex(0)
            func began(_ strategy: String) { count.withLock { $0 += 1 } }
            func ended(_ strategy: String) {}
        }
        let watch = Watch()
        var bench = try CoreHarness([AnyStrategy(Choosy()).watched(by: watch)])
        try bench.startTrading()
        let before = watch.count.withLock { $0 }
        bench.quote(99, 99.5)
        #expect(watch.count.withLock { $0 } == before + 1)
    }
}
