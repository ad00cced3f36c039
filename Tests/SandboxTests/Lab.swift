// A sandbox for one test, on a port of its own, and the calls that tests make all the time.

import Glibc
import Sandbox
import Testing
import TradingDomain

final class Lab {
    let server: SandboxServer
    let client: TestClient
    static let prefix = "/api/v3/brokerage"

    init(_ change: (inout SandboxSettings) -> Void = { _ in }) throws {
        var settings = SandboxSettings()
        settings.port = 0
        settings.clients = nil
        settings.market = .still
        settings.balances["USD"] = Quantity(10_000_000)
        change(&settings)
        server = try SandboxServer.start(settings)
        client = try TestClient(port: server.port)
    }

    deinit { server.stop() }

    func get(_ path: String, headers: [String] = []) throws -> HTTPAnswer {
        try client.call("GET", Self.prefix + path, headers: headers)
    }

    func post(_ path: String, _ body: String, headers: [String] = []) throws -> HTTPAnswer {
        try client.call("POST", Self.prefix + path, body, headers: headers)
    }

    @discardableResult
    func control(_ path: String, _ body: String? = nil, method: String? = nil) throws -> JSON {
        // Its own connection: the other one may hang on purpose.
        let answer = try TestClient(port: server.port)
            .call(method ?? (body == nil ? "GET" : "POST"), "/_control" + path, body)
        try #require(answer.status == 200, "\(path): \(answer.text)")
        return answer.json
    }

    func create(
        _ id: String, side: String = "BUY", product: String = "BTC-USD", price: String = "50000.00",
        size: String = "0.01", kind: String = "limit_limit_gtc", more: String = ""
    ) throws -> HTTPAnswer {
        try post(
            "/orders",
            Self.order(id, side: side, product: product, price: price, size: size, kind: kind, more: more))
    }

    static func order(
        _ id: String, side: String = "BUY", product: String = "BTC-USD", price: String = "50000.00",
        size: String = "0.01", kind: String = "limit_limit_gtc", more: String = ""
    ) -> String {
        #"{"client_order_id":"\#(id)","product_id":"\#(product)","side":"\#(side)","order_configuration":"#
            + #"{"\#(kind)":{"base_size":"\#(size)","limit_price":"\#(price)"\#(more)}}}"#
    }

    /// The id of an order that must be accepted.
    func place(_ id: String, side: String = "BUY", price: String = "50000.00", size: String = "0.01") throws
        -> String
    {
        let answer = try create(id, side: side, price: price, size: size)
        return try #require(answer.json["success_response"]["order_id"].text, "\(answer.text)")
    }

    func cancel(_ ids: [String]) throws -> HTTPAnswer {
        try post("/orders/batch_cancel", Self.cancelBody(ids))
    }

    static func cancelBody(_ ids: [String]) -> String {
        #"{"order_ids":["# + ids.map { "\"\($0)\"" }.joined(separator: ",") + "]}"
    }

    func order(_ id: String) throws -> JSON { try get("/orders/historical/\(id)").json["order"] }

    /// Asks until the order says so.
    func wait(_ id: String, _ status: String) throws -> JSON {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            let order = try order(id)
            if order["status"].text == status { return order }
            try #require(ContinuousClock.now < end, "\(id) is \(order["status"]), not \(status)")
            sched_yield()
        }
    }

    /// All pages.
    func list(_ query: String) throws -> [JSON] {
        var orders: [JSON] = []
        var cursor = ""
        while true {
            let page = try get("/orders/historical/batch?\(query)&cursor=\(cursor)").json
            orders += page["orders"].items
            guard page["has_next"].flag == true else { return orders }
            cursor = try #require(page["cursor"].text)
        }
    }
}
