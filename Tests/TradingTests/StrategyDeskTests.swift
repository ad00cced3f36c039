import Testing
import TradingDomain

@testable import Trading

/// Two strategies on one market, each with a ladder of buys of its own.
private func two(
    _ limits: StrategyLimits = StrategyLimits(), isEnabled: Bool = true, orders: Int = 2
) -> [AnyStrategy] {
    func strategy(_ name: String, _ price: Int64) -> AnyStrategy {
        AnyStrategy(
            FixedStrategy(
                name: name,
                wanted: (0..<orders).map {
                    WantedOrder(
                        symbol: btc, side: .buy, type: .limit(Price(price - Int64($0))), quantity: Quantity(1)
                    )
                }))
    }
    var first = strategy("first", 99)
    first.limits = limits
    first.isEnabled = isEnabled
    return [first, strategy("second", 90)]
}

extension CoreHarness {
    fileprivate func working(_ strategy: String) -> [Order] {
        core.durable.ledger.workingOrders.filter { $0.strategy == strategy && $0.cancelRequestedAt == nil }
    }
    fileprivate func status(_ strategy: String) throws -> StrategyStatus {
        try #require(core.strategyStatuses.first { $0.name == strategy })
    }
    fileprivate var refusals: [RiskRefusal] {
        records.compactMap { if case .refused(let refusal) = $0 { refusal } else { nil } }
    }
    /// What is on disk once this life has stopped clean.
    fileprivate func durableAfterACleanStop() throws -> DurableState {
        var durable = core.durable
        for order in durable.ledger.liveOrders {
            try durable.apply(.changed(OrderChange(id: order.id, state: .canceled, at: clock.utc)))
        }
        durable.stopped = StopMarker(epoch: durable.epoch, verdict: .clean, remaining: [], at: clock.utc)
        return durable
    }
    /// The exchange fills this order; its fill has this id.
    fileprivate mutating func fillOrder(_ order: Order, at price: Price? = nil) throws {
        show(order.id, .filled, filled: order.terms.quantity)
        let fills = try takeFills()
        var fill = fill(
            order.id, "F-\(order.id)", order.terms.quantity, at: price ?? order.terms.type.limitPrice!)
        fill.side = order.terms.side
        answer(fills.id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
    }
}

@Suite("Strategies side by side")
struct StrategyDeskTests {
    @Test func fillsBelongToTheStrategyThatWantedTheOrder() throws {
        var bench = try CoreHarness(two())
        try bench.startTrading()
        try bench.acceptPlacements()
        #expect(bench.working("first").count == 2 && bench.working("second").count == 2)
        try bench.fillOrder(bench.working("second")[0])
        #expect(bench.core.position(of: btc, "second") == Quantity(1))
        #expect(bench.core.position(of: btc, "first").isZero)
        #expect(bench.core.position(of: btc) == Quantity(1))
        let (first, second) = (try bench.status("first"), try bench.status("second"))
        #expect(first.fillsToday == 0 && second.fillsToday == 1)
        #expect(second.fees == Money("0.01")!)
        #expect(second.unrealised == Money(10))
        #expect(second.positionsValue == Money(100))
        #expect(second.state == .trading && second.reason == nil)
        // Each strategy sees its own part and the whole.
        let view = bench.core.view(of: bench.core.volatile.slots[0].strategy, .cycle)
        #expect(view.markets[0].position == Quantity(1) && view.markets[0].strategyPosition.isZero)
    }

    @Test func aFillThatIsKnownAndNotBookedCounts() throws {
        var bench = try CoreHarness(two())
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.show(bench.working("first")[0].id, .open, filled: Quantity("0.5")!)
        #expect(bench.core.position(of: btc, "first") == Quantity("0.5")!)
    }

    // MARK: Limits

