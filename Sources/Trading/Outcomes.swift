// The typed outcomes of one call to the exchange. An adapter translates, it never retries and never guesses.

import TradingDomain

/// Why a call brought no answer that can be believed.
package struct CallFailure: Codable, Equatable, Sendable {
    /// For people: what was tried and what came back.
    package var reason: String
    /// The exchange asked for this much patience.
    package var retryAfter: Duration?
    /// The exchange said that we are too fast.
    package var isRateLimit: Bool

    package init(_ reason: String, retryAfter: Duration? = nil, isRateLimit: Bool = false) {
        self.reason = reason
        self.retryAfter = retryAfter
        self.isRateLimit = isRateLimit
    }
}

package enum PlaceOutcome: Codable, Equatable, Sendable {
    /// The order is at the exchange; what it echoed.
    case accepted(Acceptance)
    /// The exchange said no; the order does not exist.
    case rejected(String)
    /// No byte was written, or the exchange says that it did not process the request.
    case unsent(CallFailure)
    /// Anything else: the order may exist, now or later.
    case ambiguous(CallFailure)
}

/// What the exchange echoed with an accepted order. An echo that differs from what was sent is an id
/// collision. A field that the exchange does not echo is nil.
package struct Acceptance: Codable, Equatable, Sendable {
    package var exchangeOrderID: ExchangeOrderID
    package var clientOrderID: String?
    package var terms: OrderTerms?

    package init(exchangeOrderID: ExchangeOrderID, clientOrderID: String?, terms: OrderTerms?) {
        self.exchangeOrderID = exchangeOrderID
        self.clientOrderID = clientOrderID
        self.terms = terms
    }
}

package enum CancelOutcome: Codable, Equatable, Sendable {
    /// The call was processed. Results are matched by order id; an id without one is unknown.
    case answered([CancelResult])
    /// The exchange refused the call as such (too many ids, malformed): nothing was canceled.
    case refused(String)
    case unsent(CallFailure)
    case ambiguous(CallFailure)
}

/// The exchange's word on the cancel of one order.
package struct CancelResult: Codable, Equatable, Sendable {
    package enum Verdict: Codable, Equatable, Sendable {
        /// The request was taken; whether the order is canceled is for evidence to say.
        case accepted
        /// Already asked for; keep looking.
        case duplicateRequest
        /// Filled, canceled or expired already, says the exchange: to be looked up, not believed.
        case alreadyFinal
        /// Not known, or not visible yet: to be looked up, not believed.
        case unknownOrder
        /// Not now; worth another try.
        case refused(String)
        /// Not for us; a human must know. Still tried until the deadline.
        case notAllowed(String)
    }
    package var exchangeOrderID: ExchangeOrderID
    package var verdict: Verdict

    package init(exchangeOrderID: ExchangeOrderID, verdict: Verdict) {
        self.exchangeOrderID = exchangeOrderID
        self.verdict = verdict
    }
}

/// One page of a list of orders.
package struct OrderPage: Codable, Equatable, Sendable {
    package var orders: [OrderSnapshot]
    /// Where the next page begins; nil on the last one.
    package var nextCursor: String?
    /// Whether the exchange vouches for the list. False proves nothing.
    package var isComplete: Bool

    package init(orders: [OrderSnapshot], nextCursor: String?, isComplete: Bool = true) {
        self.orders = orders
        self.nextCursor = nextCursor
        self.isComplete = isComplete
    }
}

package enum OrdersOutcome: Codable, Equatable, Sendable {
    case page(OrderPage)
    case failed(CallFailure)
}

package struct FillPage: Codable, Equatable, Sendable {
    package var fills: [Fill]
    package var nextCursor: String?

    package init(fills: [Fill], nextCursor: String?) {
        self.fills = fills
        self.nextCursor = nextCursor
    }
}

package enum FillsOutcome: Codable, Equatable, Sendable {
    case page(FillPage)
    case failed(CallFailure)
}

/// One currency of the account.
package struct Balance: Codable, Equatable, Sendable {
    package var currency: String
    package var available: Money
    package var hold: Money

    package init(currency: String, available: Money, hold: Money) {
        self.currency = currency
        self.available = available
        self.hold = hold
    }
}

package enum BalancesOutcome: Codable, Equatable, Sendable {
    case balances([Balance])
    case failed(CallFailure)
}

package enum ConnectOutcome: Codable, Equatable, Sendable {
    /// The attempt is under way or done; `Event.feed` tells when it stands.
    case begun
    case failed(CallFailure)
}

package enum FlushOutcome: Codable, Equatable, Sendable {
    /// Every record is durable. `checkpointed` is false when only the checkpoint failed.
    case flushed(checkpointed: Bool)
    case failed(String)
}
