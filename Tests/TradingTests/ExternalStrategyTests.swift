import Testing
import TradingDomain

@testable import Trading

private let rules = ExternalRules(answerWithin: .seconds(5), restarts: 2, window: .seconds(600))

private func buy(_ price: Int64, of symbol: Symbol = btc, once: String? = nil) -> ExternalAnswer.Wish {
    ExternalAnswer.Wish(
        terms: OrderTerms(symbol: symbol, side: .buy, type: .limit(Price(price)), quantity: Quantity(1)),
        once: once)
}

extension CoreHarness {
    /// One strategy outside beside one inside, both on BTC-USD.
    fileprivate static func external(
        durable: DurableState = CoreHarness.aStoreThatStoppedClean, mode: Mode = .paper,
        capabilities: ExchangeCapabilities = ExchangeCapabilities(),
        configure: (inout CoreConfiguration) -> Void = { _ in }
    ) throws -> CoreHarness {
        let inside = FixedStrategy(
            name: "inside",
            wanted: [
                WantedOrder(symbol: btc, side: .buy, type: .limit(Price(90)), quantity: Quantity(1))
            ])
        return try CoreHarness(
            [AnyStrategy(external: "outside", symbols: [btc], rules), AnyStrategy(inside)],
            durable: durable, mode: mode, capabilities: capabilities, configure: configure)
    }

    fileprivate var program: ExternalProgram {
        get throws { try #require(core.volatile.slots[0].program) }
    }
    fileprivate func working(_ strategy: String) -> [Order] {
        core.durable.ledger.workingOrders.filter { $0.strategy == strategy && $0.cancelRequestedAt == nil }
    }
    fileprivate func alerts(_ name: String) -> [String] {
        records.compactMap {
            if case .alert(let alert) = $0, alert.name == name { alert.message } else { nil }
        }
    }

    /// Takes what the program was told: nothing but one view, or a start and one view.
    fileprivate mutating func takeView(_ place: SourceLocation = #_sourceLocation) throws -> ExternalView {
        let orders = programs
        programs = []
        let views = orders.compactMap { if case .tell(let view) = $0.word { view } else { nil } }
        #expect(views.count == 1, "told: \(orders)", sourceLocation: place)
        return try #require(views.first, sourceLocation: place)
    }
    fileprivate mutating func takeHello() throws -> ExternalHello {
        let hello = programs.compactMap { if case .start(let hello) = $0.word { hello } else { nil } }
        return try #require(hello.first, "told: \(programs)")
    }
    fileprivate var isToldToEnd: Bool { programs.contains { $0.word == .end } }

    fileprivate mutating func report(_ what: ExternalReport.What, run: Int64? = nil) throws {
        let run = try run ?? program.run
        send(.external(ExternalReport(strategy: "outside", run: run, what: what)), after: .milliseconds(1))
    }
    fileprivate mutating func answer(_ n: Int64, _ wanted: [ExternalAnswer.Wish]?, memory: String? = nil)
        throws
    {
        try report(.answered(ExternalAnswer(n: n, wanted: wanted, memory: memory)))
    }

    /// Trading, the program's first orders at the exchange.
    fileprivate mutating func startOutside(_ wanted: [ExternalAnswer.Wish] = [buy(99)]) throws {
        try startTrading()
        try report(.started(pid: 77))
        try answer(try takeView().n, [])
        try answer(try takeView().n, wanted)
        try acceptPlacements()
        #expect(working("outside").count == wanted.count && working("inside").count == 1)
        programs = []
    }
}

@Suite("A strategy outside")
struct ExternalStrategyTests {
    @Test func isIntroducedShownOneViewAtATimeAndItsWishesGoThroughTheGate() throws {
        var bench = try CoreHarness.external()
        try bench.startTrading()
        let hello = try bench.takeHello()
        #expect(hello.name == "outside" && hello.symbols == [btc] && hello.memory == nil)
        #expect(hello.products.map(\.symbol) == [btc])
        // The first view is asked before the first price; what comes meanwhile is one view more, not many.
        let first = try bench.takeView()
        #expect(first.n == 1)
        for price in 0..<50 { bench.quote(99.5, 100.5 + Double(price) / 10) }
        #expect(bench.programs.isEmpty)
        try bench.answer(first.n, [])
        let second = try bench.takeView()
        #expect(second.n == 2 && second.markets[0].quote?.ask == Price("105.4")!)
        // An order far beyond the collar is refused as any other's is.
        try bench.answer(second.n, [buy(99), buy(1)])
        let placed = try bench.acceptPlacements()
        let order = try #require(bench.working("outside").first)
        #expect(bench.working("outside").count == 1 && placed.contains(order.id))
        #expect(order.basis?.trigger == .external && order.basis?.ask == Price("105.4")!)
        #expect(bench.core.strategyStatuses[0].lastRefusal?.rule == .priceCollar)
        #expect(bench.core.strategyStatuses[0].program?.state == .running)
        #expect(bench.core.strategyStatuses[1].program == nil)
    }