    @Test func eachLimitRefusesByItsOwnNameAndOnlyItsStrategy() throws {
        let cases: [(StrategyLimits, RiskRefusal.Rule, Int)] = [
            (StrategyLimits(budget: Money(150)), .strategyBudget, 1),
            (StrategyLimits(budget: Money(99)), .strategyBudget, 0),
            (StrategyLimits(maximumWorkingOrders: 1), .strategyWorkingOrders, 1),
            (StrategyLimits(maximumOrdersPerMinute: 1), .strategyOrdersPerMinute, 1),
        ]
        for (limits, rule, placed) in cases {
            var bench = try CoreHarness(two(limits))
            try bench.startTrading()
            try bench.acceptPlacements()
            #expect(bench.working("first").count == placed, "\(rule)")
            #expect(bench.working("second").count == 2, "\(rule)")
            #expect(bench.refusals.map(\.rule) == [rule])
            #expect(bench.refusals.allSatisfy { $0.strategy == "first" })
            #expect(try bench.status("first").lastRefusal?.rule == rule)
            #expect(try bench.status("second").lastRefusal == nil)
        }
    }

    @Test func theBudgetCountsPositionsAndWorkingOrdersOfEveryMarket() throws {
        func exposure(_ change: (inout StrategyExposure) -> Void) throws -> RiskRefusal.Rule? {
            var exposure = StrategyExposure(
                limits: StrategyLimits(budget: Money(1_000)), workingOrders: 0, ordersInLastMinute: 0,
                position: .zero, workingBuys: .zero, workingSells: .zero, otherMarkets: .zero)
            change(&exposure)
            let buy = OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity(1))
            return try exposure.checkBudget(buy, mid: Price(100))?.rule
        }
        #expect(try exposure { $0.position = Quantity(9) } == nil)
        #expect(try exposure { $0.position = Quantity("9.1")! } == .strategyBudget)
        #expect(try exposure { $0.workingBuys = Quantity("9.1")! } == .strategyBudget)
        #expect(try exposure { $0.otherMarkets = Money(901) } == .strategyBudget)
        // What sells could lead to counts as well, and what only closes a short is always allowed.
        #expect(try exposure { $0.workingSells = Quantity(11) } == .strategyBudget)
        #expect(try exposure { $0.position = Quantity(-50) } == nil)
    }

    @Test func overItsBudgetAStrategyMayStillCloseWhatItHolds() throws {
        let exposure = StrategyExposure(
            limits: StrategyLimits(budget: Money(100)), workingOrders: 0, ordersInLastMinute: 0,
            position: Quantity(5), workingBuys: .zero, workingSells: Quantity(2), otherMarkets: Money(5_000))
        func sell(_ quantity: Int64) throws -> RiskGate.Refused? {
            try exposure.checkBudget(
                OrderTerms(
                    symbol: btc, side: .sell, type: .limit(Price(101)), quantity: Quantity(quantity)),
                mid: Price(100))
        }
        #expect(try sell(3) == nil)
        #expect(try sell(4)?.rule == .strategyBudget)
    }

