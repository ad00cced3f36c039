import Testing
import TradingDomain

@testable import Trading

@Suite("Recovery")
struct RecoveryTests {
    let earlier = UTCInstant("2026-11-22T09:00:00Z")!

    /// What a life of epoch 5 left behind: the orders given.
    func left(_ orders: [Order]) throws -> DurableState {
        var state = DurableState()
        try state.apply(.lifeBegan(epoch: 5, mode: .paper, at: earlier))
        try state.apply(.recovered(at: earlier))
        for order in orders { try state.apply(.intent(order)) }
        return state
    }

    func order(_ sequence: Int64, known: Bool = true) -> Order {
        var order = Order(
            id: ClientOrderID(bot: bot, epoch: 5, sequence: sequence)!,
            terms: OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
            strategy: "fixed", createdAt: earlier)
        if known {
            order.sentAt = earlier
            order.exchangeOrderID = ExchangeOrderID("X\(sequence)")
            order.state = .open
        }
        return order
    }

    func start(_ bench: inout CoreHarness) throws {
        bench.send(.started)
        let balances = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.answer(
            balances.id,
            .balances(.balances([Balance(currency: "USD", available: Money(1_000_000), hold: .zero)])))
        // A placement without an outcome is looked for by the same listing, which its test answers.
        if bench.core.status.unknownPlacements == 0, bench.commands.contains(where: \.isHistory) {
            try bench.answerPast()
        }
    }

    @Test func leftoversAreCanceledAndProvedGoneBeforeTheFirstDecision() throws {
        var bench = try CoreHarness(durable: try left([order(1), order(2)]))
        try start(&bench)
        bench.quote(99.5, 100.5)
        #expect(bench.core.status.lifecycle == .recovering)
        try bench.cancelEverything()
        while bench.core.status.lifecycle == .recovering {
            #expect(bench.placements == 0)
            try bench.answerList()
        }
        #expect(bench.core.status.lifecycle == .trading)
        #expect(bench.core.durable.ledger[order(1).id]?.state == .canceled)
        #expect(bench.placements == 3)
    }

    @Test func anIntentWithoutAnOutcomeMayHaveBeenSentWhateverTheStoreSays() throws {
        var bench = try CoreHarness(
            durable: try left([order(1, known: false)]),
            capabilities: ExchangeCapabilities(requestLife: .seconds(5)))
        try start(&bench)
        #expect(bench.core.status.unknownPlacements == 1)
        let began = bench.clock.monotonic
        // The request of the dead life takes effect only now.
        bench.pass(.seconds(1))
        let search = try bench.takeHistory()
        var late = bench.snapshot(order(1).id, .open)
        late.exchangeOrderID = ExchangeOrderID("X1")
        bench.answer(search.id, .orders(.page(OrderPage(orders: [late], nextCursor: nil))))
        try bench.cancelEverything()
        while bench.core.status.lifecycle == .recovering { try bench.answerList() }
        #expect(bench.core.durable.ledger[order(1).id]?.state == .canceled)
        #expect(bench.clock.monotonic - began < .seconds(5))
    }

    @Test func theWaitForARequestThatMayBeAliveRunsInFull() throws {
        var bench = try CoreHarness(
            durable: try left([order(1, known: false)]),
            capabilities: ExchangeCapabilities(requestLife: .seconds(5)))
        try start(&bench)
        while bench.core.status.lifecycle == .recovering,
            bench.clock.monotonic < MonotonicInstant(nanoseconds: 20_000_000_000)
        {
            if bench.commands.contains(where: {
                if case .listOrders(let query) = $0.command, case .createdSince = query.scope {
                    true
                } else {
                    false
                }
            }) {
                let search = try bench.takeHistory()
                bench.answer(search.id, .orders(.page(OrderPage(orders: [], nextCursor: nil))))
            } else if bench.commands.contains(where: \.isWorkingList) {
                try bench.answerList()
            } else {
                bench.pass(.milliseconds(50))
            }
        }
        #expect(bench.core.status.lifecycle == .trading)
        #expect(bench.clock.monotonic >= MonotonicInstant(nanoseconds: 5_000_000_000))
        #expect(bench.core.durable.ledger[order(1).id]?.state == .failed)
    }

