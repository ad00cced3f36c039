import Sandbox
import Testing

// What lists leave out, and what they show of orders that change meanwhile.

@Suite struct BentListTests {
    private func ids(_ lab: Lab, _ query: String) throws -> [String] {
        try lab.list(query).compactMap { $0["client_order_id"].text }
    }

    @Test func noMoreOpenOrdersAreListedThanTheNewest() throws {
        let lab = try Lab {
            $0.openListLimit = 5
            $0.cancelDelay = .zero
        }
        let ended = try lab.place("ended")
        _ = try lab.cancel([ended])
        for index in 0..<4 { _ = try lab.place("o-\(index)") }
        _ = try lab.create("eth", product: "ETH-USD", price: "1000", size: "0.1")
        #expect(try ids(lab, "order_status=OPEN") == ["eth", "o-3", "o-2", "o-1", "o-0"])
        try lab.control("/orders", #"{"count":4,"price":"100","size":"0.1","prefix":"foreign-"}"#)
        #expect(try ids(lab, "order_status=OPEN").filter { !$0.hasPrefix("foreign-") } == ["eth"])
        // On pages of any size the list ends at the cut, and says that nothing follows.
        for limit in [1, 2, 5, 100] {
            #expect(try lab.list("order_status=OPEN&limit=\(limit)").count == 5)
        }
        #expect(
            try lab.get("/orders/historical/batch?order_status=OPEN&limit=5").json["has_next"].flag == false)
        // The cut is made among those that match; what ended is not cut.
        #expect(try ids(lab, "order_status=OPEN&product_ids=ETH-USD") == ["eth"])
        #expect(try ids(lab, "").last == "ended")
        #expect(try ids(lab, "limit=3").count == 6)
        #expect(try lab.control("/book")["working"].number == 9)

        try lab.control("/lists", #"{"open_limit":7}"#)
        #expect(try ids(lab, "order_status=OPEN&limit=2").count == 7)
        #expect(try lab.control("/lists")["open_limit"].number == 7)
    }

    @Test func elevenHundredOrdersOfOthersHideOursAndNothingSaysSo() throws {
        let lab = try Lab()
        _ = try lab.place("test-1")
        let seeded = try lab.control(
            "/orders", #"{"count":1100,"price":"1000","size":"0.001","prefix":"foreign-"}"#)
        #expect(seeded["refused"] == .array([]))
        let listed = try ids(lab, "order_status=OPEN&limit=250")
        #expect(listed.count == 1_000)
        #expect(!listed.contains("test-1"))
    }

    @Test func openTogetherWithOtherStatusesIsRefusedOnRequest() throws {
        let lab = try Lab()
        _ = try lab.place("a")
        let both = "/orders/historical/batch?order_status=OPEN&order_status=PENDING"
        #expect(try lab.get(both).status == 200)
        try lab.control("/lists", #"{"open_alone":true}"#)
        let refused = try lab.get(both)
        #expect(refused.status == 400)
        #expect(refused.json["error"].text == "INVALID_ARGUMENT")
        #expect(try ids(lab, "order_status=OPEN") == ["a"])
        #expect(try ids(lab, "order_status=PENDING&order_status=QUEUED") == [])
        try lab.control("/lists", #"{"open_alone":false}"#)
        #expect(try lab.get(both).status == 200)
    }

    @Test func datesSayNothingOfOpenOrders() throws {
        let lab = try Lab { $0.cancelDelay = .zero }
        _ = try lab.place("old")
        let gone = try lab.place("gone")
        _ = try lab.cancel([gone])
        let late = try lab.place("late")
        _ = try lab.cancel([late])
        let begin = try #require(try lab.order(late)["created_time"].text)
        #expect(try ids(lab, "start_date=\(begin)") == ["late", "old"])
        #expect(try ids(lab, "end_date=\(begin)") == ["gone", "old"])
        #expect(try ids(lab, "order_status=CANCELLED&start_date=\(begin)") == ["late"])
        #expect(try ids(lab, "start_date=\(begin)&limit=1") == ["late", "old"])
    }

    /// Open while the others are listed, then queued while open ones are: missed by both, seen by a second reading.
    @Test func anOrderThatMovesIsMissedByOneReadingOfEachStatus() throws {
        let lab = try Lab()
        _ = try lab.place("a")
        let others = "order_status=PENDING&order_status=CANCEL_QUEUED"
        try lab.control("/moves", #"{"client_order_ids":["a"],"statuses":["OPEN","CANCEL_QUEUED"]}"#)
        #expect(try ids(lab, others) == [])
        #expect(try ids(lab, "order_status=OPEN") == [])
        #expect(try ids(lab, others) == ["a"])

        let id = try #require(try lab.list(others).first?["order_id"].text)
        #expect(try lab.order(id)["pending_cancel"].flag == true)
        try lab.control("/moves", #"{"prefix":"a","statuses":["PENDING","OPEN"]}"#)
        #expect(try lab.order(id)["status"].text == "PENDING")
        #expect(try ids(lab, "order_status=OPEN") == [])
        #expect(try ids(lab, others) == [])
        #expect(try ids(lab, "order_status=OPEN") == ["a"])

        // A page that is followed by another ends no listing; nor do look-ups.
        try lab.control("/moves", #"{"next":2,"statuses":["PENDING","OPEN"]}"#)
        for name in ["b", "c", "d"] { _ = try lab.place(name) }
        _ = try lab.get("/orders/historical/batch?\(others)&limit=1")
        #expect(try ids(lab, "order_ids=\(id)") == ["a"])
        #expect(try ids(lab, "order_status=OPEN") == ["d", "a"])
        #expect(try ids(lab, "order_status=OPEN&limit=1") == ["d", "c", "b", "a"])
        // The book knows better, and a cancel finds them.
        try lab.control("/moves", #"{"client_order_ids":["a"],"statuses":["PENDING"]}"#)
        #expect(try lab.cancel([id]).json["results"][0]["success"].flag == true)
        _ = try lab.wait(id, "CANCELLED")
    }

    @Test func anOrderIsShownAsNobodyPlacedIt() throws {
        let lab = try Lab()
        let id = try lab.place("a")
        let socket = try TestSocket(port: lab.server.port)
        try lab.control(
            "/disguise",
            #"{"client_order_ids":["a"],"order_configuration":{"peg_limit_gtc":{"offset":"2"}},"order_type":"PEG","hide_product":true}"#
        )
        let shown = try #require(try lab.list("order_status=OPEN").first)
        #expect(shown == (try lab.order(id)))
        #expect(shown["order_configuration"]["peg_limit_gtc"]["offset"].text == "2")
        #expect(shown["order_type"].text == "PEG")
        #expect(shown["product_id"] == .null)
        #expect(shown["client_order_id"].text == "a")
        #expect(try lab.list("product_ids=BTC-USD").isEmpty)
        try socket.subscribe("user")
        let report = try socket.message("user")["events"][0]["orders"][0]
        #expect(report["order_type"].text == "PEG")
        #expect(report["product_id"].text == "")
        try lab.control("/disguise", #"{"client_order_ids":["a"]}"#)
        #expect(try lab.order(id)["order_configuration"]["limit_limit_gtc"]["base_size"].text == "0.01")
        let unknown = try lab.client.call("POST", "/_control/disguise", #"{"client_order_ids":["x"]}"#)
        #expect(unknown.status == 400)
    }

    @Test func moreIsSaidToBeFilledThanWas() throws {
        let lab = try Lab()
        let id = try lab.place("a")
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user")
        _ = try socket.message("user")
        try lab.control("/claims", #"{"client_order_ids":["a"],"filled":"15"}"#)
        let report = try socket.message("user")["events"][0]["orders"][0]
        #expect(report["cumulative_quantity"].text == "15")
        #expect(report["status"].text == "OPEN")
        #expect(try lab.order(id)["filled_size"].text == "0")
        try lab.control("/claims", #"{"client_order_ids":["a"],"filled":"15","listed":true}"#)
        #expect(try lab.order(id)["filled_size"].text == "15")
        try lab.control("/claims", #"{"client_order_ids":["a"]}"#)
        #expect(try lab.order(id)["filled_size"].text == "0")
        let wrong = try lab.client.call(
            "POST", "/_control/claims", #"{"client_order_ids":["a"],"filled":"-1"}"#)
        #expect(wrong.status == 400)
    }

    @Test func anOrderComesAfterAListThatShowedNone() throws {
        let lab = try Lab { $0.cancelDelay = .zero }
        let first = try lab.place("test-1")
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user")
        _ = try socket.message("user")
        let waiting = try lab.control(
            "/orders",
            #"{"client_order_ids":["test-9"],"price":"100","size":"0.1","after":{"prefix":"test-","lists":2}}"#
        )
        #expect(waiting["waiting"].number == 1)
        #expect(try ids(lab, "order_status=OPEN") == ["test-1"])
        _ = try lab.cancel([first])
        #expect(try ids(lab, "order_status=OPEN") == [])
        #expect(try lab.control("/book?working=true")["orders"].items.isEmpty)
        #expect(try ids(lab, "order_status=OPEN") == [])
        // The user channel tells it without anybody's asking.
        var names: [String] = []
        while names.last != "test-9" {
            names += try socket.message("user")["events"][0]["orders"].items.compactMap {
                $0["client_order_id"].text
            }
        }
        #expect(try ids(lab, "order_status=OPEN") == ["test-9"])
    }
}
