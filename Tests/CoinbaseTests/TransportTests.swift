// What a lane says of each way in which a request can go, judged by a server that counts what it got.

import Coinbase
import NIOCore
import NIOPosix
import Synchronization
import Testing

private let client = MultiThreadedEventLoopGroup(numberOfThreads: 1)

private func lane(
    _ port: Int, _ connections: Int = 1, scheme: String = "http", host: String = "127.0.0.1",
    trust: TLSTrust = .system, idleLimit: Duration = .seconds(25),
    authorize: @escaping HTTPLane.Authorize = { _ in "token" }
) throws -> HTTPLane {
    let lane = try HTTPLane(
        Endpoint("\(scheme)://\(host):\(port)", .rest), connections: connections, trust: trust,
        on: client.next(), idleLimit: idleLimit, authorize: authorize)
    lane.warm()
    return lane
}

private let create = HTTPRequest("POST", "/orders", query: "a=b", body: Array("{}".utf8))

@Suite struct TransportTests {
    @Test func aRequestGoesOutWholeAndItsAnswerComesBackWhole() throws {
        let server = try ScriptedServer { _, _ in
            .reply(http("200 OK", "hello", "X-RateLimit-Remaining: 7\r\n"))
        }
        let lane = try lane(server.port)
        defer { lane.close() }
        try lane.waitUntilWarm()
        for _ in 0..<3 {
            guard case .answered(let answer) = try lane.call(create) else {
                Issue.record("no answer")
                return
            }
            #expect(answer.status == 200)
            #expect(answer.header("x-ratelimit-remaining") == "7")
            #expect(answer.body == Array("hello".utf8))
        }
        #expect(server.connections == 1)
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /orders?a=b HTTP/1.1\r\n"))
        #expect(request.contains("Host: 127.0.0.1:\(server.port)\r\n"))
        #expect(request.contains("Authorization: Bearer token\r\n"))
        #expect(request.hasSuffix("\r\n\r\n{}"))
    }

    @Test func withoutAFreeConnectionNothingIsSignedAndNothingIsSent() throws {
        let server = try ScriptedServer { _, _ in .silence }
        let signed = Mutex(0)
        let lane = try lane(server.port) { _ in
            signed.withLock { $0 += 1 }
            return "token"
        }
        defer { lane.close() }
        try lane.waitUntilWarm()
        let first = Mutex<HTTPOutcome?>(nil)
        lane.send(create, patience: .milliseconds(300)) { outcome in first.withLock { $0 = outcome } }
        #expect(try lane.call(create).unsentReason?.contains("in use") == true)
        #expect(signed.withLock { $0 } == 1)
        #expect(eventually { first.withLock { $0 } != nil })
        #expect(first.withLock { $0 }?.ambiguity != nil)
        #expect(server.requests.count == 1)
    }

    @Test func whoeverCannotConnectSaysWhy() throws {
        let server = try ScriptedServer { _, _ in .close }
        let port = server.port
        server.stop()
        let lane = try lane(port)
        defer { lane.close() }
        #expect(try eventually { try lane.call(create).unsentReason?.contains("refused") == true })
    }

    @Test func aRequestThatCannotBeSignedIsNotSent() throws {
        struct NoClock: Error {}
        let server = try ScriptedServer { _, _ in .reply(http("200 OK")) }
        let lane = try lane(server.port) { _ in throw NoClock() }
        defer { lane.close() }
        try lane.waitUntilWarm()
        #expect(try lane.call(create).unsentReason != nil)
        #expect(try lane.call(create).unsentReason != nil)
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [
        Reaction.close, .replyAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it"),
        .replyAndClose("this is not HTTP at all\r\n\r\n"), .reply("garbage garbage garbage\r\n\r\n"),
        .replyAndClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        .reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstalled"), .silence,
    ])
    func whatIsNoCompleteAnswerIsAmbiguous(reaction: Reaction) throws {
        let server = try ScriptedServer { number, _ in number == 1 ? reaction : .reply(http("200 OK")) }
        let lane = try lane(server.port)
        defer { lane.close() }
        try lane.waitUntilWarm()
        #expect(try lane.call(create, patience: .milliseconds(400)).ambiguity != nil)
        // The connection is not used again, another one is opened, and nothing was sent twice.
        try lane.waitUntilWarm()
        #expect(try lane.call(create).status == 200)
        #expect(server.requests.count == 2)
        #expect(server.connections == 2)
    }