    @Test func theEpochGoesAboveEverythingSeen() throws {
        var bench = try CoreHarness()
        try start(&bench)
        let own = bench.core.durable.epoch
        #expect(own >= bench.clock.utc.secondsSince1970)
        // The store was lost, and the exchange shows an order of a life that began later than ours.
        let future = ClientOrderID(bot: bot, epoch: own + 100, sequence: 3)!
        try bench.answerList([bench.snapshot(future, .open)])
        #expect(bench.core.durable.epoch == own + 101)
        try bench.cancelEverything()
        while bench.core.status.lifecycle == .recovering { try bench.answerList() }
        bench.quote(99.5, 100.5)
        let placement = try bench.takePlacement()
        #expect(placement.value.clientOrderID.epoch == own + 101)
        #expect(bench.notices.contains { $0.event == "order-discovered" })
    }

    /// The first life of a new store ended before it had listed; the second comes hours later.
    @Test func aStoreThatBeganAnewLooksBackFromItsFirstLifeHoweverLongAgo() throws {
        let now = try CoreHarness().clock.utc
        let began = now - .seconds(13 * 3_600)
        var state = DurableState()
        state.epoch = began.secondsSince1970
        state.sequences = [state.epoch: 0]
        var bench = try CoreHarness(durable: state)
        bench.send(.started)
        // What that life sent may still be on its way for as long as a request lives.
        bench.pass(.seconds(11))
        let search = try bench.takeHistory()
        #expect(
            search.value.scope
                == .createdSince(UTCInstant(seconds: state.epoch) - .seconds(86_400) - .seconds(60)))
    }

    @Test func whatARestoredStoreForgotIsBookedAndSaidBeforeTheFirstDecision() throws {
        var kept = order(1)
        kept.state = .canceled
        var bench = try CoreHarness(
            durable: try left([kept]), capabilities: ExchangeCapabilities(requestLife: .seconds(5)))
        bench.send(.started)
        let balances = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.answer(
            balances.id,
            .balances(.balances([Balance(currency: "USD", available: Money(1_000_000), hold: .zero)])))
        // Two orders of the same life that the backup is older than, and one of a later life.
        let filled = order(2).id
        let canceled = ClientOrderID(bot: bot, epoch: bench.core.durable.epoch + 7, sequence: 9)!
        let shown = [
            bench.snapshot(order(1).id, .canceled), bench.snapshot(filled, .filled, filled: Quantity("0.1")!),
            bench.snapshot(canceled, .canceled),
        ]
        let search = try bench.takeHistory()
        #expect(search.value.scope == .createdSince(earlier - .seconds(60)))
        bench.answer(search.id, .orders(.page(OrderPage(orders: shown, nextCursor: nil))))
        let fills = try bench.takeFills()
        #expect(fills.value.orders == [bench.exchangeID(filled)])
        let fill = bench.fill(filled, "F1", Quantity("0.1")!)
        bench.answer(fills.id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
        bench.quote(99.5, 100.5)
        // The lost life may have died just now: what it sent last is waited for, and listed again.
        try bench.answerList()
        #expect(bench.core.status.lifecycle == .recovering)
        bench.pass(.seconds(5))
        #expect(bench.placements == 0)
        try bench.answerPast(shown)
        try bench.answerList()
        #expect(bench.core.status.lifecycle == .trading)
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.1")!)
        let alerts = bench.notices.filter { $0.event == "store-behind" }
        #expect(alerts.count == 1)
        #expect(alerts.first?.message.contains("2 orders") == true)
        #expect(alerts.first?.message.contains("\(canceled)") == true)
        bench.quote(99.5, 100.5)
        #expect(try bench.takePlacement().value.clientOrderID.epoch > canceled.epoch)
    }

    @Test func whatWasFoundOnceIsNotBookedAgainHoweverLongAgoItEnded() throws {
        // Found by an earlier life, done, and no longer among the orders at hand.
        var state = try left([])
        let old = order(2).id
        state.restore(found: [old])
        try state.apply(.recovered(at: earlier))
        var bench = try CoreHarness(durable: state)
        bench.send(.started)
        try bench.answerPast([bench.snapshot(old, .filled, filled: Quantity("0.1")!)])
        bench.pass(.seconds(1))
        #expect(bench.commands.filter(\.isFills).isEmpty)
        #expect(bench.core.durable.ledger[old] == nil)
        #expect(bench.core.volatile.past.found.isEmpty)
    }

    @Test func aLifeThatDiesAfterBookingWhatItFoundLeavesTheAlertToTheNext() throws {
        var bench = try CoreHarness(durable: try left([]))
        bench.send(.started)
        let search = try bench.takeHistory()
        let lost = order(2).id
        bench.answer(
            search.id,
            .orders(.page(OrderPage(orders: [bench.snapshot(lost, .canceled)], nextCursor: "more"))))
        #expect(bench.core.durable.knows(lost))
        let page = bench.snapshot(lost, .canceled)
        var next = try CoreHarness(durable: bench.core.durable)
        next.send(.started)
        let balances = try next.take("balances") { if case .listBalances = $0 { true } else { nil } }
        next.answer(
            balances.id,
            .balances(.balances([Balance(currency: "USD", available: Money(1_000_000), hold: .zero)])))
        for _ in 0..<30 where next.core.status.lifecycle == .recovering {
            next.pass(.seconds(1))
            if next.commands.contains(where: \.isHistory) { try next.answerPast([page]) }
            if next.commands.contains(where: \.isWorkingList) { try next.answerList() }
        }
        #expect(next.core.status.lifecycle == .trading)
        #expect(next.notices.filter { $0.event == "store-behind" }.count == 1)
    }

    @Test func adoptedOrdersGoOnWorking() throws {
        var bench = try CoreHarness(
            [AnyStrategy(FixedStrategy.ladder(1))], durable: try left([order(1)])
        ) { $0.leftovers = .adopt }
        try start(&bench)
        var shown = bench.snapshot(order(1).id, .open)
        shown.exchangeOrderID = ExchangeOrderID("X1")
        try bench.answerList([shown])
        #expect(bench.core.status.lifecycle == .trading)
        bench.quote(99.5, 100.5)
        // It is what the strategy wants, so it keeps its place.
        #expect(bench.cancels == 0)
        #expect(bench.placements == 0)
        #expect(bench.core.durable.ledger.workingCount == 1)
    }

    /// Wants nothing while it sees no price, as a grid does.
    private struct Watcher: Strategy {
        struct Memory: Codable, Equatable, Sendable {}
        var name = "fixed"
        var symbols = [btc]
        var initialMemory: Memory { Memory() }
        func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
            .want(view.markets[0].quote == nil ? [] : FixedStrategy.ladder(1).wanted)
        }
    }

    @Test func adoptedOrdersAreJudgedFromTheFirstQuoteOn() throws {
        var bench = try CoreHarness([AnyStrategy(Watcher())], durable: try left([order(1)])) {
            $0.leftovers = .adopt
        }
        try start(&bench)
        var shown = bench.snapshot(order(1).id, .open)
        shown.exchangeOrderID = ExchangeOrderID("X1")
        try bench.answerList([shown])
        bench.pass(.seconds(12))
        #expect(bench.core.status.lifecycle == .trading)
        #expect(bench.cancels == 0)
        bench.quote(99.5, 100.5)
        #expect(bench.cancels == 0)
        #expect(bench.core.durable.ledger.workingCount == 1)
    }

    @Test func aMarketThatNeverQuotesHoldsUpNobody() throws {
        var bench = try CoreHarness([AnyStrategy(Watcher())], durable: try left([order(1)])) {
            $0.leftovers = .adopt
        }
        try start(&bench)
        var shown = bench.snapshot(order(1).id, .open)
        shown.exchangeOrderID = ExchangeOrderID("X1")
        try bench.answerList([shown])
        bench.pass(.seconds(40))
        #expect(bench.cancels == 1)
    }

    @Test func aSignalDuringRecoveryIsObeyedJustTheSame() throws {
        var bench = try CoreHarness(durable: try left([order(1)]))
        try start(&bench)
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.ordersCanceled == 1)
        #expect(bench.report?.exitCode == 0)
    }

    @Test func protectionsOutliveACrash() throws {
        var state = try left([])
        try state.apply(.halted(Halt(cause: .dailyLoss, detail: "lost 2000", at: earlier)))
        try state.apply(.strategyMemory(strategy: "fixed", memory: #"{"decisions":41}"#))
        var bench = try CoreHarness(durable: state)
        try start(&bench)
        try bench.answerList()
        #expect(bench.core.status.lifecycle == .halted)
        // Whoever is alerted hears of it in each life.
        #expect(bench.alertNames.contains("halted"))
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 0)
        bench.send(.operatorRequest(.resume))
        #expect(bench.core.status.lifecycle == .trading)
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 3)
        #expect(bench.core.durable.memories["fixed"] != #"{"decisions":41}"#)
        #expect(bench.core.durable.memories["fixed"]?.contains("4") == true)
    }

    @Test func withoutAReadableStoreOrdersAreFoundByTheirIDsAndStrayRequestsWaitedFor() throws {
        var bench = try CoreHarness(
            [], durable: DurableState(), capabilities: ExchangeCapabilities(requestLife: .seconds(3)))
        bench.commitsAtOnce = false
        bench.send(.started)
        bench.send(.storeFailed("file is not a database"))
        let old = ClientOrderID(bot: bot, epoch: 5, sequence: 7)!
        try bench.answerList([bench.snapshot(old, .open)])
        try bench.cancelEverything()
        // Nothing is left, but what the earlier life sent last may still be on its way.
        bench.pass(.seconds(2))
        #expect(!bench.commands.contains(where: { $0.isWorkingList }))
        bench.pass(.seconds(1))
        try bench.answerList()
        #expect(bench.report?.verifiedEmpty == true)
        #expect(bench.report?.ordersCanceled == 1)
        #expect(bench.report?.exitCode == 4)
    }

    @Test func anEmptyStoreMayBeALostOneSoItsFirstListProvesNothing() throws {
        var bench = try CoreHarness(
            durable: DurableState(), capabilities: ExchangeCapabilities(requestLife: .seconds(3)))
        try start(&bench)
        try bench.answerList()
        #expect(bench.core.status.lifecycle == .recovering)
        // What the lost life sent last arrives now.
        let old = ClientOrderID(bot: bot, epoch: 5, sequence: 7)!
        bench.pass(.seconds(3))
        try bench.answerPast()
        try bench.answerList([bench.snapshot(old, .open)])
        try bench.cancelEverything()
        while bench.core.status.lifecycle == .recovering { try bench.answerList() }
        #expect(bench.core.durable.ledger[old]?.state == .canceled)
    }

    @Test func theWaitAfterALostStoreIsNotCutShortByADeath() throws {
        let capabilities = ExchangeCapabilities(requestLife: .seconds(3))
        var first = try CoreHarness(durable: DurableState(), capabilities: capabilities)
        try start(&first)
        // It dies here. What the lost life sent may still arrive when the next one looks.
        var second = try CoreHarness(durable: first.core.durable, capabilities: capabilities)
        try start(&second)
        try second.answerList()
        #expect(second.core.status.lifecycle == .recovering)
        second.pass(.seconds(3))
        try second.answerPast()
        while second.core.status.lifecycle == .recovering { try second.answerList() }
        // One that had waited leaves no wait to the next.
        var third = try CoreHarness(durable: second.core.durable, capabilities: capabilities)
        try start(&third)
        try third.answerList()
        #expect(third.core.status.lifecycle == .trading)
    }

    @Test func aLostStoreAndAClockThatIsBehindHideNoOrderFromAStop() throws {
        var bench = try CoreHarness([], durable: DurableState())
        bench.commitsAtOnce = false
        bench.send(.started)
        bench.send(.storeFailed("file is not a database"))
        // Made by a life whose clock was ahead of ours.
        let ahead = ClientOrderID(bot: bot, epoch: bench.core.durable.epoch + 50, sequence: 7)!
        try bench.answerList([bench.snapshot(ahead, .open)])
        let cancel = try bench.takeCancel()
        #expect(cancel.value == [bench.exchangeID(ahead)])
    }

    @Test func aMemoryThatCannotBeReadIsAnErrorThatNamesIt() throws {
        var state = try left([])
        try state.apply(.strategyMemory(strategy: "fixed", memory: "{broken"))
        #expect(throws: MemoryError.self) { try CoreHarness(durable: state) }
    }
}

