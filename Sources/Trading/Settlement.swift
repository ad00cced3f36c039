// Final is final only with the fills that belong to it. An exchange may say that an order is filled or canceled before it
// says how much of it was filled: what was filled would be lost.
//
// Such an order is read again once the lists can't lag any more. All others cost nothing.

import TradingDomain

/// So many readings without a size that is final are enough: what the exchange does not settle, a human must see.
private let readingsAwaited = 8

extension TradingCore {
    /// Notes whether this snapshot ends an order without its fills.
    mutating func watchSettlement(of id: ClientOrderID, _ snapshot: OrderSnapshot) {
        guard snapshot.status.isTerminal, let order = durable.ledger[id] else { return }
        let isShort = snapshot.status == .filled && order.filledQuantity < order.terms.quantity
        guard snapshot.isSettled == false || (isShort && snapshot.isSettled != true) else {
            if snapshot.isSettled == true || !isShort { volatile.unsettled.remove(id) }
            return
        }
        guard volatile.unsettled.insert(id).inserted else { return }
        volatile.evidenceDesk.want(
            snapshot.exchangeOrderID,
            at: now.monotonic + max(capabilities.listLag, capabilities.evidenceDelay))
    }

    /// Whether an order that has ended is to be read again because its size is not final.
    mutating func isAwaitedToSettle(
        _ id: ClientOrderID, _ exchangeID: ExchangeOrderID, _ turn: inout Turn
    ) -> Bool {
        guard volatile.unsettled.contains(id) else { return false }
        guard volatile.evidenceDesk.attempts(of: exchangeID) >= readingsAwaited else { return true }
        volatile.unsettled.remove(id)
        volatile.neverSettled.insert(id)
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
