import Testing
import TradingDomain

@testable import Trading

/// Sells what is held, and buys more.
private func twoSides(_ buys: Int = 2, _ sells: Int = 1) -> AnyStrategy {
    func order(_ side: Side, _ price: Price) -> WantedOrder {
        WantedOrder(symbol: btc, side: side, type: .limit(price), quantity: Quantity("0.1")!)
    }
    let wanted =
        (0..<buys).map { order(.buy, Price(99 - Int64($0))) }
        + (0..<sells).map { order(.sell, Price(102 + Int64($0))) }
    return AnyStrategy(FixedStrategy(wanted: wanted))
}

extension CoreHarness {
    @discardableResult
    mutating func say(_ word: OperatorWord, by: String = "socket uid 0") -> OperatorReply.Outcome? {
        let number = turns + 1
        var turn = Turn(number: number)
        turns = number
        core.handle(
            .operatorRequest(.said(OperatorOrder(number: number, by: by, word: word))), at: clock, into: &turn
        )
        commands += turn.commands
        records += turn.records
        notices += turn.notices
        wakeAt = turn.wakeAt
        if commitsAtOnce, !turn.records.isEmpty { send(.committed(through: number)) }
        return turn.replies.first { $0.number == number }?.outcome
    }

    /// Holds this much, bought at 99.
    mutating func hold(_ quantity: Quantity, _ id: ClientOrderID) throws {
        show(id, .filled, filled: quantity)
        let fills = try takeFills()
        answer(fills.id, .fills(.page(FillPage(fills: [fill(id, "F-\(id)", quantity)], nextCursor: nil))))
    }

    func order(_ side: Side, at price: Price) -> Order? {
        core.durable.ledger.all.last { $0.terms.side == side && $0.terms.type.limitPrice == price }
    }
    /// As they are on disk, for the sinks.
    var alertNames: [String] {
        records.compactMap { if case .alert(let alert) = $0 { alert.name } else { nil } }
    }
    var entriesPlaced: Int {
        commands.filter { if case .place(let order) = $0.command { order.terms.side == .buy } else { false } }
            .count
    }
}

private func isDone(_ outcome: OperatorReply.Outcome?) -> Bool {
    if case .done = outcome { true } else { false }
}
private func isRefused(_ outcome: OperatorReply.Outcome?) -> Bool {
    if case .refused = outcome { true } else { false }
}

@Suite("Operators")
struct OperatorTests {
    @Test func aFlattenAlertsOfNoRefusalOfItsOwn() throws {
        let at = UTCInstant("2026-11-22T10:00:00Z")!
        let terms = OrderTerms(symbol: btc, side: .sell, type: .limit(Price(99)), quantity: Quantity(1))
        func alert(_ strategy: String) -> String? {
            Record.refused(
                RiskRefusal(rule: .staleQuote, strategy: strategy, terms: terms, detail: "31 s old")
            ).alert(at: at)?.name
        }
        #expect(alert("grid") == "risk-refused")
        #expect(alert(Flatten.strategy) == nil)
    }

