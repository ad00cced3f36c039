// Who trades first, at which price, and how much: price-time priority and the queue at one price.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct MatchingTests {
    @Test("the better price trades first, then the earlier order")
    func priceTimePriority() throws {
        var engine = try MatchingEngine.lab()
        let early = try engine.limit("early", .buy, "1", "100").taken()
        let better = try engine.limit("better", .buy, "1", "101").taken()
        let late = try engine.limit("late", .buy, "1", "100").taken()

        #expect(engine.trade(.sell, "1.5") == "1.5")
        #expect(engine.filled(better) == "1")
        #expect(engine.filled(early) == "0.5")
        #expect(engine.filled(late) == .zero)

        engine.trade(.sell, "1")
        #expect(engine.filled(early) == "1")
        #expect(engine.filled(late) == "0.5")
        #expect(engine.fills().map(\.price) == ["101", "100", "100", "100"])
        #expect(engine.inconsistencies() == [])
    }

    @Test("on the sell side the lower price trades first")
    func askPriority() throws {
        var engine = try MatchingEngine.lab()
        let dear = try engine.limit("dear", .sell, "1", "102").taken()
        let cheap = try engine.limit("cheap", .sell, "1", "101").taken()
        #expect(engine.trade(.buy, "5", limit: "101.5") == "1")
        #expect(engine.status(cheap) == .filled)
        #expect(engine.filled(dear) == .zero)
    }

    @Test("an order waits until the size that stood before it has traded")
    func queuePosition() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("100", "3")])
        let order = try engine.limit("a", .buy, "1", "100").taken()
        #expect(engine.detail(order.exchangeOrderID)?.queueAhead == "3")
        #expect(engine.trade(.sell, "2") == "2")
        #expect(engine.filled(order) == .zero)
        #expect(engine.trade(.sell, "1.5") == "1.5")
        #expect(engine.filled(order) == "0.5")
        #expect(engine.inconsistencies() == [])
    }

    @Test("size that joins later stands behind, also between two orders of ours")
    func growthJoinsBehind() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("100", "1")])
        let first = try engine.limit("first", .buy, "1", "100").taken()
        engine.book(bids: [level("100", "5")])
        let second = try engine.limit("second", .buy, "1", "100").taken()
        engine.book(bids: [level("100", "9")])
        #expect(engine.detail(first.exchangeOrderID)?.queueAhead == "1")
        #expect(engine.detail(second.exchangeOrderID)?.queueAhead == "4")

        // 1 outside, 1 first, 4 outside, 1 second, 4 outside.
        engine.trade(.sell, "6")
        #expect(engine.filled(first) == "1")
        #expect(engine.filled(second) == .zero)
        engine.trade(.sell, "0.25")
        #expect(engine.filled(second) == "0.25")
        #expect(engine.trade(.sell, "100") == "4.75")
    }

    @Test("when others cancel, the size ahead shrinks in proportion and on the increment")
    func cancelsShrinkTheQueue() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("100", "4")])
        let first = try engine.limit("first", .buy, "1", "100").taken()
        engine.book(bids: [level("100", "8")])
        let second = try engine.limit("second", .buy, "1", "100").taken()
        engine.book(bids: [level("100", "2.001")])
        // 4 × 2.001 / 8 is 1.0005.
        #expect(engine.detail(first.exchangeOrderID)?.queueAhead == "1")
        #expect(engine.detail(second.exchangeOrderID)?.queueAhead == "1")
        #expect(engine.inconsistencies() == [])
        engine.book()
        #expect(engine.detail(second.exchangeOrderID)?.queueAhead == .zero)
        engine.trade(.sell, "1.5")
        #expect(engine.filled(first) == "1")
        #expect(engine.filled(second) == "0.5")
    }

    @Test("a canceled order leaves the external size before it to the next one")
    func cancelKeepsOthersInPlace() throws {
        var engine = try MatchingEngine.lab(cancelDelay: .zero)
        engine.book(bids: [level("100", "1")])
        let first = try engine.limit("first", .buy, "1", "100").taken()
        engine.book(bids: [level("100", "3")])
        let second = try engine.limit("second", .buy, "1", "100").taken()
        #expect(engine.requestCancel(first.exchangeOrderID, at: engine.now) == .accepted)
        #expect(engine.detail(second.exchangeOrderID)?.queueAhead == "3")
        #expect(engine.inconsistencies() == [])
        engine.trade(.sell, "3.5")
        #expect(engine.filled(second) == "0.5")
    }

    @Test("prices that pass an order fill it at its own price, as maker, up to their size")
    func liquidityThroughOurPrice() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("98", "1")], asks: [level("102", "1")])
        let sell = try engine.limit("s", .sell, "2", "101").taken()
        engine.book(bids: [level("103", "0.5"), level("101", "0.7"), level("100", "9")])
        #expect(engine.filled(sell) == "1.2")
        #expect(engine.fills().allSatisfy { $0.price == "101" && $0.liquidity == .maker })
        // What was taken is gone from the book.
        #expect(engine.depth(btc, .buy, levels: 5) == [level("100", "9")])
        #expect(engine.inconsistencies() == [])
    }

    @Test("what a passing price trades with our order is taken from its size")
    func passingPriceKeepsTheRest() throws {
        var engine = try MatchingEngine.lab()
        let buy = try engine.limit("b", .buy, "2", "100").taken()
        engine.book(asks: [level("99", "5"), level("101", "1")])
        #expect(engine.status(buy) == .filled)
        #expect(engine.depth(btc, .sell, levels: 9) == [level("99", "3"), level("101", "1")])
    }

    @Test("a limit order that crosses takes at the book's prices and rests with its remainder")
    func takerThenRests() throws {
        var engine = try MatchingEngine.lab()
        engine.book(
            bids: [level("99", "5")], asks: [level("100", "1"), level("101", "1"), level("103", "1")])
        let order = try engine.limit("a", .buy, "3", "102").taken()
        #expect(order.status == .open)
        #expect(order.filledQuantity == "2")
        #expect(engine.fills().map(\.price) == ["100", "101"])
        #expect(engine.fills().allSatisfy { $0.liquidity == .taker })
        #expect(engine.quote(btc)?.bid == "102")
        #expect(engine.quote(btc)?.ask == "103")
    }

    @Test("our own orders trade with each other like anyone's, and the money stays ours but for the fees")
    func selfTrade() throws {
        var engine = try MatchingEngine.lab()
        let resting = try engine.limit("r", .sell, "1", "100").taken()
        let taking = try engine.limit("t", .buy, "1", "100").taken()
        #expect(taking.status == .filled)
        #expect(engine.status(resting) == .filled)
        #expect(engine.total("BTC") == "10")
        #expect(engine.total("USD") == "9999.7")  // 0.1 as maker, 0.2 as taker
        #expect(engine.workingCount == 0)
        #expect(engine.inconsistencies() == [])
    }

    @Test("external trades respect their limit and vanish with what is left")
    func externalLimit() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("99", "1")], asks: [level("100", "1"), level("101", "1")])
        #expect(engine.trade(.buy, "5", limit: "100") == "1")
        #expect(engine.quote(btc)?.bid == "99")
        #expect(engine.quote(btc)?.ask == "101")
        #expect(
            engine.externalTrade("NO-USD", taker: .buy, limit: nil, quantity: "1", at: engine.now) == .zero)
    }

    @Test("stated liquidity is cleaned: joined, sorted, on the increments, never crossed")
    func normalization() throws {
        var engine = try MatchingEngine.lab()
        engine.book(
            bids: [
                level("99.999", "1"), level("100.009", "1.0009"), level("100", "2"), level("98", "0.0001"),
            ],
            asks: [level("100", "5"), level("100.001", "1"), level("101", "1")])
        #expect(engine.depth(btc, .buy, levels: 9) == [level("100", "3"), level("99.99", "1")])
        #expect(engine.depth(btc, .sell, levels: 9) == [level("100.01", "1"), level("101", "1")])
    }

    @Test("changes tell orders, fills and quotes in the order in which they happened")
    func changesInOrder() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("99", "1")], asks: [level("101", "1")])
        let order = try engine.limit("a", .buy, "1", "100").taken()
        engine.trade(.sell, "0.4")
        engine.trade(.sell, "0.6")
        let told = engine.drainChanges().map { change in
            switch change {
            case .order(let order): "\(order.status) \(order.filledQuantity)"
            case .fill(let fill): "\(fill.id) \(fill.quantity)"
            case .quote(let quote): "\(quote.bid)/\(quote.ask)"
            }
        }
        #expect(
            told == [
                "99/101", "open 0", "100/101", "F1 0.4", "open 0.4", "F2 0.6", "filled 1", "99/101",
            ])
        #expect(engine.drainChanges() == [])
        #expect(order.exchangeOrderID.description == "X1")
    }
}
