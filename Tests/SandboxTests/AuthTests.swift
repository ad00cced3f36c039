import FoundationEssentials
import Sandbox
import Testing
import WebTokens

@Suite struct AuthTests {
    /// A client's name and key.
    private struct Client {
        let file: KeyFile

        init(_ algorithm: TokenAlgorithm) throws {
            let key = try SigningKey.generate(algorithm)
            file = try KeyFile(name: "organizations/o/apiKeys/\(algorithm)", privateKey: key.privateKeyText)
        }

        var known: SandboxSettings.Client { .init(name: file.name, key: file.key.verifyingKey) }

        func token(_ uri: String?, age: Int64 = 0, life: Int64 = 120) throws -> String {
            let now = Int64(Date().timeIntervalSince1970)
            return try WebToken.make(key: file, uri: uri, issuedAt: now - age, life: life, nonce: "00")
        }

        /// As ccxt states its claims.
        func token(claims: String) throws -> String {
            let header =
                #"{"alg":"\#(file.key.algorithm.rawValue)","kid":"\#(file.name)","nonce":"1","typ":"JWT"}"#
            let signed = Self.base64(Array(header.utf8)) + "." + Self.base64(Array(claims.utf8))
            return signed + "." + Self.base64(try file.key.signature(of: Array(signed.utf8)))
        }

        private static func base64(_ bytes: [UInt8]) -> String {
            String(
                Data(bytes).base64EncodedString().compactMap {
                    $0 == "=" ? nil : $0 == "+" ? "-" : $0 == "/" ? "_" : $0
                })
        }
    }

    private func bearer(_ token: String) -> [String] { ["Authorization: Bearer \(token)"] }

    @Test(arguments: [TokenAlgorithm.es256, .edDSA])
    func aTokenOpensItsOwnRequestOnly(_ algorithm: TokenAlgorithm) throws {
        let client = try Client(algorithm)
        let stranger = try Client(algorithm)
        let lab = try Lab { $0.clients = [client.known] }
        let host = "127.0.0.1:\(lab.server.port)"
        let path = "/api/v3/brokerage/accounts"
        func status(_ token: String?) throws -> Int {
            try lab.get("/accounts?limit=1", headers: token.map(bearer) ?? []).status
        }
        #expect(try status(client.token("GET \(host)\(path)")) == 200)
        #expect(try status(client.token("GET 127.0.0.1\(path)")) == 200)
        #expect(try status(client.token("GET http://\(host)\(path)")) == 200)
        #expect(try status(client.token("GET https://\(host)\(path)", life: 5)) == 200)
        let refused: [String?] = try [
            nil, "", "a.b.c", client.token(nil), client.token("POST \(host)\(path)"),
            client.token("GET \(host)\(path)/x"), client.token("GET \(host)\(path)?limit=1"),
            client.token("GET elsewhere.example\(path)"), client.token("GET \(host)\(path)", age: 120),
            client.token("GET \(host)\(path)", age: 10, life: 5),
            client.token("GET \(host)\(path)", life: 121),
            client.token("GET \(host)\(path)", age: -30), stranger.token("GET \(host)\(path)"),
        ]
        for (index, token) in refused.enumerated() { #expect(try status(token) == 401, "case \(index)") }
        let answer = try lab.get("/accounts")
        #expect(answer.text == "Unauthorized")
        #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
        #expect(try lab.get("/time").status == 200)
        #expect(try lab.get("/market/products").status == 200)
        #expect(try lab.get("/products").status == 401)
    }

    @Test func theOtherClientsDialectIsUnderstood() throws {
        let old = try Client(.es256)
        let new = try Client(.edDSA)
        let lab = try Lab { $0.clients = [old.known, new.known] }
        let now = Int64(Date().timeIntervalSince1970)
        let uri = "GET http://127.0.0.1:\(lab.server.port)/api/v3/brokerage/accounts"
        let first = try old.token(
            claims:
                #"{"aud":["retail_rest_api_proxy"],"iss":"coinbase-cloud","nbf":\#(now),"exp":\#(now + 120),"sub":"\#(old.file.name)","uri":"\#(uri)","iat":\#(now)}"#
        )
        #expect(try lab.get("/accounts", headers: bearer(first)).status == 200)
        let second = try new.token(
            claims:
                #"{"aud":["cdp_service"],"iss":"cdp","nbf":\#(now),"exp":\#(now + 120),"sub":"\#(new.file.name)","uris":["\#(uri)"]}"#
        )
        #expect(try lab.get("/accounts", headers: bearer(second)).status == 200)
        let wrong = try new.token(
            claims: #"{"iss":"cdp","nbf":\#(now),"exp":\#(now + 120),"sub":"somebody","uris":["\#(uri)"]}"#)
        #expect(try lab.get("/accounts", headers: bearer(wrong)).status == 401)
    }

    @Test func tokensAreJudgedByTheVenuesClock() throws {
        let client = try Client(.es256)
        let lab = try Lab { $0.clients = [client.known] }
        let uri = "GET 127.0.0.1:\(lab.server.port)/api/v3/brokerage/accounts"
        let token = try client.token(uri, life: 60)
        #expect(try lab.get("/accounts", headers: bearer(token)).status == 200)
        try lab.control("/clock", #"{"skew_ms":61000}"#)
        #expect(try lab.get("/accounts", headers: bearer(token)).status == 401)
        try lab.control("/clock", #"{"skew_ms":-5000}"#)
        #expect(try lab.get("/accounts", headers: bearer(token)).status == 401)
    }

    @Test func theJournalKeepsNoToken() throws {
        let client = try Client(.es256)
        let lab = try Lab { $0.clients = [client.known] }
        let token = try client.token("GET 127.0.0.1:\(lab.server.port)/api/v3/brokerage/accounts")
        _ = try lab.get("/accounts", headers: bearer(token))
        let journal = try lab.client.call("GET", "/_control/requests")
        #expect(journal.json["requests"][0]["status"].number == 200)
        #expect(!journal.text.contains("eyJ"))
        #expect(!journal.text.contains("Bearer"))
    }

    @Test func aKeyThatMayNotTradeIsTold() throws {
        let lab = try Lab()
        try lab.control("/permissions", #"{"can_trade":false,"can_transfer":true}"#)
        let answer = try lab.create("x")
        #expect(answer.status == 403)
        #expect(answer.json["error"].text == "PERMISSION_DENIED")
        let permissions = try lab.get("/key_permissions").json
        #expect(permissions["can_transfer"].flag == true)
        #expect(permissions["portfolio_uuid"].text == lab.server.portfolioID)
    }
}
