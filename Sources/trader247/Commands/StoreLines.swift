// The JSON of `orders`, `fills` and `positions`. The output spells the properties in snake case.

import Storage
import Trading
import TradingDomain

struct OrderLine: Encodable {
    let clientOrderID: ClientOrderID
    let exchangeOrderID: ExchangeOrderID?
    let symbol: Symbol
    let side: Side
    let price: Price?
    let quantity: Quantity
    let filledQuantity: Quantity
    let state: OrderState
    let working: Bool
    let strategy: String
    let createdAt: UTCInstant
    let sentAt: UTCInstant?
    let cancelRequestedAt: UTCInstant?
    let endedAt: UTCInstant?
    let reason: String

    init(_ order: Order) {
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

struct FillLine: Encodable {
    let fillID: FillID
    let clientOrderID: ClientOrderID
    let exchangeOrderID: ExchangeOrderID
    let symbol: Symbol
    let side: Side
    let price: Price
    let quantity: Quantity
    let fee: Money
    let liquidity: Fill.Liquidity
    let at: UTCInstant

    init(_ booked: BookedFill) {
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

struct PositionLine: Encodable {
    let symbol: Symbol
    let quantity: Quantity
    let averageCost: Price?
    let costBasis: Money
    let realised: Money
    let fees: Money
    let netRealised: Money
    let cash: Money

    init(_ symbol: Symbol, _ position: Position) throws {
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