    @Test func aPauseLeavesWhatRestsAndPlacesOnlyExits() throws {
        var bench = try CoreHarness([twoSides(2, 0)])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        #expect(ids.count == 2)
        try bench.hold(Quantity("0.1")!, ids[0])
        // The buy that filled is wanted again, which would be an entry.
        #expect(isDone(bench.say(.pause(reduceOnly: false))))
        #expect(bench.core.status.lifecycle == .paused)
        #expect(bench.cancels == 0)
        bench.commands.removeAll()
        bench.pass(.seconds(30))
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(10))
        #expect(bench.placements == 0)
        #expect(
            bench.records.contains {
                if case .refused(let refusal) = $0 { refusal.rule == .paused } else { false }
            })
        #expect(bench.core.durable.standing?.kind == .paused)
        #expect(isDone(bench.say(.resume(confirmed: false))))
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(10))
        #expect(bench.placements == 1)
    }

    @Test func exitsArePlacedWhilePaused() throws {
        var bench = try CoreHarness([twoSides(1, 0)])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        try bench.hold(Quantity("0.1")!, ids[0])
        var seller = try CoreHarness([twoSides(1, 1)], durable: bench.core.durable)
        bench.say(.pause(reduceOnly: false))
        seller.core.durable = bench.core.durable
        try seller.startTrading()
        #expect(seller.core.status.lifecycle == .paused)
        #expect(seller.entriesPlaced == 0)
        let exit = try seller.takePlacement()
        #expect(exit.value.terms.side == .sell)
    }

    @Test func reduceOnlyCancelsRestingEntriesAndKeepsExits() throws {
        var bench = try CoreHarness([twoSides(1, 0)])
        try bench.startTrading()
        let first = try bench.acceptPlacements()
        try bench.hold(Quantity("0.1")!, first[0])
        var next = try CoreHarness([twoSides(2, 2)], durable: bench.core.durable)
        try next.startTrading()
        _ = try next.acceptPlacements()
        #expect(next.core.status.workingOrders == 4)
        #expect(isDone(next.say(.pause(reduceOnly: true))))
        let canceled = try next.takeCancel().value
        // Both buys, and the sell that the position does not cover.
        #expect(canceled.count == 3)
        let kept = next.core.durable.ledger.workingOrders.filter { $0.cancelRequestedAt == nil }
        #expect(kept.map(\.terms.side) == [.sell])
    }

    @Test func aStopIsOnDiskBeforeItBeginsAndTheNextLifeIdlesUntilResume() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.commitsAtOnce = false
        #expect(isDone(bench.say(.stop)))
        #expect(bench.core.status.lifecycle != .stopping)
        #expect(!bench.core.isGateOpen)
        #expect(bench.cancels == 0)
        bench.send(.committed(through: bench.turns))
        #expect(bench.core.status.lifecycle == .stopping)
        bench.commitsAtOnce = true
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)

        var next = try CoreHarness(durable: bench.core.durable)
        next.send(.started)
        try next.answerPast()
        let balances = try next.take("balances") { if case .listBalances = $0 { true } else { nil } }
        next.answer(balances.id, .balances(.balances([])))
        while next.commands.contains(where: \.isWorkingList) { try next.answerList() }
        #expect(next.core.status.lifecycle == .idle)
        #expect(next.core.status.isProvedEmpty)
        #expect(next.alertNames.contains("swept"))
        next.quote(99.5, 100.5)
        next.pass(.seconds(60))
        #expect(next.placements == 0)
        #expect(isRefused(next.say(.pause(reduceOnly: false))))
        #expect(isDone(next.say(.resume(confirmed: false))))
        next.quote(99.5, 100.5)
        #expect(next.core.status.lifecycle == .trading)
    }

    /// The loss that a stopped bot's position has made meanwhile halts it as soon as it is resumed, and the reply says so.
    @Test func aResumeThatIsHaltedAgainSaysSo() throws {
        var bench = try CoreHarness([twoSides(1, 0)])
        try bench.startTrading()
        let first = try bench.acceptPlacements()
        try bench.hold(Quantity("0.1")!, first[0])
        bench.say(.stop)
        try bench.finishStop()
        var next = try CoreHarness([twoSides(1, 0)], durable: bench.core.durable) {
            $0.risk.maximumDailyLoss = Money(1)
        }
        next.clock = bench.clock
        next.send(.started)
        try next.answerPast()
        let balances = try next.take("balances") { if case .listBalances = $0 { true } else { nil } }
        next.answer(balances.id, .balances(.balances([])))
        while next.commands.contains(where: \.isWorkingList) { try next.answerList() }
        #expect(next.core.status.lifecycle == .idle)
        next.quote(80, 81)
        let reply = next.say(.resume(confirmed: false))
        #expect(next.core.status.lifecycle == .halted)
        guard case .done(let words)? = reply else {
            Issue.record("\(String(describing: reply))")
            return
        }
        #expect(words.contains("halted again") && !words.contains("goes on"))
    }

    @Test func aStopBeginsThoughTheDiskHangs() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        bench.commitsAtOnce = false
        bench.say(.stop)
        bench.send(.commitOverdue, after: .seconds(2))
        #expect(bench.core.status.lifecycle == .stopping)
    }

    @Test func aHaltNeedsAConfirmedResume() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        #expect(isDone(bench.say(.halt("smoke"), by: "tcp 10.0.0.1:5")))
        #expect(bench.core.status.lifecycle == .halted)
        #expect(bench.core.durable.halts.first?.detail == "by tcp 10.0.0.1:5: smoke")
        try bench.cancelEverything()
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        #expect(bench.core.status.isProvedEmpty)
        #expect(bench.notices.contains { $0.event == "halt-proved" })
        #expect(isRefused(bench.say(.resume(confirmed: false))))
        #expect(bench.core.status.lifecycle == .halted)
        #expect(isDone(bench.say(.resume(confirmed: true))))
        #expect(bench.core.status.lifecycle == .trading)
        #expect(bench.core.durable.halts.isEmpty)
    }

    @Test func aHaltDoesNotWaitLongForCancelsThatHang() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        bench.say(.halt("drill"))
        let began = bench.clock.monotonic
        for _ in 0..<2 {
            #expect(try bench.takeCancel().value.count == ids.count)
            while bench.cancels == 0, bench.clock.monotonic - began < .seconds(60) {
                bench.pass(.milliseconds(100))
            }
        }
        #expect(bench.clock.monotonic - began < .seconds(6))
        try bench.cancelEverything()
        #expect(bench.core.status.workingOrders == 0)
    }

    @Test func aHaltInTheMiddleOfAStopIsForTheNextLife() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        bench.send(.signal(.terminate))
        bench.say(.halt("drill"))
        #expect(bench.core.status.lifecycle == .stopping)
        #expect(bench.core.durable.halts.map(\.cause) == [.killSwitch])
    }

    @Test func aSweepWhileTradingProvesAndGoesOn() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        try bench.acceptPlacements()
        #expect(isDone(bench.say(.sweep)))
        let number = bench.core.status.sweeps
        #expect(!bench.core.isGateOpen)
        try bench.cancelEverything()
        #expect(bench.placements == 0)
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList() }
        #expect(bench.core.status.lastProvedSweep == number)
        #expect(bench.core.isGateOpen)
        // Heard by whoever was told that orders remain.
        #expect(bench.alertNames.contains("swept"))
        bench.quote(99.5, 100.5)
        #expect(bench.placements == 3)
    }

    @Test func aFlattenClosesThePositionThenStops() throws {
        var bench = try CoreHarness([twoSides(1, 0)])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        try bench.hold(Quantity("0.1")!, ids[0])
        try bench.acceptPlacements()
        #expect(
            isDone(
                bench.say(
                    .flatten(FlattenOrder(slippageBasisPoints: 100, timeout: .seconds(30), next: .stop)))))
        #expect(bench.core.durable.standing?.kind == .reduceOnly)
        if bench.cancels > 0 { try bench.cancelEverything() }
        bench.pass(.seconds(2))
        let (id, order) = try bench.takePlacement()
        #expect(order.terms.side == .sell)
        #expect(order.terms.quantity == Quantity("0.1")!)
        // Never below the first mid less the slippage.
        #expect(
            order.terms.type == .limit(price: Price(99), timeInForce: .immediateOrCancel, postOnly: false))
        bench.answer(
            id,
            .placed(
                .accepted(
                    Acceptance(
                        exchangeOrderID: ExchangeOrderID("S1"),
                        clientOrderID: order.clientOrderID.description,
                        terms: order.terms))))
        bench.show(order.clientOrderID, .filled, filled: Quantity("0.1")!)
        let fills = try bench.takeFills()
        let sold = Fill(
            id: FillID("S"), exchangeOrderID: ExchangeOrderID("S1"), symbol: btc, side: .sell,
            price: Price(99),
            quantity: Quantity("0.1")!, fee: .zero, liquidity: .taker, at: bench.clock.utc)
        bench.answer(fills.id, .fills(.page(FillPage(fills: [sold], nextCursor: nil))))
        bench.pass(.seconds(2))
        #expect(bench.core.status.lifecycle == .stopping)
        #expect(bench.core.durable.standing?.kind == .stopped)
        #expect(bench.notices.contains { $0.event == "flattened" })
    }

    @Test func aFlattenThatFindsNoBuyerNamesWhatIsLeftAndStaysPaused() throws {
        var bench = try CoreHarness([twoSides(1, 0)])
        try bench.startTrading()
        let ids = try bench.acceptPlacements()
        try bench.hold(Quantity("0.1")!, ids[0])
        try bench.acceptPlacements()
        bench.say(.flatten(FlattenOrder(slippageBasisPoints: 10, timeout: .seconds(5))))
        if bench.cancels > 0 { try bench.cancelEverything() }
        for _ in 0..<40 where bench.core.status.isFlattening {
            bench.pass(.milliseconds(500))
            while bench.placements > 0 {
                let (id, order) = try bench.takePlacement()
                bench.answer(id, .placed(.rejected("no liquidity")))
                _ = order
            }
        }
        #expect(!bench.core.status.isFlattening)
        #expect(
            bench.notices.contains { $0.event == "flatten-incomplete" && $0.message.contains("BTC-USD 0.1") })
        #expect(bench.core.status.lifecycle == .paused)
    }

    @Test func reloadedLimitsHoldAtOnce() throws {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(5))]) {
            $0.risk.maximumWorkingOrders = 2
        }
        try bench.startTrading()
        try bench.acceptPlacements()
        #expect(bench.core.status.workingOrders == 2)
        var settings = ReloadedSettings(bench.core.configuration)
        settings.risk.maximumWorkingOrders = 4
        #expect(isDone(bench.say(.reload(settings))))
        bench.pass(.seconds(10))
        bench.quote(99.5, 100.5)
        bench.pass(.seconds(10))
        try bench.acceptPlacements()
        #expect(bench.core.status.workingOrders == 4)
    }

    @Test func everyWordIsAJournalRowWithWhoAndWhen() throws {
        var bench = try CoreHarness()
        try bench.startTrading()
        bench.say(.pause(reduceOnly: false), by: "socket uid 1000")
        let notes = bench.records.compactMap { if case .operatorSaid(let note) = $0 { note } else { nil } }
        #expect(notes.map(\.by) == ["socket uid 1000"])
        #expect(notes.first?.at == bench.clock.utc)
    }
}
