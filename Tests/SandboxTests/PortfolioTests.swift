import FoundationEssentials
import Sandbox
import Testing
import WebTokens

// Several portfolios on one account: a key sees its own.

@Suite struct PortfolioTests {
    private struct Visitor {
        let file: KeyFile
        let lab: Lab

        func headers(_ method: String, _ path: String) throws -> [String] {
            let path = path.prefix { $0 != "?" }
            let token = try WebToken.make(
                key: file, uri: "\(method) 127.0.0.1:\(lab.server.port)\(Lab.prefix)\(path)",
                issuedAt: Int64(Date().timeIntervalSince1970), life: 60, nonce: "00")
            return ["Authorization: Bearer \(token)"]
        }

        func get(_ path: String) throws -> HTTPAnswer {
            try lab.get(path, headers: headers("GET", path))
        }

        func place(_ id: String) throws -> String {
            let answer = try lab.post("/orders", Lab.order(id), headers: headers("POST", "/orders"))
            return try #require(answer.json["success_response"]["order_id"].text, "\(answer.text)")
        }

        func cancel(_ ids: [String]) throws -> JSON {
            let path = "/orders/batch_cancel"
            return try lab.post(path, Lab.cancelBody(ids), headers: headers("POST", path)).json["results"]
        }

        var portfolio: String? { get throws { try get("/key_permissions").json["portfolio_uuid"].text } }

        func token() throws -> String {
            try WebToken.make(
                key: file, uri: nil, issuedAt: Int64(Date().timeIntervalSince1970), life: 60, nonce: "00")
        }
    }

    private func visitors(_ names: String...) throws -> (lab: Lab, [Visitor]) {
        let files = try names.map {
            try KeyFile(name: $0, privateKey: SigningKey.generate(.es256).privateKeyText)
        }
        let lab = try Lab { settings in
            settings.clients = files.map { .init(name: $0.name, key: $0.key.verifyingKey) }
        }
        return (lab, files.map { Visitor(file: $0, lab: lab) })
    }

    @Test func aKeyOfAnotherPortfolioSeesNothingOfOurs() throws {
        let (lab, both) = try visitors("mine", "other")
        let (mine, other) = (both[0], both[1])
        let made = try lab.control(
            "/portfolios", #"{"name":"second","keys":["other"],"balances":{"USD":"777"}}"#)
        let second = try #require(made["portfolio_id"].text)
        #expect(try mine.portfolio == lab.server.portfolioID)
        #expect(try other.portfolio == second)
        #expect(second != lab.server.portfolioID)

        let ours = try mine.place("test-1")
        let theirs = try other.place("test-1")
        #expect(ours != theirs)
        try lab.control("/fill", #"{"client_order_id":"test-1","permille":500}"#)
        func listed(_ visitor: Visitor) throws -> [String] {
            try visitor.get("/orders/historical/batch").json["orders"].items.compactMap {
                $0["order_id"].text
            }
        }
        #expect(try listed(mine) == [ours])
        #expect(try listed(other) == [theirs])
        #expect(try other.get("/orders/historical/\(ours)").status == 404)
        #expect(try other.get("/orders/historical/fills").json["fills"].items.isEmpty)
        #expect(try mine.get("/orders/historical/fills").json["fills"].items.count == 1)
        #expect(try other.cancel([ours])[0]["failure_reason"].text == "UNKNOWN_CANCEL_ORDER")
        #expect(try mine.get("/orders/historical/\(ours)").json["order"]["status"].text == "OPEN")
        let usd = try other.get("/accounts").json["accounts"].items.first { $0["currency"].text == "USD" }
        #expect(usd?["retail_portfolio_id"].text == second)

        // The control plane tells of each what it asks for.
        #expect(try lab.control("/book?portfolio=\(second)")["orders"][0]["order_id"].text == theirs)
        #expect(try lab.control("/book")["orders"][0]["order_id"].text == ours)
        try lab.control("/cancel?portfolio=\(second)", #"{"all":true}"#)
        #expect(try lab.control("/book")["working"].number == 1)
        #expect(try lab.control("/book?portfolio=\(second)")["working"].number == 0)
        #expect(try lab.control("/portfolios")["portfolios"][1]["keys"][0].text == "other")
        #expect(try lab.client.call("GET", "/_control/book?portfolio=x").status == 400)
    }

    @Test func theUserChannelIsThatOfTheKey() throws {
        let (lab, both) = try visitors("mine", "other")
        try lab.control("/portfolios", #"{"name":"second","keys":["other"]}"#)
        let sockets = try both.map { visitor in
            let socket = try TestSocket(port: lab.server.port)
            try socket.subscribe("user", jwt: visitor.token())
            #expect(try socket.message("user")["events"][0]["orders"].items.isEmpty)
            return socket
        }
        _ = try both[0].place("a")
        _ = try both[1].place("b")
        for (socket, name) in zip(sockets, ["a", "b"]) {
            let report = try socket.message("user")["events"][0]["orders"]
            #expect(report[0]["client_order_id"].text == name)
        }
    }

    @Test func aKeyIsGivenToAnotherPortfolioAndBack() throws {
        let (lab, one) = try visitors("mine")
        _ = try one[0].place("a")
        try lab.control("/portfolios", #"{"name":"second","keys":["mine"]}"#)
        #expect(try one[0].get("/orders/historical/batch").json["orders"].items.isEmpty)
        try lab.control("/permissions", #"{"can_trade":false}"#)
        _ = try one[0].place("b")
        try lab.control("/portfolios", #"{"name":"Default","keys":["mine"]}"#)
        #expect(try one[0].get("/orders/historical/batch").json["orders"].items.count == 1)
        #expect(
            try lab.post("/orders", Lab.order("c"), headers: one[0].headers("POST", "/orders")).status == 403)
        let unknown = try lab.client.call(
            "POST", "/_control/portfolios", #"{"name":"x","keys":["nobody"]}"#)
        #expect(unknown.status == 400)
        try lab.control("/reset", "{}")
        #expect(try lab.control("/portfolios")["portfolios"].items.count == 1)
    }
}