    @Test func keepLeavesEverythingAndAnEmptyWantTakesItAway() throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        bench.quote(99.4, 100.4)
        try bench.answer(try bench.takeView().n, nil)
        #expect(bench.working("outside").count == 1 && bench.cancels == 0)
        bench.quote(99.3, 100.3)
        try bench.answer(try bench.takeView().n, [])
        #expect(bench.working("outside").isEmpty && bench.cancels == 1)
        #expect(bench.working("inside").count == 1)
    }

    @Test func anAnswerFromBeforeAFillIsNotActedUpon() throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        bench.quote(99.4, 100.4)
        let old = try bench.takeView()
        let order = try #require(bench.working("outside").first)
        bench.show(order.id, .filled, filled: order.terms.quantity)
        // It still wants the order that it does not know to be filled: nobody buys twice for that.
        try bench.answer(old.n, [buy(99)])
        #expect(bench.placements == 0)
        let view = try bench.takeView()
        #expect(view.markets[0].strategyPosition == Quantity(1))
        try bench.answer(view.n, [])
        #expect(bench.placements == 0 && bench.working("outside").isEmpty)
    }

    @Test func silenceCancelsItsOrdersOnlyAndStartsItAgain() throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        bench.quote(99.4, 100.4)
        let view = try bench.takeView()
        bench.pass(.milliseconds(4_900))
        #expect(bench.alerts("strategy-failed").isEmpty)
        bench.pass(.milliseconds(200))
        #expect(bench.alerts("strategy-failed").count == 1)
        #expect(
            bench.alerts("strategy-failed")[0].contains("did not answer view \(view.n) within 5.0 seconds"))
        #expect(bench.isToldToEnd)
        #expect(bench.working("outside").isEmpty && bench.cancels == 1)
        #expect(bench.working("inside").count == 1)
        #expect(bench.core.strategyStatuses[0].program?.state == .ending)
        #expect(bench.core.strategyStatuses[0].reason?.contains("is started again") == true)
        // Not before it has ended, and what a program that is gone says is not heard.
        bench.programs = []
        bench.pass(.seconds(100))
        #expect(bench.programs.isEmpty)
        try bench.report(.ended("it died of signal 15"))
        #expect(bench.core.strategyStatuses[0].program?.state == .starting)
        let hello = try bench.takeHello()
        #expect(hello.name == "outside")
        let next = try bench.takeView()
        try bench.report(.answered(ExternalAnswer(n: view.n, wanted: [buy(98)])), run: 1)
        #expect(bench.working("outside").isEmpty)
        bench.quote(99.4, 100.4)
        try bench.answer(next.n, [buy(97)])
        #expect(bench.alerts("strategy-back").count == 1)
        #expect(try bench.takePlacement().value.terms.type.limitPrice == Price(97))
    }

    @Test func theFirstAnswerAfterAStartMayTakeLonger() throws {
        var bench = try CoreHarness.external()
        try bench.startTrading()
        bench.pass(.seconds(29))
        #expect(bench.alerts("strategy-failed").isEmpty)
        bench.pass(.seconds(2))
        #expect(bench.alerts("strategy-failed").count == 1)
    }

    @Test(arguments: [
        ExternalReport.What.ended("it ended with exit code 3"), .failed("it said a line that is no JSON"),
    ])
    func aFailureIsVisibleAndTooManyHaltTheStrategyAlone(_ what: ExternalReport.What) throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        for failure in 1...3 {
            try bench.report(what)
            if case .failed = what { try bench.report(.ended("it died of signal 15")) }
            #expect(bench.working("outside").isEmpty && bench.cancels == 1)
            let status = bench.core.strategyStatuses[0].program
            #expect(status?.failures == failure && status?.failureLimit == 3)
            if failure < 3 {
                bench.programs = []
                bench.pass(.seconds(5))
                #expect(bench.core.volatile.slots[0].program?.state == .running)
            }
        }
        let halt = try #require(bench.core.durable.halt(of: "outside"))
        #expect(halt.cause == .programFailed && halt.detail.contains("3 times"))
        #expect(bench.alerts("strategy-failed").count == 2 && bench.alerts("strategy-halted").count == 1)
        #expect(bench.core.status.lifecycle == .trading && bench.working("inside").count == 1)
        bench.programs = []
        bench.pass(.seconds(100))
        #expect(bench.programs.isEmpty)
        // An operator has looked: it begins anew.
        bench.send(
            .operatorRequest(
                .said(OperatorOrder(number: 1, by: "test", word: .strategy(name: "outside", .resume)))))
        #expect(try bench.takeHello().name == "outside")
        #expect(bench.core.strategyStatuses[0].program?.failures == 0)
    }

    @Test func failuresThatLieFarApartHaltNothing() throws {
        var bench = try CoreHarness.external()
        try bench.startTrading()
        for _ in 0..<6 {
            try bench.report(.ended("it ended with exit code 1"))
            bench.send(.woke, after: .seconds(301))
        }
        #expect(bench.core.durable.halt(of: "outside") == nil)
        #expect(bench.alerts("strategy-failed").count == 6)
    }

    @Test(arguments: [
        ("none of its markets", [buy(10, of: eth)], nil as String?),
        ("at most 1000 are allowed", Array(repeating: buy(99), count: 1_001), nil),
        ("at most 16384 are kept", [], String(repeating: "1", count: 16_385)),
    ])
    func whatNobodyMaySayIsAFailure(
        _ words: String, _ wanted: [ExternalAnswer.Wish], _ memory: String?
    ) throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        bench.quote(99.4, 100.4)
        try bench.answer(try bench.takeView().n, wanted, memory: memory)
        #expect(bench.alerts("strategy-failed").contains { $0.contains(words) })
        #expect(bench.isToldToEnd && bench.working("outside").isEmpty && bench.placements == 0)
    }

    @Test func anAnswerToAnotherViewIsAFailure() throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        bench.quote(99.4, 100.4)
        try bench.answer(try bench.takeView().n + 1, nil)
        #expect(bench.alerts("strategy-failed").count == 1)
    }

    @Test func itsMemoryIsRecordedAndGivenBack() throws {
        var bench = try CoreHarness.external()
        try bench.startTrading()
        try bench.answer(try bench.takeView().n, [], memory: "{\"seen\":1}")
        try bench.answer(try bench.takeView().n, nil, memory: "{\"seen\":1}")
        let recorded = bench.records.compactMap {
            if case .strategyMemory("outside", let memory) = $0 { memory } else { nil }
        }
        #expect(recorded == ["{\"seen\":1}"])
        var durable = bench.core.durable
        for order in durable.ledger.liveOrders {
            try durable.apply(.changed(OrderChange(id: order.id, state: .canceled, at: bench.clock.utc)))
        }
        durable.stopped = StopMarker(
            epoch: durable.epoch, verdict: .clean, remaining: [], at: bench.clock.utc)
        var next = try CoreHarness.external(durable: durable)
        try next.startTrading()
        #expect(try next.takeHello().memory == "{\"seen\":1}")
    }

    @Test func aStopEndsItAfterTheCancelsAndIsNoFailure() throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        bench.quote(99.4, 100.4)
        bench.programs = []
        bench.send(.signal(.terminate))
        #expect(bench.cancels == 1 && bench.isToldToEnd)
        try bench.report(.ended("it died of signal 15"))
        #expect(bench.alerts("strategy-failed").isEmpty)
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
    }

    @Test func oneThatIsSwitchedOffRunsNoProgramUntilItIsSwitchedOn() throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        func say(_ word: StrategyWord) {
            bench.send(
                .operatorRequest(
                    .said(OperatorOrder(number: 1, by: "test", word: .strategy(name: "outside", word)))))
        }
        say(.disable)
        #expect(bench.isToldToEnd && bench.working("outside").isEmpty)
        try bench.report(.ended("it died of signal 15"))
        #expect(bench.alerts("strategy-failed").isEmpty)
        bench.programs = []
        bench.quote(99.4, 100.4)
        bench.pass(.seconds(20))
        #expect(bench.programs.isEmpty)
        say(.enable)
        _ = try bench.takeHello()
        // It has not said yet what it wants.
        #expect(bench.placements == 0)
    }

    @Test func ordersThatWereAdoptedWaitForItsFirstWord() throws {
        var first = try CoreHarness.external()
        try first.startOutside()
        let order = try #require(first.working("outside").first)
        let inside = try #require(first.working("inside").first)
        var bench = try CoreHarness.external(durable: first.core.durable) { $0.leftovers = .adopt }
        bench.send(.started)
        let shown = [order, inside].map { first.snapshot($0.id, .open) }
        try bench.answerPast(shown)
        let balances = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.answer(
            balances.id,
            .balances(
                .balances([
                    Balance(currency: "USD", available: Money(1_000_000), hold: .zero),
                    Balance(currency: "BTC", available: Money(1_000), hold: .zero),
                ])))
        try bench.answerList(shown)
        #expect(bench.core.status.lifecycle == .trading)
        bench.quote(99.5, 100.5)
        let view = try bench.takeView()
        #expect(bench.working("outside").count == 1 && bench.cancels == 0)
        try bench.answer(view.n, [buy(99)])
        #expect(bench.working("outside").count == 1 && bench.cancels == 0 && bench.placements == 0)
    }

    @Test func aSleepOfOursIsNoSilenceOfIts() throws {
        var bench = try CoreHarness.external()
        try bench.startOutside()
        bench.quote(99.4, 100.4)
        _ = try bench.takeView()
        bench.send(.overslept(.seconds(3_600)), after: .seconds(3_600))
        #expect(bench.alerts("strategy-failed").isEmpty)
        bench.pass(.seconds(6))
        #expect(bench.alerts("strategy-failed").count == 1)
    }

    @Test func aRunOfOneCycleWaitsForItsAnswer() throws {
        var bench = try CoreHarness.external { $0.maximumCycles = 1 }
        try bench.startTrading()
        bench.pass(.seconds(6))
        #expect(bench.core.status.lifecycle == .trading)
        try bench.answer(try bench.takeView().n, [])
        let second = try bench.takeView()
        #expect(bench.core.status.lifecycle == .trading)
        try bench.answer(second.n, [buy(99)])
        try bench.acceptPlacements()
        #expect(bench.core.status.lifecycle == .stopping)
    }
}
