// Bodies in the venue's shape to begin with, one of each kind; every value in them is made up.

private let order = """
    {"order_id":"o-1","product_id":"ABC-USD","user_id":"u-1","client_order_id":"grid-a1-7","side":"BUY",\
    "order_configuration":{"limit_limit_gtc":{"base_size":"1.5","limit_price":"12.00","post_only":true}},\
    "status":"OPEN","time_in_force":"GOOD_UNTIL_CANCELLED","order_type":"LIMIT","product_type":"SPOT",\
    "created_time":"2026-11-22T10:00:00.123456Z","last_fill_time":null,"completion_percentage":"33.33",\
    "filled_size":"0.5","average_filled_price":"12.00","fee":"","number_of_fills":"1","size_in_quote":false,\
    "pending_cancel":false,"settled":false,"reject_reason":"REJECT_REASON_UNSPECIFIED","reject_message":"",\
    "cancel_message":"","edit_history":[],"retail_portfolio_id":"p-1","current_pending_replace":null}
    """

private let placed = """
    {"success":true,"success_response":{"order_id":"o-1","product_id":"ABC-USD","side":"BUY",\
    "client_order_id":"grid-a1-7","attached_order_id":""},
    """

private let report = """
    {"order_id":"o-1","client_order_id":"grid-a1-7","product_id":"ABC-USD","product_type":"SPOT","order_side":"BUY",\
    "order_type":"Limit","status":"OPEN","time_in_force":"GOOD_UNTIL_CANCELLED","limit_price":"12.00",\
    "cumulative_quantity":"0.5","leaves_quantity":"1","avg_price":"12.00","post_only":"true","cancel_reason":"",\
    "reject_reason":"","creation_time":"2026-11-22T10:00:00.123456Z","end_time":"0001-01-01T00:00:00Z"}
    """

private func message(_ channel: String, _ events: String) -> String {
    """
    {"channel":"\(channel)","client_id":"","timestamp":"2026-11-22T10:00:00.123456789Z","sequence_num":0,\
    "events":[\(events)]}
    """
}

let seedBodies: [String] = [
    placed
        + #""order_configuration":{"limit_limit_gtc":{"base_size":"1.5","limit_price":"12.00","post_only":true}}}"#,
    placed
        + #""order_configuration":{"limit_limit_gtd":{"base_size":"1","limit_price":"2","end_time":"2026-11-22T10:00:00Z"}}}"#,
    placed + #""order_configuration":{"market_market_ioc":{"base_size":"1"}}}"#,
    """
    {"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"no \\"funds\\"","error_details":"",\
    "preview_failure_reason":"PREVIEW_INSUFFICIENT_FUND","new_order_failure_reason":"UNKNOWN_FAILURE_REASON"}}
    """,
    """
    {"results":[{"success":true,"failure_reason":"UNKNOWN_CANCEL_FAILURE_REASON","order_id":"o-1"},\
    {"success":false,"failure_reason":"UNKNOWN_CANCEL_ORDER","order_id":"o-2"}]}
    """,
    #"{"orders":[\#(order),\#(order)],"has_next":true,"cursor":"c-2","sequence":"0","proof_token_required":false}"#,
    #"{"orders":[],"has_next":false,"cursor":"","sequence":"0"}"#,
    """
    {"fills":[{"entry_id":"e1","trade_id":"t1","order_id":"o-1","trade_time":"2026-11-22T10:00:00Z","trade_type":"FILL",\
    "price":"12.00","size":"0.5","commission":"0.024","product_id":"ABC-USD","liquidity_indicator":"MAKER",\
    "size_in_quote":false,"side":"BUY"},{"entry_id":"e2","trade_id":"t2","order_id":"o-2",\
    "trade_time":"2026-11-22T10:00:00Z","trade_type":"CORRECTION","price":3,"size":2,"commission":"",\
    "product_id":"ABC-USD","liquidity_indicator":"TAKER","size_in_quote":true,"side":"SELL"}],"cursor":""}
    """,
    """
    {"accounts":[{"uuid":"a","currency":"BTC","available_balance":{"value":"1.5","currency":"BTC"},"active":true,\
    "hold":{"value":"0","currency":"BTC"}},{"currency":"BTC","available_balance":{"value":"1"}}],"has_next":false,\
    "cursor":"","size":2}
    """,
    """
    {"can_view":true,"can_trade":true,"can_transfer":false,"portfolio_uuid":"p-1","portfolio_type":"DEFAULT"}
    """,
    """
    {"products":[{"product_id":"ABC-USDC","price":"12.34","base_increment":"0.00000001","quote_increment":"0.01",\
    "price_increment":"0.01","base_min_size":"0.00000001","base_max_size":"3400","quote_min_size":"1",\
    "is_disabled":false,"status":"online","cancel_only":false,"product_type":"SPOT","alias":"ABC-USD"}],\
    "num_products":1,"pagination":null}
    """,
    #"{"total_volume":1.5,"fee_tier":{"pricing_tier":"","taker_fee_rate":"0.006","maker_fee_rate":0.004}}"#,
    #"{"iso":"2026-11-22T10:00:00Z","epochSeconds":"1795341600","epochMillis":"1795341600123"}"#,
    """
    {"pricebooks":[{"product_id":"ABC-USD","bids":[{"price":"11.99","size":"1"}],"asks":[{"price":"12.01","size":"1"}],\
    "time":"2026-11-22T10:00:00Z"}]}
    """,
    message("user", #"{"type":"snapshot","orders":[\#(report),\#(report)],"positions":{}}"#),
    message("user", #"{"type":"update","orders":[\#(report)]}"#),
    message(
        "ticker",
        #"{"type":"update","tickers":[{"product_id":"ABC-USD","price":"12","best_bid":"11.99","best_ask":"12.01"}]}"#
    ),
    message("heartbeats", #"{"current_time":"2026-11-22 10:00:00 +0000 UTC","heartbeat_counter":"3049"}"#),
    message("subscriptions", #"{"subscriptions":{"user":["u-1"],"ticker":["ABC-USD"]}}"#),
    #"{"type":"error","message":"authentication failure"}"#,
    #"{"error":"INVALID_ARGUMENT","error_details":"bad","message":"bad eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJrIn0.c2ln"}"#,
    "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>",
    "Unauthorized", "",
]
