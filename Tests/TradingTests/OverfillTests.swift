import Testing
import TradingDomain

@testable import Trading

/// A report's own sum of fills above what was ordered: nothing that anybody trades on, until the trades prove it.
@Suite("More filled than was ordered")
struct OverfillTests {
    private let phantom = Quantity(15)

    private func trading(lag: Duration = .seconds(2)) throws -> (bench: CoreHarness, id: ClientOrderID) {
        let bench = try CoreHarness.trading(silentFeed(listLag: lag))
        return (bench, try #require(bench.core.durable.ledger.workingOrders.first?.id))
    }

    private func unbooked(_ bench: CoreHarness) -> Quantity {
        bench.core.durable.ledger.working(btc).unbooked
    }

    private func asksEvidence(_ bench: CoreHarness) -> Bool {
        bench.commands.contains {
            if case .listOrders(let query) = $0.command, case .ids = query.scope { true } else { false }
        }
    }

    private func asksFills(_ bench: CoreHarness) -> Bool {
        bench.commands.contains {
            if case .listFills(let query) = $0.command, case .orders = query.scope { true } else { false }
        }
    }

    private func answerEvidence(
        _ bench: inout CoreHarness, _ snapshot: OrderSnapshot
    ) throws {
        let look = try bench.takeEvidence()
        #expect(look.value == [snapshot.exchangeOrderID])
        bench.answer(look.id, .orders(.page(OrderPage(orders: [snapshot], nextCursor: nil))))
    }

    private func answerFills(_ bench: inout CoreHarness, _ fills: [Fill]) throws {
        let asked = try bench.take("fills of an order") {
            if case .listFills(let query) = $0, case .orders = query.scope { true } else { nil }
        }
        bench.answer(asked.id, .fills(.page(FillPage(fills: fills, nextCursor: nil))))
    }

    private func overfills(_ bench: CoreHarness) -> Int {
        bench.records.count { if case .alert(let alert) = $0 { alert.name == "overfill" } else { false } }
    }

    @Test func anOrderThatWorksKeepsItsSizeAndIsAskedForByItsID() throws {
        var (bench, id) = try trading()
        bench.show(id, .open, filled: phantom)
        #expect(overfills(bench) == 1)
        #expect(bench.core.durable.ledger[id]?.filledQuantity == .zero)
        #expect(bench.core.durable.ledger[id]?.state == .open)
        #expect(
            bench.core.durable.ledger[id]?.leavesQuantity == bench.core.durable.ledger[id]?.terms.quantity)
        #expect(unbooked(bench) == .zero)
        try answerEvidence(&bench, bench.snapshot(id, .open))
        try answerFills(&bench, [])
        // The same once more is no news, and nobody asks for ever.
        bench.commands = []
        bench.show(id, .open, filled: phantom)
        #expect(overfills(bench) == 1)
        #expect(!asksEvidence(bench) && !asksFills(bench))
        #expect(unbooked(bench) == .zero)
    }

    /// A feed may know a size only as the sum of what was filled and what is left.
    @Test func aSizeThatFollowsFromThePhantomIsNoOtherOrder() throws {
        for (isListed, differs) in [(false, false), (false, true), (true, false)] {
            var (bench, id) = try trading()
            var snapshot = bench.snapshot(id, .open, filled: phantom)
            let terms = try #require(snapshot.terms)
            snapshot.terms = OrderTerms(
                symbol: terms.symbol, side: differs ? .sell : terms.side, type: terms.type,
                quantity: try terms.quantity + phantom)
            if isListed {
                bench.core.absorbListed(snapshot, bench.clock)
            } else {
                bench.send(.order(snapshot))
            }
            #expect(bench.core.durable.halts.isEmpty == !(isListed || differs))
        }
    }

    @Test func whatItFilledBeforeStaysBooked() throws {
        var (bench, id) = try trading()
        bench.show(id, .open, filled: Quantity("0.04")!)
        try answerFills(&bench, [bench.fill(id, "f", Quantity("0.04")!)])
        bench.show(id, .open, filled: phantom)
        #expect(bench.core.durable.ledger[id]?.filledQuantity == Quantity("0.04")!)
        #expect(bench.core.durable.ledger.position(btc).quantity == Quantity("0.04")!)
        #expect(unbooked(bench) == .zero)
    }

