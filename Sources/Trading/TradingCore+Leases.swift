// What the core does with leases: dates on new orders, renewals in time, and the new order for what is left once
// the old one has ended. Nothing is renewed while the gate is closed: a stop, a halt, a sweep, a feed that is lost
// or a clock that is not known. What lapses meanwhile has ended like any other order, with its fills.

import TradingDomain

/// An order that should have lapsed and of which nothing was heard is asked for, this long after and again.
private let lapseLookUp: Duration = .seconds(2)
/// A renewal that can't be begun now is thought of again.
private let renewalRetry: Duration = .seconds(1)

extension TradingCore {
    /// The venue's clock, as well as it is known. From one reading to the next it goes by monotonic time: our wall clock
    /// may jump meanwhile.
    var venueNow: UTCInstant {
        guard let read = volatile.introduction.venueTimeAtReading, let at = volatile.introduction.clockReadAt
        else { return now.utc }
        return read + (now.monotonic - at)
    }

    // MARK: A lease begins

    /// What is placed for a wish: with a date where orders are leased. A date of the strategy's own stands.
    func leased(_ wish: OrderTerms) -> OrderTerms {
        guard let life = configuration.lease, capabilities.holdsOrders, wish.goodTill == nil else {
            return wish
        }
        return wish.resting(until: Leases.end(life, from: venueNow)) ?? wish
    }

    /// The order rests at the exchange: its renewal is planned.
    mutating func beginLease(_ order: Order) {
        guard let life = configuration.lease, capabilities.holdsOrders, order.terms.resting(until: nil) != nil
        else { return }
        // One without a date, adopted from a life without leases, is renewed as if it had one from now on.
        let end = order.terms.goodTill ?? venueNow + life
        lookAgain(order.id, at: Leases.renewalAt(order.id, end: end, life: life))
    }

    private mutating func lookAgain(_ id: ClientOrderID, at venueTime: UTCInstant) {
        volatile.leases.due.add(id, at: now.monotonic + max(.zero, venueTime - venueNow))
    }

    /// Trading begins with orders of an earlier life.
    mutating func adoptLeases() {
        for order in durable.ledger.liveOrders where order.isWorking && !order.strategy.isEmpty {
            if order.cancelRequestedAt == nil {
                beginLease(order)
            } else if order.reason == Order.leaseReason {
                volatile.leases.renewing.insert(order.id)
            }
        }
    }

    // MARK: Renewal

    /// When there may be something to renew.
    var nextRenewalAt: MonotonicInstant? {
        guard configuration.lease != nil, !reducesOnly, volatile.sweep == nil else { return nil }
        return volatile.leases.due.nextDue.map { max($0, volatile.leases.nextAt) }
    }

    /// Asks for the end of orders whose lease is to be renewed now.
    mutating func renewLeases(_ turn: inout Turn) {
        // Paused, a renewal would end an order and begin none: what rests stays until its lease ends.
        guard configuration.lease != nil, isGateOpen, !reducesOnly, volatile.sweep == nil else { return }
        while volatile.leases.nextAt <= now.monotonic {
            guard let dueAt = volatile.leases.due.nextDue, dueAt <= now.monotonic else { return }
            // Cancels may use everything; these must leave the reserve, and the new order wants a request too.
            let available = volatile.budget.nextAvailable(.placement, at: now.monotonic)
            guard available <= now.monotonic else {
                volatile.leases.nextAt = available
                return
            }
            guard let id = volatile.leases.due.popDue(at: now.monotonic), let order = durable.ledger[id],
                order.isWorking, order.cancelRequestedAt == nil, let exchangeID = order.exchangeOrderID
            else { continue }
            renew(order, exchangeID, &turn)
        }
    }

