// Schedules that a hostile review found, in which an order was left, a name was false, or a cancel waited.

import Testing
import TradingDomain

@testable import Trading

@Suite("What a review found")
struct ReviewedScheduleTests {
    private let silent = silentFeed(listLag: .seconds(2))

    private func page(_ fills: [Fill] = []) -> Answer {
        .fills(.page(FillPage(fills: fills, nextCursor: nil)))
    }

    private func page(_ orders: [OrderSnapshot]) -> Answer {
        .orders(.page(OrderPage(orders: orders, nextCursor: nil)))
    }

    private func aStoreWithAnOrder(at: UTCInstant) throws -> DurableState {
        var state = CoreHarness.aStoreThatStoppedClean
        var order = Order(
            id: ClientOrderID(bot: bot, epoch: 1, sequence: 1)!,
            terms: OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
            strategy: "fixed", createdAt: at)
        order.sentAt = at
        order.exchangeOrderID = ExchangeOrderID("X1")
        order.state = .canceled
        try state.apply(.intent(order))
        return state
    }

    private func crashed() throws -> DurableState {
        let at = UTCInstant("2026-11-22T09:59:00Z")!
        var state = DurableState()
        try state.apply(.lifeBegan(epoch: 5, mode: .live, at: at))
        try state.apply(.accountConfirmed(portfolio: "p-1", at: at))
        try state.apply(.recovered(at: at))
        var order = Order(
            id: ClientOrderID(bot: bot, epoch: 5, sequence: 1)!,
            terms: OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
            strategy: "fixed", createdAt: at)
        order.sentAt = at
        order.exchangeOrderID = ExchangeOrderID("X1")
        order.state = .open
        try state.apply(.intent(order))
        return state
    }

