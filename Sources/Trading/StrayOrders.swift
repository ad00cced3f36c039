// Orders that bear our bot's name, that the exchange shows alive, and that our books do not hold as working. None of them
// is passed over: it is ours and canceled, or it is named.

import TradingDomain

private let endedUnbookedLimit = 4_096

/// One such order.
struct StrayOrder: Sendable {
    enum Kind: Equatable, Sendable {
        /// Our books have ended it: the list lags, or it is a ghost.
        case ended
        /// Its terms cannot be read, or the exchange has not told them yet: it cannot be booked.
        case unreadable
        /// Its epoch or sequence lies above all that we have used.
        case otherInstance
        /// Seen before it was known whose account this is.
        case unconfirmed

        /// Whether it is ours to cancel and to count. What our books have ended is looked at twice while trading, and what
        /// another instance placed is that one's.
        var isOurs: Bool { self == .unreadable || self == .unconfirmed }
    }

    let kind: Kind
    var snapshot: OrderSnapshot
    let firstShownAt: MonotonicInstant
    /// A list that was begun before this and the lists' lag does not show that it has ended.
    var lastShownAt: MonotonicInstant
    /// Somebody was told.
    var isTold = false

    /// Whether a complete listing that does not show it means that it has ended. Of what our books have ended any list
    /// is believed.
    func isDisproved(by listing: Listing.Result, lag: Duration) -> Bool {
        listing.startedAt >= (kind == .ended ? firstShownAt : lastShownAt + lag)
    }
}

extension TradingCore {
    /// The exchange shows this order of our name alive, and our books can't hold it.
    mutating func noteStray(_ id: ClientOrderID, _ snapshot: OrderSnapshot, _ kind: StrayOrder.Kind) {
        let isNews = volatile.strays[id]?.kind != kind
        if isNews {
            volatile.strays[id] = StrayOrder(
                kind: kind, snapshot: snapshot, firstShownAt: now.monotonic, lastShownAt: now.monotonic)
            if isOursUnbooked(id, kind) {
                volatile.stop?.found.insert(id)
                uncountEnd(ofUnbooked: id)
            }
            disproveSweep(by: kind)
        } else {
            volatile.strays[id]?.snapshot = snapshot
            volatile.strays[id]?.lastShownAt = now.monotonic
        }
        if volatile.sweep != nil ? kind != .otherInstance : isOursUnbooked(id, kind) {
            cancelStray(id, snapshot)
        }
    }

    mutating func cancelStray(_ id: ClientOrderID, _ snapshot: OrderSnapshot) {
        volatile.cancelDesk.want(id, snapshot.exchangeOrderID)
        volatile.cancelDesk.askAgain(
            id, seen: now.monotonic - .seconds(1), at: now.monotonic, &volatile.generator)
    }

    /// The exchange told of its end, whether or not we knew of it.
    mutating func endStray(_ id: ClientOrderID, as status: ExchangeOrderStatus) {
        if volatile.endedUnbooked.count >= endedUnbookedLimit { volatile.endedUnbooked = [] }
        volatile.endedUnbooked.insert(id)
        forgetStray(id, endedAs: status)
    }

    /// It has ended, with this status where it was told, is in our books, or a complete list no longer shows it.
    mutating func forgetStray(_ id: ClientOrderID, endedAs status: ExchangeOrderStatus? = nil) {
        guard let stray = volatile.strays.removeValue(forKey: id) else { return }
        guard durable.ledger[id]?.isWorking != true else { return }
        if durable.ledger[id] == nil { countEnd(ofUnbooked: id, status) }
        volatile.cancelDesk.forget(id)
        volatile.evidenceDesk.forget(stray.snapshot.exchangeOrderID)
    }

    /// Whether it is ours and our books do not hold it: it is canceled at once, and a stop counts it by itself.
    private func isOursUnbooked(_ id: ClientOrderID, _ kind: StrayOrder.Kind) -> Bool {
        kind.isOurs && durable.ledger[id] == nil
    }

