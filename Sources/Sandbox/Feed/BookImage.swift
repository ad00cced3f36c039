import ExchangeModel
import TradingDomain

// A book as a client was told it, so that the next message says only what changed. Two hundred levels a side:
// what falls behind them is taken back, and told again when it comes near.

struct BookImage {
    struct Change {
        let side: Side
        let price: Price
        /// Zero removes the level.
        let quantity: Quantity
    }

    /// Best first.
    let bids: [BookLevel]
    let asks: [BookLevel]

    private static let levels = 200

    init(_ engine: MatchingEngine, _ symbol: Symbol) {
        bids = engine.depth(symbol, .buy, levels: Self.levels)
        asks = engine.depth(symbol, .sell, levels: Self.levels)
    }

    func changes(since old: BookImage?) -> [Change] {
        var changes: [Change] = []
        compare(old?.bids ?? [], bids, .buy, &changes)
        compare(old?.asks ?? [], asks, .sell, &changes)
        return changes
    }

    private func compare(
        _ old: [BookLevel], _ new: [BookLevel], _ side: Side, _ changes: inout [Change]
    ) {
        func isBetter(_ a: Price, _ b: Price) -> Bool { side == .buy ? a > b : a < b }
        var before = old[...]
        var after = new[...]
        while let next = after.first ?? before.first {
            if let gone = before.first, after.isEmpty || isBetter(gone.price, next.price) {
                changes.append(Change(side: side, price: gone.price, quantity: .zero))
                before.removeFirst()
            } else if let same = before.first, same.price == next.price {
                if same.quantity != next.quantity {
                    changes.append(Change(side: side, price: next.price, quantity: next.quantity))
                }
                before.removeFirst()
                after.removeFirst()
            } else {
                changes.append(Change(side: side, price: next.price, quantity: next.quantity))
                after.removeFirst()
            }
        }
    }
}