    @Test func theOrderRateOfAStrategyCountsEarlierLives() throws {
        var state = CoreHarness.aStoreThatStoppedClean
        let at = UTCInstant("2026-11-22T09:59:50Z")!
        var order = Order(
            id: ClientOrderID(bot: bot, epoch: 1, sequence: 1)!,
            terms: OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity(1)),
            strategy: "first", createdAt: at)
        order.state = .canceled
        order.exchangeOrderID = ExchangeOrderID("old")
        order.endedAt = at
        try state.apply(.intent(order))
        state.stopped = StopMarker(epoch: 1, verdict: .clean, remaining: [], at: at)
        var bench = try CoreHarness(two(StrategyLimits(maximumOrdersPerMinute: 2)), durable: state)
        try bench.startTrading()
        try bench.acceptPlacements()
        #expect(bench.working("first").count == 1)
        #expect(bench.refusals.map(\.rule) == [.strategyOrdersPerMinute])
    }

    @Test func aDailyLossHaltsItsStrategyAloneAndOutlivesARestart() throws {
        var bench = try CoreHarness(two(StrategyLimits(maximumDailyLoss: Money(20))))
        try bench.startTrading()
        try bench.acceptPlacements()
        try bench.fillOrder(bench.working("first")[0])
        try bench.fillOrder(bench.working("second")[0])
        bench.quote(79.5, 80.5)
        #expect(bench.core.durable.halt(of: "first") == nil)
        bench.quote(77.5, 78.5)
        let halt = try #require(bench.core.durable.halt(of: "first"))
        #expect(halt.cause == .dailyLoss && halt.detail.contains("limit 20"))
        #expect(bench.core.status.lifecycle == .trading)
        #expect(bench.working("first").isEmpty)
        #expect(!bench.working("second").isEmpty)
        #expect(bench.alertNames.contains("strategy-halted"))
        #expect(try bench.status("first").state == .halted)
        #expect(bench.core.position(of: btc, "first") == Quantity(1))
        // The other one's loss is as large, and it has no limit.
        #expect(bench.core.durable.halt(of: "second") == nil)

        // Another life on what is on disk.
        var next = try CoreHarness(
            two(StrategyLimits(maximumDailyLoss: Money(20))), durable: try bench.durableAfterACleanStop())
        next.clock = bench.clock
        try next.startTrading()
        next.quote(77.5, 78.5)
        try next.acceptPlacements()
        #expect(next.working("first").isEmpty && !next.working("second").isEmpty)
        #expect(next.notices.contains { $0.event == "strategy-rests" })
        // Its day is measured from the resume.
        let outcome = next.say(.strategy(name: "first", .resume))
        #expect(outcome == .done("first trades; its loss of the day is measured anew from here"))
        #expect(next.core.durable.halt(of: "first") == nil)
        next.quote(77.4, 78.4)
        #expect(next.core.durable.halt(of: "first") == nil)
        // Within the collar of what it wants.
        next.quote(89.5, 90.5)
        next.pass(.seconds(10))
        try next.acceptPlacements()
        #expect(!next.working("first").isEmpty)
    }

    /// Else a halt and a resume would be a way around the limit.
    @Test func onlyAResumeFromADailyLossMeasuresTheDayAnew() throws {
        var bench = try CoreHarness(two()) { $0.risk.maximumDailyLoss = Money(60) }
        try bench.startTrading()
        try bench.acceptPlacements()
        try bench.fillOrder(bench.working("first")[0])
        bench.quote(47.5, 48.5)
        let lost = Money("-51.01")!
        func expectToday(_ result: Money) throws {
            #expect(bench.core.makeOverview().dayResult == result)
            #expect(try bench.status("first").dayResult == result)
        }
        try expectToday(lost)

        bench.say(.halt("to look at it"))
        try bench.cancelEverything()
        let measured = bench.core.durable.day
        guard case .done(let plain)? = bench.say(.resume(confirmed: true)) else {
            Issue.record("not resumed")
            return
        }
        #expect(bench.core.durable.day == measured)
        #expect(!plain.contains("anew"))
        bench.quote(47.5, 48.5)
        try expectToday(lost)

        // What was lost before the halt still counts.
        bench.quote(37.5, 38.5)
        #expect(bench.core.durable.halts.map(\.cause) == [.dailyLoss])
        guard case .done(let words)? = bench.say(.resume(confirmed: true)) else {
            Issue.record("not resumed")
            return
        }
        #expect(words.contains("measured anew"))
        bench.quote(37.5, 38.5)
        #expect(bench.core.durable.halts.isEmpty)
        try expectToday(.zero)
    }

    @Test func aStrategyHaltedForAnotherReasonKeepsItsDay() throws {
        var bench = try CoreHarness(two(StrategyLimits(maximumDailyLoss: Money(20))))
        try bench.startTrading()
        try bench.acceptPlacements()
        try bench.fillOrder(bench.working("first")[0])
        bench.quote(84.5, 85.5)
        for _ in 0..<100 where bench.core.durable.halt(of: "first") == nil {
            bench.send(.overworked(strategy: "first", .seconds(5)), after: .milliseconds(10))
        }
        #expect(bench.core.durable.halt(of: "first")?.cause == .tooSlow)
        bench.say(.strategy(name: "first", .resume))
        #expect(bench.core.durable.halt(of: "first") == nil)
        #expect(try bench.status("first").dayResult == Money("-14.01")!)
        bench.quote(77.5, 78.5)
        #expect(bench.core.durable.halt(of: "first")?.cause == .dailyLoss)
    }

    @Test func theDayOfAStrategyBeginsAtMidnight() throws {
        var bench = try CoreHarness(two(StrategyLimits(maximumDailyLoss: Money(20)), orders: 1))
        try bench.startTrading()
        try bench.acceptPlacements()
        try bench.fillOrder(bench.working("first")[0])
        bench.quote(84.5, 85.5)
        #expect(try bench.status("first").dayResult == Money("-14.01")!)
        bench.clock.utc = bench.clock.utc + .seconds(86_400)
        bench.quote(84.5, 85.5)
        bench.pass(.seconds(10))
        bench.quote(69.5, 70.5)
        #expect(try bench.status("first").dayResult == Money(-15))
        #expect(bench.core.durable.halt(of: "first") == nil)
        #expect(
            bench.core.durable.day?.strategies == [
                StrategyBaseline(strategy: "first", result: Money("-14.01")!)
            ])
    }

    // MARK: Switches

    @Test func aDisabledStrategyWantsNothing() throws {
        var bench = try CoreHarness(two(isEnabled: false))
        try bench.startTrading()
        try bench.acceptPlacements()
        #expect(bench.working("first").isEmpty && bench.working("second").count == 2)
        #expect(try bench.status("first").state == .disabled)
        guard case .refused(let why, let todo)? = bench.say(.strategy(name: "first", .enable)) else {
            Issue.record("the configuration is not overruled")
            return
        }
        #expect(why.contains("configuration") && todo.contains("enabled: true"))
    }

    @Test func anOperatorSwitchesAStrategyOffAndOn() throws {
        var bench = try CoreHarness(two())
        try bench.startTrading()
        try bench.acceptPlacements()
        guard case .done(let words)? = bench.say(.strategy(name: "first", .disable)) else {
            Issue.record("not obeyed")
            return
        }
        #expect(words.contains("across restarts"))
        #expect(bench.cancels == 1)
        #expect(bench.working("first").isEmpty && bench.working("second").count == 2)
        #expect(bench.core.durable.switchedOff("first")?.by == "socket uid 0")
        bench.quote(99.4, 100.4)
        bench.pass(.seconds(10))
        #expect(bench.placements == 0)
        #expect(bench.say(.strategy(name: "first", .disable)) == .done("first was disabled already"))
        #expect(bench.say(.strategy(name: "first", .resume)) == .done("first was not halted"))
        #expect(bench.say(.strategy(name: "first", .enable)) == .done("first trades"))
        try bench.acceptPlacements()
        #expect(bench.working("first").count == 2)
        guard case .refused(_, let todo)? = bench.say(.strategy(name: "frist", .disable)) else {
            Issue.record("an unknown strategy is refused")
            return
        }
        #expect(todo.contains("first, second"))
    }

    /// What is on its way to the disk when the strategy is taken out is not sent.
    @Test func anIntentThatWaitsForTheDiskIsNotSentAfterTheSwitch() throws {
        var bench = try CoreHarness(two())
        bench.commitsAtOnce = true
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.say(.strategy(name: "first", .disable))
        bench.commands.removeAll()
        bench.commitsAtOnce = false
        bench.say(.strategy(name: "first", .enable))
        bench.say(.strategy(name: "first", .disable))
        bench.send(.committed(through: bench.turns))
        #expect(bench.placements == 0)
    }

    @Test func aReloadSwitchesAndLimits() throws {
        var bench = try CoreHarness(two())
        try bench.startTrading()
        try bench.acceptPlacements()
        var settings = ReloadedSettings(bench.core.configuration)
        settings.strategies = [
            .init(name: "first", isEnabled: false, limits: StrategyLimits(budget: Money(7)))
        ]
        bench.say(.reload(settings), by: "SIGHUP")
        #expect(bench.working("first").isEmpty)
        #expect(try bench.status("first").limits.budget == Money(7))
        settings.strategies?[0].isEnabled = true
        bench.say(.reload(settings), by: "SIGHUP")
        #expect(bench.refusals.contains { $0.rule == .strategyBudget && $0.strategy == "first" })
    }

    @Test func adoptionTakesNoOrdersOfAStrategyThatRests() throws {
        var bench = try CoreHarness(two())
        try bench.startTrading()
        try bench.acceptPlacements()
        var durable = bench.core.durable
        durable.switchesOff = [StrategySwitch(strategy: "first", by: "x", at: bench.clock.utc)]
        var next = try CoreHarness(two(), durable: durable) { $0.leftovers = .adopt }
        next.clock = bench.clock
        next.send(.started)
        #expect(next.working("first").isEmpty && next.working("second").count == 2)
    }

    // MARK: Containment

    @Test func aSlowStrategyIsToldThenHalted() throws {
        var bench = try CoreHarness(two())
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.overworked(strategy: "first", .milliseconds(300)))
        bench.send(.overworked(strategy: "first", .milliseconds(300)), after: .seconds(61))
        bench.send(.overworked(strategy: "first", .milliseconds(300)), after: .seconds(10))
        #expect(bench.notices.filter { $0.event == "strategy-slow" }.count == 3)
        #expect(bench.core.durable.halt(of: "first") == nil)
        bench.send(.overworked(strategy: "first", .milliseconds(300)), after: .seconds(10))
        #expect(bench.core.durable.halt(of: "first")?.cause == .tooSlow)
        #expect(bench.working("first").isEmpty && bench.working("second").count == 2)
        bench.send(.overworked(strategy: "second", .seconds(3)))
        #expect(bench.core.durable.halt(of: "second")?.detail.contains("3") == true)
    }

    @Test func theSecondDeathInARowInOneStrategyHaltsIt() throws {
        func life(_ name: String?, _ durable: DurableState) throws -> CoreHarness {
            var bench = try CoreHarness(two(), durable: durable) { $0.diedDeciding = name }
            try bench.startTrading()
            return bench
        }
        let fresh = CoreHarness.aStoreThatStoppedClean
        let first = try life("first", fresh)
        #expect(first.core.durable.halt(of: "first") == nil)
        #expect(first.core.durable.diedDeciding == "first")
        // Another death in between, and it is the first one again.
        let between = try life("second", try first.durableAfterACleanStop())
        let again = try life("first", try between.durableAfterACleanStop())
        #expect(again.core.durable.strategyHalts.isEmpty)
        let well = try life(nil, try first.durableAfterACleanStop())
        #expect(well.core.durable.diedDeciding == nil)

        var second = try life("first", try first.durableAfterACleanStop())
        #expect(second.core.durable.halt(of: "first")?.cause == .crashed)
        #expect(second.alertNames.contains("strategy-halted"))
        try second.acceptPlacements()
        #expect(second.working("first").isEmpty && second.working("second").count == 2)
        // Who resumes it has looked.
        second.say(.strategy(name: "first", .resume))
        let third = try life("first", try second.durableAfterACleanStop())
        #expect(third.core.durable.halt(of: "first") == nil)
    }
}
