// A venue that introduces itself: nothing is traded before it is known, and what it tells is watched.

import Testing
import TradingDomain

@testable import Trading

extension CoreHarness {
    /// All of it at once: what was due in between is due now.
    fileprivate mutating func jump(_ duration: Duration) { send(.woke, after: duration) }

    fileprivate func said(_ event: String) -> Bool { notices.contains { $0.event == event } }
}

@Suite("A venue that introduces itself")
struct VenueTests {
    /// Our wall clock is behind the venue's, or ahead of it: a price is stamped on ours, and ages by that.
    @Test(arguments: [-3, 3], [500, 2_500])
    func aPriceAgesByTheClockThatItIsStampedOn(ahead seconds: Int, age milliseconds: Int) throws {
        let offset = Duration.seconds(seconds)
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))], capabilities: introducing) {
            $0.risk.maximumQuoteAge = .seconds(2)
        }
        try bench.startLive(clock: ClockReading(offset: offset, uncertainty: .milliseconds(20)))
        let told = bench.clock.utc - .milliseconds(milliseconds)
        bench.send(.quote(Quote(symbol: btc, bid: Price(99), ask: Price(101), at: told)))
        #expect(bench.placements == (milliseconds < 2_000 ? 1 : 0))
    }

    /// The list is asked for again each interval of the universe; a market that the venue closes leaves it, and one that
    /// is only closed for entries takes what the venue would take.
    @Test func theUniverseIsChosenFromEachListThatTheVenueTells() throws {
        var strategy = AnyStrategy(FixedStrategy.ladder(2))
        strategy.followsUniverse = true
        var bench = try CoreHarness([strategy], capabilities: introducing) { configuration in
            var rules = UniverseRules()
            rules.interval = .seconds(60)
            rules.minimumVolume = Money(1_000)
            configuration.universe = rules
        }
        func listed(_ status: Product.Status, _ volume: Int64, _ more: Product...) -> VenueAnswer {
            var product = product(btc)
            product.status = status
            product.volume24h = Money(volume)
            return .products([product] + more)
        }
        bench.send(.started)
        try bench.tellBalances(Money(1_000_000))
        try bench.answerList()
        bench.send(.feed(.orders, .connected))
        try bench.answerList()
        try bench.tell(.permissions, .permissions(mayTrade))
        try bench.tell(.products, listed(.online, 1_000, product(eth)))
        try bench.tell(.fees, .fees(FeeRates(maker: Rate(basisPoints: 40), taker: Rate(basisPoints: 60))))
        for _ in 0..<5 { try bench.tell(.time, .time(goodClock)) }
        try bench.answerPast()
        bench.quote(99.5, 100.5)
        #expect(bench.core.makeOverview().universe?.included == [btc])
        // It has no volume, and nobody asked for its prices.
        #expect(bench.core.makeOverview().universe?.reason(eth) == .unknownVolume)
        #expect(try bench.acceptPlacements().count == 2)

        bench.jump(.seconds(61))
        try bench.tell(.products, listed(.cancelOnly, 1_000))
        #expect(bench.core.makeOverview().universe?.reason(btc) == .status(.cancelOnly))
        #expect(bench.core.durable.ledger.workingOrders.allSatisfy { $0.cancelRequestedAt != nil })
        bench.commands.removeAll { $0.isPlacement }
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 0)

        bench.jump(.seconds(61))
        try bench.tell(.products, listed(.postOnly, 1_000))
        bench.quote(99.5, 100.5)
        #expect(bench.core.makeOverview().universe?.included == [btc])
        // It is no post-only order that the strategy wants: the gate says so, by the market's own state.
        #expect(bench.placements == 0)
        #expect(
            bench.records.contains {
                if case .refused(let refusal) = $0 {
                    refusal.rule == .notTradable && refusal.detail.contains("postOnly")
                } else {
                    false
                }
            })
    }

    @Test func nothingIsTradedBeforeTheVenueIsKnown() throws {
        var bench = try CoreHarness(capabilities: introducing)
        bench.send(.started)
        try bench.tellBalances(Money(1_000_000))
        try bench.answerList()
        bench.quote(99.5, 100.5)
        #expect(bench.core.status.lifecycle == .recovering)
        try bench.introduce()
        try bench.answerPast()
        #expect(bench.core.status.lifecycle == .trading)
        bench.quote(99.5, 100.5)
        // Orders that nobody would report are not placed.
        #expect(bench.placements == 0)
        bench.send(.feed(.orders, .connected))
        try bench.answerList()
        bench.quote(99.5, 100.6)
        #expect(bench.placements == 3)
    }

    @Test func aSweepProvesNothingByTheListsOfAnotherAccount() throws {
        for portfolio in ["p-1", "p-2"] {
            var bench = try CoreHarness(capabilities: introducing) { configuration in
                configuration.sweepsOnly = true
                configuration.crash = "the trader died"
                configuration.expectedPortfolio = "p-1"
            }
            bench.send(.started)
            #expect(bench.said("crash"))
            // Nothing waits for the answer but the proof.
            try bench.answerList()
            bench.pass(.milliseconds(500))
            if bench.commands.contains(where: { if case .listOrders = $0.command { true } else { false } }) {
                try bench.answerList()
            }
            bench.pass(.milliseconds(500))
            #expect(!bench.asksFlush)
            var permissions = mayTrade
            permissions.portfolio = portfolio
            try bench.tell(.permissions, .permissions(permissions))
            bench.passUntilFlush()
            bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
            let report = try #require(bench.report)
            #expect(report.exitCode == (portfolio == "p-1" ? ExitCode.clean : ExitCode.ordersRemain))
            #expect(report.verifiedEmpty == (portfolio == "p-1"))
        }
    }

    @Test func aQuestionThatFailsIsAskedAgain() throws {
        var bench = try CoreHarness(capabilities: introducing)
        bench.send(.started)
        for _ in 0..<3 {
            try bench.tell(.permissions, .failed(CallFailure("503")))
            bench.pass(.seconds(16))
        }
        #expect(bench.said("venue-question"))
        try bench.tell(.permissions, .permissions(mayTrade))
    }

    @Test func aKeyThatMayNotTradeEndsTheRunAsAMistakeOfTheConfiguration() throws {
        var bench = try CoreHarness(capabilities: introducing)
        bench.send(.started)
        var permissions = mayTrade
        permissions.canTrade = false
        try bench.tell(.permissions, .permissions(permissions))
        try bench.finishStop()
        #expect(bench.report?.exitCode == ExitCode.configuration)
        #expect(bench.report?.verdict == .clean)
    }

    @Test func aKeyOfAnotherPortfolioNeverTrades() throws {
        var bench = try CoreHarness(capabilities: introducing) { $0.expectedPortfolio = "p-2" }
        bench.send(.started)
        try bench.tell(.permissions, .permissions(mayTrade))
        #expect(bench.core.status.lifecycle == .stopping)
        #expect(bench.placements == 0)
    }

    @Test func aKeyThatCanMoveMoneyIsAnAlert() throws {
        var bench = try CoreHarness(capabilities: introducing)
        bench.send(.started)
        var permissions = mayTrade
        permissions.canTransfer = true
        try bench.tell(.permissions, .permissions(permissions))
        #expect(bench.said("key-can-transfer"))
        #expect(bench.core.status.lifecycle == .recovering)
    }

    @Test func aClockThatIsKnownTooBadlyKeepsTheGateClosed() throws {
        var bench = try CoreHarness(capabilities: introducing)
        try bench.meetVenue(clock: ClockReading(offset: .seconds(7_200), uncertainty: .milliseconds(151)))
        bench.quote(99.5, 100.5)
        #expect(bench.core.status.lifecycle == .recovering)
        #expect(
            !bench.commands.contains { $0.isHistory }, "by a clock that may be wrong the past begins anywhere"
        )
        bench.pass(.seconds(5))
        try bench.tell(.time, .time(goodClock))
        try bench.answerPast()
        #expect(bench.core.status.lifecycle == .trading)
    }

    @Test func aClockThatIsLostWhileTradingStopsNewOrdersAndLeavesTheOldOnes() throws {
        var bench = try CoreHarness(capabilities: introducing) { $0.risk.maximumQuoteAge = .seconds(10_000) }
        try bench.startLive()
        bench.quote(99.5, 100.5)
        let orders = try bench.acceptPlacements()
        bench.jump(.seconds(301))
        #expect(bench.said("clock"))
        #expect(bench.core.status.workingOrders == orders.count)
        let first = try #require(orders.first)
        bench.show(first, .canceled)
        bench.jump(.seconds(6))
        #expect(bench.placements == 0)
        let question = try bench.takeQuestion(.time)
        bench.answer(question, .told(.time(goodClock)))
        bench.pass(.seconds(10))
        #expect(bench.placements == 1)
        #expect(bench.said("clock-known"))
    }

    /// The reading was measured by a clock that was another one when it came.
    @Test func aReadingThroughWhichOurClockWasSetIsNotTraded() throws {
        var bench = try CoreHarness(capabilities: introducing) { $0.risk.maximumQuoteAge = .seconds(10_000) }
        try bench.startLive()
        bench.quote(99.5, 100.5)
        try bench.acceptPlacements()
        let before = bench.core.venueNow
        let asked = bench.clock.monotonic
        bench.pass(.seconds(60))
        let question = try bench.takeQuestion(.time)
        bench.clock = Stamp(monotonic: bench.clock.monotonic, utc: bench.clock.utc + .seconds(7_200))
        bench.answer(question, .told(.time(ClockReading(offset: .zero, uncertainty: .milliseconds(1)))))
        #expect(bench.core.clockTrouble != nil)
        #expect(bench.core.venueNow == before + (bench.clock.monotonic - asked), "the venue's time goes on")
        // It is read again at once, and what that reading says is believed.
        for _ in 0..<3 where bench.core.clockTrouble != nil {
            bench.pass(.seconds(5))
            try bench.tell(
                .time, .time(ClockReading(offset: .seconds(-7_200), uncertainty: .milliseconds(1))))
        }
        #expect(bench.core.clockTrouble == nil)
    }

    /// It is asked again soon, and nothing is placed between the two.
    @Test(arguments: [false, true])
    func anUnexpectedReadingIsBelievedTheSecondTime(isSaidAgain: Bool) throws {
        var bench = try CoreHarness(capabilities: introducing) { $0.risk.maximumQuoteAge = .seconds(10_000) }
        try bench.startLive()
        let (before, then) = (bench.core.venueNow, bench.clock.monotonic)
        bench.pass(.seconds(60))
        let odd = ClockReading(offset: .seconds(3_600), uncertainty: .milliseconds(1))
        try bench.tell(.time, .time(odd))
        #expect(bench.core.clockTrouble != nil)
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 0)
        bench.pass(.seconds(5))
        try bench.tell(.time, .time(isSaidAgain ? odd : goodClock))
        #expect(bench.core.clockTrouble == nil)
        let shift = bench.core.venueNow - before - (bench.clock.monotonic - then)
        #expect((shift > .seconds(3_500)) == isSaidAgain && shift > .seconds(-1))
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 3)
    }

    /// An operator may resume before the venue said what day it is.
    @Test func noDayBeginsByOurOwnClock() throws {
        let at = UTCInstant("2026-11-22T09:59:00Z")!
        var durable = DurableState()
        try durable.apply(.lifeBegan(epoch: 5, mode: .live, at: at))
        try durable.apply(.halted(Halt(cause: .killSwitch, detail: "an operator", at: at)))
        var bench = try CoreHarness(durable: durable, capabilities: introducing)
        bench.send(.started)
        try bench.tellBalances(Money(1_000_000))
        try bench.answerList()
        bench.send(.operatorRequest(.resume))
        #expect(bench.core.durable.halts.isEmpty)
        #expect(bench.core.durable.day == nil)
    }

    @Test func aSilentMarketIsAskedForItsPrice() throws {
        var bench = try CoreHarness(capabilities: introducing)
        try bench.startLive()
        bench.quote(99.5, 100.5)
        try bench.acceptPlacements()
        bench.pass(.seconds(16))
        let quote = Quote(symbol: btc, bid: Price(98), ask: Price(99), at: bench.clock.utc)
        try bench.tell(.quotes([btc]), .quotes([quote]))
        #expect(bench.core.volatile.quotes[btc] == quote)
    }

    @Test func aMarketThatTheVenueDoesNotListIsToldAndNotTraded() throws {
        var bench = try CoreHarness(capabilities: introducing)
        bench.send(.started)
        try bench.tellBalances(Money(1_000_000))
        try bench.answerList()
        bench.send(.feed(.orders, .connected))
        try bench.answerList()
        try bench.tell(.permissions, .permissions(mayTrade))
        try bench.tell(.products, .products([product(eth)]))
        try bench.tell(.fees, .fees(FeeRates(maker: .zero, taker: .zero)))
        for _ in 0..<5 { try bench.tell(.time, .time(goodClock)) }
        try bench.answerPast()
        #expect(bench.said("no-product"))
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 0)
    }

    @Test func feesOfTheAccountCountInTheGate() throws {
        var bench = try CoreHarness(capabilities: introducing)
        try bench.startLive()
        #expect(bench.core.products[btc]?.takerFee == Rate(basisPoints: 60))
        #expect(bench.core.worstFee["USD"] == Rate(basisPoints: 60))
    }

    @Test func anOrderThatIsShownUnderAnotherClientIDHaltsAndIsStillLookedAfter() throws {
        var bench = try CoreHarness(capabilities: introducing)
        try bench.startLive()
        bench.quote(99.5, 100.5)
        let orders = try bench.acceptPlacements()
        var shown = bench.snapshot(try #require(orders.first), .open)
        shown.clientOrderID = "something else"
        bench.send(.order(shown))
        #expect(bench.core.status.lifecycle == .halted)
        #expect(bench.core.durable.halts.first?.cause == .idCollision)
        shown.status = .canceled
        bench.send(.order(shown))
        #expect(bench.core.durable.ledger[orders[0]]?.state == .canceled)
    }
}

