// What the exchange says about one order at one moment: on the order feed, in a list, or by id.
// Cumulative, so a later one replaces an earlier one, and evidence whichever way it came.

/// An order's status in the exchange's words.
public enum ExchangeOrderStatus: String, Codable, Sendable, CaseIterable {
    case pending, open, cancelQueued, editQueued
    case filled, canceled, expired, failed
    /// A status that this version does not know. The order may be alive.
    case unknown

    /// Whether the exchange is done with the order. Everything else may be working.
    public var isTerminal: Bool {
        switch self {
        case .filled, .canceled, .expired, .failed: true
        case .pending, .open, .cancelQueued, .editQueued, .unknown: false
        }
    }
}

public struct OrderSnapshot: Hashable, Codable, Sendable {
    public var exchangeOrderID: ExchangeOrderID
    /// As the exchange echoes it. Ours when it parses as one of our bot's ids; else foreign.
    public var clientOrderID: String
    /// Nil where the exchange's message does not tell them all (Coinbase's order feed), or where they are of a
    /// kind that we never place (somebody else's stop order).
    public var terms: OrderTerms?
    public var status: ExchangeOrderStatus
    /// Cumulative, base units.
    public var filledQuantity: Quantity
    public var createdAt: UTCInstant
    /// Whether the exchange says that `filledQuantity` is final; nil where it does not say.
    public var isSettled: Bool?
    /// The exchange's words for why it was refused, canceled or expired; empty if it gave none.
    public var reason: String

    public init(
        exchangeOrderID: ExchangeOrderID, clientOrderID: String, terms: OrderTerms?,
        status: ExchangeOrderStatus, filledQuantity: Quantity, createdAt: UTCInstant, isSettled: Bool? = nil,
        reason: String = ""
    ) {
        self.isSettled = isSettled
        self.exchangeOrderID = exchangeOrderID
        self.clientOrderID = clientOrderID
        self.terms = terms
        self.status = status
        self.filledQuantity = filledQuantity
        self.createdAt = createdAt
        self.reason = reason
    }
}
