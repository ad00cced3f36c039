// One order of ours, as the ledger and the store hold it.

import TradingDomain

/// `new → open → partiallyFilled → filled | canceled | expired | rejected | failed`.
package enum OrderState: String, Codable, Sendable, CaseIterable {
    case new, open, partiallyFilled
    case filled, canceled, expired, rejected, failed

    package var isTerminal: Bool {
        switch self {
        case .new, .open, .partiallyFilled: false
        case .filled, .canceled, .expired, .rejected, .failed: true
        }
    }
}

package struct Order: Codable, Equatable, Sendable {
    package let id: ClientOrderID
    package let terms: OrderTerms
    /// The strategy that wanted it; empty for an order that only the exchange told us of.
    package let strategy: String
    package let createdAt: UTCInstant
    /// The key under which its strategy wanted it once; nil for any other order.
    package var onceKey: String?
    package var state: OrderState = .new
    package var exchangeOrderID: ExchangeOrderID?
    /// When the placement was handed to the adapter. `new` with `sentAt` is in flight.
    package var sentAt: UTCInstant?
    /// A fact beside the state: a cancel was asked for.
    package var cancelRequestedAt: UTCInstant?
    /// Why; nil where nobody asked, or a version that did not record it.
    package var cancelCause: CancelCause?
    /// The highest cumulative fill that the exchange told, base units.
    package var filledQuantity: Quantity = .zero
    /// It has ended, and the exchange may still add to `filledQuantity`; nil where it may not.
    package var awaitsSize: Bool?
    /// The sum of the fills that are booked, base units.
    package var bookedQuantity: Quantity = .zero
    package var endedAt: UTCInstant?
    /// Why it was rejected, failed, canceled or expired; empty if nobody said.
    package var reason: String = ""
    /// Why it was wanted; nil for an order that only the exchange told us of, and of versions that did not record it.
    package var basis: OrderBasis?

    package init(id: ClientOrderID, terms: OrderTerms, strategy: String, createdAt: UTCInstant) {
        self.id = id
        self.terms = terms
        self.strategy = strategy
        self.createdAt = createdAt
    }

    /// Of `filledQuantity` what may be true: no more than was ordered, unless that much is booked. (Earlier versions kept
    /// whatever they were told.)
    package var believedQuantity: Quantity { min(filledQuantity, max(terms.quantity, bookedQuantity)) }

    /// Base units that may still execute.
    package var leavesQuantity: Quantity {
        let filled = max(filledQuantity, bookedQuantity)
        return Quantity(raw: max(0, terms.quantity.raw - filled.raw))
    }

    /// Sent, and nothing heard: it may or may not exist.
    package var isInFlight: Bool { state == .new && sentAt != nil }
    /// Not terminal and perhaps alive at the exchange.
    package var isWorking: Bool { !state.isTerminal && (state != .new || sentAt != nil) }
    /// The booked fills add up to what the exchange says was filled, and it has no more to say.
    package var isSettled: Bool { bookedQuantity >= filledQuantity && awaitsSize != true }
    /// Nothing more is expected of it.
    package var isDone: Bool { state.isTerminal && isSettled }

    /// The first wish to cancel it counts.
    mutating func noteCancel(_ at: UTCInstant, _ cause: CancelCause?) {
        guard cancelRequestedAt == nil else { return }
        cancelRequestedAt = at
        cancelCause = cause
    }
}