    @Test func aSearchThatTheVenueCutsOffProvesNoAbsence() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.listsOpenAlone = true
        capabilities.openListLimit = 3
        let at = UTCInstant("2026-11-22T09:59:00Z")!
        var durable = DurableState()
        try durable.apply(.lifeBegan(epoch: 5, mode: .live, at: at))
        try durable.apply(.recovered(at: at))
        // A position in one market, and in another one a placement that nobody answered before the crash.
        var filled = Order(
            id: ClientOrderID(bot: bot, epoch: 5, sequence: 1)!,
            terms: OrderTerms(symbol: btc, side: .buy, type: .limit(Price(99)), quantity: Quantity("0.1")!),
            strategy: "fixed", createdAt: at)
        filled.sentAt = at
        filled.exchangeOrderID = ExchangeOrderID("X1")
        filled.state = .filled
        filled.filledQuantity = Quantity("0.1")!
        try durable.apply(.intent(filled))
        try durable.apply(
            .fill(
                filled.id,
                Fill(
                    id: FillID("f"), exchangeOrderID: ExchangeOrderID("X1"), symbol: btc, side: .buy,
                    price: Price(99), quantity: Quantity("0.1")!, fee: .zero, liquidity: .maker, at: at)))
        var sent = Order(
            id: ClientOrderID(bot: bot, epoch: 5, sequence: 2)!,
            terms: OrderTerms(symbol: eth, side: .sell, type: .limit(Price(105)), quantity: Quantity("0.2")!),
            strategy: "fixed", createdAt: at)
        sent.sentAt = at
        try durable.apply(.intent(sent))
        var bench = try CoreHarness([], durable: durable, capabilities: capabilities) {
            $0.sweepsOnly = true
            $0.crash = "the trader died"
            $0.stop.deadline = .seconds(60)
        }
        // More open orders of others, and newer ones, than the venue lists: no date filters open orders.
        let others = (1...3).map {
            OrderSnapshot(
                exchangeOrderID: ExchangeOrderID("other-\($0)"), clientOrderID: "other-\($0)", terms: nil,
                status: .open, filledQuantity: .zero, createdAt: at + .seconds(10))
        }
        let ours = OrderSnapshot(
            exchangeOrderID: ExchangeOrderID("X2"), clientOrderID: sent.id.description, terms: sent.terms,
            status: .open, filledQuantity: .zero, createdAt: at)
        bench.send(.started)
        let began = bench.clock.monotonic
        var rounds = 0
        while !bench.asksFlush, rounds < 2_000 {
            rounds += 1
            let list = bench.commands.first { if case .listOrders = $0.command { true } else { false } }
            guard let list, case .listOrders(let query) = list.command else {
                bench.send(.woke, after: .milliseconds(50))
                continue
            }
            bench.commands.removeAll { $0.id == list.id }
            let shown: [OrderSnapshot] =
                switch query.scope {
                case .working(.open, nil), .createdSince: others
                // What was on its way at the crash takes effect two seconds later.
                case .working(.open, eth): bench.clock.monotonic - began > .seconds(2) ? [ours] : []
                default: []
                }
            bench.answer(list.id, page(shown))
        }
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        #expect(bench.core.durable.ledger[sent.id]?.state != .failed, "nobody has seen that it never arrived")
        #expect(bench.report?.exitCode == ExitCode.ordersRemain)
    }

    /// The venue's permissions endpoint is away; its cancels and lists are not.
    @Test(arguments: [CancelResult.Verdict.unknownOrder, .accepted])
    func aCancelIsRepeatedThoughTheAccountIsNotConfirmed(first: CancelResult.Verdict) throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
            $0.sweepsOnly = true
            $0.crash = "the trader died"
            $0.stop.deadline = .seconds(30)
        }
        bench.send(.started)
        let id = ClientOrderID(bot: bot, epoch: 5, sequence: 1)!
        let cancel = try bench.takeCancel()
        bench.answer(
            cancel.id,
            .canceled(.answered([CancelResult(exchangeOrderID: ExchangeOrderID("X1"), verdict: first)])))
        // Every list goes on to show it as open.
        for _ in 0..<200 where !bench.asksFlush {
            while bench.commands.contains(where: { $0.isWorkingList }) {
                try bench.answerList([bench.snapshot(id, .open)])
            }
            bench.pass(.milliseconds(100))
        }
        #expect(bench.cancels > 0, "twenty seconds of lists that show it open, and one cancel only")
    }

    @Test func aCancelIsRepeatedThoughLookUpsFail() throws {
        var bench = try CoreHarness.trading(ExchangeCapabilities())
        let ids = bench.core.durable.ledger.workingOrders.map(\.id)
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        bench.answer(
            cancel.id,
            .canceled(.answered(cancel.value.map { CancelResult(exchangeOrderID: $0, verdict: .accepted) })))
        // The cancel has no effect, look-ups by id fail, every list shows the orders.
        for _ in 0..<100 where !bench.asksFlush {
            while let look = bench.commands.first(where: {
                if case .listOrders(let query) = $0.command, case .ids = query.scope { true } else { false }
            }) {
                bench.commands.removeAll { $0.id == look.id }
                bench.answer(look.id, .orders(.failed(CallFailure("500"))))
            }
            while bench.commands.contains(where: { $0.isWorkingList }) {
                try bench.answerList(ids.map { bench.snapshot($0, .open) })
            }
            bench.pass(.milliseconds(50))
        }
        #expect(bench.cancels > 0, "one cancel in all of the deadline")
    }

    @Test func hangingQuestionsHoldNoCancelBack() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.callsAtOnce = 4
        var bench = try CoreHarness.trading(capabilities, orders: 4)
        // Questions hang: the list of a reconcile, the fills of one order after the other.
        bench.send(.feed(.orders, .gap("one is missing")))
        for order in bench.core.durable.ledger.workingOrders {
            bench.show(order.id, .open, filled: Quantity("0.01")!)
        }
        #expect(bench.commands.filter { !$0.isPlacement }.count == 3)
        bench.send(.operatorRequest(.halt("look")), after: .milliseconds(100))
        #expect(bench.cancels == 1)
    }

    @Test func aSizeThatGrowsIsReadUntilItIsFinal() throws {
        var bench = try CoreHarness.trading(silent)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.show(id, .filled, filled: .zero)
        bench.pass(.milliseconds(2_100))
        // The first reading tells a part: the venue is still counting.
        bench.answer(
            try bench.takeEvidence().id, page([bench.snapshot(id, .filled, filled: Quantity("0.05")!)]))
        bench.answer(try bench.takeFills().id, page([bench.fill(id, "f1", Quantity("0.05")!)]))
        bench.commands = []
        bench.pass(.seconds(40))
        #expect(bench.core.fillsIncomplete == [id])
        #expect(
            bench.commands.contains {
                if case .listOrders(let query) = $0.command, case .ids = query.scope { true } else { false }
            }, "its other half is looked for")
    }

    @Test func aStopLooksOnForASizeThatGrows() throws {
        var bench = try CoreHarness.trading(silent)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.send(.signal(.terminate))
        let cancel = try bench.takeCancel()
        bench.answer(
            cancel.id,
            .canceled(.answered(cancel.value.map { CancelResult(exchangeOrderID: $0, verdict: .accepted) })))
        for order in bench.core.durable.ledger.workingOrders {
            bench.show(order.id, order.id == id ? .filled : .canceled)
        }
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        // A second report of the feed, a moment later, is as stale.
        bench.show(id, .filled, filled: Quantity("0.05")!)
        bench.answer(try bench.takeFills().id, page([bench.fill(id, "f1", Quantity("0.05")!)]))
        bench.pass(.milliseconds(2_200))
        bench.answer(
            try bench.takeEvidence().id, page([bench.snapshot(id, .filled, filled: Quantity("0.1")!)]))
    }

    @Test func thePastThatCouldNotBeReadIsReadLater() throws {
        let at = UTCInstant("2026-11-22T08:00:00Z")!
        var bench = try CoreHarness(
            [AnyStrategy(FixedStrategy.ladder(1))], durable: try aStoreWithAnOrder(at: at),
            capabilities: silent
        ) { $0.risk.maximumQuoteAge = .seconds(100_000) }
        bench.send(.started)
        try bench.answerPast()
        let balances = try bench.take("balances") { if case .listBalances = $0 { true } else { nil } }
        bench.answer(
            balances.id,
            .balances(.balances([Balance(currency: "USD", available: Money(1_000_000), hold: .zero)])))
        try bench.answerList()
        for _ in 0..<4 {
            let asked = try bench.takeRecentFills()
            #expect(asked.since < at)
            bench.answer(asked.id, .fills(.failed(CallFailure("500"))))
            if bench.core.status.lifecycle != .trading { bench.pass(.seconds(16)) }
        }
        #expect(bench.core.status.lifecycle == .trading)
        bench.commands = []
        bench.pass(.seconds(130))
        #expect(try bench.takeRecentFills().since < at, "nobody has seen these fills yet")
    }

    @Test func aSizeThatWasNotFinalSurvivesACrash() throws {
        var bench = try CoreHarness.trading(silent)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        let other = try #require(bench.core.durable.ledger.workingOrders.last?.id)
        let endedAt = bench.clock.utc
        var last = bench.snapshot(id, .canceled)
        last.isSettled = false
        bench.send(.order(last))
        bench.pass(.seconds(200))
        // The newest intent of the store.
        bench.show(other, .canceled)
        bench.pass(.seconds(10))
        bench.quote(99.5, 100.5)
        try bench.acceptPlacements()
        #expect(bench.core.durable.ledger.newestIntent! > endedAt + .seconds(150))
        let then = bench.clock
        var next = try CoreHarness(durable: bench.core.durable, capabilities: silent)
        next.clock = then
        next.send(.started, after: .seconds(5))
        let seesByID = next.commands.contains {
            if case .listOrders(let query) = $0.command, case .ids(let ids) = query.scope {
                ids.contains(bench.exchangeID(id))
            } else {
                false
            }
        }
        let since = try? next.takeRecentFills().since
        #expect(seesByID || (since ?? next.clock.utc) <= endedAt)
    }

    @Test func fillsAreLookedAtThoughTheListIsOfNoUse() throws {
        var bench = try CoreHarness.trading(silent)
        bench.pass(.seconds(61))
        bench.answer(try bench.takeRecentFills().id, page())
        var looks = 0
        for _ in 0..<1_200 {
            while bench.commands.contains(where: { $0.isWorkingList }) {
                try bench.answerList(complete: false)
            }
            if bench.asksRecentFills {
                looks += 1
                bench.answer(try bench.takeRecentFills().id, page())
            }
            bench.pass(.seconds(1))
        }
        #expect(looks >= 4, "at least every five minutes in twenty")
    }

    @Test func aStopAsksAtOnceWhoseAccountItIs() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.introducesItself = true
        var bench = try CoreHarness(capabilities: capabilities) {
            $0.expectedPortfolio = "p-1"
            $0.leftovers = .adopt
        }
        bench.send(.started)
        let asked = try bench.take("permissions") { $0 == .ask(.permissions) ? true : nil }
        bench.answer(asked.id, .told(.failed(CallFailure("503", retryAfter: .seconds(600)))))
        bench.pass(.seconds(1))
        bench.send(.signal(.terminate))
        bench.passUntilFlush()
        #expect(bench.commands.contains { $0.command == .ask(.permissions) })
    }

    @Test func aRecoveryAsksWhoseAccountItIsThoughQuestionsAreThrottled() throws {
        var bench = try CoreHarness(durable: try crashed(), capabilities: introducing) {
            $0.expectedPortfolio = "p-1"
        }
        bench.send(.started)
        let asked = try bench.take("permissions") { $0 == .ask(.permissions) ? true : nil }
        bench.answer(
            asked.id,
            .told(.failed(CallFailure("429", retryAfter: .seconds(3_600), isRateLimit: true))))
        bench.commands = []
        for _ in 0..<60 {
            while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
            bench.pass(.seconds(1))
        }
        #expect(bench.commands.contains { $0.command == .ask(.permissions) })
    }

    @Test func aStopDoesNotWaitForThePatienceOfALookUp() throws {
        var bench = try CoreHarness.trading(silent)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        var last = bench.snapshot(id, .canceled)
        last.isSettled = false
        bench.send(.order(last))
        bench.pass(.milliseconds(2_100))
        // Long before the stop: the venue wanted to be left alone for ten minutes.
        bench.answer(
            try bench.takeEvidence().id, .orders(.failed(CallFailure("503", retryAfter: .seconds(600)))))
        bench.pass(.seconds(30))
        bench.commands = []
        bench.send(.signal(.terminate))
        while bench.cancels > 0 { try bench.cancelEverything() }
        while bench.commands.contains(where: { $0.isWorkingList }) { try bench.answerList() }
        bench.passUntilFlush()
        #expect(
            bench.commands.contains {
                if case .listOrders(let query) = $0.command, case .ids = query.scope { true } else { false }
            }, "a stop reads these again, within its deadline")
    }

    @Test func aFillThatTheFeedHasToldIsNoDebt() throws {
        var bench = try CoreHarness.trading(silent)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.pass(.seconds(61))
        try bench.answerList(bench.core.durable.ledger.workingOrders.map { bench.snapshot($0.id, .open) })
        // The feed tells it at once; the look at recent fills is answered before the question for this order's fills.
        bench.show(id, .filled, filled: Quantity("0.1")!)
        let fill = bench.fill(id, "f1", Quantity("0.1")!)
        bench.answer(try bench.takeRecentFills().id, page([fill]))
        bench.commands = []
        bench.pass(.seconds(61))
        try bench.answerList()
        bench.answer(try bench.takeRecentFills().id, page())
        #expect(!bench.alerted("feed-silent"))
        #expect(!bench.commands.contains { $0.command == .connect(.orders) })
    }

    @Test func whatSettlesLateIsNotNamed() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.listLag = .seconds(2)
        var bench = try CoreHarness.trading(capabilities)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        var last = bench.snapshot(id, .canceled)
        last.isSettled = false
        bench.send(.order(last))
        for _ in 0..<200 where !bench.alerted("not-settled") {
            bench.pass(.seconds(1))
            let isAsked = bench.commands.contains {
                if case .listOrders(let query) = $0.command, case .ids = query.scope { true } else { false }
            }
            if isAsked { bench.answer(try bench.takeEvidence().id, page([last])) }
        }
        #expect(bench.alerted("not-settled"))
        last.isSettled = true
        bench.send(.order(last))
        #expect(bench.core.fillsIncomplete == [])
    }

    @Test func aLongPauseIsToldThoughAShortOneWas() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        let placement = try bench.takePlacement()
        bench.answer(
            placement.id,
            .placed(.unsent(CallFailure("429", retryAfter: .seconds(30), isRateLimit: true))))
        bench.send(.feed(.orders, .gap("one is missing")))
        bench.answer(
            try bench.takeList().id,
            .orders(.failed(CallFailure("429", retryAfter: .seconds(3_600), isRateLimit: true))))
        #expect(bench.alerted("throttled"))
    }

    @Test func whatWaitsForTheAccountIsBounded() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.introducesItself = true
        var bench = try CoreHarness(capabilities: capabilities) { $0.expectedPortfolio = "p-1" }
        bench.send(.started)
        let shown = OrderSnapshot(
            exchangeOrderID: ExchangeOrderID("L1"),
            clientOrderID: ClientOrderID(bot: bot, epoch: 1, sequence: 7)!.description, terms: nil,
            status: .open, filledQuantity: .zero, createdAt: bench.clock.utc)
        for _ in 0..<20 {
            while !bench.commands.contains(where: { $0.isWorkingList }) { bench.pass(.milliseconds(500)) }
            bench.answer(
                try bench.takeList().id, .orders(.page(OrderPage(orders: [shown], nextCursor: "2"))))
            bench.answer(try bench.takeList().id, .orders(.failed(CallFailure("500"))))
        }
        #expect(bench.core.volatile.heldOrders.count <= 1)
    }

    @Test func aGhostThatIsLookedAtSpinsNothing() throws {
        var bench = try CoreHarness.trading(ExchangeCapabilities())
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.show(id, .canceled)
        bench.send(.feed(.orders, .gap("one is missing")))
        try bench.answerList(
            [bench.snapshot(id, .open)]
                + bench.core.durable.ledger.workingOrders.map { bench.snapshot($0.id, .open) })
        bench.pass(.milliseconds(1_200))
        #expect(bench.commands.contains { $0.isWorkingList }, "it is looked at a second time")
        // That list takes its time.
        var wakes = 0
        let end = bench.clock.monotonic + .seconds(4)
        while let wake = bench.wakeAt, wake < end {
            wakes += 1
            bench.send(.woke, after: wake - bench.clock.monotonic)
        }
        #expect(wakes < 10)
    }
}
