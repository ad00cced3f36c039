// Orders that bear our name and that our books do not hold as working: canceled, or named, never passed over.

import Testing
import TradingDomain

@testable import Trading

@Suite("Orders of our name beside our books")
struct StrayOrderTests {
    private func trading(_ capabilities: ExchangeCapabilities = ExchangeCapabilities()) throws -> CoreHarness
    {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))], capabilities: capabilities)
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.commands = []
        return bench
    }

    private func order(
        epoch: Int64, _ exchangeID: String, _ status: ExchangeOrderStatus = .open, readable: Bool = true
    ) -> OrderSnapshot {
        OrderSnapshot(
            exchangeOrderID: ExchangeOrderID(exchangeID),
            clientOrderID: ClientOrderID(bot: bot, epoch: epoch, sequence: 9)!.description,
            terms: readable
                ? OrderTerms(symbol: eth, side: .sell, type: .limit(Price(3_000)), quantity: Quantity(1))
                : nil,
            status: status, filledQuantity: .zero, createdAt: UTCInstant("2026-11-22T09:00:00Z")!)
    }

    // MARK: Terms that cannot be read

    @Test func anExchangeIDIsEnoughToCancelAnOrder() throws {
        var bench = try trading()
        bench.send(.order(order(epoch: 3, "U1", readable: false)))
        try bench.expectCancel(of: ExchangeOrderID("U1"))
        let look = try bench.takeEvidence()
        #expect(look.value == [ExchangeOrderID("U1")])
        bench.answer(
            look.id,
            .orders(
                .page(OrderPage(orders: [order(epoch: 3, "U1", .canceled, readable: false)], nextCursor: nil))
            ))
        bench.commands = []
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        try bench.finishStop()
        #expect(bench.report?.exitCode == 0)
    }

    /// What an unreadable order was filled belongs to no position of ours, and somebody must know.
    @Test(arguments: [Quantity.zero, Quantity("0.3")!])
    func fillsOfAnUnreadableOrderAreTold(filled: Quantity) throws {
        var bench = try trading()
        bench.send(.order(order(epoch: 3, "U1", readable: false)))
        for _ in 0..<2 {
            var last = order(epoch: 3, "U1", .canceled, readable: false)
            last.filledQuantity = filled
            bench.send(.order(last))
        }
        let told = bench.records.count {
            if case .alert(let alert) = $0 { alert.name == "fills-unbooked" } else { false }
        }
        #expect(told == (filled.isPositive ? 1 : 0))
    }

    /// An id that the exchange has shown, in whatever shape, is never used for another order.
    @Test func anUnreadableOrderRaisesTheEpoch() throws {
        var bench = try CoreHarness(durable: DurableState())
        bench.send(.started)
        let epoch = bench.core.durable.epoch
        bench.send(.order(order(epoch: epoch + 5, "U1", .canceled, readable: false)))
        #expect(bench.core.durable.epoch > epoch + 5)
    }

    @Test func anExchangeIDIsEnoughToNameAnOrder() throws {
        var bench = try trading()
        let stray = order(epoch: 3, "U1", readable: false)
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while !bench.asksFlush {
            if bench.commands.contains(where: \.isWorkingList) {
                try bench.answerList([stray])
            } else {
                bench.send(.woke, after: .milliseconds(200))
            }
        }
        try bench.expectCancel(of: ExchangeOrderID("U1"))
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        let report = try #require(bench.report)
        #expect(report.exitCode == ExitCode.ordersRemain)
        #expect(report.remaining.map(\.exchangeOrderID) == [ExchangeOrderID("U1")])
    }

    /// Reports may come twice and out of order; a list shows what is.
    @Test(arguments: [false, true])
    func anOlderReportBringsNoOrderBack(isListed: Bool) throws {
        var bench = try trading()
        bench.send(.order(order(epoch: 3, "U1", readable: false)))
        try bench.expectCancel(of: ExchangeOrderID("U1"))
        bench.send(.order(order(epoch: 3, "U1", .canceled, readable: false)))
        bench.send(.order(order(epoch: 3, "U1", .cancelQueued, readable: false)))
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        let ghost = order(epoch: 3, "U1", readable: false)
        while !bench.asksFlush {
            if bench.commands.contains(where: \.isWorkingList) {
                try bench.answerList(isListed ? [ghost] : [])
            } else {
                bench.send(.woke, after: .milliseconds(200))
            }
        }
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        let report = try #require(bench.report)
        #expect(report.exitCode == (isListed ? ExitCode.ordersRemain : ExitCode.clean))
        #expect(report.remaining.count == (isListed ? 1 : 0))
        #expect(report.ordersFound == 1, "the other one: it had ended before the stop began")
    }

    // MARK: Another instance

    @Test func aStopNamesTheOrdersOfASecondInstance() throws {
        var bench = try trading()
        let other = order(epoch: 9_999_999_999, "S1")
        bench.send(.signal(.terminate))
        try bench.cancelEverything()
        while !bench.asksFlush {
            if bench.commands.contains(where: \.isWorkingList) {
                try bench.answerList([other])
            } else {
                bench.send(.woke, after: .milliseconds(200))
            }
        }
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
        let report = try #require(bench.report)
        #expect(report.exitCode == ExitCode.ordersRemain)
        #expect(report.remaining.map(\.exchangeOrderID) == [ExchangeOrderID("S1")])
        #expect(report.remaining.first?.status.contains("another instance") == true)
        #expect(bench.cancels == 0, "what another instance placed is that one's")
    }

    @Test func aHaltForASecondInstanceProvesThatOursAreGone() throws {
        var bench = try trading()
        let other = order(epoch: 9_999_999_999, "S1")
        bench.send(.order(other))
        #expect(bench.core.status.lifecycle == .halted)
        try bench.cancelEverything()
        while bench.commands.contains(where: \.isWorkingList) { try bench.answerList([other]) }
        #expect(bench.core.status.isProvedEmpty)
    }

    // MARK: Ghosts

    @Test func aGhostIsCanceledWhileTrading() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.listLag = .seconds(5)
        var bench = try trading(capabilities)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.show(id, .canceled)
        var ghost = bench.snapshot(id, .open)
        ghost.status = .open
        bench.commands = []
        bench.send(.feed(.orders, .gap("7, expected 5")))
        try bench.answerList([ghost])
        #expect(bench.cancels == 0, "the list may lag")
        bench.pass(.seconds(5))
        #expect(!bench.commands.contains { $0.isWorkingList })
        bench.pass(.milliseconds(1_100))
        try bench.answerList([ghost])
        try bench.expectCancel(of: ghost.exchangeOrderID)
        #expect(bench.alerted("ghost-order"))
    }

    @Test func aListThatLagsMakesNoGhost() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.listLag = .seconds(5)
        var bench = try trading(capabilities)
        let id = try #require(bench.core.durable.ledger.workingOrders.first?.id)
        bench.show(id, .canceled)
        bench.commands = []
        bench.send(.feed(.orders, .gap("7, expected 5")))
        try bench.answerList([bench.snapshot(id, .open)])
        bench.pass(.milliseconds(6_100))
        try bench.answerList()
        bench.pass(.seconds(3))
        #expect(bench.cancels == 0)
        #expect(!bench.alerted("ghost-order"))
    }
}
