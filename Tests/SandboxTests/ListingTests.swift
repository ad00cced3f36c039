import Testing

@Suite struct ListingTests {
    @Test func pagesOverFiveHundredOrdersShowEachOnce() throws {
        let lab = try Lab()
        let seeded = try lab.control(
            "/orders",
            #"{"count":507,"product":"ETH-USD","side":"BUY","price":"100","size":"0.1","step":"0.5"}"#)
        #expect(seeded["refused"] == .array([]))
        let all = try lab.list("limit=50")
        #expect(all.count == 507)
        #expect(Set(all.compactMap { $0["order_id"].text }).count == 507)
        let times = all.compactMap { $0["created_time"].text }
        #expect(times == times.sorted(by: >))
        #expect(try lab.list("order_status=OPEN&limit=100").count == 507)
        #expect(try lab.get("/orders/historical/batch").json["orders"].items.count == 100)
        let last = try lab.get("/orders/historical/batch?limit=507").json
        #expect(last["has_next"].flag == false)
        #expect(last["cursor"].text == "")
        #expect(last["proof_token_required"].flag == false)
        #expect(last["sequence"].text == "0")
        #expect(try lab.get("/orders/historical/batch?cursor=x").status == 400)
    }

    @Test func onlyTheVenuesOwnFiltersCount() throws {
        let lab = try Lab()
        _ = try lab.place("btc")
        let sold = try lab.create("eth", side: "SELL", product: "ETH-USD", price: "4000", size: "1")
        let eth = try #require(sold.json["success_response"]["order_id"].text)
        try lab.control(
            "/orders", #"{"client_order_ids":["simple"],"price":"49000","source":"RETAIL_SIMPLE"}"#)
        func ids(_ query: String) throws -> Set<String> {
            Set(try lab.list(query).compactMap { $0["client_order_id"].text })
        }
        #expect(try ids("") == ["btc", "eth"])
        // ccxt asks like this; the venue ignores it.
        #expect(try ids("product_id=ETH-USD&order_id=x") == ["btc", "eth"])
        #expect(try ids("product_ids=ETH-USD") == ["eth"])
        #expect(try ids("product_ids=ETH-USD&product_ids=BTC-USD") == ["btc", "eth"])
        #expect(try ids("order_side=SELL") == ["eth"])
        #expect(try ids("order_ids=\(eth)&order_ids=nonsense") == ["eth"])
        #expect(try ids("order_types=LIMIT&time_in_forces=GOOD_UNTIL_CANCELLED") == ["btc", "eth"])
        #expect(try ids("time_in_forces=FILL_OR_KILL") == [])
        #expect(try ids("product_type=FUTURE") == [])
        #expect(try ids("order_placement_source=RETAIL_SIMPLE") == ["simple"])
        #expect(try lab.get("/orders/historical/batch?start_date=yesterday").status == 400)
    }

    @Test func openMeansOpenAndNothingElse() throws {
        let lab = try Lab { $0.cancelDelay = .seconds(3600) }
        try lab.control(
            "/faults", #"{"endpoint":"POST /orders","action":"pendingCreate","ms":3600000,"nth":1}"#)
        _ = try lab.place("pending")
        let leaving = try lab.place("leaving")
        _ = try lab.place("open")
        _ = try lab.cancel([leaving])
        func ids(_ query: String) throws -> [String] {
            try lab.list(query).compactMap { $0["client_order_id"].text }
        }
        #expect(try ids("order_status=OPEN") == ["open"])
        #expect(try ids("order_status=PENDING&order_status=CANCEL_QUEUED") == ["leaving", "pending"])
        #expect(try ids("") == ["open", "leaving", "pending"])
        #expect(try lab.control("/book")["working"].number == 3)
    }

    @Test func listsAndLookUpsLagAsLongAsTheyAreTold() throws {
        let lab = try Lab { $0.cancelDelay = .zero }
        let old = try lab.place("old")
        // Longer than the test takes.
        try lab.control("/lag", #"{"ms":600000}"#)
        let new = try lab.place("new")
        _ = try lab.cancel([old])
        #expect(try lab.control("/book?working=true")["orders"][0]["client_order_id"].text == "new")
        #expect(try lab.get("/orders/historical/\(new)").status == 404)
        #expect(try lab.list("").isEmpty)
        try lab.control("/lag", #"{"ms":0}"#)
        #expect(try lab.order(new)["status"].text == "OPEN")
        #expect(try lab.order(old)["status"].text == "CANCELLED")
    }

    @Test func aLaggingListShowsAnEndedOrderOpenUntilItsTimeHasCome() throws {
        let lab = try Lab { $0.cancelDelay = .zero }
        let id = try lab.place("late")
        try lab.control("/lag", #"{"ms":700}"#)
        _ = try lab.wait(id, "OPEN")
        _ = try lab.cancel([id])
        #expect(try lab.control("/book")["working"].number == 0)
        #expect(try lab.order(id)["status"].text == "OPEN")
        #expect(try lab.list("order_status=OPEN").count == 1)
        _ = try lab.wait(id, "CANCELLED")
        #expect(try lab.list("order_status=OPEN").isEmpty)
    }

    @Test func fillsComeInPagesWithoutAWordOnMore() throws {
        let lab = try Lab()
        for index in 0..<5 {
            _ = try lab.place("f-\(index)")
            try lab.control("/fill", #"{"client_order_id":"f-\#(index)","permille":500}"#)
            try lab.control("/fill", #"{"client_order_id":"f-\#(index)"}"#)
        }
        var cursor = ""
        var entries: [String] = []
        repeat {
            let page = try lab.get("/orders/historical/fills?limit=3&cursor=\(cursor)").json
            #expect(page["has_next"] == .null)
            entries += page["fills"].items.compactMap { $0["entry_id"].text }
            cursor = try #require(page["cursor"].text)
        } while !cursor.isEmpty
        #expect(entries.count == 10)
        #expect(Set(entries).count == 10)
        #expect(try lab.get("/orders/historical/fills?product_id=ETH-USD").json["fills"].items.count == 10)
        #expect(try lab.get("/orders/historical/fills?product_ids=ETH-USD").json["fills"].items.isEmpty)
    }

    @Test func whatTheVenueTakesBackIsARowOfItsOwn() throws {
        let lab = try Lab()
        func rows(_ query: String = "") throws -> [JSON] {
            var all: [JSON] = []
            var cursor = ""
            repeat {
                let page = try lab.get("/orders/historical/fills?limit=2&cursor=\(cursor)&\(query)").json
                all += page["fills"].items
                cursor = page["cursor"].text ?? ""
            } while !cursor.isEmpty
            return all
        }
        let id = try lab.place("a")
        try lab.control("/fill", #"{"client_order_id":"a"}"#)
        let entry = try #require(try rows()[0]["entry_id"].text)
        try lab.control("/fills", #"{"entry_id":"\#(entry)","trade_type":"REVERSAL"}"#)
        try lab.control("/fills", #"{"entry_id":"\#(entry)","trade_type":"CORRECTION","price":"49999"}"#)
        _ = try lab.place("b")
        try lab.control("/fill", #"{"client_order_id":"b"}"#)
        let all = try rows()
        #expect(all.map { $0["trade_type"].text } == ["FILL", "CORRECTION", "REVERSAL", "FILL"])
        #expect(Set(all.compactMap { $0["entry_id"].text }).count == 4)
        #expect(Set(all.compactMap { $0["trade_id"].text }).count == 2)
        #expect(all[1]["price"].text == "49999")
        #expect(
            try rows("order_ids=\(id)").map { $0["trade_type"].text } == ["CORRECTION", "REVERSAL", "FILL"])
        #expect(try lab.order(id)["filled_size"].text == "0.01")
    }
}
