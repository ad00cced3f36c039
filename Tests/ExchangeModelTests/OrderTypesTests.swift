// Each order type and time in force, and every reason for which an order is refused.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct OrderTypesTests {
    @Test("post-only is refused when it would execute, and leaves no trace")
    func postOnly() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("99", "1")], asks: [level("101", "1")])
        _ = engine.drainChanges()
        #expect(engine.limit("a", .buy, "1", "101", postOnly: true).rejection == .wouldCross)
        #expect(engine.limit("b", .sell, "1", "99", postOnly: true).rejection == .wouldCross)
        #expect(engine.drainChanges() == [])
        #expect(engine.held("USD") == .zero)
        #expect(engine.allOrders().items == [])
        #expect(try engine.limit("a", .buy, "1", "100.99", postOnly: true).taken().status == .open)
        #expect(engine.limit("c", .sell, "1", "100.99", postOnly: true).rejection == .wouldCross)
    }

    @Test("immediate-or-cancel fills what it finds and cancels the rest")
    func immediateOrCancel() throws {
        var engine = try MatchingEngine.lab()
        engine.book(asks: [level("100", "1"), level("101", "1"), level("102", "1")])
        let order = try engine.limit("a", .buy, "5", "101", .immediateOrCancel).taken()
        #expect(order.status == .canceled)
        #expect(order.filledQuantity == "2")
        #expect(engine.held("USD") == .zero)
        #expect(engine.workingCount == 0)
        #expect(engine.depth(btc, .buy, levels: 1) == [])
        let nothing = try engine.limit("b", .buy, "1", "50", .immediateOrCancel).taken()
        #expect(nothing.status == .canceled)
        #expect(nothing.filledQuantity == .zero)
    }

    @Test("fill-or-kill fills whole or not at all")
    func fillOrKill() throws {
        var engine = try MatchingEngine.lab()
        _ = try engine.limit("ours", .sell, "1", "100").taken()
        engine.book(asks: [level("100", "1"), level("101", "1"), level("102", "1")])
        let killed = try engine.limit("a", .buy, "3.001", "101", .fillOrKill).taken()
        #expect(killed.status == .canceled)
        #expect(killed.filledQuantity == .zero)
        #expect(engine.fills() == [])
        #expect(engine.held("USD") == .zero)
        let filled = try engine.limit("b", .buy, "3", "101", .fillOrKill).taken()
        #expect(filled.status == .filled)
        #expect(engine.depth(btc, .sell, levels: 9) == [level("102", "1")])
        #expect(engine.inconsistencies() == [])
    }

    @Test("a market order walks the book; what finds no counterpart is canceled")
    func marketOrder() throws {
        var engine = try MatchingEngine.lab()
        engine.book(asks: [level("100", "1"), level("110", "1")])
        let order = try engine.market("a", .buy, "1.5").taken()
        #expect(order.status == .filled)
        #expect(engine.fills().map(\.price) == ["100", "110"])
        let rest = try engine.market("b", .buy, "2").taken()
        #expect(rest.status == .canceled)
        #expect(rest.filledQuantity == "0.5")
        #expect(try engine.market("c", .sell, "1").taken().filledQuantity == .zero)
        #expect(engine.held("BTC") == .zero)
        #expect(engine.held("USD") == .zero)
        #expect(engine.inconsistencies() == [])
    }

    @Test("a good-till-date order expires at its time, not before, and holds nothing after")
    func goodTillDate() throws {
        var engine = try MatchingEngine.lab()
        let order = try engine.limit("a", .buy, "1", "100", .goodTillDate(second(10))).taken()
        let longer = try engine.limit("b", .buy, "1", "100", .goodTillDate(second(20))).taken()
        #expect(engine.nextDueAt == second(10))
        engine.advance(to: second(10) - .nanoseconds(1))
        #expect(engine.status(order) == .open)
        engine.advance(to: second(10))
        #expect(engine.status(order) == .expired)
        #expect(engine.status(longer) == .open)
        #expect(engine.held("USD") == "100.2")
        #expect(engine.detail(order.exchangeOrderID)?.updatedAt == second(10))
        #expect(engine.limit("c", .buy, "1", "100", .goodTillDate(second(10))).rejection == .invalidRequest)
        engine.advance(to: second(30))
        #expect(engine.status(longer) == .expired)
        #expect(engine.detail(longer.exchangeOrderID)?.updatedAt == second(20))
        #expect(engine.nextDueAt == nil)
    }

    @Test(
        "increments, minimums, maximums and nonsense are refused each by its name",
        arguments: [
            ("0.0015", "100", Rejection.Code.invalidSizePrecision), ("1", "100.005", .invalidPricePrecision),
            ("1000.001", "1", .sizeTooLarge), ("0", "100", .sizeTooSmall), ("-1", "100", .sizeTooSmall),
            ("1", "0", .invalidPrice), ("1", "-5", .invalidPrice), ("0.009", "100", .notionalTooSmall),
        ])
    func checks(_ quantity: String, _ price: String, _ code: Rejection.Code) throws {
        var engine = try MatchingEngine.lab()
        let result = engine.limit("a", .sell, .literal(quantity), .literal(price))
        #expect(result.rejection == code)
        #expect(engine.allOrders().items == [])
        // The edge itself passes.
        #expect(try engine.limit("a", .sell, "0.01", "100").taken().status == .open)
    }

    @Test("sizes below the product's minimum and market orders of too little value are refused")
    func minimums() throws {
        var coarse = sampleProduct()
        coarse.minimumQuantity = "0.1"
        var engine = try MatchingEngine.lab([coarse])
        engine.book(bids: [level("9", "5")])
        #expect(engine.limit("a", .buy, "0.099", "100").rejection == .sizeTooSmall)
        #expect(engine.market("b", .sell, "0.111").rejection == .notionalTooSmall)
        #expect(try engine.market("c", .sell, "0.112").taken().status == .filled)
    }

    @Test("unknown products, empty and overlong ids, post-only immediate orders, too many orders")
    func otherRefusals() throws {
        var engine = try MatchingEngine.lab(maximumOpenOrders: 1)
        #expect(engine.limit("a", .buy, "1", "100", symbol: "NO-USD").rejection == .invalidProduct)
        #expect(engine.limit("", .buy, "1", "100").rejection == .invalidRequest)
        #expect(
            engine.limit(String(repeating: "x", count: 129), .buy, "1", "100").rejection == .invalidRequest)
        #expect(
            engine.limit("b", .buy, "1", "100", .fillOrKill, postOnly: true).rejection
                == .unsupportedConfiguration)
        _ = try engine.limit("c", .buy, "1", "100").taken()
        #expect(engine.limit("d", .buy, "1", "100").rejection == .tooManyOpenOrders)
        #expect(try engine.limit("e", .buy, "1", "100", .immediateOrCancel).taken().status == .canceled)
    }

    @Test(
        "the product's status decides what is taken",
        arguments: [
            (Product.Status.online, true, true, true), (.limitOnly, true, true, false),
            (.postOnly, true, false, false), (.cancelOnly, false, false, false),
            (.disabled, false, false, false),
        ])
    func productStatus(_ status: Product.Status, _ postOnly: Bool, _ limit: Bool, _ market: Bool) throws {
        var engine = try MatchingEngine.lab(cancelDelay: .zero)
        engine.book(bids: [level("99", "1")], asks: [level("101", "1")])
        let resting = try engine.limit("r", .buy, "1", "98").taken()
        engine.setStatus(btc, status, at: engine.now)
        #expect((engine.limit("p", .buy, "1", "98", postOnly: true).rejection == nil) == postOnly)
        #expect((engine.limit("l", .buy, "1", "98").rejection == nil) == limit)
        #expect((engine.market("m", .buy, "1").rejection == nil) == market)
        #expect(engine.requestCancel(resting.exchangeOrderID, at: engine.now) == .accepted)
        #expect(engine.status(resting) == .canceled)
    }

    @Test("a market that is halted executes nothing; prices that met in between trade when it is back")
    func haltedMarket() throws {
        var engine = try MatchingEngine.lab()
        let order = try engine.limit("a", .buy, "1", "100").taken()
        engine.setStatus(btc, .disabled, at: engine.now)
        #expect(engine.trade(.sell, "1") == .zero)
        engine.book(asks: [level("99", "0.4")])
        #expect(engine.filled(order) == .zero)
        // Crossed prices are nobody's quote.
        #expect(engine.quote(btc) == nil)
        engine.setStatus(btc, .online, at: engine.now)
        #expect(engine.filled(order) == "0.4")
        #expect(engine.inconsistencies() == [])
    }

    @Test("an engine is not made of impossible products or balances")
    func configuration() {
        #expect(throws: EngineError.duplicateProduct(btc)) {
            try MatchingEngine.lab([sampleProduct(), sampleProduct()])
        }
        #expect(throws: EngineError.negativeBalance("USD")) {
            try MatchingEngine.lab(balances: ["USD": "-1"])
        }
        #expect(throws: EngineError.self) { try MatchingEngine.lab([sampleProduct(takerFee: "1")]) }
        #expect(throws: EngineError.self) { try MatchingEngine.lab([sampleProduct("USD-USD")]) }
        var broken = sampleProduct()
        broken.baseIncrement = .zero
        #expect(throws: EngineError.self) { try MatchingEngine.lab([broken]) }
    }
}
