import Testing
import TradingDomain

@Suite struct OrderTests {
    @Test func anOrderRestsIsCanceledAndTellsIt() throws {
        let lab = try Lab { $0.cancelDelay = .milliseconds(30) }
        let answer = try lab.create("a-1", more: #","post_only":true"#)
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer.headers["x-ratelimit-limit"] != nil)
        let json = answer.json
        #expect(json["success"].flag == true)
        #expect(json["error_response"] == .null)
        #expect(json["success_response"]["client_order_id"].text == "a-1")
        #expect(json["order_configuration"]["limit_limit_gtc"]["post_only"].flag == true)
        let id = try #require(json["success_response"]["order_id"].text)

        let open = try lab.order(id)
        #expect(open["status"].text == "OPEN")
        #expect(open["outstanding_hold_amount"].text == "503")
        #expect(open["number_of_fills"].text == "0")
        #expect(open["last_fill_time"] == .null)
        #expect(open.members.count >= 36)

        let result = try lab.cancel([id]).json["results"][0]
        #expect(result["success"].flag == true)
        #expect(result["failure_reason"].text == "UNKNOWN_CANCEL_FAILURE_REASON")
        let queued = try lab.order(id)
        #expect(queued["status"].text == "CANCEL_QUEUED")
        #expect(queued["pending_cancel"].flag == true)
        #expect(try lab.cancel([id]).json["results"][0]["failure_reason"].text == "DUPLICATE_CANCEL_REQUEST")
        let done = try lab.wait(id, "CANCELLED")
        #expect(done["cancel_message"].text == "User requested cancel")
        #expect(done["outstanding_hold_amount"].text == "0")
        #expect(try lab.cancel([id]).json["results"][0]["failure_reason"].text == "UNKNOWN_CANCEL_ORDER")
    }

    @Test func aClientIDThatWasUsedGivesItsOrderBackWhateverElseIsSaid() throws {
        let lab = try Lab()
        let id = try lab.place("twice")
        let again = try lab.create("twice", side: "SELL", price: "1.23", size: "7").json
        #expect(again["success"].flag == true)
        #expect(again["success_response"]["order_id"].text == id)
        #expect(again["success_response"]["side"].text == "BUY")
        #expect(again["order_configuration"]["limit_limit_gtc"]["limit_price"].text == "50000.00")
        _ = try lab.cancel([id])
        _ = try lab.wait(id, "CANCELLED")
        #expect(try lab.place("twice") == id)
        #expect(try lab.control("/book")["orders_ever"].number == 1)
    }