@Suite("The account's balances")
struct AccountWatchTests {
    func trading() throws -> CoreHarness {
        var bench = try CoreHarness(capabilities: introducing) {
            $0.risk.maximumQuoteAge = .seconds(100_000)
        }
        try bench.startLive()
        bench.quote(99.5, 100.5)
        try bench.acceptPlacements()
        return bench
    }

    @Test func theFirstAnswerIsNoted() throws {
        let bench = try trading()
        #expect(bench.core.durable.holdings.map(\.currency) == ["BTC", "USD"])
        #expect(bench.core.durable.holdings.last?.noted == Money(1_000_000))
        #expect(!bench.commands.contains { $0.command == .listBalances })
    }

    @Test func whatOurFillsMovedIsNoDrift() throws {
        var bench = try trading()
        let order = try #require(bench.core.durable.ledger.workingOrders.first)
        bench.show(order.id, .filled, filled: order.terms.quantity)
        let fills = try bench.takeFills()
        bench.answer(
            fills.id,
            .fills(.page(FillPage(fills: [bench.fill(order.id, "f", order.terms.quantity)], nextCursor: nil)))
        )
        // 0.1 bought at 99, and a fee of 0.01.
        #expect(bench.core.durable.holdings.last?.flow == Money("-9.91")!)
        bench.jump(.seconds(3_700))
        try bench.tellBalances(Money("999990.09")!, Money("1000.1")!)
        #expect(!bench.said("balance-drift"))
    }

