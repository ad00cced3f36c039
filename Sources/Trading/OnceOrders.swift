// Which orders were wanted once, and under which key: the reason why a crash between the intent and the fill buys
// nothing twice. A key is durable with the intent, in the same transaction, before anything is on the wire.

import TradingDomain

/// The once-orders of every strategy, newest last.
package struct OnceOrders: Codable, Equatable, Sendable {
    /// Keys that are remembered of each strategy; older ones are forgotten.
    package static let limit = 1_024
    /// Of them, what a strategy is shown.
    static let shown = 64

    package struct Entry: Codable, Equatable, Sendable {
        package var key: String
        package var order: ClientOrderID
    }

    package private(set) var entries: [String: [Entry]] = [:]

    package init() {}

    func order(_ key: String, of strategy: String) -> ClientOrderID? {
        entries[strategy]?.last { $0.key == key }?.order
    }

    package mutating func note(_ key: String, _ order: ClientOrderID, of strategy: String) {
        entries[strategy, default: []].append(Entry(key: key, order: order))
        let excess = (entries[strategy]?.count ?? 0) - Self.limit
        if excess > 0 { entries[strategy]?.removeFirst(excess) }
    }
}

extension TradingCore {
    /// What became of the newest once-orders of a strategy.
    func onceOrders(of strategy: String) -> [OnceOrder] {
        guard let entries = durable.once.entries[strategy] else { return [] }
        return entries.suffix(OnceOrders.shown).compactMap { entry in
            guard let order = durable.ledger[entry.order] else { return nil }
            // A dry run fills nothing; its strategies go on as if it did.
            guard capabilities.holdsOrders else {
                return OnceOrder(
                    key: entry.key, terms: order.terms, filled: order.terms.quantity, isWorking: false)
            }
            return OnceOrder(
                key: entry.key, terms: order.terms, filled: max(order.believedQuantity, order.bookedQuantity),
                isWorking: !order.isDone)
        }
    }
}