@Suite("Halts")
struct HaltTests {
    @Test func theKillSwitchSweepsAndStaysUp() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.operatorRequest(.halt("operator saw smoke")))
        #expect(bench.core.status.lifecycle == .halted)
        try bench.cancelEverything()
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 0)
        #expect(bench.report == nil)
        #expect(bench.core.durable.halts.map(\.cause) == [.killSwitch])
    }

    @Test func aDailyLossHalts() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))]) {
            $0.risk.maximumDailyLoss = Money(1)
        }
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.show(ids[0], .filled, filled: Quantity("0.1")!)
        let fills = try bench.takeFills()
        bench.answer(
            fills.id,
            .fills(.page(FillPage(fills: [bench.fill(ids[0], "F1", Quantity("0.1")!)], nextCursor: nil))))
        #expect(bench.core.status.lifecycle == .trading)
        bench.quote(88, 89)
        #expect(bench.core.status.lifecycle == .halted)
        #expect(bench.core.durable.halts.map(\.cause) == [.dailyLoss])
    }

    @Test func aSecondInstanceHaltsUs() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        let other = ClientOrderID(bot: bot, epoch: bench.core.durable.epoch + 60, sequence: 1)!
        bench.send(.order(bench.snapshot(other, .open)))
        #expect(bench.core.durable.halts.map(\.cause) == [.secondInstance])
        #expect(bench.core.durable.ledger[other] == nil)
    }

    @Test func anEchoOfOtherParametersIsAnIDCollision() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))])
        try bench.startTrading()
        let (id, order) = try bench.takePlacement()
        var terms = order.terms
        terms.quantity = Quantity(5)
        bench.answer(
            id,
            .placed(
                .accepted(
                    Acceptance(
                        exchangeOrderID: ExchangeOrderID("X1"),
                        clientOrderID: order.clientOrderID.description, terms: terms))))
        #expect(bench.core.durable.halts.map(\.cause) == [.idCollision])
        let cancel = try bench.takeCancel()
        #expect(cancel.value == [ExchangeOrderID("X1")])
    }
}

