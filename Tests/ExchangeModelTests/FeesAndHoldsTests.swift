// Money: maker and taker fees, what is reserved, what is released, all exact.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct FeesAndHoldsTests {
    @Test("a maker pays the maker's fee, a taker the taker's, exact to the last digit")
    func fees() throws {
        var engine = try MatchingEngine.lab()
        _ = try engine.limit("m", .buy, "0.123", "98.76").taken()
        engine.trade(.sell, "0.123")
        let maker = try #require(engine.fills().first)
        #expect(maker.liquidity == .maker)
        #expect(maker.fee == "0.01214748")  // 12.14748 × 0.001
        #expect(engine.total("USD") == "9987.84037252")

        engine.book(asks: [level("99.99", "1")])
        _ = try engine.market("t", .buy, "0.123").taken()
        let taker = try #require(engine.fills().last)
        #expect(taker.liquidity == .taker)
        #expect(taker.fee == "0.02459754")  // 12.29877 × 0.002
        #expect(engine.total("USD") == "9975.51700498")
        #expect(engine.total("BTC") == "10.246")
    }

    @Test("a seller receives the notional less the fee")
    func sellerIsPaid() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("200", "2")])
        let order = try engine.market("s", .sell, "1.5").taken()
        #expect(order.status == .filled)
        #expect(engine.total("USD") == "10299.4")  // 300 − 0.6
        #expect(engine.total("BTC") == "8.5")
        #expect(engine.detail(order.exchangeOrderID)?.filledValue == "300")
        #expect(engine.detail(order.exchangeOrderID)?.fees == "0.6")
    }

    @Test("a maker's rebate is paid out and not reserved")
    func rebate() throws {
        var engine = try MatchingEngine.lab([sampleProduct(makerFee: "-0.0005", takerFee: "0.002")])
        _ = try engine.limit("m", .buy, "1", "100").taken()
        #expect(engine.held("USD") == "100.2")
        engine.trade(.sell, "1")
        #expect(engine.total("USD") == "9900.05")
        #expect(engine.fills().first?.fee == "-0.05")
        #expect(engine.inconsistencies() == [])
    }

    @Test("a buy holds its cost with the dearer fee, released as it fills and when it ends")
    func buyHold() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .zero)
        let order = try engine.limit("b", .buy, "4", "100").taken()
        #expect(engine.held("USD") == "400.8")
        engine.trade(.sell, "1")
        #expect(engine.held("USD") == "300.6")
        #expect(engine.balance("USD")?.available == "9599.3")  // 10000 − 100.1 − 300.6
        _ = engine.requestCancel(order.exchangeOrderID, at: engine.now)
        #expect(engine.held("USD") == .zero)
        #expect(engine.total("USD") == "9899.9")
    }

    @Test("a sell holds the base, released as it fills and when it ends")
    func sellHold() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .zero)
        let order = try engine.limit("s", .sell, "4", "100").taken()
        #expect(engine.held("BTC") == "4")
        engine.trade(.buy, "1")
        #expect(engine.held("BTC") == "3")
        #expect(engine.total("BTC") == "9")
        _ = engine.requestCancel(order.exchangeOrderID, at: engine.now)
        #expect(engine.held("BTC") == .zero)
    }

    @Test("a taker that pays less than its limit gets the difference back")
    func priceImprovement() throws {
        var engine = try MatchingEngine.lab()
        engine.book(asks: [level("90", "1")])
        _ = try engine.limit("b", .buy, "1", "100").taken()
        #expect(engine.total("USD") == "9909.82")  // 90 + 0.18
        #expect(engine.held("USD") == .zero)
    }

    @Test("what is reserved cannot be reserved again")
    func insufficientFunds() throws {
        var engine = try MatchingEngine.lab()
        _ = try engine.limit("a", .buy, "99", "100").taken()  // holds 9919.8
        #expect(engine.limit("b", .buy, "1", "100").rejection == .insufficientFunds)
        _ = try engine.limit("c", .buy, "1", "80").taken()  // 80.16 of 80.2
        #expect(engine.limit("d", .sell, "10.001", "200").rejection == .insufficientFunds)
        _ = try engine.limit("e", .sell, "10", "200").taken()
        #expect(engine.market("f", .sell, "0.1").rejection == .insufficientFunds)
        #expect(engine.workingCount == 3)
        #expect(engine.inconsistencies() == [])
    }

    @Test("a market buy needs what the book asks, fee included, to the cent")
    func marketBuyFunds() throws {
        var engine = try MatchingEngine.lab(balances: ["USD": "300.6"])
        engine.book(asks: [level("100", "1"), level("200", "1"), level("300", "1")])
        #expect(engine.market("a", .buy, "2.001").rejection == .insufficientFunds)
        #expect(try engine.market("b", .buy, "2").taken().status == .filled)
        #expect(engine.total("USD") == .zero)
        #expect(engine.held("USD") == .zero)
    }

    @Test("fills whose amounts need rounding never cost more than was held")
    func roundingStaysInsideTheHold() throws {
        let fine = Product(
            symbol: "PEPE-USD", baseIncrement: "0.0000000001", priceIncrement: "0.000000000001",
            minimumQuantity: "0.0000000001", maximumQuantity: "1000000000000000", minimumNotional: .zero,
            makerFee: "0.0013", takerFee: "0.0027")
        var engine = try MatchingEngine.lab([fine], balances: ["USD": "1"])
        let order = try engine.limit("p", .buy, "3.3333333333", "0.000000123457", symbol: "PEPE-USD").taken()
        for _ in 0..<40 {
            engine.externalTrade(
                "PEPE-USD", taker: .sell, limit: nil, quantity: "0.0833333333", at: engine.now)
            #expect(engine.inconsistencies() == [])
        }
        engine.externalTrade("PEPE-USD", taker: .sell, limit: nil, quantity: "1", at: engine.now)
        #expect(engine.status(order) == .filled)
        #expect(engine.held("USD") == .zero)
        #expect(engine.inconsistencies() == [])
    }

    @Test("10^15 coins at 10^-12 and amounts beyond all bounds: filled or refused, never a trap")
    func extremes() throws {
        let shib = Product(
            symbol: "SHIB-USD", baseIncrement: "1", priceIncrement: "0.000000000001", minimumQuantity: "1",
            maximumQuantity: "100000000000000000000", minimumNotional: .zero, makerFee: .zero, takerFee: .zero
        )
        var engine = try MatchingEngine.lab([shib], balances: ["USD": "100000000000000000000"])
        let symbol: Symbol = "SHIB-USD"
        let order = try engine.limit("a", .buy, "1000000000000000", "0.000000000001", symbol: symbol).taken()
        engine.externalTrade(symbol, taker: .sell, limit: nil, quantity: "1000000000000000", at: engine.now)
        #expect(engine.status(order) == .filled)
        #expect(engine.total("USD") == "99999999999999999000")
        #expect(
            engine.limit("b", .buy, "1000000000000000", "1000000", symbol: symbol).rejection == .sizeTooLarge)

        // The account cannot own twice 10^20: the order fails, nothing is booked for it.
        var rich = try MatchingEngine.lab(
            [shib], balances: ["SHIB": "100000000000000000000", "USD": "100000000000000000000"])
        let seller = try rich.limit("c", .sell, "100000000000000000000", "1", symbol: symbol).taken()
        rich.externalTrade(symbol, taker: .buy, limit: nil, quantity: "100000000000000000000", at: rich.now)
        #expect(rich.status(seller) == .failed)
        #expect(rich.fills() == [])
        #expect(rich.workingCount == 0)
        #expect(rich.inconsistencies() == [])
    }
}