    var strayIDsOfOurs: [ClientOrderID] {
        volatile.strays.filter { isOursUnbooked($0.key, $0.value.kind) }.map(\.key)
    }

    /// Whether one of them keeps a listing from being a proof.
    var straysDisprove: Bool {
        guard !volatile.strays.isEmpty else { return false }
        for stray in volatile.strays.values {
            switch stray.kind {
            case .ended: continue
            case .unreadable, .unconfirmed: return true
            case .otherInstance: if volatile.stop != nil { return true }
            }
        }
        return false
    }

    /// What was listed before this was seen proves nothing any more.
    private mutating func disproveSweep(by kind: StrayOrder.Kind) {
        // Another instance's orders are no part of what a halt promises; of what a stop promises they are.
        if kind == .otherInstance, volatile.stop == nil { return }
        volatile.sweep?.isProved = false
        volatile.sweep?.provableSince = nil
    }

    /// A complete listing came: what it does not show has ended, or is on its way to a list that lags.
    mutating func keepStrays(shownBy listing: Listing.Result, _ turn: inout Turn) {
        for id in volatile.strays.keys.sorted() {
            guard let stray = volatile.strays[id] else { continue }
            if stray.kind == .otherInstance ? listing.others.contains(id) : listing.shows(id) {
                confirmGhost(id, stray, listing, &turn)
            } else if stray.isDisproved(by: listing, lag: capabilities.listLag) {
                forgetStray(id)
            }
        }
    }

    /// Two lists, the second one begun when the first could not lag any more, show an order alive that our books have
    /// ended: it is a ghost.
    private mutating func confirmGhost(
        _ id: ClientOrderID, _ stray: StrayOrder, _ listing: Listing.Result, _ turn: inout Turn
    ) {
        guard stray.kind == .ended, !stray.isTold, listing.startedAt >= ghostConfirmedAt(stray) else {
            return
        }
        volatile.strays[id]?.isTold = true
        volatile.cancelDesk.want(id, stray.snapshot.exchangeOrderID)
        let state = durable.ledger[id].map { $0.state.rawValue } ?? "ended"
        alert(
            "ghost-order",
            "order_id=\(stray.snapshot.exchangeOrderID) is \(state) in our books, and the exchange lists it as "
                + "\(stray.snapshot.status.rawValue); canceling it", order: id, &turn)
    }

    private func ghostConfirmedAt(_ stray: StrayOrder) -> MonotonicInstant {
        stray.firstShownAt + capabilities.listLag + .seconds(1)
    }

    /// While trading, when to look a second time at orders that our books have ended; nil where there are none.
    var ghostsAreLookedAtAt: MonotonicInstant? {
        guard volatile.sweep == nil, !volatile.strays.isEmpty else { return nil }
        return volatile.strays.values.filter { $0.kind == .ended && !$0.isTold }.map(ghostConfirmedAt).min()
    }

    /// An order of our name that can't be booked, for a report that names what remains.
    func remaining(_ id: ClientOrderID, _ stray: StrayOrder) -> ShutdownReport.RemainingOrder {
        let terms = stray.snapshot.terms ?? durable.ledger[id]?.terms
        let left = terms.map { Quantity(raw: max(0, $0.quantity.raw - stray.snapshot.filledQuantity.raw)) }
        let status =
            switch stray.kind {
            case .ended: "listed by the exchange"
            case .unreadable: "listed by the exchange, with terms that cannot be read"
            case .otherInstance:
                "made by another instance of bot \(configuration.bot) (epoch \(id.epoch), ours \(durable.epoch)): "
                    + "see whether one runs elsewhere"
            case .unconfirmed: "seen in an account that is not confirmed"
            }
        return ShutdownReport.RemainingOrder(
            clientOrderID: id, exchangeOrderID: stray.snapshot.exchangeOrderID, symbol: terms?.symbol,
            side: terms?.side, quantityLeft: left, status: status)
    }
}
