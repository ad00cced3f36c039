import ExchangeModel
import TradingDomain

// An order as the user channel prints it: other names than REST, everything a string, cumulative.

extension JSONWriter {
    mutating func userOrder(_ view: OrderView, _ clock: VenueClock, portfolioID: String) {
        let order = view.order
        let shape = view.note.shape
        object { json in
            json.field("avg_price", view.averagePrice)
            json.field("cancel_reason", view.cancelMessage)
            json.field("client_order_id", order.clientOrderID)
            json.field("completion_percentage", view.completion)
            json.field("contract_expiry_type", constant: "UNKNOWN_CONTRACT_EXPIRY_TYPE")
            json.field("cumulative_quantity", view.claim?.filled ?? view.figures.filledQuantity)
            json.field("filled_value", view.figures.filledValue)
            // An ended order has nothing left, which hides how much was canceled.
            json.field("leaves_quantity", order.status.isTerminal ? .zero : view.remaining)
            json.field("limit_price", view.disguise == nil ? shape.limitPrice ?? "" : "")
            json.number("number_of_fills", text: view.figures.fillCount)
            json.field("order_id", view.id)
            json.field("order_side", constant: order.terms.side == .buy ? "BUY" : "SELL")
            if let type = view.disguise?.orderType {
                json.field("order_type", type)
            } else {
                json.field("order_type", constant: shape.kind.titledOrderType)
            }
            json.field("outstanding_hold_amount", order.held)
            json.field("post_only", shape.postOnly == true ? "true" : "false")
            json.field(
                "product_id", view.disguise?.hidesProduct == true ? "" : order.terms.symbol.description)
            json.field("product_type", constant: "SPOT")
            json.field("reject_reason", constant: order.status == .failed ? "HOLD_FAILURE" : "")
            json.field("retail_portfolio_id", portfolioID)
            json.field("risk_managed_by", constant: "UNKNOWN_RISK_MANAGEMENT_TYPE")
            json.field("status", constant: view.status)
            json.field("stop_price", constant: "")
            json.field("time_in_force", constant: shape.kind.timeInForce)
            json.field("total_fees", view.figures.fees)
            json.field("total_value_after_fees", view.valueAfterFees)
            json.field("trigger_status", constant: "INVALID_ORDER_TYPE")
            json.field("creation_time", clock.shown(order.createdAt))
            if let end = order.goodTill {
                json.field("end_time", clock.shown(end))
            } else {
                json.field("end_time", constant: "0001-01-01T00:00:00Z")
            }
            json.field("start_time", constant: "0001-01-01T00:00:00Z")
        }
    }
}
