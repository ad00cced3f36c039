// The two feeds of the whole adapter, and what there is without a key, over real sockets.

import ForeignJSON
import Testing
import Trading
import TradingDomain
import WebTokens

@testable import Coinbase

@Suite(.timeLimit(.minutes(10)))
struct ExchangeFeedTests {
    @Test func feedsAreSubscribedHeardLostAndConnectedAgain() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        try await rig.connectFeeds()
        let key = try #require(rig.key)
        let subscription = try JSONDocument(bytes(try #require(rig.venue.heard("/user").first))).root
        #expect(subscription["channel"]?.text == "user")
        let token = try WebToken.parse(try #require(subscription["jwt"]?.text))
        #expect(token.uri == nil)
        #expect(token.isSigned(by: key.key.verifyingKey))

        rig.venue.push(
            rig.message(
                "ticker", #"{"tickers":[{"product_id":"ABC-USD","best_bid":"11","best_ask":"12"}]}"#, 1),
            on: "/market")
        rig.venue.push(
            rig.message(
                "user", #"{"type":"update","orders":[{"order_id":"o-1","status":"FILLED"}]}"#, 5),
            on: "/user")
        try await until("a quote and a report") {
            !rig.listener.heard.quotes.isEmpty && !rig.listener.heard.orders.isEmpty
        }
        #expect(rig.listener.heard.orders.map(\.status) == [.filled])
        #expect(rig.listener.last(.orders) == .gap("message 2 was expected, 5 came"))

        rig.venue.hangUp("/user")
        try await until("the loss is told") {
            if case .lost = rig.listener.last(.orders) { true } else { false }
        }
        #expect(try await rig.ask(.connect(.orders)) == .connected(.begun))
        try await until("it subscribes again") { rig.venue.heard("/user").count == 4 }
        #expect(rig.venue.sockets("/user") == 2)
        rig.pushAll()
        try await until("it is connected again") { rig.listener.last(.orders) == .connected }

        // A connection that stands is replaced when the core wants a new one, and nobody is told of its end.
        #expect(try await rig.ask(.connect(.orders)) == .connected(.begun))
        try await until("it subscribes once more") { rig.venue.heard("/user").count == 6 }
        #expect(rig.listener.last(.orders) == .connected)
        rig.venue.push(#"{"type":"error","message":"authentication failure"}"#, on: "/user")
        try await until("the refusal is told") {
            rig.listener.last(.orders) == .lost("the venue says: authentication failure")
        }
        await rig.stop()
    }

    @Test func aFeedThatFallsSilentIsToldSo() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        try await rig.connectFeeds()
        try await until("both feeds are called silent") {
            rig.listener.last(.market) == .silent && rig.listener.last(.orders) == .silent
        }
        #expect(rig.listener.heard.feeds[.market] == [.connected, .silent])
        // The connection stands, and what comes on it is heard.
        rig.venue.push(
            rig.message(
                "ticker", #"{"tickers":[{"product_id":"ABC-USD","best_bid":"11","best_ask":"12"}]}"#, 1),
            on: "/market")
        try await until("a quote") { !rig.listener.heard.quotes.isEmpty }
        await rig.stop()
    }

    @Test func aFeedThatCannotBeOpenedIsLost() async throws {
        let rig = try await Rig(userURL: "ws://127.0.0.1:1/user", WellVenue.answer)
        try await rig.start()
        try await until("the loss is told") {
            if case .lost = rig.listener.last(.orders) { true } else { false }
        }
        await rig.stop()
    }

    @Test func withoutAKeyThereArePublicDataOnly() async throws {
        let rig = try await Rig(keyed: false, symbols: ["ABC-USD", "X-USD"], WellVenue.answer)
        try await rig.start()
        try await rig.connectFeeds()
        #expect(rig.venue.sockets("/user") == 0)
        #expect(rig.venue.heard("/market").allSatisfy { !$0.contains("jwt") })
        guard case .told(.products) = try await rig.ask(.ask(.products)),
            case .told(.quotes(let quotes)) = try await rig.ask(
                .ask(.quotes([try symbol("ABC-USD"), try symbol("X-USD")]))),
            case .told(.time) = try await rig.ask(.ask(.time)),
            case .told(.failed) = try await rig.ask(.ask(.permissions)),
            case .placed(.unsent) = try await rig.ask(try rig.order()),
            case .canceled(.unsent) = try await rig.ask(.cancel([id("a")])),
            case .orders(.failed) = try await rig.ask(.listOrders(OrderQuery(.working()))),
            case .fills(.failed) = try await rig.ask(.listFills(fillQuery)),
            case .balances(.failed) = try await rig.ask(.listBalances),
            case .connected(.failed) = try await rig.ask(.connect(.orders))
        else {
            Issue.record("\(rig.listener.heard.answers)")
            return
        }
        #expect(quotes.map(\.symbol.description) == ["ABC-USD", "X-USD"])
        #expect(rig.venue.seen.allSatisfy { $0.token == nil })
        await rig.stop()
    }
}