    @Test func aRedirectIsAnAnswerAndNobodyFollowsIt() throws {
        let server = try ScriptedServer { _, _ in
            .reply(http("307 Temporary Redirect", "", "Location: /elsewhere\r\n"))
        }
        let lane = try lane(server.port)
        defer { lane.close() }
        try lane.waitUntilWarm()
        #expect(try lane.call(create).status == 307)
        #expect(server.requests.count == 1)
    }

    @Test func aConnectionThatTheVenueEndsIsOpenedAgain() throws {
        let server = try ScriptedServer { _, _ in .replyAndClose(http("200 OK", "x", "Connection: close\r\n"))
        }
        let lane = try lane(server.port)
        defer { lane.close() }
        for number in 1...3 {
            try lane.waitUntilWarm()
            #expect(try lane.call(create).body == "x")
            #expect(eventually { server.connections == number + 1 })
        }
    }

    @Test func aConnectionThatWasIdleForLongIsReplacedBeforeItIsUsed() throws {
        let server = try ScriptedServer { _, _ in .reply(http("200 OK")) }
        let lane = try lane(server.port, idleLimit: .milliseconds(1))
        defer { lane.close() }
        try lane.waitUntilWarm()
        #expect(eventually { (try? lane.call(create).unsentReason) != nil })
        #expect(eventually { server.connections >= 2 })
    }

    @Test(.enabled(if: TestAuthority.isPossible, "the openssl command makes the certificates"))
    func encryptionIsCheckedByAuthorityNameAndTime() throws {
        let authority = try TestAuthority()
        let good = try ScriptedServer(tls: authority.server(names: "DNS:localhost,IP:127.0.0.1")) { _, _ in
            .reply(http("200 OK"))
        }
        for host in ["localhost", "127.0.0.1"] {
            let lane = try lane(good.port, scheme: "https", host: host, trust: .file(authority.file))
            defer { lane.close() }
            try lane.waitUntilWarm()
            #expect(try lane.call(create).status == 200)
        }
        let stranger = try TestAuthority()
        let named = try ScriptedServer(tls: authority.server(names: "DNS:example.com")) { _, _ in .close }
        let expired = try ScriptedServer(tls: authority.server(names: "DNS:localhost", days: "-1")) { _, _ in
            .close
        }
        for (port, trust) in [
            (good.port, TLSTrust.file(stranger.file)), (good.port, .system),
            (named.port, .file(authority.file)), (expired.port, .file(authority.file)),
        ] {
            let lane = try lane(port, scheme: "https", host: "localhost", trust: trust)
            defer { lane.close() }
            #expect(
                try eventually {
                    guard let reason = try lane.call(create).unsentReason else { throw Timeout() }
                    return !reason.contains("being opened")
                })
        }
        #expect(good.requests.count == 2)
        #expect(named.requests.isEmpty && expired.requests.isEmpty)
    }
}

@Suite struct EndpointTests {
    @Test(arguments: [
        "http://example.com", "ftp://127.0.0.1", "https://", "https://host:0", "https://host:99999",
        "nonsense",
        "https://user@host", "https://host/path", "http://127.0.0.1.example.com", "http://10.0.0.1",
    ])
    func whatNobodyShouldTradeOnIsRefused(text: String) {
        #expect(throws: EndpointError.self) { try Endpoint(text, .rest) }
    }

    @Test func partsAreFound() throws {
        let rest = try Endpoint("https://api.example.com", .rest)
        #expect((rest.host, rest.port, rest.hostAndPort) == ("api.example.com", 443, "api.example.com"))
        let local = try Endpoint("http://[::1]:9000/", .rest)
        #expect((local.host, local.port, local.hostAndPort) == ("::1", 9000, "[::1]:9000"))
        let socket = try Endpoint("ws://localhost:1/ws", .webSocket)
        #expect((socket.path, socket.isEncrypted, socket.isLoopback) == ("/ws", false, true))
        #expect(throws: EndpointError.self) { try Endpoint("ws://example.com/ws", .webSocket) }
    }
}
