/// One execution of one of our orders, as the exchange tells it.
public struct Fill: Hashable, Codable, Sendable {
    public enum Liquidity: String, Codable, Sendable { case maker, taker, unknown }

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

    public init(
        id: FillID, exchangeOrderID: ExchangeOrderID, symbol: Symbol, side: Side, price: Price,
        quantity: Quantity, fee: Money, liquidity: Liquidity, at: UTCInstant
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
    }
}
