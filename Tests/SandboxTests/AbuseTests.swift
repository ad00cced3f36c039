// What the sandbox is to bear: numbers from the ends of their range, pages of other sites, clients that take nothing.

import FoundationEssentials
import NIOCore
import NIOEmbedded
import Testing
import WebTokens

@testable import Sandbox

@Suite struct AbuseTests {
    private func status(
        _ lab: Lab, _ method: String, _ target: String, _ body: String? = nil, headers: [String] = []
    ) throws -> Int {
        try TestClient(port: lab.server.port).call(method, target, body, headers: headers).status
    }

    @Test func numbersFromTheEndsOfTheirRangeAreRefusedOrTakenForWhatTheyAre() throws {
        let lab = try Lab()
        let api = Lab.prefix + "/market/products/BTC-USD"
        for number in [Int64.min, .min + 1, -1, .max - 1, .max] {
            let skew = try status(lab, "POST", "/_control/clock", #"{"skew_ms":\#(number)}"#)
            #expect(skew == (number == -1 ? 200 : 400))
            #expect(try status(lab, "GET", "/_control/requests?after=\(number)&limit=\(number)") == 200)
            for end in [Int64.min, 0, .max] {
                let target = "\(api)/candles?granularity=ONE_DAY&start=\(number)&end=\(end)&limit=\(number)"
                #expect([200, 400].contains(try status(lab, "GET", target)), "\(target)")
            }
            #expect(
                try status(lab, "GET", "\(api)/ticker?limit=\(number)&start=\(number)&end=\(number)") == 200)
            let orders = "\(Lab.prefix)/orders/historical/batch?limit=\(number)&cursor=\(number)"
            #expect([200, 400].contains(try status(lab, "GET", orders)))
            let fills = "\(Lab.prefix)/orders/historical/fills?cursor=\(number).\(number)"
            #expect([200, 400].contains(try status(lab, "GET", fills)))
        }
        #expect(try status(lab, "GET", "/_control") == 200)
    }

    @Test func candlesOfToday() throws {
        let lab = try Lab()
        let now = Int64(Date().timeIntervalSince1970)
        let answer = try lab.get(
            "/market/products/BTC-USD/candles?granularity=ONE_MINUTE&start=\(now - 601)&end=\(now)")
        #expect(answer.status == 200)
        #expect(answer.json["candles"].items.count == 10 || answer.json["candles"].items.count == 11)
    }

