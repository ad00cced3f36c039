import Testing
import TradingDomain

@testable import Trading

@Suite("Books of strategies")
struct StrategyBooksTests {
    let now = UTCInstant("2026-11-22T10:00:00Z")!

    func fill(
        _ id: String, _ side: Side, _ quantity: String, _ price: Int64 = 100, fee: String = "0.3",
        kind: Fill.Kind = .trade, at: UTCInstant? = nil
    ) -> Fill {
        Fill(
            id: FillID(id), exchangeOrderID: ExchangeOrderID("X"), symbol: btc, side: side,
            price: Price(price), quantity: Quantity(quantity)!, fee: Money(fee)!, liquidity: .maker,
            at: at ?? now, kind: kind)
    }

    @Test func eachStrategyHasTheFillsOfItsOwnOrders() throws {
        var books = StrategyBooks()
        try books.book(fill("1", .buy, "2"), strategy: "a")
        try books.book(fill("2", .sell, "0.5", 110), strategy: "b")
        try books.book(fill("3", .sell, "1", 120), strategy: "a")
        #expect(books.position("a", btc).quantity == Quantity(1))
        #expect(books.position("a", btc).realised == Money(20))
        #expect(books.position("b", btc).quantity == Quantity("-0.5")!)
        #expect(books.position("", btc) == Position())
        #expect(books.days["a"]?.fills == 2)
    }

    @Test func fillsAreCountedByTheirDay() throws {
        var books = StrategyBooks()
        try books.book(fill("1", .buy, "1"), strategy: "a")
        try books.book(fill("2", .buy, "1", at: now + .seconds(86_400)), strategy: "a")
        // One that comes late, of the day before, is no fill of today.
        try books.book(fill("3", .buy, "1"), strategy: "a")
        #expect(books.days["a"] == StrategyBooks.Day(number: now.dayNumber + 1, fills: 1))
    }

    @Test func aFlattenClosesThePositionsOfThoseThatHoldThem() throws {
        var books = StrategyBooks()
        try books.book(fill("1", .buy, "1"), strategy: "a")
        try books.book(fill("2", .buy, "2"), strategy: "b")
        try books.book(fill("3", .sell, "0.5"), strategy: "short")
        try books.book(fill("4", .sell, "2.5", 110, fee: "1"), strategy: Flatten.strategy)
        #expect(books.position("a", btc).quantity.isZero)
        #expect(books.position("b", btc).quantity == Quantity("0.5")!)
        #expect(books.position("short", btc).quantity == Quantity("-0.5")!)
        #expect(books.position(Flatten.strategy, btc) == Position())
        #expect(books.position("a", btc).realised == Money(10))
        // The fee is paid by those whose positions were closed, all of it.
        #expect(books.position("a", btc).fees == Money("0.7")!)
        #expect(books.position("b", btc).fees == Money("0.9")!)
        // What nobody holds stays with the operator.
        try books.book(fill("5", .sell, "1"), strategy: Flatten.strategy)
        #expect(books.position(Flatten.strategy, btc).quantity == Quantity("-0.5")!)
    }

    @Test func theBooksOfAllAreThePositionOfTheBotWhateverHappens() throws {
        var generator = SeededGenerator(seed: 11)
        var books = StrategyBooks()
        var position = Position()
        let names = ["a", "b", "c", "", Flatten.strategy]
        for index in 0..<3_000 {
            let quantity = Quantity(raw: Int128(generator.below(1_000_000) + 1) * 10_000_000_000)
            let fill = Fill(
                id: FillID("\(index)"), exchangeOrderID: ExchangeOrderID("X"), symbol: btc,
                side: generator.below(2) == 0 ? .buy : .sell,
                price: Price(raw: Int128(generator.below(100_000) + 1) * 10_000_000_000_000_000),
                quantity: quantity, fee: Money(raw: Int128(generator.below(1_000_000_007))),
                liquidity: .taker, at: now, kind: generator.below(10) == 0 ? .reversal : .trade)
            try position.book(fill)
            try books.book(fill, strategy: names[Int(generator.below(Int64(names.count)))])
            var sum = Position()
            for name in books.strategies {
                let own = books.position(name, btc)
                sum.quantity = try sum.quantity + own.quantity
                sum.fees = try sum.fees + own.fees
                sum.cash = try sum.cash + own.cash
            }
            #expect(sum.quantity == position.quantity)
            #expect(sum.fees == position.fees)
            #expect(sum.cash == position.cash)
        }
    }
}
