// More filled than was ordered, by a report's own sum. A venue can make that true, and then its trades say so, each with an
// id: they are booked like any other. A sum alone proves nothing but that something is wrong with it, and whoever believed
// it would trade against a position that nobody has.

import TradingDomain

/// A sum of fills above what was ordered, as it was told first.
struct Overclaim: Sendable {
    /// The largest one, base units.
    var quantity: Quantity
    /// When it last grew.
    var at: MonotonicInstant
}

extension TradingCore {
    /// What a report says of an order of ours, as far as it can be true: told once, asked again.
    ///
    /// An order that is filled is filled at least to its size. Of one that is not, such a report says nothing: it
    /// contradicts itself.
    mutating func believed(_ snapshot: OrderSnapshot, of order: Order, _ turn: inout Turn) -> OrderSnapshot {
        let limit = max(order.terms.quantity, order.bookedQuantity)
        guard snapshot.filledQuantity > limit else { return snapshot }
        noteOverclaim(snapshot, of: order, &turn)
        var believed = snapshot
        believed.filledQuantity = snapshot.status == .filled ? limit : order.filledQuantity
        return believed
    }

    /// Whether two descriptions can be of one order. A feed may know a size only as the sum of what was filled and what is
    /// left: where the first is no truth, the sum is none, and no sign of two orders with one name.
    func isSame(_ order: Order, as terms: OrderTerms, _ snapshot: OrderSnapshot, isListed: Bool) -> Bool {
        if order.terms.isSameOrder(as: terms) { return true }
        guard !isListed, snapshot.filledQuantity > max(order.terms.quantity, order.bookedQuantity) else {
            return false
        }
        let sized = OrderTerms(
            symbol: terms.symbol, side: terms.side, type: terms.type, quantity: order.terms.quantity)
        return order.terms.isSameOrder(as: sized)
    }

    private mutating func noteOverclaim(_ snapshot: OrderSnapshot, of order: Order, _ turn: inout Turn) {
        let claimed = snapshot.filledQuantity
        let known = volatile.overclaims[order.id]
        guard claimed > known?.quantity ?? .zero else { return }
        volatile.overclaims[order.id] = Overclaim(quantity: claimed, at: now.monotonic)
        // Its end is read again by itself, until it is settled.
        if !snapshot.status.isTerminal {
            volatile.evidenceDesk.want(snapshot.exchangeOrderID, at: now.monotonic)
            volatile.fillDesk.want(order.id, at: now.monotonic)
        }
        guard known == nil else { return }
        alert(
            "overfill",
            "the exchange says that \(claimed) of order_id=\(snapshot.exchangeOrderID) were filled, which asked for "
                + "\(order.terms.quantity): that is not believed before it lists the trades, and is asked again; look at it",
            order: order.id, &turn)
    }

    /// Whether more than is booked was claimed so short a time ago that no list need show it yet.
    func isOverclaimOpen(_ order: Order) -> Bool {
        guard let claim = volatile.overclaims[order.id], claim.quantity > order.bookedQuantity else {
            return false
        }
        return now.monotonic < claim.at + max(capabilities.listLag, capabilities.evidenceDelay)
    }
}
