// The market that authors test their strategies in: itself tested with strategies that can be worked out by hand.

import StrategyTesting
import Testing

/// Buys once at the ask when the price is told for the third time.
private struct BuyOnce: Strategy {
    let symbol: Symbol
    let size: Quantity
    var rests = false
    var name: String { "buy-once" }
    var symbols: [Symbol] { [symbol] }
    var initialMemory: Int { 0 }

    func decide(_ view: StrategyView, memory: inout Int) -> Decision {
        guard view.trigger == .cycle, let quote = view.markets.first?.quote else { return .keep }
        memory += 1
        guard memory == 3 else { return .keep }
        let type: OrderType = rests ? .limit(Price(90)) : .market
        return .want([
            WantedOrder(symbol: symbol, side: .buy, type: type, quantity: size, once: "\(quote.symbol)")
        ])
    }
}

@Suite struct TestMarketTests {
    @Test func aBuyIsBookedToTheLastDigit() throws {
        var market = try TestMarket(prices: Array(repeating: Price(100), count: 6))
        market.product.takerFee = Rate(basisPoints: 50)
        let run = try market.run(BuyOnce(symbol: market.symbol, size: Quantity(2)))
        try #require(run.fills.count == 1)
        let fill = run.fills[0]
        #expect(fill.side == .buy && fill.quantity == Quantity(2) && !fill.isMaker)
        #expect(fill.fee == (try fill.price.times(Quantity(2), .halfEven).times(Rate(basisPoints: 50), .up)))
        #expect(run.position == Quantity(2) && run.fees == fill.fee)
        #expect(run.ordersSent == 1 && run.ordersFilled == 1 && run.refusals.isEmpty)
        #expect(run.leavesNothing && run.verdict == "clean")
    }

    @Test func whatRestsIsCanceledByTheStop() throws {
        let market = try TestMarket(seed: 3, lasts: .seconds(60), firstPrice: Price(100))
        let run = try market.run(BuyOnce(symbol: market.symbol, size: Quantity(5), rests: true))
        #expect(run.fills.isEmpty && run.ordersSent == 1)
        #expect(run.leavesNothing && run.ordersLeft == 0)
    }

    @Test func theLimitsRefuse() throws {
        let market = try TestMarket(prices: Array(repeating: Price(60_000), count: 6))
        let run = try market.run(BuyOnce(symbol: market.symbol, size: Quantity(2)))
        #expect(run.fills.isEmpty && run.refusals["orderNotional"] ?? 0 > 0)
    }

    @Test func theSameSeedIsTheSameMarketAndAnotherIsNot() throws {
        func run(_ seed: UInt64) throws -> TestRun {
            let market = try TestMarket(seed: seed, lasts: .seconds(30), firstPrice: Price(100))
            return try market.run(BuyOnce(symbol: market.symbol, size: Quantity(2)))
        }
        #expect(try run(1) == run(1))
        #expect(try run(1) != run(2))
        #expect(try run(1).fills.count > 0)
    }

    @Test func aViewIsWhatATestSays() throws {
        let market = try TestMarket("ETH-USD", prices: [Price(1)])
        let view = market.view(bid: Price(99), ask: Price(101), position: Quantity(3))
        #expect(view.markets.map(\.product.symbol) == [market.symbol])
        #expect(
            view.markets.first?.quote?.mid == Price(100)
                && view.markets.first?.strategyPosition == Quantity(3))
        #expect(market.viewWithoutQuote().markets.first?.quote == nil)
    }

    @Test func whatIsNoMarketIsRefused() {
        #expect(throws: TestMarketError.symbol("btc")) { try TestMarket("btc", seed: 1) }
        #expect(throws: TestMarketError.nothing) { try TestMarket(prices: []) }
        #expect(throws: TestMarketError.nothing) { try TestMarket(prices: [.zero]) }
        #expect(throws: TestMarketError.nothing) { try TestMarket(seed: 1, lasts: .zero) }
    }
}