    @Test func aDepositIsToldOnceAndOnlyWhenItStays() throws {
        var bench = try trading()
        bench.jump(.seconds(3_700))
        for _ in 0..<2 {
            try bench.tellBalances(Money(1_000_100))
            #expect(!bench.said("balance-drift"))
            bench.jump(.seconds(11))
        }
        try bench.tellBalances(Money(1_000_100))
        #expect(bench.said("balance-drift"))
        #expect(bench.core.durable.holdings.last?.noted == Money(1_000_100))
        bench.notices = []
        bench.jump(.seconds(3_700))
        try bench.tellBalances(Money(1_000_100))
        #expect(!bench.said("balance-drift"))
    }

    @Test func aStopWaitsForTheBalancesAlthoughItsProofWasFaster() throws {
        var bench = try trading()
        bench.commands = []
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        #expect(!bench.asksFlush && bench.report == nil)
        try bench.tellBalances(Money(1_000_000))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
    }

    /// A venue told the end of an order before its fill: only the balances show it.
    @Test func aDifferenceAtTheStopMakesItReadTheFillsOfWhatItEnded() throws {
        var bench = try trading()
        let order = try #require(bench.core.durable.ledger.workingOrders.first)
        bench.commands = []
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        try bench.tellBalances(Money("999990.09")!, Money("1000.1")!)
        let fills = try bench.takeFills()
        bench.answer(
            fills.id,
            .fills(.page(FillPage(fills: [bench.fill(order.id, "f", Quantity("0.1")!)], nextCursor: nil))))
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.1")!)
        try bench.tellBalances(Money("999990.09")!, Money("1000.1")!)
        #expect(!bench.said("balance-drift"))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
        #expect(bench.report?.fillsIncomplete == [])
    }

