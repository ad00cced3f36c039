import Testing

@Suite struct FrontendTests {
    @Test func requestsInARowOnOneConnectionAreAnsweredInOrder() throws {
        let lab = try Lab()
        try lab.control("/latency", #"{"endpoint":"GET /accounts","ms":30}"#)
        for _ in 0..<3 {
            try lab.client.send("GET", Lab.prefix + "/accounts", body: "{}")
            try lab.client.send("GET", Lab.prefix + "/time", body: "{}")
        }
        for _ in 0..<3 {
            #expect(try lab.client.receive().json["accounts"].items.count == 4)
            #expect(try lab.client.receive().json["epochMillis"].text != nil)
        }
    }

    @Test func aBodyBeyondTheLimitIsRefusedAndOneWithinItIsNot() throws {
        let lab = try Lab()
        let padding = String(repeating: " ", count: 1 << 19)
        #expect(try lab.post("/orders/batch_cancel", #"{"order_ids":["x"]}"# + padding).status == 200)
        #expect(try lab.post("/orders/batch_cancel", padding + padding + " ").status == 400)
        #expect(throws: ClientError.closed("")) { try lab.get("/time") }
    }

    @Test func whoeverWritesNonsenseIsAnsweredAndOthersDoNotNotice() throws {
        let lab = try Lab()
        let stranger = try TestClient(port: lab.server.port)
        try stranger.write(Array("\u{16}\u{3}\u{1}\r\n\r\n".utf8))
        #expect(throws: ClientError.self) {
            while true { _ = try stranger.receive() }
        }
        #expect(try lab.get("/time").status == 200)
    }

    @Test func theOlderInterfaceAndThePublicTwinsAnswer() throws {
        let lab = try Lab { $0.clients = [] }
        for path in ["/v2/currencies", "/v2/currencies/crypto", "/v2/exchange-rates"] {
            #expect(try lab.client.call("GET", path).text == #"{"data":[]}"#)
        }
        #expect(try lab.get("/market/products?product_type=FUTURE").json["num_products"].number == 0)
        #expect(
            try lab.get("/market/products?get_all_products=False&limit=2&offset=1").json["products"].items
                .count == 2)
        #expect(try lab.get("/market/products/BTC-USD").json["base_increment"].text == "0.00000001")
        #expect(try lab.get("/market/products/NOPE-USD").status == 404)
        let book = try lab.get("/market/product_book?product_id=BTC-USD&limit=1").json
        #expect(book["pricebook"]["bids"].items.count == 1)
        #expect(book["spread_absolute"].text != nil)
        #expect(try lab.get("/market/products/BTC-USD/ticker?limit=3").json["best_ask"].text != nil)
        let candles = try lab.get(
            "/market/products/BTC-USD/candles?start=1000000000&end=1000003600&granularity=FIVE_MINUTE")
        #expect(candles.json["candles"].items.count == 12)
        #expect(
            try lab.get("/market/products/BTC-USD/candles?start=0&end=900000&granularity=ONE_MINUTE").status
                == 400)
        #expect(try lab.get("/best_bid_ask").status == 401)
        #expect(try lab.get("/market/accounts").status == 401 || lab.get("/market/accounts").status == 404)
    }

    @Test func accountsComeInPages() throws {
        let lab = try Lab()
        let first = try lab.get("/accounts?limit=3").json
        #expect(first["has_next"].flag == true)
        #expect(first["size"].number == 3)
        let rest = try lab.get("/accounts?limit=3&cursor=\(first["cursor"].text ?? "")").json
        #expect(rest["has_next"].flag == false)
        let all = first["accounts"].items + rest["accounts"].items
        #expect(all.compactMap { $0["currency"].text } == ["BTC", "ETH", "SOL", "USD"])
        _ = try lab.place("hold")
        let usd = try lab.get("/accounts/\(all[3]["uuid"].text ?? "")").json["account"]
        #expect(usd["hold"]["value"].text == "503")
        #expect(usd["type"].text == "ACCOUNT_TYPE_FIAT")
    }
}
