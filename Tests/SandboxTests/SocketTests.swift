import Sandbox
import Testing
import TradingDomain

@Suite struct SocketTests {
    @Test func whoSubscribesToNothingIsSentAway() throws {
        let lab = try Lab { $0.subscribeWithin = .milliseconds(50) }
        let socket = try TestSocket(port: lab.server.port)
        #expect(try socket.next() == .close(1008))
        #expect(try socket.next() == .ended)
        let patient = try TestSocket(port: lab.server.port, path: "/")
        try patient.subscribe("heartbeats")
        #expect(try patient.message()["channel"].text == "subscriptions")
        #expect(try patient.message("heartbeats")["events"][0]["heartbeat_counter"].text == "1")
    }

    /// As aiohttp does it, and ccxt.pro with it.
    @Test func aConnectionThatHasServedRequestsMayBecomeASocket() throws {
        let lab = try Lab()
        let client = try TestClient(port: lab.server.port)
        for _ in 0..<3 { #expect(try client.call("GET", Lab.prefix + "/market/products").status == 200) }
        let socket = try TestSocket(port: lab.server.port, on: client)
        try socket.subscribe("ticker", ["BTC-USD"])
        #expect(try socket.message("ticker")["events"][0]["tickers"][0]["product_id"].text == "BTC-USD")
    }

    /// It is answered as any request, and is the last one of its connection, which says so.
    @Test func anUpgradeThatIsNotTakenIsARequest() throws {
        let lab = try Lab()
        let upgrade = ["Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        for (path, word, status) in [
            (Lab.prefix + "/time", "h2c", 200), (Lab.prefix + "/time", "websocket", 200),
            ("/ws", "websocket", 503),
        ] {
            let client = try TestClient(port: lab.server.port)
            #expect(try client.call("GET", Lab.prefix + "/time").status == 200)
            try lab.control("/faults", #"{"endpoint":"GET /ws","action":"status5xxBefore","count":1}"#)
            let headers = upgrade + ["Upgrade: \(word)", key]
            let answer = try client.call("GET", path, headers: headers)
            #expect(answer.status == status)
            #expect(answer.headers["connection"] == "close")
            try lab.control("/faults", method: "DELETE")
        }
    }

    @Test(arguments: [0, 49, 50, 120])
    func theSnapshotEndsWithABatchOfLessThanFifty(_ count: Int) throws {
        let lab = try Lab()
        if count > 0 {
            try lab.control("/orders", #"{"count":\#(count),"price":"100","size":"0.1","step":"0.5"}"#)
        }
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user")
        let ack = try socket.message()
        #expect(ack["sequence_num"].number == 0)
        #expect(ack["events"][0]["subscriptions"]["user"].items.count == 1)
        var seen: Set<String> = []
        var sizes: [Int] = []
        repeat {
            let message = try socket.message()
            #expect(message["events"][0]["type"].text == "snapshot")
            let orders = message["events"][0]["orders"].items
            sizes.append(orders.count)
            seen.formUnion(orders.compactMap { $0["order_id"].text })
        } while sizes.last == 50
        #expect(seen.count == count)
        #expect(sizes == Array(repeating: 50, count: count / 50) + [count % 50])
        _ = try lab.place("next")
        let update = try socket.message()
        #expect(update["events"][0]["type"].text == "update")
        #expect(update["sequence_num"].number == Double(sizes.count + 1))
    }

    @Test func anOrdersLifeIsToldOnTheUserChannelInStrings() throws {
        let lab = try Lab()
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user", ["BTC-USD"])
        _ = try socket.message("user")
        let id = try lab.place("life")
        try lab.control("/fill", #"{"client_order_id":"life","permille":400}"#)
        _ = try lab.create("other", product: "ETH-USD", price: "1000")
        _ = try lab.cancel([id])
        var states: [String] = []
        var last = JSON.null
        while last["status"].text != "CANCELLED" {
            let orders = try socket.message("user")["events"][0]["orders"].items
            for order in orders {
                #expect(order["order_id"].text == id)
                #expect(order.members.values.allSatisfy { $0.text != nil })
                states.append("\(order["status"].text ?? "") \(order["cumulative_quantity"].text ?? "")")
                last = order
            }
        }
        #expect(states == ["OPEN 0", "OPEN 0.004", "CANCEL_QUEUED 0.004", "CANCELLED 0.004"])
        #expect(last["leaves_quantity"].text == "0")
        #expect(last["order_type"].text == "Limit")
        #expect(last["client_order_id"].text == "life")
    }

    @Test func numbersAreOfTheConnectionAndAGapLeavesOneOut() throws {
        let lab = try Lab()
        let socket = try TestSocket(port: lab.server.port)
        for channel in ["ticker", "level2", "market_trades", "status", "candles", "user", "heartbeats"] {
            try socket.subscribe(channel, ["BTC-USD"])
        }
        try lab.control("/market", #"{"action":"trade","product":"BTC-USD","side":"BUY","size":"0.01"}"#)
        var expected = 0.0
        var channels: Set<String> = []
        while !channels.isSuperset(of: ["heartbeats", "market_trades"]) || expected < 16 {
            let message = try socket.message()
            #expect(message["sequence_num"].number == expected)
            expected += 1
            channels.insert(message["channel"].text ?? "")
        }
        #expect(
            channels == [
                "subscriptions", "ticker", "l2_data", "market_trades", "status", "candles", "user",
                "heartbeats",
            ])
        try lab.control("/faults", #"{"endpoint":"WS user","action":"wsGap","count":1}"#)
        _ = try lab.place("lost")
        _ = try lab.place("told")
        let after = try socket.message("user")
        #expect(after["events"][0]["orders"][0]["client_order_id"].text == "told")
    }

    @Test func theBookIsASnapshotAndThenWhatChanged() throws {
        let lab = try Lab()
        try lab.control(
            "/market", #"{"action":"set","product":"BTC-USD","bid":"100","ask":"101","size":"1","levels":2}"#)
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("level2", ["BTC-USD"])
        func updates(_ message: JSON) -> [String] {
            message["events"][0]["updates"].items.map {
                "\($0["side"].text ?? "") \($0["price_level"].text ?? "") \($0["new_quantity"].text ?? "")"
            }
        }
        let snapshot = try socket.message("l2_data")
        #expect(snapshot["events"][0]["type"].text == "snapshot")
        #expect(updates(snapshot) == ["bid 100 1", "bid 99 1", "offer 101 1", "offer 102 1"])
        try lab.control(
            "/market", #"{"action":"set","product":"BTC-USD","bid":"99","ask":"101","size":"2","levels":1}"#)
        #expect(
            updates(try socket.message("l2_data")) == ["bid 100 0", "bid 99 2", "offer 101 2", "offer 102 0"])
    }

    @Test func silenceAndEndsOfBothKinds() throws {
        let lab = try Lab()
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user")
        _ = try socket.message("user")
        let silent = ContinuousClock.now
        try lab.control("/faults", #"{"endpoint":"WS *","action":"wsSilence","ms":200,"count":1}"#)
        _ = try lab.place("unheard")
        // The venue's own clock says when the silence is over.
        while ContinuousClock.now - silent < .milliseconds(250) { try lab.control("/clock") }
        _ = try lab.place("heard")
        let heard = try socket.message("user")
        #expect(heard["events"][0]["orders"][0]["client_order_id"].text == "heard")
        #expect(heard["sequence_num"].number == 3)

        try lab.control("/faults", #"{"endpoint":"WS user","action":"wsCloseClean","count":1}"#)
        _ = try lab.place("clean")
        var frame = try socket.next()
        while case .message = frame { frame = try socket.next() }
        #expect(frame == .close(1000))
        let other = try TestSocket(port: lab.server.port)
        try other.subscribe("ticker", ["BTC-USD"])
        _ = try other.message("ticker")
        try lab.control("/sockets", #"{"action":"close_abnormal"}"#)
        #expect(try other.next() == .ended)
        try lab.control("/faults", #"{"endpoint":"GET /ws","action":"dropBefore","count":1}"#)
        #expect(throws: (any Error).self) { try TestSocket(port: lab.server.port) }
        _ = try TestSocket(port: lab.server.port)
    }

    @Test func mistakesAreToldAndTokensAskedFor() throws {
        let lab = try Lab { $0.clients = [] }
        let socket = try TestSocket(port: lab.server.port)
        try socket.subscribe("user")
        #expect(try socket.message()["message"].text == "authentication failure")
        try socket.subscribe("user", jwt: "a.b.c")
        #expect(
            try socket.message()
                == .object(["type": .string("error"), "message": .string("authentication failure")]))
        try socket.subscribe("ticker", ["NOPE-USD"])
        #expect(try socket.message()["type"].text == "error")
        try socket.subscribe("gossip")
        #expect(try socket.message()["type"].text == "error")
        try socket.send("{")
        #expect(try socket.message()["type"].text == "error")
        // In two fragments, and a ping between them.
        try socket.send(#"{"type":"subscribe","channel":"#, final: false)
        try socket.send("hello", opcode: 9)
        try socket.send(#""ticker","product_ids":["BTC-USD"]}"#, opcode: 0)
        #expect(try socket.next() == .pong(Array("hello".utf8)))
        #expect(try socket.message()["events"][0]["subscriptions"]["ticker"][0].text == "BTC-USD")
        #expect(try socket.message()["events"][0]["tickers"][0]["best_bid"].text != nil)
        try socket.subscribe("ticker", ["BTC-USD"], type: "unsubscribe")
        #expect(try socket.message()["events"][0]["subscriptions"] == .object([:]))
    }
}