    @Test func aTokenLivesNoLongerByBeginningBeforeAllTime() throws {
        let key = try SigningKey.generate(.es256)
        let file = try KeyFile(name: "organizations/o/apiKeys/1", privateKey: key.privateKeyText)
        let lab = try Lab { $0.clients = [.init(name: file.name, key: file.key.verifyingKey)] }
        let path = Lab.prefix + "/accounts"
        func base64(_ bytes: [UInt8]) -> String {
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        let now = Int64(Date().timeIntervalSince1970)
        func answer(from begin: Int64, to end: Int64) throws -> Int {
            let header = #"{"alg":"ES256","kid":"\#(file.name)","nonce":"1","typ":"JWT"}"#
            let claims =
                #"{"sub":"\#(file.name)","iss":"cdp","nbf":\#(begin),"exp":\#(end),"uri":"GET 127.0.0.1\#(path)"}"#
            let signed = base64(Array(header.utf8)) + "." + base64(Array(claims.utf8))
            let token = signed + "." + base64(try file.key.signature(of: Array(signed.utf8)))
            return try status(lab, "GET", path, headers: ["Authorization: Bearer \(token)"])
        }
        #expect(try answer(from: now, to: now + 100) == 200)
        #expect(try answer(from: .min, to: now + 100) == 401)
        #expect(try answer(from: .min, to: .max) == 401)
        #expect(try answer(from: now, to: .max) == 401)
    }

    // MARK: Pages

    @Test func aPageOfAnotherSiteHasNoSayInTheControlPlane() throws {
        let lab = try Lab()
        let own = "http://127.0.0.1:\(lab.server.port)"
        func reset(_ headers: String...) throws -> Int {
            try status(lab, "POST", "/_control/permissions", #"{"can_trade":true}"#, headers: headers)
        }
        // curl -d, libraries, a page that we had given out.
        #expect(try reset() == 200)
        #expect(try reset("Content-Type: application/x-www-form-urlencoded") == 200)
        #expect(try reset("Content-Type: application/json; charset=utf-8") == 200)
        #expect(try reset("Origin: \(own)", "Sec-Fetch-Site: same-origin") == 200)
        // Pages.
        #expect(try reset("Origin: http://evil.example") == 403)
        #expect(try reset("Origin: null") == 403)
        #expect(try reset("Origin: http://localhost:3000") == 403)
        #expect(try reset("Sec-Fetch-Site: cross-site") == 403)
        #expect(try reset("Sec-Fetch-Site: same-site") == 403)
        #expect(try reset("Content-Type: text/plain") == 415)
        #expect(try reset("Content-Type: multipart/form-data; boundary=x") == 415)
        #expect(try reset("Origin: \(own)", "Origin: \(own)") == 400)
    }

    @Test func aReboundNameIsNoneOfTheControlPlanes() throws {
        let lab = try Lab()
        func greeting(_ host: String) throws -> Int {
            let client = try TestClient(port: lab.server.port)
            try client.write(Array("GET /_control HTTP/1.1\r\n\(host)\r\n".utf8))
            return try client.receive().status
        }
        let port = lab.server.port
        for host in ["localhost:\(port)", "LOCALHOST", "127.0.0.1:\(port)", "127.0.0.9", "[::1]:\(port)"] {
            #expect(try greeting("Host: \(host)\r\n") == 200, "\(host)")
        }
        #expect(try greeting("") == 200)
        for host in [
            "evil.example", "evil.example:\(port)", "localhost.evil.example", "127.0.0.1.evil.example",
        ] {
            #expect(try greeting("Host: \(host)\r\n") == 403, "\(host)")
        }
        #expect(try greeting("Host: localhost\r\nHost: localhost\r\n") == 400)
    }

    @Test func onlyThisMachineIsThisMachine() {
        for own in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(RequestOrigin.isLoopback(own))
        }
        for far in [
            "2001:db8::1", "fe80::1", "::1:1", "1::1", "10.127.0.0", "12.7.0.0", "::ffff:10.0.0.1", "", "127",
        ] {
            #expect(!RequestOrigin.isLoopback(far), "\(far)")
        }
    }

    // MARK: Clients that take nothing

    @Test func whoPingsAndNeverReadsIsOwedOnePong() throws {
        let loop = EmbeddedEventLoop()
        var settings = SandboxSettings()
        settings.market = .still
        settings.clients = nil
        let sandbox = try BareSandbox(settings, on: loop)
        let channel = EmbeddedChannel(loop: loop)
        try sandbox.serve(channel)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let upgrade =
            "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            + "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        try channel.writeInbound(ByteBuffer(string: upgrade))
        loop.run()
        while try channel.readOutbound(as: ByteBuffer.self) != nil {}
        channel.isWritable = false
        for number in 0..<10_000 {
            let ping: [UInt8] = [0x89, 0x82, 0, 0, 0, 0, UInt8(number >> 8), UInt8(number & 255)]
            try channel.writeInbound(ByteBuffer(bytes: ping))
        }
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        var pong: [UInt8] = []
        while let part = try channel.readOutbound(as: ByteBuffer.self) { pong += part.readableBytesView }
        #expect(pong == [0x8A, 2, UInt8(9_999 >> 8), UInt8(9_999 & 255)])
        sandbox.stop()
    }

    @Test func whoAsksForSnapshotsAndNeverReadsIsLeft() throws {
        let lab = try Lab()
        try lab.control("/orders", #"{"count":400,"price":"100","step":"1","size":"0.1"}"#)
        let socket = try TestSocket(port: lab.server.port)
        // Each answer is some hundred kilobytes. What is sent after the end is lost.
        for _ in 0..<400 { try? socket.subscribe("user") }
        let end = ContinuousClock.now + .seconds(60)
        while try lab.control("/sockets")["sockets"].items.isEmpty == false {
            try #require(ContinuousClock.now < end, "who takes nothing is not left")
        }
    }

    @Test func aLineOfRequestsIsAnsweredOneByOne() throws {
        let lab = try Lab()
        let client = try TestClient(port: lab.server.port)
        let request = "GET /_control HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try client.write(Array(String(repeating: request, count: 2_000).utf8))
        for _ in 0..<2_000 { #expect(try client.receive().status == 200) }
    }

    @Test func whoAsksWithoutTakingTheAnswersIsLeft() throws {
        let loop = EmbeddedEventLoop()
        let sandbox = try BareSandbox(SandboxSettings(), on: loop)
        let channel = EmbeddedChannel(loop: loop)
        try sandbox.serve(channel)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let request = ByteBuffer(string: "GET /_control HTTP/1.1\r\nhost: localhost\r\n\r\n")
        try channel.writeInbound(request)
        #expect(channel.isActive)
        channel.isWritable = false
        try channel.writeInbound(request)
        loop.run()
        #expect(!channel.isActive)
        sandbox.stop()
    }
}
