// The book for readers, as `trader247 paper book --json` prints it. Field names are the output's.

import ExchangeModel
import Trading
import TradingDomain

package struct PaperBookView: Encodable, Sendable {
    package struct Order: Encodable, Sendable {
        package let exchangeOrderID: ExchangeOrderID
        package let clientOrderID: String
        /// The trader247 bot that the client order id belongs to; absent for anyone else's order.
        package let bot: BotID?
        package let symbol: Symbol
        package let side: Side
        package let price: Price?
        package let quantity: Quantity
        package let filledQuantity: Quantity
        package let status: ExchangeOrderStatus
        package let reason: String
        package let createdAt: UTCInstant
        /// When it last changed; for one that ended, its end.
        package let updatedAt: UTCInstant

        package var isWorking: Bool { !status.isTerminal }

        enum CodingKeys: String, CodingKey {
            case exchangeOrderID = "exchange_order_id"
            case clientOrderID = "client_order_id"
            case bot, symbol, side, price, quantity
            case filledQuantity = "filled_quantity"
            case status, reason
            case createdAt = "created_at"
            case updatedAt = "updated_at"
        }
    }

    package struct Balance: Encodable, Sendable {
        package let currency: String
        package let total: Quantity
        package let held: Quantity
        package let available: Quantity
    }

    package struct Fill: Encodable, Sendable {
        package let fillID: FillID
        package let exchangeOrderID: ExchangeOrderID
        package let symbol: Symbol
        package let side: Side
        package let price: Price
        package let quantity: Quantity
        package let fee: Money
        package let liquidity: TradingDomain.Fill.Liquidity
        package let at: UTCInstant

        enum CodingKeys: String, CodingKey {
            case fillID = "fill_id"
            case exchangeOrderID = "exchange_order_id"
            case symbol, side, price, quantity, fee, liquidity, at
        }
    }

    /// The book's time to which this applies.
    package let asOf: UTCInstant
    /// Orders that are not terminal.
    package let working: Int
    /// Oldest first.
    package let orders: [Order]
    package let fills: [Fill]
    package let balances: [Balance]

    enum CodingKeys: String, CodingKey {
        case asOf = "as_of"
        case working, orders, fills, balances
    }

    init(_ state: PaperState) {
        let engine = state.engine
        asOf = engine.now
        working = engine.workingCount
        orders = engine.allOrders().items.compactMap { snapshot in
            // The engine knows the terms of every order.
            guard let terms = snapshot.terms else { return nil }
            return Order(
                exchangeOrderID: snapshot.exchangeOrderID, clientOrderID: snapshot.clientOrderID,
                bot: ClientOrderID(snapshot.clientOrderID)?.bot, symbol: terms.symbol,
                side: terms.side, price: terms.type.limitPrice, quantity: terms.quantity,
                filledQuantity: snapshot.filledQuantity,
                status: snapshot.status, reason: snapshot.reason, createdAt: snapshot.createdAt,
                updatedAt: engine.detail(snapshot.exchangeOrderID)?.updatedAt ?? snapshot.createdAt)
        }
        fills = engine.fills().map {
            Fill(
                fillID: $0.id, exchangeOrderID: $0.exchangeOrderID, symbol: $0.symbol, side: $0.side,
                price: $0.price, quantity: $0.quantity, fee: $0.fee, liquidity: $0.liquidity, at: $0.at)
        }
        balances = engine.balances.map {
            Balance(currency: $0.currency, total: $0.total, held: $0.held, available: $0.available)
        }
    }
}