    /// It is filled, so at least to its size; how much it was is read again when lists must show it.
    @Test func oneThatIsFilledCountsToItsSizeAndIsReadAgain() throws {
        var (bench, id) = try trading()
        let size = try #require(bench.core.durable.ledger[id]?.terms.quantity)
        bench.show(id, .filled, filled: phantom)
        #expect(overfills(bench) == 1)
        #expect(bench.core.durable.ledger[id]?.filledQuantity == size)
        #expect(bench.core.durable.ledger[id]?.awaitsSize == true, "durable: the next life reads it again")
        #expect(unbooked(bench) == size)
        try answerFills(&bench, [bench.fill(id, "f", size)])
        #expect(unbooked(bench) == .zero)
        bench.pass(.milliseconds(2_100))
        try answerEvidence(&bench, bench.snapshot(id, .filled, filled: size))
        #expect(bench.core.durable.ledger[id]?.isSettled == true)
        #expect(bench.core.durable.ledger.position(btc).quantity == size)
    }

    /// A list that is read at once may be older than the claim, and ends nothing.
    @Test func aListThatMayBeOldDoesNotSettleIt() throws {
        var (bench, id) = try trading()
        let size = try #require(bench.core.durable.ledger[id]?.terms.quantity)
        bench.show(id, .filled, filled: phantom)
        bench.core.absorbListed(bench.snapshot(id, .filled, filled: size), bench.clock)
        #expect(bench.core.durable.ledger[id]?.awaitsSize == true)
    }

    /// The venue did fill more than was asked for: its trades say so, and everybody sees them.
    @Test func tradesProveIt() throws {
        var (bench, id) = try trading()
        let size = try #require(bench.core.durable.ledger[id]?.terms.quantity)
        let twice = try size + size
        bench.show(id, .filled, filled: twice)
        try answerFills(&bench, [bench.fill(id, "f", size), bench.fill(id, "more", size)])
        #expect(bench.core.durable.ledger.position(btc).quantity == twice)
        #expect(bench.core.durable.ledger[id]?.filledQuantity == twice)
        bench.pass(.milliseconds(2_100))
        try answerEvidence(&bench, bench.snapshot(id, .filled, filled: twice))
        #expect(bench.core.durable.ledger[id]?.isSettled == true)
        #expect(!bench.alerted("feed-silent") && !bench.alerted("not-settled"))
    }

    /// The list itself insists, and no trade comes: after some readings a human must look, and a stop ends.
    @Test func aListThatInsistsIsNotBelievedEither() throws {
        var (bench, id) = try trading(lag: .zero)
        bench.show(id, .canceled, filled: phantom)
        #expect(bench.core.durable.ledger[id]?.state == .canceled)
        #expect(bench.core.durable.ledger[id]?.filledQuantity == .zero)
        for _ in 0..<40 {
            if asksFills(bench) { try answerFills(&bench, []) }
            if asksEvidence(bench) {
                let look = try bench.takeEvidence()
                bench.answer(
                    look.id,
                    .orders(
                        .page(
                            OrderPage(
                                orders: [bench.snapshot(id, .canceled, filled: phantom)], nextCursor: nil))))
            }
            bench.pass(.seconds(1))
        }
        #expect(bench.alerted("not-settled"))
        #expect(overfills(bench) == 1)
        #expect(unbooked(bench) == .zero)
        #expect(bench.core.durable.ledger.position(btc).quantity == .zero)
    }

    @Test func oneThatWeDidNotKnowIsNoException() throws {
        var (bench, _) = try trading()
        let unknown = try #require(ClientOrderID(bot: bot, epoch: 1, sequence: 77))
        bench.core.absorbListed(bench.snapshot(unknown, .open, filled: phantom), bench.clock)
        #expect(bench.core.durable.ledger[unknown]?.filledQuantity == .zero)
        #expect(unbooked(bench) == .zero)
    }

    /// Earlier versions kept what they were told.
    @Test func aPhantomOfAnEarlierVersionCountsToTheOrdersSizeAtMost() throws {
        var (bench, id) = try trading()
        let size = try #require(bench.core.durable.ledger[id]?.terms.quantity)
        var durable = bench.core.durable
        try durable.apply(
            .changed(
                OrderChange(id: id, state: .filled, filledQuantity: phantom, at: bench.clock.utc)))
        #expect(durable.ledger.working(btc).unbooked == size)
        bench.commands = []
    }
}

extension TradingCore {
    /// As an answer to a question would bring it.
    fileprivate mutating func absorbListed(_ snapshot: OrderSnapshot, _ now: Stamp) {
        var turn = Turn(number: 0)
        absorb(snapshot, isListed: true, &turn)
    }
}
