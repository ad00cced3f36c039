// The lawful lives of an order. Pure: given an order and a fact, it says what changes, or that the fact is
// against the law. Evidence is cumulative and may come late, twice or out of order; what is older than what
// we know changes nothing.

import TradingDomain

/// What was learned about one order.
package enum OrderFact: Equatable, Sendable {
    /// The exchange took the placement.
    case accepted(ExchangeOrderID)
    /// The exchange refused the placement.
    case rejected(String)
    /// No byte of the placement left us, or the exchange did not process it.
    case neverSent(String)
    /// Absent from two complete listings, the second taken after the request can no longer be alive.
    case neverArrived
    /// The exchange showed the order.
    case observed(OrderSnapshot)
    /// The booked fills now add up to this, base units.
    case booked(Quantity)
}

/// A fact that no lawful life allows. Journaled and alerted; the order stays as it was.
package struct IllegalTransition: Error, Equatable, Sendable, CustomStringConvertible {
    package let order: ClientOrderID
    package let from: OrderState
    package let fact: String
    package var description: String { "order \(order) is \(from.rawValue), which does not allow: \(fact)" }
}

package enum OrderStateMachine {
    /// The change that `fact` makes, or nil when it says nothing new.
    package static func change(_ order: Order, on fact: OrderFact, at now: UTCInstant)
        throws(IllegalTransition) -> OrderChange?
    {
        switch fact {
        case .accepted(let id): return try accepted(order, id, at: now)
        case .rejected(let reason):
            if order.state == .rejected { return nil }
            // A refusal after evidence that the order exists cannot be true of this order.
            guard order.state == .new else { throw illegal(order, "rejected: \(reason)") }
            return OrderChange(id: order.id, state: .rejected, reason: reason, at: now)
        case .neverSent(let reason):
            guard order.state == .new else { throw illegal(order, "never sent: \(reason)") }
            return OrderChange(id: order.id, state: .failed, reason: reason, at: now)
        case .neverArrived:
            guard order.state == .new else { throw illegal(order, "never arrived") }
            return OrderChange(id: order.id, state: .failed, reason: "never arrived", at: now)
        case .observed(let snapshot): return try observed(order, snapshot, at: now)
        case .booked(let quantity): return booked(order, quantity, at: now)
        }
    }

    private static func accepted(_ order: Order, _ id: ExchangeOrderID, at now: UTCInstant)
        throws(IllegalTransition) -> OrderChange?
    {
        if let known = order.exchangeOrderID {
            // The order feed was faster than the answer.
            if known == id { return nil }
            throw illegal(order, "accepted as \(id), known as \(known)")
        }
        return OrderChange(id: order.id, state: .open, exchangeOrderID: id, at: now)
    }

    private static func observed(_ order: Order, _ snapshot: OrderSnapshot, at now: UTCInstant)
        throws(IllegalTransition) -> OrderChange?
    {
        if let known = order.exchangeOrderID, known != snapshot.exchangeOrderID {
            throw illegal(order, "seen as \(snapshot.exchangeOrderID), known as \(known)")
        }
        let filled = max(order.filledQuantity, snapshot.filledQuantity)
        let state = nextState(order, snapshot.status, filled: filled)
        let isNews =
            state != order.state || filled != order.filledQuantity || order.exchangeOrderID == nil
        guard isNews else { return nil }
        return OrderChange(
            id: order.id, state: state, exchangeOrderID: snapshot.exchangeOrderID, filledQuantity: filled,
            reason: snapshot.reason.isEmpty ? nil : snapshot.reason, at: now)
    }

    /// The state after a snapshot. A terminal order stays terminal, except that a late fill may complete a
    /// canceled or expired one, and that an order we had given up (it has no exchange id) is shown after all.
    private static func nextState(_ order: Order, _ status: ExchangeOrderStatus, filled: Quantity)
        -> OrderState
    {
        let complete = filled >= order.terms.quantity
        if order.state.isTerminal, order.exchangeOrderID != nil {
            let mayComplete = order.state == .canceled || order.state == .expired
            return mayComplete && complete ? .filled : order.state
        }
        switch status {
        case .filled: return .filled
        case .canceled: return complete ? .filled : .canceled
        case .expired: return complete ? .filled : .expired
        case .failed: return .failed
        case .pending, .open, .cancelQueued, .editQueued, .unknown:
            // The exchange has not said that it is done with the order, even when all of it is filled.
            return filled.isPositive ? .partiallyFilled : .open
        }
    }

    private static func booked(_ order: Order, _ quantity: Quantity, at now: UTCInstant) -> OrderChange? {
        let filled = max(order.filledQuantity, quantity)
        let complete = filled >= order.terms.quantity
        let state: OrderState
        switch order.state {
        case .open where filled.isPositive: state = .partiallyFilled
        case .canceled where complete, .expired where complete: state = .filled
        default: state = order.state
        }
        guard state != order.state || filled != order.filledQuantity else { return nil }
        return OrderChange(id: order.id, state: state, filledQuantity: filled, at: now)
    }

    private static func illegal(_ order: Order, _ fact: String) -> IllegalTransition {
        IllegalTransition(order: order.id, from: order.state, fact: fact)
    }
}