    @Test func aRefusalIsAnAnswerWithReasonsAndLeavesNothing() throws {
        let lab = try Lab()
        let cases: [(body: String, error: String, preview: String, new: String)] = [
            (
                Lab.order("r", price: "50000", size: "10000"), "INSUFFICIENT_FUND",
                "PREVIEW_INSUFFICIENT_FUND", "UNKNOWN_FAILURE_REASON"
            ),
            (
                Lab.order("r", product: "NOPE-USD"), "INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID",
                "UNKNOWN_FAILURE_REASON"
            ),
            (
                Lab.order("r", price: "50000.001"), "INVALID_PRICE_PRECISION",
                "PREVIEW_INVALID_PRICE_PRECISION", "UNKNOWN_FAILURE_REASON"
            ),
            (
                Lab.order("r", size: "0.000000001"), "INVALID_SIZE_PRECISION",
                "PREVIEW_INVALID_SIZE_PRECISION", "UNKNOWN_FAILURE_REASON"
            ),
            (
                Lab.order("r", price: "70000", more: #","post_only":true"#), "INVALID_LIMIT_PRICE_POST_ONLY",
                "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY", "UNKNOWN_FAILURE_REASON"
            ),
            (Lab.order("r", side: "HOLD"), "INVALID_SIDE", "PREVIEW_INVALID_SIDE", "UNKNOWN_FAILURE_REASON"),
            (
                Lab.order("r", kind: "stop_limit_stop_limit_gtc"), "UNSUPPORTED_ORDER_CONFIGURATION",
                "UNKNOWN_PREVIEW_FAILURE_REASON", "UNSUPPORTED_ORDER_CONFIGURATION"
            ),
            (
                Lab.order("r", kind: "market_market_fok"), "UNSUPPORTED_ORDER_CONFIGURATION",
                "UNKNOWN_PREVIEW_FAILURE_REASON", "UNSUPPORTED_ORDER_CONFIGURATION"
            ),
        ]
        for (body, error, preview, new) in cases {
            let answer = try lab.post("/orders", body)
            #expect(answer.status == 200)
            #expect(answer.json["success"].flag == false)
            let reasons = answer.json["error_response"]
            #expect(reasons["error"].text == error)
            #expect(reasons["preview_failure_reason"].text == preview)
            #expect(reasons["new_order_failure_reason"].text == new)
            #expect(answer.json["order_configuration"].members.count == 1)
        }
        #expect(try lab.control("/book?audit=true")["orders_ever"].number == 0)
        _ = try lab.place("r")
    }

    @Test func bodiesThatAreNoneAreBadRequests() throws {
        let lab = try Lab()
        for body in ["{", "[1]", #"{"client_order_id":7}"#, #"{"client_order_id":"x"}"#, "{}", "\u{0}"] {
            let answer = try lab.post("/orders", body)
            #expect(answer.status == 400, "\(body): \(answer.text)")
            #expect(answer.json["error"].text != nil)
            #expect(answer.json["message"].text == answer.json["error_details"].text)
        }
        #expect(try lab.post("/orders", "{").json["error"].text == "unknown")
        #expect(try lab.cancel([]).status == 400)
        #expect(try lab.cancel([""]).status == 400)
        #expect(try lab.get("/orders/historical/3fa1").status == 404)
        #expect(try lab.get("/nowhere").status == 404)
    }

    @Test func aMarketOrderForMoneySpendsItWithItsFees() throws {
        let lab = try Lab { $0.balances["USD"] = Quantity(1000) }
        let body =
            #"{"client_order_id":"m","product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"quote_size":"1000"}}}"#
        let id = try #require(try lab.post("/orders", body).json["success_response"]["order_id"].text)
        let order = try lab.order(id)
        #expect(order["status"].text == "FILLED")
        #expect(order["order_type"].text == "MARKET")
        #expect(order["size_in_quote"].flag == true)
        #expect(order["settled"].flag == true)
        let left = try lab.control("/book?audit=true")
        #expect(left["inconsistencies"] == .array([]))
        let usd = try #require(left["balances"].items.first { $0["currency"].text == "USD" }?["total"].text)
        #expect(usd.hasPrefix("0."), "\(usd) of 1000 are left")
        let fills = try lab.get("/orders/historical/fills?order_ids=\(id)").json
        #expect(fills["has_next"] == .null)
        #expect(fills["cursor"].text == "")
        #expect(fills["fills"][0]["liquidity_indicator"].text == "TAKER")
        #expect(fills["fills"][0]["trade_type"].text == "FILL")
    }

    @Test func immediateOrdersFillOrEnd() throws {
        let lab = try Lab()
        try lab.control(
            "/market", #"{"action":"set","product":"BTC-USD","bid":"100","ask":"101","size":"1","levels":1}"#)
        func state(_ answer: HTTPAnswer) throws -> JSON {
            try lab.order(try #require(answer.json["success_response"]["order_id"].text, "\(answer.text)"))
        }
        let fok = try state(try lab.create("fok", price: "101.00", size: "2", kind: "limit_limit_fok"))
        #expect(fok["status"].text == "CANCELLED")
        #expect(fok["filled_size"].text == "0")
        #expect(fok["time_in_force"].text == "FILL_OR_KILL")
        let ioc = try state(try lab.create("ioc", price: "101.00", size: "2", kind: "sor_limit_ioc"))
        #expect(ioc["status"].text == "CANCELLED")
        #expect(ioc["filled_size"].text == "1")
        #expect(ioc["completion_percentage"].text == "50")
        #expect(ioc["average_filled_price"].text == "101")
    }

    @Test func anOrderWithAnEndTimeExpires() throws {
        let lab = try Lab()
        let now = try lab.control("/clock")["utc"].text ?? ""
        let past = try lab.create(
            "past", kind: "limit_limit_gtd", more: #","end_time":"2020-01-01T00:00:00Z""#)
        #expect(past.json["success"].flag == false)
        #expect(past.json["error_response"]["new_order_failure_reason"].text == "INVALID_REQUEST")
        // The clients' clock is what counts, skew included.
        try lab.control("/clock", #"{"skew_ms":-3600000}"#)
        let end = try lab.create("gtd", kind: "limit_limit_gtd", more: #","end_time":"\#(now)""#)
        let id = try #require(end.json["success_response"]["order_id"].text, "\(end.text)")
        #expect(try lab.order(id)["order_configuration"]["limit_limit_gtd"]["end_time"].text == now)
        #expect(try lab.order(id)["status"].text == "OPEN")
    }

    @Test func aCancelOfManyIsJudgedOneByOne() throws {
        let lab = try Lab()
        var ids: [String] = []
        for index in 0..<3 { ids.append(try lab.place("c-\(index)")) }
        try lab.control("/fill", #"{"client_order_id":"c-1"}"#)
        let results = try lab.cancel([ids[0], "unknown", ids[1], ids[2], ids[0]]).json["results"].items
        #expect(
            results.map { $0["failure_reason"].text } == [
                "UNKNOWN_CANCEL_FAILURE_REASON", "UNKNOWN_CANCEL_ORDER", "ORDER_IS_FULLY_FILLED",
                "UNKNOWN_CANCEL_FAILURE_REASON", "DUPLICATE_CANCEL_REQUEST",
            ])
        #expect(results.map { $0["success"].flag } == [true, false, false, true, false])
        let many = try lab.cancel((0...100).map { "id-\($0)" })
        #expect(many.status == 400)
        #expect(many.json["error"].text == "INVALID_ARGUMENT")
        #expect(many.json["message"].text == "Too many orderIDs entered, limit is 100")
    }
}
