import ExchangeModel
import TradingDomain

// An order as REST prints it: complete, nearly everything a string.

extension JSONWriter {
    mutating func order(_ view: OrderView, _ clock: VenueClock, userID: String, portfolioID: String) {
        let order = view.order
        object { json in
            json.field("order_id", view.id)
            if view.disguise?.hidesProduct == true {
                json.null("product_id")
            } else {
                json.field("product_id", order.terms.symbol.description)
            }
            json.field("user_id", userID)
            if let disguise = view.disguise {
                json.field("order_configuration", json: disguise.configuration)
            } else {
                json.key("order_configuration") { view.note.shape.write(to: &$0) }
            }
            json.field("side", constant: order.terms.side == .buy ? "BUY" : "SELL")
            json.field("client_order_id", order.clientOrderID)
            json.field("status", constant: view.status)
            json.field("time_in_force", constant: view.note.shape.kind.timeInForce)
            json.field("created_time", clock.shown(order.createdAt))
            json.field("completion_percentage", view.completion)
            let isClaimed = view.claim?.isListed == true
            json.field("filled_size", isClaimed ? view.claim?.filled ?? .zero : view.figures.filledQuantity)
            json.field("average_filled_price", view.averagePrice)
            json.field("fee", constant: "")
            json.number("number_of_fills", text: view.figures.fillCount)
            json.field("filled_value", view.figures.filledValue)
            json.field("pending_cancel", view.status.description == "CANCEL_QUEUED")
            json.field("size_in_quote", view.note.shape.isSizedInQuote)
            json.field("total_fees", view.figures.fees)
            json.field("size_inclusive_of_fees", view.note.shape.isSizedInQuote && order.terms.side == .buy)
            json.field("total_value_after_fees", view.valueAfterFees)
            json.field("trigger_status", constant: "INVALID_ORDER_TYPE")
            if let type = view.disguise?.orderType {
                json.field("order_type", type)
            } else {
                json.field("order_type", constant: view.note.shape.kind.orderType)
            }
            json.field("reject_reason", constant: view.rejectReason)
            json.field("settled", view.isSettled)
            json.field("product_type", constant: "SPOT")
            json.field("reject_message", order.status == .failed ? order.reason : "")
            json.field("cancel_message", view.cancelMessage)
            json.field("order_placement_source", view.note.source.rawValue)
            json.field("outstanding_hold_amount", order.held)
            json.field("is_liquidation", false)
            if let last = view.note.lastFillAt, view.figures.fillCount > 0 {
                json.field("last_fill_time", clock.shown(last))
            } else {
                json.null("last_fill_time")
            }
            json.array("edit_history") { _ in }
            json.field("leverage", constant: "")
            json.field("margin_type", constant: "UNKNOWN_MARGIN_TYPE")
            json.field("retail_portfolio_id", portfolioID)
            json.field("originating_order_id", constant: "")
            json.field("attached_order_id", constant: "")
            json.null("attached_order_configuration")
            json.null("current_pending_replace")
            json.null("commission_detail_total")
            json.field("last_update_time", clock.shown(order.updatedAt))
        }
    }
}
