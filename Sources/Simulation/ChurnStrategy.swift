import Trading
import TradingDomain

// A strategy that never makes up its mind: each cycle it wants a somewhat different set of orders. What it
// wants follows from its seed and the round alone, so that a restored memory goes on where it stopped.

struct ChurnStrategy: Strategy {
    struct Memory: Codable, Equatable, Sendable {
        var round: Int64 = 0
    }

    let name = "churn"
    let symbols: [Symbol]
    let choices: Choices
    /// Orders wanted per side and symbol, at most.
    let size: Int64
    /// Whether orders that never rest are among them.
    let usesImmediate: Bool
    /// Whether some of them are wanted once, under a key of their round.
    let usesOnce: Bool

    var initialMemory: Memory { Memory() }

    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        guard view.trigger == .cycle else { return .keep }
        memory.round += 1
        var wanted: [WantedOrder] = []
        for (index, market) in view.markets.enumerated() {
            guard let quote = market.quote else { continue }
            for slot in 0..<size * 2 {
                if let order = order(Int64(index) * 16 + slot, memory.round, market.product, quote) {
                    wanted.append(order)
                }
            }
        }
        return .want(wanted)
    }

    private func order(_ slot: Int64, _ round: Int64, _ product: Product, _ quote: Quote) -> WantedOrder? {
        // Each slot changes at its own pace.
        let period = 1 + slot % 3
        var dice = choices.dice(.strategy, slot, round / period)
        guard dice.chance(750) else { return nil }
        let side: Side = slot % 2 == 0 ? .buy : .sell
        let quantity = Quantity(raw: product.minimumQuantity.raw * Int128(dice.between(1, 20)))
        let ticks = dice.between(-2, 40)
        let grid = product.priceIncrement.raw * 50
        let middle = quote.mid.raw / grid * grid
        let away = product.priceIncrement.raw * Int128(ticks)
        let price = Price(raw: side == .buy ? middle - away : middle + away)
        let kind = dice.below(20)
        let type: OrderType =
            switch kind {
            case 0 where usesImmediate && period == 1:
                .limit(price: price, timeInForce: .immediateOrCancel, postOnly: false)
            case 1 where usesImmediate && period == 1: .market
            case 2...5: .limit(price, postOnly: true)
            default: .limit(price)
            }
        // The key stays while the round of its slot lasts, and comes back some rounds later: it may be placed once.
        let key = usesOnce && slot % 4 == 1 ? "\(slot)-\(round / period % 40)" : nil
        return WantedOrder(symbol: product.symbol, side: side, type: type, quantity: quantity, once: key)
    }
}
