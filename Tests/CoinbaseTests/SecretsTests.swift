// A venue that sends everything back that it was sent, in every place where words can stand. Whatever the adapter
// tells must hold neither key nor token nor signature.

import ForeignJSON
import Synchronization
import Testing
import Trading
import TradingDomain
import WebTokens

@testable import Coinbase

@Suite(.timeLimit(.minutes(10)))
struct SecretsTests {
    @Test func noAnswerHoldsKeyTokenOrSignature() async throws {
        let turn = Mutex(0)
        let tokens = Mutex<Set<String>>([])
        let rig = try await Rig { seen in
            if seen.path.hasSuffix("/time") { return timeAnswer() }
            let token = seen.token ?? "none"
            tokens.withLock { _ = $0.insert(token) }
            let number = turn.withLock { turn -> Int in
                turn += 1
                return turn
            }
            switch number % 8 {
            case 0:
                return .answer(400, #"{"error":"\#(token)","message":"bad \#(token)","error_details":"x"}"#)
            case 1: return .answer(401, "Unauthorized: Bearer \(token)")
            case 2: return .answer(200, "<html>Authorization: Bearer \(token)</html>")
            case 3: return .answer(502, token)
            case 4:
                return .answer(
                    200,
                    #"{"success":false,"error_response":{"error":"\#(token)","message":"\#(token)"},"results":[{"order_id":"o-1","success":false,"failure_reason":"\#(token)"}],"orders":[{"order_id":"\#(token)"}],"fills":[{"order_id":"o-1","entry_id":"\#(token)","trade_type":"\#(token)"}],"accounts":[{"currency":"\#(token)"}]}"#
                )
            case 5: return .drop
            case 6:
                return .answer(
                    200,
                    #"{"orders":[{"order_id":"o","status":"OPEN","reject_message":"\#(token)","cancel_message":"\#(token)","filled_size":"0"}],"fills":[{"order_id":"o-1","entry_id":"e","price":"\#(token)"}]}"#
                )
            default: return .answer(429, token, [("Retry-After", token)])
            }
        }
        try await rig.start()
        try await rig.learnTheTime()
        for round in 0..<8 {
            for command in [
                try rig.order(Int64(round + 1)), .cancel([id("o-1")]), .listOrders(OrderQuery(.working())),
                .listFills(fillQuery), .listBalances, .ask(.permissions), .ask(.fees), .ask(.products),
                .ask(.quotes([try symbol("ABC-USD")])),
            ] as [Command] {
                try await until("connections are free") {
                    rig.exchange.placements.isWarm && rig.exchange.questions.isWarm
                }
                _ = try await rig.ask(command)
            }
            turn.withLock { $0 += 1 }
        }
        try await until("both feeds subscribe") {
            rig.venue.heard("/market").count == 2 && rig.venue.heard("/user").count == 2
        }
        for path in ["/market", "/user"] {
            let subscription = try JSONDocument(bytes(try #require(rig.venue.heard(path).first))).root
            let token = try #require(subscription["jwt"]?.text)
            tokens.withLock { _ = $0.insert(token) }
            rig.venue.push("not JSON \(token)", on: path)
            rig.venue.push(#"{"type":"error","message":"bad \#(token)"}"#, on: path)
        }
        try await until("the refusals are told") {
            [Feed.market, .orders].allSatisfy { feed in
                if case .lost = rig.listener.last(feed) { true } else { false }
            }
        }
        let heard = rig.listener.heard
        let said = "\(heard) \(rig.exchange) \(rig.exchange.settings)"
        #expect(heard.answers.count >= 72)
        var secrets = tokens.withLock { $0 }.filter { $0 != "none" }.flatMap { token in
            [token] + token.split(separator: ".").map { String($0) }
        }
        let key = try #require(rig.key).key.privateKeyText
        secrets += key.split(separator: "\n").map { String($0) }.filter { !$0.hasPrefix("-----") }
        #expect(secrets.count > 100)
        for secret in secrets where said.contains(secret) { Issue.record("\(secret.prefix(12))… was told") }
        await rig.stop()
    }
}
