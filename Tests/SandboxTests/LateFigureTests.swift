import Sandbox
import Testing

// Ends that are told before their sizes, fills that are listed late, reports that are kept back.

@Suite struct LateFigureTests {
    @Test(arguments: [1000, 400]) func anEndIsToldBeforeItsSize(permille: Int) throws {
        let lab = try Lab { $0.cancelDelay = .zero }
        // Longer than the test takes.
        try lab.control("/lag", #"{"sizes_ms":600000}"#)
        let id = try lab.place("a")
        try lab.control("/fill", #"{"client_order_id":"a","permille":\#(permille)}"#)
        if permille < 1000 { _ = try lab.cancel([id]) }
        let stale = try lab.order(id)
        #expect(stale["status"].text == (permille == 1000 ? "FILLED" : "CANCELLED"))
        #expect(stale["filled_size"].text == "0")
        #expect(stale["number_of_fills"].text == "0")
        #expect(stale["settled"].flag == false)
        #expect(stale["last_fill_time"] == .null)
        // The fills are listed all the same, and the book knows.
        #expect(try lab.get("/orders/historical/fills?order_ids=\(id)").json["fills"].items.count == 1)
        #expect(try lab.control("/lag")["sizes_ms"].number == 600_000)
        try lab.control("/lag", #"{"sizes_ms":0}"#)
        let right = try lab.order(id)
        #expect(right["filled_size"].text == (permille == 1000 ? "0.01" : "0.004"))
        #expect(right["settled"].flag == true)
    }

    @Test func whatEndedWithoutAFillIsNeverSettled() throws {
        let lab = try Lab { $0.cancelDelay = .zero }
        let id = try lab.place("a")
        _ = try lab.cancel([id])
        #expect(try lab.order(id)["status"].text == "CANCELLED")
        #expect(try lab.order(id)["settled"].flag == false)
    }

    @Test func theUserChannelTellsTheSizeOnceItIsThere() throws {
        let lab = try Lab()
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user")
        _ = try socket.message("user")
        try lab.control("/lag", #"{"sizes_ms":50}"#)
        _ = try lab.place("a")
        try lab.control("/fill", #"{"client_order_id":"a"}"#)
        var told: [String] = []
        while told.last != "FILLED 0.01" {
            for order in try socket.message("user")["events"][0]["orders"].items {
                told.append("\(order["status"].text ?? "") \(order["cumulative_quantity"].text ?? "")")
            }
        }
        #expect(told.contains("FILLED 0"))
    }

    @Test func fillsAreListedLate() throws {
        let lab = try Lab()
        let id = try lab.place("a")
        try lab.control("/lag", #"{"fills_ms":600000}"#)
        try lab.control("/fill", #"{"client_order_id":"a"}"#)
        #expect(try lab.order(id)["filled_size"].text == "0.01")
        for query in ["", "?order_ids=\(id)"] {
            #expect(try lab.get("/orders/historical/fills\(query)").json["fills"].items.isEmpty)
        }
        #expect(try lab.control("/book")["fills"].items.count == 1)
        try lab.control("/lag", #"{"fills_ms":0}"#)
        #expect(try lab.get("/orders/historical/fills").json["fills"].items.count == 1)
    }

    @Test func theUserChannelKeepsReportsToItselfAndBeatsOn() throws {
        let lab = try Lab()
        _ = try lab.place("test-0")
        try lab.control("/user_channel", #"{"prefixes":["test-"]}"#)
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user")
        #expect(try socket.message("user")["events"][0]["orders"].items.isEmpty)
        try socket.subscribe("heartbeats")
        _ = try lab.place("test-1")
        _ = try lab.place("told-1")
        try lab.control("/user_channel", #"{"withhold":true}"#)
        _ = try lab.place("told-2")
        try lab.control("/user_channel", #"{"client_order_ids":["told-3"]}"#)
        _ = try lab.place("told-3")
        _ = try lab.place("told-4")
        try lab.control("/user_channel", "{}")
        _ = try lab.place("test-2")
        var names: [String] = []
        while names.last != "test-2" {
            names += try socket.message("user")["events"][0]["orders"].items.compactMap {
                $0["client_order_id"].text
            }
        }
        #expect(names == ["told-1", "told-4", "test-2"])
        #expect(try socket.message("heartbeats")["channel"].text == "heartbeats")
    }

    @Test func aBatchIsRefusedWhole() throws {
        let lab = try Lab()
        func refuse(_ how: String) throws {
            try lab.control("/faults", method: "DELETE")
            try lab.control(
                "/faults", #"{"endpoint":"POST /orders/batch_cancel","action":"refuseBatch"\#(how)}"#)
        }
        let ids = try (0..<4).map { try lab.place("o-\($0)") }
        try refuse(#","order_ids":["o-2"],"failure_reason":"one of them is strange""#)
        let answer = try lab.cancel(ids)
        #expect(answer.status == 400)
        #expect(answer.json["message"].text == "one of them is strange")
        #expect(try lab.control("/book")["working"].number == 4)
        #expect(try lab.cancel([ids[2]]).status == 400)
        #expect(try lab.cancel([ids[0], ids[1]]).status == 200)
        try refuse(#","more_than":1"#)
        #expect(try lab.cancel([ids[2], ids[3]]).status == 400)
        #expect(try lab.cancel([ids[2]]).status == 200)
        try refuse(#","count":1"#)
        #expect(try lab.cancel([ids[3]]).status == 400)
        #expect(try lab.cancel([ids[3]]).status == 200)
    }

    /// Ten minutes, for placements alone.
    @Test func whoPlacesIsToldToWaitAndWhoCancelsIsNot() throws {
        let lab = try Lab()
        let id = try lab.place("a")
        try lab.control("/faults", #"{"endpoint":"POST /orders","action":"tooMany429","retry_after":600}"#)
        let turnedAway = try lab.create("b")
        #expect(turnedAway.status == 429)
        #expect(turnedAway.headers["retry-after"] == "600")
        #expect(try lab.cancel([id]).status == 200)
        #expect(try lab.list("").count == 1)
    }
}
