import Testing
import TradingDomain

@testable import Trading

@Suite("The lives of an order")
struct OrderStateMachineTests {
    let now = UTCInstant("2026-11-22T10:00:00Z")!
    let exchangeID = ExchangeOrderID("X1")

    func order(_ state: OrderState, filled: String = "0", known: Bool = true) -> Order {
        var order = Order(
            id: ClientOrderID(bot: bot, epoch: 1, sequence: 1)!,
            terms: OrderTerms(symbol: btc, side: .buy, type: .limit(Price(100)), quantity: Quantity(1)),
            strategy: "s", createdAt: now)
        order.state = state
        order.sentAt = now
        if known { order.exchangeOrderID = exchangeID }
        order.filledQuantity = Quantity(filled)!
        return order
    }

    func seen(_ status: ExchangeOrderStatus, filled: String = "0", as id: String = "X1") -> OrderFact {
        .observed(
            OrderSnapshot(
                exchangeOrderID: ExchangeOrderID(id), clientOrderID: "test-1-1",
                terms: order(.new).terms, status: status, filledQuantity: Quantity(filled)!, createdAt: now))
    }

    func state(_ order: Order, on fact: OrderFact) throws -> OrderState {
        try OrderStateMachine.change(order, on: fact, at: now)?.state ?? order.state
    }

    @Test(arguments: [
        (OrderState.new, ExchangeOrderStatus.open, "0", OrderState.open),
        (.new, .pending, "0", .open), (.open, .open, "0.5", .partiallyFilled),
        (.partiallyFilled, .filled, "1", .filled), (.open, .canceled, "0", .canceled),
        (.partiallyFilled, .canceled, "0.5", .canceled), (.open, .expired, "0", .expired),
        (.open, .failed, "0", .failed), (.open, .cancelQueued, "0", .open),
        (.open, .unknown, "0", .open),
        // A late fill may complete a canceled order, and only complete it.
        (.canceled, .filled, "1", .filled), (.canceled, .canceled, "0.5", .canceled),
        (.expired, .filled, "1", .filled),
        // What is older than what we know changes nothing.
        (.canceled, .open, "0", .canceled), (.filled, .open, "0.5", .filled),
        (.filled, .canceled, "0.5", .filled),
    ])
    func evidenceMovesAnOrder(
        _ from: OrderState, _ status: ExchangeOrderStatus, _ filled: String, _ to: OrderState
    ) throws {
        #expect(try state(order(from), on: seen(status, filled: filled)) == to)
    }

    @Test func aFullyFilledOrderIsFilledOnlyWhenTheExchangeIsDoneWithIt() throws {
        #expect(try state(order(.open), on: seen(.open, filled: "1")) == .partiallyFilled)
    }

    /// Booked fills say how much was filled, and end no order that works.
    @Test(arguments: [
        (OrderState.open, "0.5", OrderState.partiallyFilled), (.partiallyFilled, "1", .partiallyFilled),
        (.canceled, "0.5", .canceled), (.canceled, "1", .filled), (.canceled, "1.5", .filled),
        (.expired, "0.5", .expired), (.expired, "1", .filled), (.failed, "1", .failed),
    ])
    func bookedFillsCompleteOnlyWhatWasCanceledOrExpired(
        _ from: OrderState, _ booked: String, _ to: OrderState
    ) throws {
        #expect(try state(order(from), on: .booked(Quantity(booked)!)) == to)
    }

    @Test func whatIsBookedAndWasToldIsNoNews() throws {
        let known = order(.partiallyFilled, filled: "0.5")
        #expect(try OrderStateMachine.change(known, on: .booked(Quantity("0.5")!), at: now) == nil)
        #expect(try OrderStateMachine.change(known, on: .booked(Quantity("0.4")!), at: now) == nil)
        let more = try OrderStateMachine.change(known, on: .booked(Quantity("0.6")!), at: now)
        #expect(more?.filledQuantity == Quantity("0.6")!)
    }

    @Test func filledQuantityNeverFalls() throws {
        let change = try OrderStateMachine.change(
            order(.partiallyFilled, filled: "0.7"), on: seen(.canceled, filled: "0.3"), at: now)
        #expect(change?.filledQuantity == Quantity("0.7")!)
    }

    @Test func aRejectionAfterEvidenceOfLifeIsIllegal() {
        #expect(throws: IllegalTransition.self) { try state(order(.open), on: .rejected("no")) }
        #expect(throws: IllegalTransition.self) { try state(order(.filled), on: .neverArrived) }
        #expect(throws: IllegalTransition.self) { try state(order(.open), on: .neverSent("gate")) }
    }

    @Test func twoExchangeIDsForOneOrderAreIllegal() {
        #expect(throws: IllegalTransition.self) { try state(order(.open), on: seen(.open, as: "X2")) }
        #expect(throws: IllegalTransition.self) {
            try state(order(.open), on: .accepted(ExchangeOrderID("X2")))
        }
    }

    @Test(arguments: [OrderState.failed, .rejected])
    func anOrderGivenUpThatAppearsLivesAgain(_ given: OrderState) throws {
        #expect(try state(order(given, known: false), on: seen(.open)) == .open)
        #expect(try state(order(given, known: false), on: seen(.filled, filled: "1")) == .filled)
        #expect(try state(order(given, known: false), on: .accepted(exchangeID)) == .open)
    }

    @Test func theAnswerThatComesAfterTheFeedIsNoNews() throws {
        #expect(try OrderStateMachine.change(order(.open), on: .accepted(exchangeID), at: now) == nil)
        #expect(try OrderStateMachine.change(order(.open), on: seen(.open), at: now) == nil)
    }
}
