// What an order says: its side, its type, how long it works.

public enum Side: String, Codable, Sendable, CaseIterable {
    case buy
    case sell
    public var opposite: Side { self == .buy ? .sell : .buy }
    /// "BUY" or "SELL", as the exchanges print it.
    public var wire: String { self == .buy ? "BUY" : "SELL" }
}

/// How long a limit order works (FIX tag 59).
public enum TimeInForce: Hashable, Codable, Sendable {
    /// Until it is filled or canceled.
    case goodTillCanceled
    /// Until this instant on the exchange's clock.
    case goodTillDate(UTCInstant)
    /// What fills at once fills; the rest is canceled.
    case immediateOrCancel
    /// All of it at once, or nothing.
    case fillOrKill
}

public enum OrderType: Hashable, Codable, Sendable {
    /// `postOnly` is refused by the exchange rather than executed against a resting order.
    case limit(price: Price, timeInForce: TimeInForce, postOnly: Bool)
    /// Executes at once against the book; what finds no counterpart is canceled.
    case market

    /// A resting limit order: good till canceled.
    public static func limit(_ price: Price, postOnly: Bool = false) -> OrderType {
        .limit(price: price, timeInForce: .goodTillCanceled, postOnly: postOnly)
    }

    public var limitPrice: Price? {
        if case .limit(let price, _, _) = self { price } else { nil }
    }
}

/// What identifies the wanted effect of an order, without its id.
public struct OrderTerms: Hashable, Codable, Sendable {
    public var symbol: Symbol
    public var side: Side
    public var type: OrderType
    /// Base units, positive.
    public var quantity: Quantity

    public init(symbol: Symbol, side: Side, type: OrderType, quantity: Quantity) {
        self.symbol = symbol
        self.side = side
        self.type = type
        self.quantity = quantity
    }

    /// The size tells most orders apart, and costs least to look at.
    public static func == (a: Self, b: Self) -> Bool {
        a.quantity == b.quantity && a.side == b.side && a.type == b.type && a.symbol == b.symbol
    }

    /// Price, size and side tell orders apart; the rest is left to comparing.
    public func hash(into hasher: inout Hasher) {
        let price = UInt64(truncatingIfNeeded: type.limitPrice?.raw ?? 0)
        let size = UInt64(truncatingIfNeeded: quantity.raw)
        hasher.combine((price &* 0x9E37_79B9_7F4A_7C15) ^ size ^ (side == .buy ? 1 : 0))
    }
}
