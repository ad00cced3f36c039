// The example of docs/writing-a-strategy.md, word for word, so that it keeps compiling and being true.

import Testing
import Trading
import TradingDomain

/// Holds `size` while the fast average of the mid is above the slow one, and nothing otherwise.
package struct EMACross: Strategy {
    package struct Memory: Codable, Equatable, Sendable {
        package var fast: Price?
        package var slow: Price?
    }

    package let symbol: Symbol
    /// Base units, a multiple of the product's increment.
    package let size: Quantity
    private let fastWeight = Rate(basisPoints: 2_000)
    private let slowWeight = Rate(basisPoints: 500)

    package init(symbol: Symbol, size: Quantity) {
        self.symbol = symbol
        self.size = size
    }

    package var name: String { "ema-cross" }
    package var symbols: [Symbol] { [symbol] }
    package var initialMemory: Memory { Memory() }

    package func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        // Once per cycle: the averages are of cycles, and by then the last fills are booked.
        guard view.trigger == .cycle, let market = view.markets.first, let quote = market.quote else {
            return .keep
        }
        do throws(ArithmeticError) {
            let fast = try average(memory.fast, quote.mid, fastWeight)
            let slow = try average(memory.slow, quote.mid, slowWeight)
            memory = Memory(fast: fast, slow: slow)
            let missing = try (fast > slow ? size : .zero) - market.position
            guard missing.magnitude >= market.product.minimumQuantity else { return .want([]) }
            let side: Side = missing.isPositive ? .buy : .sell
            // A price at the touch rests; it may be refused if the market moved meanwhile.
            let price = side == .buy ? quote.bid : quote.ask
            return .want([
                WantedOrder(
                    symbol: symbol, side: side, type: .limit(price, postOnly: true),
                    quantity: missing.magnitude)
            ])
        } catch {
            return .keep
        }
    }

    private func average(_ old: Price?, _ mid: Price, _ weight: Rate) throws(ArithmeticError) -> Price {
        guard let old else { return mid }
        return try old + (mid - old).times(weight, .halfEven)
    }
}

@Test func buysWhatIsMissingWhenTheFastAverageIsAbove() throws {
    let symbol = try #require(Symbol("BTC-USD"))
    let product = Product(
        symbol: symbol, baseIncrement: Quantity(1), priceIncrement: Price(1), minimumQuantity: Quantity(1),
        maximumQuantity: Quantity(100), minimumNotional: Money(1), makerFee: .zero, takerFee: .zero)
    let quote = Quote(symbol: symbol, bid: Price(109), ask: Price(111), at: UTCInstant(seconds: 1))
    let view = StrategyView(
        now: quote.at, trigger: .cycle,
        markets: [
            MarketView(
                product: product, quote: quote, position: Quantity(1), baseFunds: Quantity(1),
                quoteFunds: Money(10_000))
        ])
    var memory = EMACross.Memory(fast: Price(100), slow: Price(100))

    let decision = EMACross(symbol: symbol, size: Quantity(3)).decide(view, memory: &memory)

    #expect(memory.fast == Price(102))
    #expect(
        decision
            == .want([
                WantedOrder(
                    symbol: symbol, side: .buy, type: .limit(Price(109), postOnly: true),
                    quantity: Quantity(2))
            ]))
}
