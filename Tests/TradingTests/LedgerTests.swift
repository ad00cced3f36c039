import Testing
import TradingDomain

@testable import Trading

@Suite("Ledger and positions")
struct LedgerTests {
    let now = UTCInstant("2026-11-22T10:00:00Z")!

    func fill(_ id: String, _ side: Side, _ quantity: String, _ price: String, fee: String = "0") -> Fill {
        Fill(
            id: FillID(id), exchangeOrderID: ExchangeOrderID("X"), symbol: btc, side: side,
            price: Price(price)!, quantity: Quantity(quantity)!, fee: Money(fee)!, liquidity: .maker, at: now)
    }

    @Test func averageCostAndRealisedResult() throws {
        var position = Position()
        try position.book(fill("1", .buy, "1", "100", fee: "0.5"))
        try position.book(fill("2", .buy, "1", "110", fee: "0.5"))
        #expect(try position.averageCost == Price(105))
        try position.book(fill("3", .sell, "1.5", "120", fee: "1"))
        #expect(position.quantity == Quantity("0.5")!)
        #expect(position.realised == Money("22.5")!)
        #expect(position.fees == Money(2))
        #expect(position.cash == Money("-32")!)
        #expect(try position.netRealised == Money("20.5")!)
        #expect(try position.unrealised(at: Price(100)) == Money("-2.5")!)
    }

    @Test func aFillThroughZeroOpensTheOtherSide() throws {
        var position = Position()
        try position.book(fill("1", .buy, "1", "100"))
        try position.book(fill("2", .sell, "3", "110"))
        #expect(position.quantity == Quantity(-2))
        #expect(position.realised == Money(10))
        #expect(try position.averageCost == Price(110))
        try position.book(fill("3", .buy, "2", "100"))
        #expect(position.quantity == .zero)
        #expect(position.costBasis == .zero)
        #expect(position.realised == Money(30))
    }

    @Test func whatIsRealisedAndWhatIsOpenAddUpToCashExactly() throws {
        var generator = SeededGenerator(seed: 7)
        var position = Position()
        for index in 0..<2_000 {
            let side: Side = generator.below(2) == 0 ? .buy : .sell
            let quantity = Quantity(raw: Int128(generator.below(1_000_000) + 1) * 10_000_000_000)
            let price = Price(raw: Int128(generator.below(100_000) + 1) * 10_000_000_000_000_000)
            try position.book(
                Fill(
                    id: FillID("\(index)"), exchangeOrderID: ExchangeOrderID("X"), symbol: btc, side: side,
                    price: price, quantity: quantity, fee: Money("0.01")!, liquidity: .taker, at: now))
            // cash = realised - fees - what the open quantity cost, to the last digit.
            let explained = try (position.realised - position.fees) - position.costBasis
            #expect(explained == position.cash)
        }
    }

    func intent(_ sequence: Int64, _ side: Side = .buy, quantity: String = "1") -> Order {
        Order(
            id: ClientOrderID(bot: bot, epoch: 1, sequence: sequence)!,
            terms: OrderTerms(
                symbol: btc, side: side, type: .limit(Price(100)), quantity: Quantity(quantity)!),
            strategy: "s", createdAt: now)
    }

    @Test func holdsAndTotalsFollowEveryChange() throws {
        var state = DurableState()
        try state.apply(.intent(intent(1)))
        try state.apply(.intent(intent(2, .sell, quantity: "3")))
        #expect(state.ledger.hold("USD") == Money(100))
        #expect(state.ledger.hold("BTC") == Money(3))
        let id = intent(1).id
        try state.apply(
            .changed(
                OrderChange(
                    id: id, state: .partiallyFilled, exchangeOrderID: ExchangeOrderID("X"),
                    filledQuantity: Quantity("0.4")!, at: now)))
        #expect(state.ledger.hold("USD") == Money(60))
        #expect(state.ledger.working(btc).unbooked == Quantity("0.4")!)
        try state.apply(.fill(id, fill("F1", .buy, "0.4", "100")))
        #expect(state.ledger.working(btc).unbooked == .zero)
        #expect(state.ledger.position(btc).quantity == Quantity("0.4")!)
        try state.apply(.changed(OrderChange(id: id, state: .canceled, at: now)))
        #expect(state.ledger.hold("USD") == .zero)
        #expect(state.ledger.workingCount == 1)
    }

    @Test func aFillCountsOnce() throws {
        var state = DurableState()
        try state.apply(.intent(intent(1)))
        for _ in 0..<3 { try state.apply(.fill(intent(1).id, fill("F1", .buy, "0.4", "100"))) }
        #expect(state.ledger.position(btc).quantity == Quantity("0.4")!)
        #expect(state.ledger[intent(1).id]?.bookedQuantity == Quantity("0.4")!)
    }

    @Test func anOverflowIsAnIntegrityErrorThatChangesNothing() throws {
        var state = DurableState()
        try state.apply(.intent(intent(1)))
        let before = state
        let huge = fill("F1", .buy, "100000000000000000000", "100000000000000000000")
        #expect(throws: IntegrityError.self) { try state.apply(.fill(intent(1).id, huge)) }
        #expect(state == before)
    }

    @Test func finishedOrdersAreForgottenInTheEndButStayKnown() throws {
        var state = DurableState()
        for sequence in 1...Int64(OrderLedger.finishedLimit * 2 + 10) {
            try state.apply(.intent(intent(sequence)))
            try state.apply(.changed(OrderChange(id: intent(sequence).id, state: .rejected, at: now)))
        }
        #expect(state.ledger.count < OrderLedger.finishedLimit * 2)
        #expect(state.ledger[intent(1).id] == nil)
        #expect(state.knows(intent(1).id))
        #expect(!state.knows(intent(Int64(OrderLedger.finishedLimit * 2 + 11)).id))
    }
}
