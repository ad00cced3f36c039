// The JSON of orders, fills and positions, for the command line and the control API alike. The output spells the
// properties in snake case.

import Storage
import Trading
import TradingDomain

package struct OrderLine: Encodable {
    package let clientOrderID: ClientOrderID
    package let exchangeOrderID: ExchangeOrderID?
    package let symbol: Symbol
    package let side: Side
    package let price: Price?
    package let quantity: Quantity
    package let filledQuantity: Quantity
    package let state: OrderState
    package let working: Bool
    package let strategy: String
    package let createdAt: UTCInstant
    package let sentAt: UTCInstant?
    package let cancelRequestedAt: UTCInstant?
    package let endedAt: UTCInstant?
    package let reason: String

    package init(_ order: Order) {
        clientOrderID = order.id
        exchangeOrderID = order.exchangeOrderID
        symbol = order.terms.symbol
        side = order.terms.side
        price = order.terms.type.limitPrice
        quantity = order.terms.quantity
        filledQuantity = order.filledQuantity
        state = order.state
        working = order.isWorking
        strategy = order.strategy
        createdAt = order.createdAt
        sentAt = order.sentAt
        cancelRequestedAt = order.cancelRequestedAt
        endedAt = order.endedAt
        reason = order.reason
    }
}

package struct FillLine: Encodable {
    package let fillID: FillID
    package let clientOrderID: ClientOrderID
    package let exchangeOrderID: ExchangeOrderID
    package let symbol: Symbol
    package let side: Side
    package let price: Price
    package let quantity: Quantity
    package let fee: Money
    package let liquidity: Fill.Liquidity
    package let at: UTCInstant

    package init(_ booked: BookedFill) {
        fillID = booked.fill.id
        clientOrderID = booked.order
        exchangeOrderID = booked.fill.exchangeOrderID
        symbol = booked.fill.symbol
        side = booked.fill.side
        price = booked.fill.price
        quantity = booked.fill.quantity
        fee = booked.fill.fee
        liquidity = booked.fill.liquidity
        at = booked.fill.at
    }
}

package struct PositionLine: Encodable {
    /// Whose position it is; nil for the bot's, all strategies together.
    package let strategy: String?
    package let symbol: Symbol
    package let quantity: Quantity
    package let averageCost: Price?
    package let costBasis: Money
    package let realised: Money
    package let fees: Money
    package let netRealised: Money
    package let cash: Money

    package init(_ symbol: Symbol, _ position: Position, strategy: String? = nil) throws {
        self.strategy = strategy
        self.symbol = symbol
        quantity = position.quantity
        averageCost = try position.averageCost
        costBasis = position.costBasis
        realised = position.realised
        fees = position.fees
        netRealised = try position.netRealised
        cash = position.cash
    }
}
