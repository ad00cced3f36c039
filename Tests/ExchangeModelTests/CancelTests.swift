// Idempotent ids and the two halves of a cancel, with what may happen between them.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct CancelTests {
    @Test("a used client order id gives the stored order back, even with other terms and after its end")
    func idempotentIDs() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .zero)
        let order = try engine.limit("a", .buy, "1", "100").taken()
        #expect(engine.limit("a", .sell, "7", "300") == .duplicate(order))
        #expect(engine.allOrders().items.count == 1)
        #expect(engine.held("BTC") == .zero)
        _ = engine.requestCancel(order.exchangeOrderID, at: engine.now)
        guard case .duplicate(let later) = engine.limit("a", .buy, "1", "100") else {
            Issue.record("the id was used again")
            return
        }
        #expect(later.status == .canceled)
        #expect(later.exchangeOrderID == order.exchangeOrderID)
        // A refused order was never stored: its id is free.
        #expect(engine.limit("b", .buy, "1", "100.001").rejection == .invalidPricePrecision)
        #expect(try engine.limit("b", .buy, "1", "100").taken().exchangeOrderID.description == "X2")
    }

    @Test("a cancel is queued first and takes effect after the delay")
    func cancelTakesTime() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .seconds(2))
        let order = try engine.limit("a", .buy, "1", "100").taken()
        #expect(engine.requestCancel(order.exchangeOrderID, at: second(5)) == .accepted)
        #expect(engine.status(order) == .cancelQueued)
        #expect(engine.workingCount == 1)
        #expect(engine.requestCancel(order.exchangeOrderID, at: second(6)) == .duplicateRequest)
        engine.advance(to: second(7) - .nanoseconds(1))
        #expect(engine.status(order) == .cancelQueued)
        engine.advance(to: second(7))
        #expect(engine.status(order) == .canceled)
        #expect(engine.workingCount == 0)
        #expect(engine.held("USD") == .zero)
        #expect(
            engine.requestCancel(order.exchangeOrderID, at: second(8)) == .alreadyFinal(.canceled))
    }

    @Test("an order can fill in part between the cancel and its effect")
    func partialFillBetween() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .seconds(1))
        let order = try engine.limit("a", .buy, "2", "100").taken()
        _ = engine.requestCancel(order.exchangeOrderID, at: second(1))
        engine.trade(.sell, "0.5")
        #expect(engine.status(order) == .cancelQueued)
        engine.advance(to: second(2))
        #expect(engine.order(order.exchangeOrderID)?.status == .canceled)
        #expect(engine.filled(order) == "0.5")
        #expect(engine.inconsistencies() == [])
    }

    @Test("an order that fills whole before its cancel takes effect is filled, not canceled")
    func fullFillBetween() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .seconds(1))
        let order = try engine.limit("a", .buy, "2", "100").taken()
        _ = engine.requestCancel(order.exchangeOrderID, at: second(1))
        engine.trade(.sell, "2")
        #expect(engine.status(order) == .filled)
        engine.advance(to: second(9))
        #expect(engine.status(order) == .filled)
        #expect(engine.requestCancel(order.exchangeOrderID, at: second(9)) == .alreadyFilled)
    }

    @Test("without a delay of its own a cancel waits for an explicit step")
    func explicitStep() throws {
        var engine = try MatchingEngine.lab(cancelDelay: nil)
        let first = try engine.limit("a", .buy, "1", "100").taken()
        let second = try engine.limit("b", .buy, "1", "99").taken()
        let third = try engine.limit("c", .buy, "1", "98").taken()
        #expect(engine.completeCancel(first.exchangeOrderID, at: engine.now) == false)
        for order in [first, second] { _ = engine.requestCancel(order.exchangeOrderID, at: engine.now) }
        engine.advance(to: UTCInstant(seconds: 2_000_000_000))
        #expect(engine.status(first) == .cancelQueued)
        let completed = engine.completeCancel(first.exchangeOrderID, at: engine.now)
        #expect(completed)
        #expect(engine.status(first) == .canceled)
        #expect(engine.status(second) == .cancelQueued)
        engine.completeCancels(at: engine.now)
        #expect(engine.status(second) == .canceled)
        #expect(engine.status(third) == .open)
    }

    @Test("an order that expires while its cancel is queued is expired")
    func expiryBeforeCancel() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .seconds(10))
        let order = try engine.limit("a", .buy, "1", "100", .goodTillDate(second(5))).taken()
        _ = engine.requestCancel(order.exchangeOrderID, at: second(1))
        engine.advance(to: second(60))
        #expect(engine.status(order) == .expired)
        #expect(engine.detail(order.exchangeOrderID)?.updatedAt == second(5))
    }

    @Test("what is due happens in time order, whatever was asked first")
    func timeOrder() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .seconds(3))
        let late = try engine.limit("a", .buy, "1", "100", .goodTillDate(second(9))).taken()
        let canceled = try engine.limit("b", .buy, "1", "100").taken()
        let early = try engine.limit("c", .buy, "1", "100", .goodTillDate(second(2))).taken()
        _ = engine.requestCancel(canceled.exchangeOrderID, at: second(1))
        _ = engine.drainChanges()
        engine.advance(to: second(100))
        let ended = engine.drainChanges().compactMap { change -> ExchangeOrderID? in
            if case .order(let order) = change { order.exchangeOrderID } else { nil }
        }
        #expect(ended == [early.exchangeOrderID, canceled.exchangeOrderID, late.exchangeOrderID])
        #expect(engine.detail(canceled.exchangeOrderID)?.updatedAt == second(4))
    }

    @Test("what is due at one instant happens in the order of the orders, also after storing")
    func sameInstant() throws {
        var engine = try MatchingEngine.lab()
        let end = TimeInForce.goodTillDate(second(5))
        for number in 1...9 { _ = try engine.limit("o\(number)", .buy, "0.1", "100", end).taken() }
        var copy: MatchingEngine = try fromJSON(json(engine))
        for index in 0..<2 {
            if index == 1 { engine = copy }
            _ = engine.drainChanges()
            engine.advance(to: second(5))
            let ended = engine.drainChanges().compactMap { change -> String? in
                if case .order(let order) = change { order.clientOrderID } else { nil }
            }
            #expect(ended == (1...9).map { "o\($0)" })
        }
        copy.advance(to: second(4))
        #expect(copy.workingCount == 9)
    }

    @Test(
        "ids that the exchange never gave are unknown",
        arguments: ["", "X", "X0", "X2", "X01", "x1", "F1", "X1 ", "X-1", "X99999999999999999999", "Ä"])
    func unknownIDs(_ id: String) throws {
        var engine = try MatchingEngine.lab()
        _ = try engine.limit("a", .buy, "1", "100").taken()
        #expect(engine.requestCancel(ExchangeOrderID(id), at: engine.now) == .unknownOrder)
        #expect(engine.order(ExchangeOrderID(id)) == nil)
        #expect(CancelResult.unknownOrder.failureReason == "UNKNOWN_CANCEL_ORDER")
    }

    @Test("time never runs backwards")
    func clampedTime() throws {
        var engine = try MatchingEngine.lab()
        engine.advance(to: second(50))
        engine.advance(to: second(10))
        #expect(engine.now == second(50))
        let terms = OrderTerms(symbol: btc, side: .buy, type: .limit("100"), quantity: "1")
        guard case .accepted(let order) = engine.place(clientOrderID: "a", terms: terms, at: second(20))
        else {
            Issue.record("not accepted")
            return
        }
        #expect(order.createdAt == second(50))
    }

    @Test("short-lived orders leave no trail of timers")
    func timersAreBounded() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .zero)
        for number in 0..<2000 {
            if number == 1000 { #expect(engine.pendingTimers < 600) }
            let end = TimeInForce.goodTillDate(second(1_000_000 + Int64(number)))
            let order = try engine.limit("o\(number)", .buy, "0.01", "100", end).taken()
            if number % 2 == 0 {
                _ = engine.requestCancel(order.exchangeOrderID, at: engine.now)
            } else {
                engine.trade(.sell, "0.01")
            }
        }
        _ = try engine.limit("last", .buy, "0.1", "100", .goodTillDate(second(3_000_000))).taken()
        engine.advance(to: second(1))
        #expect(engine.pendingTimers < 600)
    }
}
