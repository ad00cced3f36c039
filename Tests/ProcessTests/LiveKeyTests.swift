// Keys and tokens that are not right: refused by the sandbox as by the venue, told plainly by the trader.

import Foundation
import Glibc
import Testing
import WebTokens

@Suite(.serialized) struct LiveKeyTests {
    @Test func theSandboxRefusesExpiredForeignAndMisdirectedTokens() throws {
        try LiveArena.run { live in
            let known = try KeyFile(path: live.venue.keyFile)
            let stranger = try KeyFile(path: try SandboxProcess.makeKey(in: live.directory))
            // Somebody else's key under a known name.
            let impostor = try KeyFile(
                name: known.name, privateKey: try SigningKey.generate(.es256).privateKeyText)
            let path = "/api/v3/brokerage/accounts"
            let host = "127.0.0.1:\(live.venue.port)"
            let now = Int64(Date().timeIntervalSince1970)
            func status(_ key: KeyFile, _ uri: String, issued: Int64) throws -> Int {
                let token = try WebToken.make(
                    key: key, uri: uri, issuedAt: issued, life: 5, nonce: "0123456789abcdef")
                let answer = try TestHTTP(port: live.venue.port).ask("GET", path, token: token)
                if answer.status == 401 {
                    #expect(answer.text.trimmingCharacters(in: .whitespacesAndNewlines) == "Unauthorized")
                    #expect(answer.head.lowercased().contains("content-type: text/plain"))
                }
                return answer.status
            }
            #expect(try status(known, "GET \(host)\(path)", issued: now) == 200)
            #expect(try status(known, "GET \(host)\(path)", issued: now - 60) == 401, "expired")
            #expect(try status(known, "GET \(host)\(path)", issued: now + 60) == 401, "not valid yet")
            #expect(try status(known, "GET \(host)\(path)s", issued: now) == 401, "another path")
            #expect(try status(known, "POST \(host)\(path)", issued: now) == 401, "another method")
            #expect(try status(known, "GET example.com\(path)", issued: now) == 401, "another host")
            #expect(try status(stranger, "GET \(host)\(path)", issued: now) == 401, "a stranger")
            #expect(try status(impostor, "GET \(host)\(path)", issued: now) == 401, "an impostor")
            #expect(try TestHTTP(port: live.venue.port).ask("GET", path).status == 401, "nobody")
        }
    }

    @Test func aKeyThatTheVenueDoesNotKnow() throws {
        try LiveArena.run { live in
            try live.configure(key: try SandboxProcess.makeKey(in: live.directory))
            let run = try live.start()
            try run.says("401")
            try run.says("asking on")
            #expect(try run.stop() == .exit(3), "nothing could be seen")
            #expect(try live.book().ordersEver == 0)
            #expect(try live.requests().contains { $0.isCreate } == false)
        }
    }

    @Test func aKeyThatMayNotTrade() throws {
        try LiveArena.run { live in
            try live.venue.control("POST", "/permissions", #"{"can_trade":false}"#)
            let run = try live.start()
            #expect(try run.end() == .exit(78))
            #expect(run.text.contains("the key may not trade"))
            #expect(try live.book().ordersEver == 0)
        }
    }

    @Test func aKeyThatCanMoveMoney() throws {
        try LiveArena.run { live in
            try live.venue.control("POST", "/permissions", #"{"can_transfer":true}"#)
            let run = try live.startWorking()
            #expect(run.process.errorText.contains("ALERT"))
            #expect(run.process.errorText.contains("MOVE MONEY"))
            try live.expectClean(try run.stop())
        }
    }

    @Test func aPortfolioThatIsNotTheKeys() throws {
        try LiveArena.run { live in
            let file = live.directory + "/live.yaml"
            let other = "11111111-2222-4333-8444-555555555555"
            try String(contentsOfFile: file, encoding: .utf8)
                .replacing("portfolio: \(live.venue.portfolio)", with: "portfolio: \(other)")
                .write(toFile: file, atomically: true, encoding: .utf8)
            let run = try live.start(confirmation: other)
            #expect(try run.end() == .exit(78))
            #expect(run.text.contains(live.venue.portfolio))
            #expect(try live.book().ordersEver == 0)
        }
    }
}