    /// The turn that books the last fill asks for the balances: they hold that fill, and are compared.
    @Test func aDifferenceAtTheStopIsToldThoughTheLastFillWasJustBooked() throws {
        var bench = try trading()
        let order = try #require(bench.core.durable.ledger.workingOrders.first)
        bench.commands = []
        bench.send(.signal(.terminate))
        bench.show(order.id, .filled, filled: order.terms.quantity)
        try bench.cancelEverything()
        let fill = bench.fill(order.id, "f", order.terms.quantity)
        bench.answer(try bench.takeFills().id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        for _ in 0..<2 {
            // A deposit of 100.
            try bench.tellBalances(Money("1000090.09")!, Money("1000.1")!)
            while bench.commands.contains(where: \.isFills) {
                bench.answer(
                    try bench.takeFills().id, .fills(.page(FillPage(fills: [fill], nextCursor: nil))))
            }
            if bench.asksFlush { break }
        }
        #expect(bench.said("balance-drift"))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
    }

    @Test func aDifferenceThatNoFillExplainsIsToldAndHoldsUpNobody() throws {
        var bench = try trading()
        bench.commands = []
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        try bench.tellBalances(Money(999_000))
        bench.answer(try bench.takeFills().id, .fills(.page(FillPage(fills: [], nextCursor: nil))))
        try bench.tellBalances(Money(999_000))
        #expect(bench.said("balance-drift"))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
    }

    @Test func balancesThatNobodyTellsHoldUpTheStopForOneAttempt() throws {
        var bench = try trading()
        bench.commands = []
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        bench.pass(.seconds(3))
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
    }

    @Test func aReversalGivesBackWhatTheTradeMoved() throws {
        var bench = try trading()
        let order = try #require(bench.core.durable.ledger.workingOrders.first)
        bench.show(order.id, .filled, filled: order.terms.quantity)
        let fills = try bench.takeFills()
        let trade = bench.fill(order.id, "f", order.terms.quantity)
        var reversal = trade
        reversal.id = FillID("r")
        reversal.kind = .reversal
        bench.answer(fills.id, .fills(.page(FillPage(fills: [trade, reversal], nextCursor: nil))))
        #expect(bench.said("fill-reversal"))
        let position = bench.core.durable.ledger.position(btc)
        #expect(position.quantity == .zero)
        #expect(position.cash == .zero)
        #expect(position.fees == .zero)
        // The exchange says that it is filled and its fills no longer add up: it is asked on.
        #expect(bench.core.durable.ledger[order.id]?.isSettled == false)
    }
}

@Suite("A sweep without a daemon")
struct SweepTests {
    func foreign(_ id: String, _ status: ExchangeOrderStatus = .open) -> OrderSnapshot {
        OrderSnapshot(
            exchangeOrderID: ExchangeOrderID(id), clientOrderID: "somebody-\(id)", terms: nil, status: status,
            filledQuantity: .zero, createdAt: UTCInstant("2026-11-22T09:00:00Z")!)
    }

