// Ten thousand random operations: whatever happens, money adds up to the last digit, the same seed gives the
// same storm, and an engine that was stored and read goes on as if it had not been.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct StormTests {
    /// Random but plausible: prices near 100, all order types, cancels, external liquidity and trades, time.
    struct Storm {
        var chance: SeededGenerator
        var engine: MatchingEngine
        var placed = 0

        init(seed: UInt64) throws {
            chance = SeededGenerator(seed: seed)
            engine = try MatchingEngine.lab(
                [sampleProduct(makerFee: "-0.0001"), sampleProduct(eth)],
                balances: ["USD": "100000", "BTC": "500", "ETH": "500"], cancelDelay: .milliseconds(700))
        }

        mutating func pick<T>(_ items: [T]) -> T { items[Int(chance.below(Int64(items.count)))] }
        mutating func price(within cents: Int64 = 400) -> Price {
            Price(raw: Int128(10_000 - cents + chance.below(2 * cents)) * 10_000_000_000_000_000)
        }
        mutating func size() -> Quantity {
            Quantity(raw: Int128(1 + chance.below(3000)) * 1_000_000_000_000_000)
        }

        mutating func step() {
            let at = engine.now + .milliseconds(chance.below(40))
            let symbol = pick([btc, eth])
            switch chance.below(20) {
            case 0..<8:
                placed += 1
                let end = at + .milliseconds(chance.below(3000) - 100)
                let type = pick([
                    OrderType.limit(price()), .limit(price(), postOnly: true), .market,
                    .limit(price: price(), timeInForce: .immediateOrCancel, postOnly: false),
                    .limit(price: price(), timeInForce: .fillOrKill, postOnly: false),
                    .limit(price: price(), timeInForce: .goodTillDate(end), postOnly: false),
                ])
                let terms = OrderTerms(
                    symbol: symbol, side: pick([.buy, .sell]), type: type, quantity: size())
                _ = engine.place(
                    clientOrderID: "c\(placed - Int(chance.below(20) / 19))", terms: terms, at: at)
            case 8..<11:
                let id = ExchangeOrderID("X\(1 + chance.below(Int64(placed + 1)))")
                _ = engine.requestCancel(id, at: at)
            case 11..<12:
                if let order = engine.workingOrders().items.last {
                    _ = engine.requestCancel(order.exchangeOrderID, at: at)
                }
            case 12..<17:
                engine.externalTrade(
                    symbol, taker: pick([.buy, .sell]), limit: price(within: 100), quantity: size(), at: at)
            default:
                let middle = price(within: 60)
                let levels = (0..<6).map { index in
                    (Price(raw: Int128(index * 3 + 1) * 10_000_000_000_000_000), size())
                }
                engine.setLiquidity(
                    symbol, bids: levels.map { BookLevel(Price(raw: middle.raw - $0.0.raw), $0.1) },
                    asks: levels.map { BookLevel(Price(raw: middle.raw + $0.0.raw), $0.1) }, at: at)
            }
        }
    }

    @Test(
        "cash, fees and positions add up all through ten thousand operations",
        arguments: [1, 7, 23])
    func conservation(_ seed: UInt64) throws {
        var storm = try Storm(seed: seed)
        var changes: [Change] = []
        for step in 1...10_000 {
            storm.step()
            changes += storm.engine.drainChanges()
            if step % 500 == 0 { #expect(storm.engine.inconsistencies() == [], "after step \(step)") }
        }

        // Independently of the engine's own audit: from the reported fills, with nothing rounded away.
        var expected: [String: Quantity] = ["USD": "100000", "BTC": "500", "ETH": "500"]
        var fills: [Fill] = []
        var last: [ExchangeOrderID: OrderSnapshot] = [:]
        for change in changes {
            switch change {
            case .fill(let fill): fills.append(fill)
            case .order(let order):
                let before = last.updateValue(order, forKey: order.exchangeOrderID)
                #expect(before?.status.isTerminal != true, "\(order.exchangeOrderID) changed after its end")
                #expect(order.filledQuantity >= before?.filledQuantity ?? .zero)
            case .quote(let quote): #expect(quote.bid < quote.ask)
            }
        }
        #expect(fills == storm.engine.fills())
        #expect(Set(fills.map(\.id)).count == fills.count)
        for fill in fills {
            let notional = try fill.price.times(fill.quantity, .down)
            #expect(try fill.price.times(fill.quantity, .up) == notional)
            let cash = fill.side == .buy ? try -(notional + fill.fee) : try notional - fill.fee
            let size = fill.side == .buy ? fill.quantity : -fill.quantity
            expected["USD"] = try (expected["USD"] ?? .zero) + Quantity(raw: cash.raw)
            expected[fill.symbol.base] = try (expected[fill.symbol.base] ?? .zero) + size
        }
        for balance in storm.engine.balances { #expect(expected[balance.currency] == balance.total) }
        for order in storm.engine.allOrders().items { #expect(last[order.exchangeOrderID] == order) }

        // The storm met what it is meant to meet.
        let seen = Set(storm.engine.allOrders().items.map(\.status))
        #expect(seen.isSuperset(of: [.open, .filled, .canceled, .expired]))
        #expect(Set(fills.map(\.liquidity)) == [.maker, .taker])
        #expect(fills.count > 1000)
    }

    @Test("the same seed gives the same changes, another seed others")
    func deterministic() throws {
        func run(_ seed: UInt64) throws -> [Change] {
            var storm = try Storm(seed: seed)
            for _ in 0..<2000 { storm.step() }
            return storm.engine.drainChanges()
        }
        #expect(try run(5) == run(5))
        #expect(try run(5) != run(6))
    }

    @Test("an engine that was stored and read goes on identically", arguments: [3, 11])
    func codable(_ seed: UInt64) throws {
        var storm = try Storm(seed: seed)
        for _ in 0..<1500 { storm.step() }
        var copy = storm
        copy.engine = try fromJSON(json(storm.engine))
        #expect(copy.engine.workingCount == storm.engine.workingCount)
        #expect(copy.engine.workingCount > 10)
        #expect(copy.engine.balances == storm.engine.balances)
        #expect(copy.engine.inconsistencies() == [])
        for _ in 0..<1500 {
            storm.step()
            copy.step()
        }
        #expect(copy.engine.drainChanges() == storm.engine.drainChanges())
        #expect(try json(copy.engine) == json(storm.engine))
    }

    @Test("queue positions survive storing")
    func storedQueue() throws {
        var engine = try MatchingEngine.lab()
        engine.book(bids: [level("100", "2")])
        let first = try engine.limit("a", .buy, "1", "100").taken()
        engine.book(bids: [level("100", "5")])
        let second = try engine.limit("b", .buy, "1", "100").taken()
        engine.book(bids: [level("100", "9")])
        engine.trade(.sell, "0.5")
        var copy: MatchingEngine = try fromJSON(json(engine))
        #expect(copy.detail(first.exchangeOrderID)?.queueAhead == "1.5")
        #expect(copy.detail(second.exchangeOrderID)?.queueAhead == "3")
        copy.trade(.sell, "5.7")
        #expect(copy.filled(first) == "1")
        #expect(copy.filled(second) == "0.2")
        #expect(copy.inconsistencies() == [])
    }

    @Test(
        "a stored book that no engine can have written is refused",
        arguments: [
            (#""status":"open""#, #""status":"filled""#, false), (#""number":2"#, #""number":1"#, true),
            (#""clientOrderID":"b""#, #""clientOrderID":"a""#, true),
            (#""held":"100.2""#, #""held":"99999999""#, true), (#""market":0"#, #""market":4"#, true),
            (#""filledQuantity":"0""#, #""filledQuantity":"2""#, true),
            (#""queueAhead":"0""#, #""queueAhead":"-1""#, true),
            (#""lastOrderNumber":2"#, #""lastOrderNumber":1"#, true),
        ])
    func corrupted(_ old: String, _ new: String, _ refused: Bool) throws {
        var engine = try MatchingEngine.lab()
        _ = try engine.limit("a", .buy, "1", "100").taken()
        _ = try engine.limit("b", .buy, "1", "100").taken()
        _ = engine.drainChanges()
        let text = try json(engine)
        let broken = text.replacing(old, with: new)
        #expect(broken != text)
        if refused {
            #expect(throws: DecodingError.self) { () -> MatchingEngine in try fromJSON(broken) }
        } else {
            let engine: MatchingEngine = try fromJSON(broken)
            #expect(engine.inconsistencies() != [])
        }
    }
}
