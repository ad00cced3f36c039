// What the exchange answers when it is asked: lists, pages, fills, balances; and what it forgets.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct ListingTests {
    /// Five orders, one second apart: X1 open, X2 filled, X3 open (ETH), X4 canceled, X5 cancel queued.
    private func mixed() throws -> MatchingEngine {
        var engine = try MatchingEngine.lab(
            [sampleProduct(), sampleProduct(eth)], balances: ["USD": "10000"], cancelDelay: nil)
        for (number, (symbol, price)) in [(btc, "90"), (btc, "95"), (eth, "90"), (btc, "91"), (btc, "92")]
            .enumerated()
        {
            engine.advance(to: second(Int64(number) + 1))
            _ = try engine.limit("c\(number + 1)", .buy, "1", .literal(price), symbol: symbol).taken()
        }
        engine.trade(.sell, "1")
        _ = engine.requestCancel(ExchangeOrderID("X4"), at: engine.now)
        engine.completeCancels(at: engine.now)
        _ = engine.requestCancel(ExchangeOrderID("X5"), at: engine.now)
        return engine
    }

    private func ids(_ orders: [OrderSnapshot]) -> [String] { orders.map(\.exchangeOrderID.description) }

    @Test("the list of working orders has every status that is not terminal, ascending")
    func working() throws {
        let engine = try mixed()
        #expect(ids(engine.workingOrders().items) == ["X1", "X3", "X5"])
        #expect(engine.workingOrders().items.map(\.status) == [.open, .open, .cancelQueued])
        #expect(engine.workingCount == 3)
        #expect(ids(engine.workingOrders(eth).items) == ["X3"])
    }

    @Test("a list since an instant has all statuses and includes that instant")
    func since() throws {
        let engine = try mixed()
        #expect(ids(engine.allOrders(since: second(2)).items) == ["X2", "X3", "X4", "X5"])
        #expect(ids(engine.allOrders(since: second(2) + .nanoseconds(1)).items) == ["X3", "X4", "X5"])
        #expect(ids(engine.allOrders(since: second(9)).items) == [])
        #expect(ids(engine.allOrders(btc).items) == ["X1", "X2", "X4", "X5"])
    }

    @Test("pages cover a list exactly once, whatever their size", arguments: 1...6)
    func pages(_ size: Int) throws {
        let engine = try mixed()
        for symbol in [nil, btc] {
            var seen: [OrderSnapshot] = []
            var cursor: ExchangeOrderID?
            var pages = 0
            repeat {
                let page = engine.allOrders(symbol, after: cursor, limit: size)
                #expect(page.items.count <= size)
                seen += page.items
                cursor = page.next
                pages += 1
            } while cursor != nil && pages < 10
            #expect(seen == engine.allOrders(symbol).items)
            #expect(pages == max(1, (seen.count + size - 1) / size))
        }
        let first = engine.workingOrders(limit: 2)
        #expect(ids(first.items) == ["X1", "X3"])
        let second = engine.workingOrders(after: first.next, limit: 2)
        #expect(ids(second.items) == ["X5"])
        #expect(second.next == nil)
    }

    @Test("a page stays whole when the order its cursor names ended in between")
    func cursorOfAnEndedOrder() throws {
        var engine = try mixed()
        let first = engine.workingOrders(limit: 1)
        _ = engine.requestCancel(ExchangeOrderID("X1"), at: engine.now)
        engine.completeCancels(at: engine.now)
        #expect(ids(engine.workingOrders(after: first.next).items) == ["X3"])
    }

    @Test("orders by id come ascending, each once, the unknown left out")
    func byIDs() throws {
        let engine = try mixed()
        let wanted = ["X4", "X1", "X77", "X4", "nonsense"].map { ExchangeOrderID($0) }
        #expect(ids(engine.orders(ids: wanted)) == ["X1", "X4"])
    }

    @Test("fills are found by order and after a fill")
    func fillQueries() throws {
        var engine = try mixed()
        engine.trade(.sell, "0.25")
        engine.trade(.sell, "2")
        let all = engine.fills()
        #expect(all.map(\.id.description) == ["F1", "F2", "F3", "F4"])
        #expect(engine.fills(after: FillID("F1"), limit: 2) == Array(all[1...2]))
        #expect(engine.fills(after: FillID("F4")) == [])
        let five = ExchangeOrderID("X5")
        #expect(engine.fills(orderIDs: [five, five]) == [all[1], all[2]])
        #expect(all[1].quantity == "0.25")
        #expect(all[1].at == second(5))
        #expect(engine.fills(orderIDs: [ExchangeOrderID("X4")]) == [])
    }

    @Test("the quote is the best of everyone's prices and absent without two sides")
    func quotes() throws {
        var engine = try MatchingEngine.lab()
        #expect(engine.quote(btc) == nil)
        engine.book(bids: [level("99", "1")])
        #expect(engine.quote(btc) == nil)
        _ = try engine.limit("a", .sell, "1", "105").taken()
        #expect(engine.quote(btc) == Quote(symbol: btc, bid: "99", ask: "105", at: second(0)))
        engine.advance(to: second(3))
        engine.book(bids: [level("99", "1")])
        // The same prices stated anew are news: they are not stale.
        #expect(engine.quote(btc)?.at == second(3))
        #expect(engine.depth(btc, .sell, levels: 3) == [level("105", "1")])
    }

    @Test("what is forgotten no longer shows, and the books still add up")
    func forget() throws {
        var engine = try mixed()
        let balances = engine.balances
        engine.advance(to: second(100))
        _ = try engine.limit("late", .sell, "0.5", "200").taken()
        let forgotten = engine.forget(terminalBefore: second(50))
        #expect(forgotten == 2)
        #expect(ids(engine.allOrders().items) == ["X1", "X3", "X5", "X6"])
        #expect(engine.fills() == [])
        #expect(engine.balances.map(\.total) == balances.map(\.total))
        #expect(engine.inconsistencies() == [])
        // Orders are still found though the numbers have gaps, ids are not given twice, client ids are free.
        #expect(engine.order(ExchangeOrderID("X5"))?.clientOrderID == "c5")
        #expect(engine.order(ExchangeOrderID("X2")) == nil)
        #expect(try engine.limit("c2", .buy, "1", "50").taken().exchangeOrderID.description == "X7")
        engine.trade(.sell, "1")
        #expect(engine.fills().map(\.id.description) == ["F2"])
        #expect(engine.inconsistencies() == [])
    }
}