    private mutating func renew(_ order: Order, _ exchangeID: ExchangeOrderID, _ turn: inout Turn) {
        // The strategy gave it a date of its own: that is its business.
        if volatile.leases.wishes[order.id]?.goodTill != nil { return }
        if let end = order.terms.goodTill {
            guard venueNow < end else {
                // It should be gone. The order itself must say.
                volatile.evidenceDesk.want(exchangeID, at: now.monotonic)
                return lookAgain(order.id, at: venueNow + lapseLookUp)
            }
            // Too small to be placed again: it may as well be filled until it lapses.
            guard isWorthPlacing(order.terms, order.leavesQuantity) else {
                return lookAgain(order.id, at: end + lapseLookUp)
            }
        }
        // Without a fresh price the gate would refuse the new order.
        guard let quote = lastQuote(of: order.terms.symbol),
            now.utc - quote.at <= configuration.risk.maximumQuoteAge
        else { return lookAgain(order.id, at: venueNow + renewalRetry) }
        record(.leaseEnding([order.id], at: now.utc), &turn)
        volatile.leases.renewing.insert(order.id)
        volatile.cancelDesk.want(order.id, exchangeID)
        volatile.leases.nextAt = now.monotonic + configuration.renewalPause
        if configuration.tellsOrders {
            tell(
                .debug, "lease", "renewing \(order.terms.symbol) \(order.terms.side.wire)", order: order.id,
                &turn)
        }
    }

    func isWorthPlacing(_ terms: OrderTerms, _ quantity: Quantity) -> Bool {
        guard quantity.isPositive else { return false }
        guard let product = products[terms.symbol], let price = terms.type.limitPrice else { return true }
        guard quantity >= product.minimumQuantity else { return false }
        return (try? price.times(quantity, .up)).map { $0 >= product.minimumNotional } ?? true
    }

    // MARK: A lease ends

    /// An order ended, by evidence. If its lease was the reason, what is left of its wish is placed again, should the
    /// strategy still want it; it is asked first.
    mutating func endLease(_ before: Order, _ order: Order) {
        let wish = volatile.leases.wishes.removeValue(forKey: order.id)
        let wasRenewed = volatile.leases.renewing.remove(order.id) != nil
        // What was wanted once is not placed again, whatever ended it.
        guard volatile.lifecycle == .trading, order.state != .filled, order.onceKey == nil,
            let wish = wish ?? order.terms.resting(until: nil), wish.goodTill == nil,
            let index = volatile.slots.firstIndex(where: { $0.strategy.name == order.strategy })
        else { return }
        // Nobody asked for its end: it lapsed, or what was left of a wish did not come to rest.
        let lapsed = order.terms.goodTill != nil && (order.state == .expired || before.continues != nil)
        guard wasRenewed || (lapsed && order.cancelRequestedAt == nil) else { return }
        guard isWorthPlacing(order.terms, order.leavesQuantity) else { return }
        volatile.leases.add(
            Leases.Remainder(
                strategy: order.strategy, wish: wish, ended: order.id, quantity: order.leavesQuantity))
        volatile.slots[index].mustCompare = true
        // Time without an order is what a renewal costs: it does not wait for the crowd.
        if wasRenewed { volatile.slots[index].decideAt = now.monotonic }
    }

    /// The wish that an order stands for, in its strategy's words.
    mutating func wish(of order: Order, among desired: [WantedOrder]) -> OrderTerms {
        guard order.terms.goodTill != nil else { return order.terms }
        if let wish = volatile.leases.wishes[order.id] { return wish }
        // Of an earlier life. A date can be the strategy's own.
        let isOwn = desired.contains { $0.terms == order.terms }
        let wish = isOwn ? order.terms : order.terms.resting(until: nil) ?? order.terms
        volatile.leases.wishes[order.id] = wish
        return wish
    }

    /// What a wish has left, where its order ended by its lease; nil where it was not begun.
    func remainder(of wish: OrderTerms, strategy: String) -> (Leases.Remainder, left: Quantity)? {
        guard let remainder = volatile.leases.remainder(of: wish, strategy: strategy) else { return nil }
        let left = durable.ledger[remainder.ended]?.leavesQuantity ?? remainder.quantity
        return (remainder, left)
    }
}
