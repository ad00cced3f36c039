// A strategy that never makes up its mind: each cycle it wants a somewhat different set of orders. What it wants
// follows from its seed and its round alone, so that a restored memory goes on where it stopped.

import Trading
import TradingDomain

struct ChurnStrategy: Strategy {
    struct Memory: Codable, Equatable, Sendable {
        var round: Int64 = 0
    }

    let name = "churn"
    let symbols: [Symbol]
    let seed: UInt64
    /// Orders wanted per side, at most.
    let size: Int64

    var initialMemory: Memory { Memory() }

    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        guard view.trigger == .cycle, let market = view.markets.first, let quote = market.quote
        else { return .keep }
        memory.round += 1
        let round = memory.round
        return .want((0..<size * 2).compactMap { order($0, round, market.product, quote) })
    }

    private func order(_ slot: Int64, _ round: Int64, _ product: Product, _ quote: Quote) -> WantedOrder? {
        // Each slot changes at its own pace.
        let period = 1 + slot % 3
        var dice = Dice(seed: seed &+ UInt64(slot) << 40 &+ UInt64(round / period))
        guard dice.chance(750) else { return nil }
        let side: Side = slot % 2 == 0 ? .buy : .sell
        let quantity = Quantity(raw: product.minimumQuantity.raw * Int128(dice.between(3, 200)))
        // From a little through the market to well away from it, on a coarse grid.
        let step = product.priceIncrement.raw * 500
        let middle = quote.mid.raw / step * step
        let away = step * Int128(dice.between(-1, 20))
        let price = Price(raw: side == .buy ? middle - away : middle + away)
        let type: OrderType =
            switch dice.below(20) {
            case 0 where period == 1:
                .limit(price: price, timeInForce: .immediateOrCancel, postOnly: false)
            case 1 where period == 1: .market
            case 2...5: .limit(price, postOnly: true)
            default: .limit(price)
            }
        return WantedOrder(symbol: product.symbol, side: side, type: type, quantity: quantity)
    }
}
