import Testing

@testable import Sandbox

/// Bodies and messages that nest: refused with a reason, and the sandbox goes on.
@Suite struct DeepBodyTests {
    private static let openings = ["[", #"{"a":"#, #"{"order_configuration":"#]

    private func deep(_ opening: String, _ levels: Int) -> String {
        #"{"client_order_id":"a","order_configuration":"# + String(repeating: opening, count: levels) + "1"
            + String(repeating: opening == "[" ? "]" : "}", count: levels) + "}"
    }

    @Test(arguments: openings, [100, 10_000]) func areRefusedWithAReason(_ opening: String, _ levels: Int)
        throws
    {
        let lab = try Lab()
        let body = deep(opening, levels)
        let refused = try lab.post("/orders", body)
        #expect(refused.status == 400)
        #expect(refused.text.contains("nests deeper than 64 levels"), "\(refused.text)")
        for path in ["/disguise", "/orders", "/faults", "/lag"] {
            let answer = try TestClient(port: lab.server.port).call("POST", "/_control" + path, body)
            #expect(answer.status == 400, "\(path)")
        }
        let socket = try TestSocket(port: lab.server.port)
        try socket.send(deep(opening, 100))
        #expect(try socket.message()["message"].text?.contains("nests deeper than 64 levels") == true)
        _ = try lab.place("b")
    }

    /// What is understood by nobody is echoed as it came.
    @Test func anUnknownConfigurationIsEchoed() throws {
        let lab = try Lab()
        let answer = try lab.post(
            "/orders",
            #"{"client_order_id":"a","product_id":"BTC-USD","side":"BUY","order_configuration":{"x":{"b":1.50,"a":[null]}}}"#
        )
        #expect(answer.text.contains(#"{"x":{"a":[null],"b":1.50}}"#), "\(answer.text)")
    }
}
