// The part of the overview that walks orders: what rests on either side of each market, and nearest to its price. For
// people who look; a stop has no time for it, and neither has a bot with very many orders.

import TradingDomain

extension CoreOverview {
    /// What works in one market.
    package struct Ladder: Codable, Equatable, Sendable {
        package var symbol: Symbol
        package var buys: Int
        package var sells: Int
        /// The highest buys and the lowest sells, nearest first; market orders have no level.
        package var nearestBuys: [Level]
        package var nearestSells: [Level]
    }

    package struct Level: Codable, Equatable, Sendable {
        package var price: Price
        /// Of all orders at that price, base units.
        package var quantity: Quantity
    }

    package static let ladderLimit = 2_000
    package static let nearestLimit = 3
}

extension TradingCore {
    /// Nil while it would take too long.
    var ladders: [CoreOverview.Ladder]? {
        guard volatile.stop == nil, durable.ledger.live.count <= CoreOverview.ladderLimit else { return nil }
        var sides: [Symbol: (buys: LadderSide, sells: LadderSide)] = [:]
        for id in durable.ledger.live {
            guard let order = durable.ledger[id], order.isWorking else { continue }
            let symbol = order.terms.symbol
            switch order.terms.side {
            case .buy: sides[symbol, default: (LadderSide(), LadderSide())].buys.add(order) { $0 > $1 }
            case .sell: sides[symbol, default: (LadderSide(), LadderSide())].sells.add(order) { $0 < $1 }
            }
        }
        return overviewSymbols.compactMap { symbol in
            guard let side = sides[symbol] else { return nil }
            return CoreOverview.Ladder(
                symbol: symbol, buys: side.buys.count, sells: side.sells.count,
                nearestBuys: side.buys.nearest, nearestSells: side.sells.nearest)
        }
    }

    /// From now until the next decision that nothing but time brings; nil while none is due.
    var nextCycle: Duration? {
        guard volatile.lifecycle == .trading, volatile.stop == nil else { return nil }
        return volatile.nextCycleAt.map { max(.zero, $0 - now.monotonic) }
    }
}

private struct LadderSide {
    var count = 0
    var nearest: [CoreOverview.Level] = []

    /// Few are kept, so each new one is compared with few.
    mutating func add(_ order: Order, _ isNearer: (Price, Price) -> Bool) {
        count += 1
        guard let price = order.terms.type.limitPrice else { return }
        if let index = nearest.firstIndex(where: { $0.price == price }) {
            nearest[index].quantity =
                (try? nearest[index].quantity + order.leavesQuantity) ?? order.leavesQuantity
            return
        }
        let index = nearest.firstIndex { isNearer(price, $0.price) } ?? nearest.count
        guard index < CoreOverview.nearestLimit else { return }
        nearest.insert(.init(price: price, quantity: order.leavesQuantity), at: index)
        if nearest.count > CoreOverview.nearestLimit { nearest.removeLast() }
    }
}