    @Test func itBeginsWithItsStopAndNeverTrades() throws {
        var bench = try CoreHarness([], capabilities: introducing) { $0.sweepsOnly = true }
        bench.send(.started)
        #expect(bench.core.status.lifecycle == .stopping)
        try bench.answerList([foreign("A")])
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
        #expect(bench.report?.foreignOrders == 1)
        #expect(bench.cancels == 0)
        // It asks nothing of the venue but its clock, which its cancels are signed by.
        let questions = bench.commands.filter { if case .ask = $0.command { true } else { false } }
        #expect(questions.map(\.command) == [.ask(.time)])
    }

    @Test func aSweepOfTheWholeAccountEndsWhenNobodysOrderIsListed() throws {
        var bench = try CoreHarness([], capabilities: introducing) {
            $0.sweepsOnly = true
            $0.cancelsForeign = true
            $0.stop.deadline = .seconds(60)
        }
        bench.send(.started)
        try bench.answerList([foreign("A"), foreign("B")])
        let cancel = try bench.takeCancel()
        #expect(cancel.value == [ExchangeOrderID("A"), ExchangeOrderID("B")])
        bench.answer(
            cancel.id,
            .canceled(
                .answered([CancelResult(exchangeOrderID: ExchangeOrderID("A"), verdict: .accepted)])))
        #expect(bench.report == nil)
        bench.pass(.seconds(2))
        // B had no result: it is asked for again, whatever the list says.
        let again = try bench.takeCancel()
        #expect(again.value == [ExchangeOrderID("B")])
        try bench.answerList([foreign("B", .cancelQueued)])
        bench.pass(.seconds(2))
        try bench.answerList()
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
        #expect(bench.report?.foreignOrders == 0)
        #expect(bench.report?.foreignOrdersEnded == 2)
    }

    @Test func ordersOfOthersThatStayAreNamed() throws {
        var bench = try CoreHarness([], capabilities: introducing) {
            $0.sweepsOnly = true
            $0.cancelsForeign = true
        }
        bench.send(.started)
        try bench.answerList([foreign("A")])
        bench.passUntilFlush()
        let id = try bench.takeFlush()
        bench.answer(id, .flushed(.flushed(checkpointed: true)))
        #expect(bench.report?.exitCode == ExitCode.ordersRemain)
        #expect(bench.report?.errors.contains { $0.contains("A") } == true)
    }
}
