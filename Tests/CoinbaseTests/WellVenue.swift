// A venue that is well, two minutes ahead of us.

import Testing

@testable import Coinbase

enum WellVenue {
    static let ahead = Duration.seconds(120)

    static func answer(_ seen: TestVenue.Seen) -> TestVenue.Act {
        switch seen.path.dropFirst(Rig.restPrefix.count) {
        case "/time": timeAnswer(ahead: ahead)
        case "/orders":
            .answer(
                200,
                #"{"success":true,"success_response":{"order_id":"o-1","product_id":"ABC-USD","side":"BUY","client_order_id":"grid-a1-7"},"order_configuration":{"limit_limit_gtc":{"base_size":"1.5","limit_price":"12","post_only":true}}}"#,
                [("X-RateLimit-Remaining", "29")])
        case "/orders/batch_cancel":
            .answer(
                200,
                #"{"results":[{"success":true,"order_id":"o-1"},{"success":false,"failure_reason":"UNKNOWN_CANCEL_ORDER","order_id":"o-2"}]}"#
            )
        case "/orders/historical/batch":
            .answer(
                200,
                seen.query.contains("cursor=c%2F1")
                    ? listBody([orderBody("o-2")])
                    : listBody([orderBody("o-1")], #""has_next":true,"cursor":"c/1""#))
        case "/orders/historical/fills": .answer(200, #"{"fills":[\#(fillBody())],"cursor":""}"#)
        case "/accounts":
            .answer(
                200,
                seen.query.contains("cursor=next")
                    ? #"{"accounts":[{"currency":"USD","available_balance":{"value":"5"}}],"has_next":false,"cursor":""}"#
                    : #"{"accounts":[{"currency":"BTC","available_balance":{"value":"1"}}],"has_next":true,"cursor":"next"}"#
            )
        case "/key_permissions":
            .answer(
                200, #"{"can_view":true,"can_trade":true,"can_transfer":false,"portfolio_uuid":"p-1"}"#)
        case "/transaction_summary":
            .answer(200, #"{"fee_tier":{"maker_fee_rate":"0.004","taker_fee_rate":"0.006"}}"#)
        case "/products", "/market/products":
            .answer(
                200,
                #"{"products":[{"product_id":"ABC-USD","base_increment":"0.001","price_increment":"0.01","base_min_size":"0.001","base_max_size":"10","quote_min_size":"1","status":"online"}]}"#
            )
        case "/best_bid_ask":
            .answer(
                200,
                #"{"pricebooks":[{"product_id":"ABC-USD","bids":[{"price":"11"}],"asks":[{"price":"12"}],"time":"2026-11-22T10:02:00Z"}]}"#
            )
        case "/market/product_book":
            .answer(
                200,
                #"{"pricebook":{"product_id":"\#(seen.query.contains("X-USD") ? "X-USD" : "ABC-USD")","bids":[{"price":"11"}],"asks":[{"price":"12"}],"time":"2026-11-22T10:02:00Z"}}"#
            )
        default: .answer(404, #"{"error":"NOT_FOUND"}"#)
        }
    }
}