@Suite("Trading")
struct TradingTests {
    @Test func whatRestsWhereItShouldIsKept() throws {
        var bench = try CoreHarness { $0.cycleInterval = .seconds(1) }
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(3))
        #expect(bench.cancels == 0)
        #expect(bench.placements == 0)
        #expect(bench.core.durable.ledger.workingCount == 3)
    }

    @Test func oldOrdersAreCanceled() throws {
        var bench = try CoreHarness { $0.orderMaximumAge = .seconds(60) }
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.pass(.seconds(70))
        let cancel = try bench.takeCancel()
        #expect(cancel.value.count == 3)
    }

    @Test func noOrderGoesOutWhileTheOrderFeedIsLost() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.send(.feed(.orders, .lost("connection reset")))
        let connect = try bench.take("a reconnect") { if case .connect(let feed) = $0 { feed } else { nil } }
        #expect(connect.value == .orders)
        bench.show(bench.core.durable.ledger.workingOrders[0].id, .canceled)
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(10))
        #expect(bench.placements == 0)
        // Back again: first the exchange's list, then trading goes on.
        bench.answer(connect.id, .connected(.begun))
        bench.send(.feed(.orders, .connected))
        let working = bench.core.durable.ledger.workingOrders.map { bench.snapshot($0.id, .open) }
        try bench.answerList(working)
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 1)
    }

    @Test func aThrottledPlacementIsNotRepeatedAtOnce() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))])
        try bench.startTrading()
        let (id, _) = try bench.takePlacement()
        bench.answer(
            id, .placed(.unsent(CallFailure("429", retryAfter: .seconds(3), isRateLimit: true))))
        bench.pass(.seconds(2))
        #expect(bench.placements == 0)
        bench.pass(.seconds(10))
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 1)
    }

    @Test func quotesThatAreAlwaysTooOldAreToldOnceInTenMinutes() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        func told() -> Int { bench.notices.count { $0.event == "quotes-stale" } }
        func oldQuote() {
            bench.send(
                .quote(
                    Quote(
                        symbol: btc, bid: Price("99.5")!, ask: Price("100.5")!,
                        at: bench.clock.utc - .seconds(31))), after: .seconds(1))
        }
        for _ in 0..<2 { oldQuote() }
        #expect(told() == 0)
        bench.quote(99.5, 100.5)
        for _ in 0..<2 { oldQuote() }
        #expect(told() == 0)
        for _ in 0..<60 { oldQuote() }
        #expect(told() == 1)
        bench.send(.woke, after: .seconds(600))
        for _ in 0..<60 { oldQuote() }
        #expect(told() == 2)
    }

    private func alerts(_ bench: CoreHarness) -> [String] {
        bench.records.compactMap { if case .alert(let alert) = $0 { alert.name } else { nil } }
    }

    @Test func quotesThatAreFreshAgainAreGoodNewsOnce() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        for _ in 0..<5 {
            bench.send(
                .quote(
                    Quote(
                        symbol: btc, bid: Price("99.5")!, ask: Price("100.5")!,
                        at: bench.clock.utc - .seconds(31))), after: .seconds(1))
        }
        for _ in 0..<3 { bench.quote(99.5, 100.5) }
        #expect(alerts(bench).filter { $0.hasPrefix("quotes") } == ["quotes-stale", "quotes-fresh"])
    }

    @Test func aFeedThatStaysAwayIsAlertedOnceAndSoIsItsReturn() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        bench.send(.feed(.market, .lost("connection reset")))
        bench.pass(.seconds(50))
        bench.send(.feed(.market, .connected))
        #expect(!alerts(bench).contains("feed-back"), "one that comes back by itself is no news")
        bench.send(.feed(.market, .lost("connection reset")))
        for _ in 0..<20 {
            bench.pass(.seconds(10))
            bench.send(.feed(.market, .lost("connection reset")))
        }
        bench.send(.feed(.market, .connected))
        #expect(alerts(bench).filter { $0.hasPrefix("feed") } == ["feed-down", "feed-back"])
    }

    @Test func aLifeThatDidNotEndByItselfIsAlertedByTheNext() throws {
        var crashed = CoreHarness.aStoreThatStoppedClean
        crashed.stopped = nil
        var next = try CoreHarness(durable: crashed)
        next.send(.started)
        #expect(alerts(next) == ["crash"])
        var clean = try CoreHarness(durable: CoreHarness.aStoreThatStoppedClean)
        clean.send(.started)
        #expect(alerts(clean).isEmpty)
        var first = try CoreHarness(durable: DurableState())
        first.send(.started)
        #expect(alerts(first).isEmpty)
        // It gave its verdict, and then learned of an order and died.
        for isNamed in [false, true] {
            var late = CoreHarness.aStoreThatStoppedClean
            let order = Order(
                id: ClientOrderID(bot: bot, epoch: 1, sequence: 1)!,
                terms: OrderTerms(
                    symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
                strategy: "fixed", createdAt: UTCInstant("2026-11-22T08:59:00Z")!)
            try late.apply(.discovered(order))
            late.stopped = StopMarker(
                epoch: 1, verdict: .unproved, remaining: isNamed ? [order.id] : [], at: order.createdAt)
            late.sequences[2] = 0
            var after = try CoreHarness(durable: late)
            after.send(.started)
            #expect(alerts(after) == (isNamed ? [] : ["crash"]))
        }
    }

    @Test func theSameEventsGiveTheSameTurns() throws {
        func run() throws -> [Record] {
            var bench = try CoreHarness()
            try bench.startTrading()
            try bench.acceptPlacements()
            bench.send(.signal(.terminate))
            try bench.cancelEverything()
            try bench.finishStop()
            return bench.records
        }
        #expect(try run() == run())
    }
}
