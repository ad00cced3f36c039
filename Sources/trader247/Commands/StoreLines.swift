// The JSON of `orders`, `fills` and `positions`. Property names are the output's.

import Storage
import Trading
import TradingDomain

struct OrderLine: Encodable {
    let client_order_id: ClientOrderID
    let exchange_order_id: ExchangeOrderID?
    let symbol: Symbol
    let side: Side
    let price: Price?
    let quantity: Quantity
    let filled_quantity: Quantity
    let state: OrderState
    let working: Bool
    let strategy: String
    let created_at: UTCInstant
    let sent_at: UTCInstant?
    let cancel_requested_at: UTCInstant?
    let ended_at: UTCInstant?
    let reason: String

    init(_ order: Order) {
        client_order_id = order.id
        exchange_order_id = order.exchangeOrderID
        symbol = order.terms.symbol
        side = order.terms.side
        price = order.terms.type.limitPrice
        quantity = order.terms.quantity
        filled_quantity = order.filledQuantity
        state = order.state
        working = order.isWorking
        strategy = order.strategy
        created_at = order.createdAt
        sent_at = order.sentAt
        cancel_requested_at = order.cancelRequestedAt
        ended_at = order.endedAt
        reason = order.reason
    }
}

struct FillLine: Encodable {
    let fill_id: FillID
    let client_order_id: ClientOrderID
    let exchange_order_id: ExchangeOrderID
    let symbol: Symbol
    let side: Side
    let price: Price
    let quantity: Quantity
    let fee: Money
    let liquidity: Fill.Liquidity
    let at: UTCInstant

    init(_ booked: BookedFill) {
        fill_id = booked.fill.id
        client_order_id = booked.order
        exchange_order_id = booked.fill.exchangeOrderID
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
    let average_cost: Price?
    let cost_basis: Money
    let realised: Money
    let fees: Money
    let net_realised: Money
    let cash: Money

    init(_ symbol: Symbol, _ position: Position) throws {
        self.symbol = symbol
        quantity = position.quantity
        average_cost = try position.averageCost
        cost_basis = position.costBasis
        realised = position.realised
        fees = position.fees
        net_realised = try position.netRealised
        cash = position.cash
    }
}
