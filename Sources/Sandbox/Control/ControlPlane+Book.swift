import ExchangeModel
import TradingDomain

// The truth about the book, which no fault, lag or filter bends.

extension ControlPlane {
    func book(_ query: Query) -> Reply {
        change { $0.advance() }
        let venue = account
        let workingOnly = query.flag("working")
        let prefix = query["prefix"] ?? ""
        return .json(capacity: 1 << 16) { json in
            json.field("utc", venue.shownNow)
            json.number("working", venue.engine.workingCount)
            json.number("orders_ever", venue.engine.orderCount)
            json.array("orders") { json in
                venue.engine.ordersBackwards(workingOnly: workingOnly) { order in
                    guard order.clientOrderID.hasPrefix(prefix), let view = venue.view(order) else {
                        return true
                    }
                    write(view, venue, &json)
                    return true
                }
            }
            json.array("fills") { json in
                venue.engine.fillsBackwards { number, fill in
                    let owner = Venue.number(fill.exchangeOrderID) ?? 0
                    guard let order = venue.engine.detail(number: owner),
                        order.clientOrderID.hasPrefix(prefix)
                    else { return true }
                    json.object { json in
                        json.field("entry_id", venue.ids.text(.fill, number))
                        json.field("trade_id", venue.ids.text(.trade, number))
                        json.field("order_id", venue.orderID(owner))
                        json.field("client_order_id", order.clientOrderID)
                        json.field("product_id", fill.symbol.description)
                        json.field("side", fill.side.wire)
                        json.field("price", fill.price)
                        json.field("size", fill.quantity)
                        json.field("commission", fill.fee)
                        json.field("time", venue.clock.shown(fill.at))
                    }
                    return true
                }
            }
            json.array("balances") { json in
                for balance in venue.engine.balances {
                    json.object { json in
                        json.field("currency", balance.currency)
                        json.field("total", balance.total)
                        json.field("available", balance.available)
                        json.field("hold", balance.held)
                    }
                }
            }
            guard query.flag("audit") else { return }
            json.array("inconsistencies") { json in
                for problem in venue.engine.inconsistencies() { json.string(problem) }
            }
        }
    }

    private func write(_ view: OrderView, _ venue: Venue, _ json: inout JSONWriter) {
        let order = view.order
        json.object { json in
            json.field("order_id", view.id)
            json.field("client_order_id", order.clientOrderID)
            json.field("product_id", order.terms.symbol.description)
            json.field("side", order.terms.side.wire)
            json.field("status", constant: view.status)
            json.field("working", !order.status.isTerminal)
            if let price = order.terms.type.limitPrice {
                json.field("limit_price", price)
            } else {
                json.null("limit_price")
            }
            json.field("size", order.terms.quantity)
            json.field("filled_size", order.filledQuantity)
            json.field("filled_value", order.filledValue)
            json.field("total_fees", order.fees)
            json.field("order_placement_source", view.note.source.rawValue)
            json.field("created_time", venue.clock.shown(order.createdAt))
            json.field("last_update_time", venue.clock.shown(order.updatedAt))
            json.field("reason", order.reason)
        }
    }
}
