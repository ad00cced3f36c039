/// One execution of one of our orders, as the exchange tells it.
public struct Fill: Hashable, Codable, Sendable {
    public enum Liquidity: String, Codable, Sendable { case maker, taker, unknown }

    /// What the exchange books with it. Reversals and corrections are rows of their own beside the trade that
    /// they change.
    public enum Kind: String, Codable, Sendable {
        case trade
        /// Takes back a trade of this price and size.
        case reversal
        /// Books a trade anew, after its reversal.
        case correction
        /// Made by the venue without a counterpart.
        case synthetic
    }

    public var id: FillID
    public var exchangeOrderID: ExchangeOrderID
    public var symbol: Symbol
    public var side: Side
    public var price: Price
    /// Base units, positive.
    public var quantity: Quantity
    /// Quote units; what we paid (negative for a rebate).
    public var fee: Money
    public var liquidity: Liquidity
    /// When the exchange executed it.
    public var at: UTCInstant
    public var kind: Kind

    public init(
        id: FillID, exchangeOrderID: ExchangeOrderID, symbol: Symbol, side: Side, price: Price,
        quantity: Quantity, fee: Money, liquidity: Liquidity, at: UTCInstant,
        kind: Kind = .trade
    ) {
        self.id = id
        self.exchangeOrderID = exchangeOrderID
        self.symbol = symbol
        self.side = side
        self.price = price
        self.quantity = quantity
        self.fee = fee
        self.liquidity = liquidity
        self.at = at
        self.kind = kind
    }
}
