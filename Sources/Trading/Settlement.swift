// Final is final only with the fills that belong to it. An exchange may say that an order is filled or canceled before it
// says how much of it was filled: what was filled would be lost.
//
// Such an order is read again once the lists can't lag any more. All others cost nothing.

import TradingDomain

/// So many readings without a size that is final are enough: what the exchange does not settle, a human must see.
private let readingsAwaited = 8

extension TradingCore {
    /// Notes whether this snapshot ends an order without its fills. That is durable: the next life reads it again.
    mutating func watchSettlement(of id: ClientOrderID, _ snapshot: OrderSnapshot, _ turn: inout Turn) {
        guard snapshot.status.isTerminal, let order = durable.ledger[id], order.state.isTerminal else {
            return
        }
        let isShort = snapshot.status == .filled && order.filledQuantity < order.terms.quantity
        // More than was ordered is no size to end with, unless its trades are booked.
        let isTooMuch = snapshot.filledQuantity > max(order.terms.quantity, order.bookedQuantity)
        if snapshot.isSettled == false || (isShort && snapshot.isSettled != true) || isTooMuch
            || isOverclaimOpen(order)
        {
            guard !volatile.neverSettled.contains(id) else { return }
            if order.awaitsSize != true { noteSize(of: order, isFinal: false, &turn) }
            // News of an order that has ended takes back the question that was asked before it.
            readSizeAgain(id, snapshot.exchangeOrderID)
        } else {
            if order.awaitsSize == true { noteSize(of: order, isFinal: true, &turn) }
            volatile.neverSettled.remove(id)
        }
    }

    private mutating func noteSize(of order: Order, isFinal: Bool, _ turn: inout Turn) {
        record(
            .changed(OrderChange(id: order.id, state: order.state, isSizeFinal: isFinal, at: now.utc)), &turn)
        guard isFinal else { return }
        volatile.unsettled.remove(order.id)
        if durable.ledger[order.id]?.isSettled == true { volatile.fillDesk.forget(order.id) }
    }

    /// It is read once the lists can't lag any more, and so are its fills.
    mutating func readSizeAgain(_ id: ClientOrderID, _ exchangeID: ExchangeOrderID) {
        let at = now.monotonic + max(capabilities.listLag, capabilities.evidenceDelay)
        volatile.unsettled.insert(id)
        volatile.evidenceDesk.want(exchangeID, at: at)
        volatile.fillDesk.want(id, at: at)
    }

    /// What earlier lives left unsettled is read again, fills and all.
    mutating func readUnsettledAgain() {
        for id in durable.ledger.unsettled {
            volatile.fillDesk.want(id, at: now.monotonic)
            guard let order = durable.ledger[id], order.awaitsSize == true,
                let exchangeID = order.exchangeOrderID
            else { continue }
            volatile.unsettled.insert(id)
            volatile.evidenceDesk.want(exchangeID, at: now.monotonic)
        }
    }

    /// Whether an order that has ended is to be read again because its size is not final.
    mutating func isAwaitedToSettle(
        _ id: ClientOrderID, _ exchangeID: ExchangeOrderID, _ turn: inout Turn
    ) -> Bool {
        guard volatile.unsettled.contains(id), let order = durable.ledger[id] else { return false }
        guard volatile.evidenceDesk.attempts(of: exchangeID) >= readingsAwaited else { return true }
        volatile.neverSettled.insert(id)
        noteSize(of: order, isFinal: true, &turn)
        alert(
            "not-settled",
            "the exchange does not settle order_id=\(exchangeID), which has ended: some of its fills may be missing",
            order: id, &turn)
        return false
    }

    /// Orders that have ended and whose fills may not be all told.
    var fillsIncomplete: [ClientOrderID] {
        guard !volatile.unsettled.isEmpty || !volatile.neverSettled.isEmpty else {
            return volatile.fillDesk.keys
        }
        return volatile.unsettled.union(volatile.neverSettled).union(volatile.fillDesk.keys).sorted()
    }

    /// Whether a stop has waited long enough for the sizes and fills of what has ended.
    var isSettledEnough: Bool {
        volatile.unsettled.isEmpty
            && (volatile.fillDesk.isEmpty || (volatile.fillDesk.fewestAttempts ?? 0) >= fillAttemptsAwaited)
    }
}
