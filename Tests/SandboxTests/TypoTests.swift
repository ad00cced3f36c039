// What the control plane does not know is a mistake, told with what is known; what the sandbox does not do is refused.

import Testing

@Suite struct TypoTests {
    private func refused(
        _ lab: Lab, _ path: String, _ body: String?, _ words: String, method: String = "POST",
        status: Int = 400, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try TestClient(port: lab.server.port).call(method, "/_control" + path, body)
        #expect(answer.status == status, "\(path) \(body ?? "")", sourceLocation: sourceLocation)
        let told = answer.json["message"].text ?? ""
        #expect(told.contains(words), "\(told)", sourceLocation: sourceLocation)
    }

    @Test func unknownKeysWordsAndEndpointsAreMistakes() throws {
        let lab = try Lab()
        let rule = #"{"endpoint":"POST /orders","action":"dropAfter""#
        for (path, body, words) in [
            ("/faults", #"{"endpoint":"POST /order","action":"dropAfter"}"#, "did you mean POST /orders?"),
            ("/faults", #"{"endpoint":"GET /order/*","action":"dropAfter"}"#, "is unknown"),
            ("/faults", #"{"endpoint":"WS usr","action":"wsGap"}"#, "did you mean WS user?"),
            ("/faults", #"{"endpoint":"POST /orders","action":"dropafter"}"#, "did you mean dropAfter?"),
            ("/faults", rule + #","counts":1}"#, "the key 'counts' is unknown; did you mean count?"),
            ("/faults", rule + #","count":"1"}"#, "count: must be a whole number"),
            ("/faults", "[" + rule + "}," + rule + #","durationms":1}]"#, "did you mean duration_ms?"),
            ("/faults", #"{"action":"dropAfter"}"#, "endpoint is required"),
            ("/faults", #"{"endpoint":"WS user","action":"dropAfter"}"#, "befalls requests"),
            ("/faults", #"{"endpoint":"GET /orders/*","action":"slowCancel","ms":1}"#, "batch_cancel only"),
            ("/faults", rule + #","ms":500}"#, "ms says nothing here; it takes nothing of its own"),
            ("/latency", #"{"endpoint":"GET /acounts","ms":5}"#, "did you mean GET /accounts?"),
            ("/latency", #"{"endpont":"*","ms":5}"#, "did you mean endpoint?"),
            ("/orders", #"{"cout":10,"price":"30000"}"#, "did you mean count?"),
            ("/orders", #"{"price":30000}"#, "price: must be text in quotes"),
            ("/orders", #"{"price":"1","source":"RETAIL"}"#, "RETAIL_SIMPLE"),
            (
                "/orders", #"{"price":"1","after":{"prefix":"a","list":1}}"#,
                "after: the key 'list' is unknown"
            ),
            ("/fill", #"{"client_order_id":"a","permile":10}"#, "did you mean permille?"),
            ("/fill", #"{"client_order_id":"a","all":true}"#, "the key 'all' is unknown"),
            ("/cancel", #"{"al":true}"#, "did you mean all?"),
            ("/market", #"{"action":"frieze"}"#, "did you mean freeze?"),
            ("/market", #"{"action":"status","product":"BTC-USD","status":"postonly"}"#, "post_only"),
            ("/market", #"{"action":"set","product":"BTC-USD","bid":"x","ask":"2"}"#, "bid: cannot be read"),
            ("/rate", #"{"burst":1,"persecond":2}"#, "did you mean per_second?"),
            ("/lag", #"{"size_ms":1}"#, "did you mean sizes_ms?"),
            ("/lists", #"{"open_limits":3}"#, "did you mean open_limit?"),
            ("/moves", #"{"next":1,"statuses":["OPENED"]}"#, "statuses[0]: 'OPENED' is unknown"),
            ("/disguise", #"{"client_order_ids":[],"ordertype":"PEG"}"#, "did you mean order_type?"),
            ("/user_channel", #"{"prefix":"a"}"#, "did you mean prefixes?"),
            ("/portfolios", #"{"name":"b","balance":{"USD":"1"}}"#, "did you mean balances?"),
            ("/clock", #"{"skew":1}"#, "Known: skew_ms"),
            ("/permissions", #"{"can_trades":false}"#, "did you mean can_trade?"),
            ("/sockets", #"{"action":"close"}"#, "close_clean, close_abnormal"),
            ("/reset", #"{"what":1}"#, "the key 'what' is unknown"),
            ("/lag", "5", "must be an object"), ("/lag", "{", "no JSON"),
        ] { try refused(lab, path, body, words) }
        try refused(lab, "/fault", "{}", "did you mean /_control/faults?", status: 404)
        try refused(lab, "/book?workin=true", nil, "did you mean working?", method: "GET")
        // Else it would delete them all.
        try refused(lab, "/faults", #"{"id":1}"#, "the key 'id' is unknown", method: "DELETE")
        #expect(try lab.control("/faults")["faults"].items.isEmpty)
        #expect(try lab.control("/book")["orders_ever"].number == 0)
    }

    @Test(
        arguments: [
            "*", "POST *", "* /orders", "* *", "GET /orders/historical/*", "GET /orders/historical/abc-1",
            "GET /products/ETH*", "GET /market/products/*/candles", "GET /v2/currencies", "GET /ws", "GET *",
        ])
    func everyPatternOfSomethingThatIsThereHolds(_ endpoint: String) throws {
        let lab = try Lab()
        try lab.control("/faults", #"{"endpoint":"\#(endpoint)","action":"dropAfter"}"#)
        try lab.control("/latency", #"{"endpoint":"\#(endpoint)","ms":1}"#)
        for channel in ["WS *", "WS level2", "WS ticker_batch"] {
            try lab.control("/faults", #"{"endpoint":"\#(channel)","action":"wsGap"}"#)
        }
    }

    /// A bot would believe that its stop exists.
    @Test(
        arguments: [
            #""attached_order_configuration":{"trigger_bracket_gtc":{"limit_price":"1","stop_trigger_price":"2"}}"#,
            #""leverage":"3""#, #""margin_type":"CROSS""#,
        ])
    func whatIsNotServedIsRefusedAndNotSwallowed(_ member: String) throws {
        let lab = try Lab()
        let order = Lab.order("a")
        let answer = try lab.post("/orders", "{\(member)," + order.dropFirst())
        #expect(answer.status == 200)
        #expect(answer.json["success"].flag == false)
        let error = answer.json["error_response"]
        #expect(error["error"].text == "UNSUPPORTED_ORDER_CONFIGURATION")
        #expect(error["message"].text?.contains("is not served here") == true)
        #expect(try lab.control("/book")["orders_ever"].number == 0)
        let plain = try lab.post(
            "/orders", #"{"attached_order_configuration":null,"leverage":"1.0","# + order.dropFirst())
        #expect(plain.json["success"].flag == true, "\(plain.text)")
    }
}
