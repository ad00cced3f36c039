import Testing
import Trading
import TradingDomain

@testable import Coinbase

struct FeedStateTests {
    private struct Feeding {
        var state: FeedState
        var sequence = 0
        var now = 0.0

        init(_ feed: Trading.Feed, _ symbols: [Symbol] = []) {
            state = FeedState(feed, symbols: symbols)
            _ = state.opened(at: stamp(0).monotonic)
        }

        mutating func tell(_ channel: String, _ events: String, offset: Duration = .zero) -> [FeedNews] {
            sequence += 1
            return raw(
                #"{"channel":"\#(channel)","client_id":"","timestamp":"2026-11-22T10:00:00.123456789Z","sequence_num":\#(sequence - 1),"events":[\#(events)]}"#,
                offset: offset)
        }

        mutating func raw(_ text: String, offset: Duration = .zero) -> [FeedNews] {
            state.received(bytes(text), at: stamp(now), offset: offset)
        }

        mutating func acknowledge(_ channels: String...) -> [FeedNews] {
            let list = channels.map { "\"\($0)\":[\"x\"]" }.joined(separator: ",")
            return tell("subscriptions", #"{"subscriptions":{\#(list)}}"#)
        }
    }

    private func report(_ number: Int = 1, _ changes: [String: String] = [:]) -> String {
        var fields = [
            "order_id": "\"o-\(number)\"", "client_order_id": "\"grid-a1-\(number)\"",
            "product_id": "\"ABC-USD\"", "product_type": "\"SPOT\"", "order_side": "\"BUY\"",
            "order_type": "\"Limit\"", "status": "\"OPEN\"", "time_in_force": "\"GOOD_UNTIL_CANCELLED\"",
            "limit_price": "\"12.00\"", "cumulative_quantity": "\"0.5\"", "leaves_quantity": "\"1\"",
            "post_only": "\"true\"", "creation_time": "\"2026-11-22T10:00:00.123456Z\"",
            "cancel_reason": "\"\"", "reject_reason": "\"\"", "end_time": "\"0001-01-01T00:00:00Z\"",
        ]
        fields.merge(changes) { $1 }
        return "{"
            + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
            + "}"
    }

    private func orders(_ type: String, _ reports: [String]) -> String {
        #"{"type":"\#(type)","orders":[\#(reports.joined(separator: ","))],"positions":{}}"#
    }

    private func snapshots(_ news: [FeedNews]) -> [OrderSnapshot] {
        news.compactMap { if case .order(let order) = $0 { order } else { nil } }
    }

    @Test func everyChannelIsAskedForByItself() throws {
        var market = FeedState(.market, symbols: [try symbol("ABC-USD"), try symbol("X-USD")])
        let messages = market.opened(at: stamp(0).monotonic)
        #expect(
            messages.map { $0.text(token: nil) } == [
                #"{"type":"subscribe","channel":"ticker","product_ids":["ABC-USD","X-USD"]}"#,
                #"{"type":"subscribe","channel":"heartbeats","product_ids":[]}"#,
            ])
        var user = FeedState(.orders, symbols: [])
        #expect(
            user.opened(at: stamp(0).monotonic).map { $0.text(token: "T") } == [
                #"{"type":"subscribe","channel":"user","product_ids":[],"jwt":"T"}"#,
                #"{"type":"subscribe","channel":"heartbeats","product_ids":[],"jwt":"T"}"#,
            ])
    }

    /// Its id is enough to cancel it and to name it.
    @Test(arguments: [
        ["order_type": #""Pegged""#], ["product_id": "null", "order_side": "null"], ["limit_price": "{}"],
        ["product_type": "9"], ["creation_time": "[]"], ["cumulative_quantity": #""lots""#],
        ["leaves_quantity": #""?""#], ["time_in_force": #""FOREVER""#],
    ])
    func oneOfOursInAnUnknownShapeIsReportedWithItsIds(_ changes: [String: String]) throws {
        var feed = Feeding(.orders)
        let told = snapshots(feed.tell("user", orders("update", [report(1, changes), report(2)])))
        #expect(told.map(\.exchangeOrderID) == [id("o-1"), id("o-2")])
        #expect(told.first?.clientOrderID == "grid-a1-1")
        #expect(told.first?.status == .open)
        #expect(changes["creation_time"] != nil || told.first?.terms == nil)
        // An end without its size is none that could be believed.
        let ended = feed.tell(
            "user",
            orders(
                "update",
                [
                    report(3, ["status": #""FILLED""#, "cumulative_quantity": #""lots""#])
                ]))
        #expect(snapshots(ended).isEmpty)
        #expect(ended.contains { if case .condition(.gap) = $0 { true } else { false } })
    }

    @Test func theMarketIsConnectedOnceEveryChannelIsAcknowledged() throws {
        var feed = Feeding(.market, [try symbol("ABC-USD")])
        #expect(feed.acknowledge("ticker") == [])
        #expect(feed.acknowledge("ticker", "heartbeats") == [.condition(.connected)])
        #expect(feed.acknowledge("ticker", "heartbeats") == [])
    }

    @Test func ordersAreConnectedWhenTheirSnapshotIsWhole() {
        var feed = Feeding(.orders)
        #expect(feed.acknowledge("user") == [])
        let full = (1...50).map { report($0) }
        #expect(snapshots(feed.tell("user", orders("snapshot", full))).count == 50)
        #expect(feed.acknowledge("user", "heartbeats") == [])
        #expect(!feed.state.isConnected)
        #expect(feed.tell("user", orders("snapshot", [])) == [.condition(.connected)])

        // A snapshot that is whole before the channels are acknowledged is not enough either.
        feed = Feeding(.orders)
        #expect(snapshots(feed.tell("user", orders("snapshot", [report()]))).count == 1)
        #expect(!feed.state.isConnected)
        #expect(feed.acknowledge("heartbeats", "user") == [.condition(.connected)])

        // An update ends no snapshot.
        feed = Feeding(.orders)
        _ = feed.acknowledge("heartbeats", "user")
        #expect(snapshots(feed.tell("user", orders("update", [report()]))).count == 1)
        #expect(!feed.state.isConnected)
    }

    @Test func aReportOfAnOpenOrderTellsItsTerms() throws {
        var feed = Feeding(.orders)
        let order = try #require(snapshots(feed.tell("user", orders("update", [report()]))).first)
        #expect(
            order
                == OrderSnapshot(
                    exchangeOrderID: id("o-1"), clientOrderID: "grid-a1-1",
                    terms: OrderTerms(
                        symbol: try symbol("ABC-USD"), side: .buy,
                        type: .limit(try price("12"), postOnly: true), quantity: try size("1.5")),
                    status: .open, filledQuantity: try size("0.5"),
                    createdAt: try instant("2026-11-22T10:00:00.123456Z")))
    }

    @Test(arguments: [
        ["status": "\"CANCELLED\"", "leaves_quantity": "\"0\""], ["status": "\"CANCEL_QUEUED\""],
        ["status": "\"FILLED\"", "leaves_quantity": "\"0\""], ["leaves_quantity": "\"0\""],
        ["leaves_quantity": "null"], ["limit_price": "\"\""], ["post_only": "null"],
        ["time_in_force": "\"UNKNOWN_TIME_IN_FORCE\""], ["time_in_force": "\"GOOD_UNTIL_DATE_TIME\""],
        ["order_type": "\"Stop Limit\""], ["product_type": "\"FUTURE\""], ["status": "\"NEW_STATUS\""],
    ])
    func aReportThatDoesNotTellAllHasNoTerms(_ changes: [String: String]) throws {
        var feed = Feeding(.orders)
        let order = try #require(snapshots(feed.tell("user", orders("update", [report(1, changes)]))).first)
        #expect(order.terms == nil)
        #expect(order.filledQuantity == (try size("0.5")))
    }

    @Test func duplicatesAndUnknownStatusesPassThrough() {
        var feed = Feeding(.orders)
        let twice = orders("update", [report(), report(), report(2, ["status": "\"ODD\""])])
        #expect(snapshots(feed.tell("user", twice)).map(\.status) == [.open, .open, .unknown])
        let ended = report(3, ["status": "\"FAILED\"", "reject_reason": "\"HOLD_FAILURE\""])
        #expect(snapshots(feed.tell("user", orders("update", [ended]))).first?.reason == "HOLD_FAILURE")
    }

    @Test func aReportThatCannotBeReadIsAGapAndTheOthersStand() {
        var feed = Feeding(.orders)
        let news = feed.tell("user", orders("update", [report(1, ["status": "null"]), report(2), "7"]))
        #expect(snapshots(news).map(\.exchangeOrderID) == [id("o-2")])
        let gaps = news.filter { if case .condition(.gap) = $0 { true } else { false } }
        #expect(gaps.count == 2)
    }

    @Test func aTickerIsAQuoteOnOurClock() throws {
        var feed = Feeding(.market, [try symbol("ABC-USD")])
        let ticker = #"{"type":"ticker","product_id":"ABC-USD","best_bid":"11.99","best_ask":"12.01"}"#
        let other = #"{"product_id":"X-USD","best_bid":"1","best_ask":"2"}"#
        let batch = #"{"product_id":"ABC-USD","price":"12","best_bid":"","best_ask":""}"#
        #expect(
            feed.tell(
                "ticker", #"{"type":"snapshot","tickers":[\#(ticker),\#(other),\#(batch)]}"#,
                offset: .milliseconds(123)) == [
                    .quote(
                        Quote(
                            symbol: try symbol("ABC-USD"), bid: try price("11.99"), ask: try price("12.01"),
                            at: try instant("2026-11-22T10:00:00.000456789Z")))
                ])
    }

    @Test func aMarketShownUnderAnotherNameIsFound() throws {
        let (usd, usdc) = (try symbol("ABC-USD"), try symbol("ABC-USDC"))
        let ticker = #"{"tickers":[{"product_id":"ABC-USD","best_bid":"1","best_ask":"2"}]}"#
        func quoted(_ symbols: [Symbol], aliases: [Symbol: Symbol]) -> [Symbol] {
            var feed = Feeding(.market, symbols)
            feed.state.learn(aliases: aliases)
            return feed.tell("ticker", ticker).compactMap {
                if case .quote(let quote) = $0 { quote.symbol } else { nil }
            }
        }
        #expect(quoted([usdc], aliases: [:]) == [])
        #expect(quoted([usdc], aliases: [usdc: usd]) == [usdc])
        #expect(quoted([usd, usdc], aliases: [usdc: usd]) == [usd, usdc])
    }

    @Test func aMissingMessageIsAGap() {
        var feed = Feeding(.market)
        #expect(feed.tell("heartbeats", #"{"heartbeat_counter":"1"}"#) == [])
        feed.sequence += 1
        #expect(
            feed.tell("heartbeats", "{}") == [.condition(.gap("message 1 was expected, 2 came"))])
        #expect(feed.tell("heartbeats", "{}") == [])
        feed.sequence -= 1
        #expect(feed.tell("heartbeats", "{}").count == 1)
        // The counter of a new connection begins anew.
        _ = feed.state.opened(at: stamp(1).monotonic)
        feed.sequence = 0
        #expect(feed.tell("heartbeats", "{}") == [])
        // The first message of a connection can be missed as well.
        _ = feed.state.opened(at: stamp(1).monotonic)
        #expect(feed.tell("heartbeats", "{}").count == 1)
    }

    @Test(arguments: ["", "{", "<html>", "[]", "null", "\"x\""])
    func aMessageThatCannotBeReadIsAGap(_ text: String) {
        var feed = Feeding(.orders)
        guard case .condition(.gap)? = feed.raw(text).first else {
            Issue.record("no gap")
            return
        }
        // Its number is not known, so that the next one is not a second gap.
        feed.sequence = 1
        #expect(feed.tell("heartbeats", "{}") == [])
    }

    @Test func anErrorEndsTheFeed() {
        var feed = Feeding(.orders)
        #expect(
            feed.raw(#"{"type":"error","message":"authentication failure"}"#) == [
                .condition(.lost("the venue says: authentication failure")), .close,
            ])
        #expect(feed.raw("{}") == [])
        #expect(feed.state.closed("gone") == [])
    }

    @Test func theLossOfAConnectionIsToldOnce() {
        var feed = Feeding(.market)
        #expect(feed.state.closed("by the other side") == [.condition(.lost("by the other side"))])
        #expect(feed.state.closed("again") == [])
        #expect(feed.state.check(at: stamp(100).monotonic) == [])
    }

    @Test func aConnectionThatNeverOpensIsLost() {
        var state = FeedState(.orders, symbols: [])
        #expect(state.closed("before anything") == [])
        state.opening(at: stamp(0).monotonic)
        #expect(state.closed("connection refused") == [.condition(.lost("connection refused"))])
        state.opening(at: stamp(1).monotonic)
        #expect(state.check(at: stamp(16).monotonic) == [])
        #expect(state.check(at: stamp(16.1).monotonic).last == .close)
        #expect(state.check(at: stamp(60).monotonic) == [])
    }

    @Test func silenceIsToldOnceUntilSomethingIsHeard() {
        var feed = Feeding(.market)
        _ = feed.acknowledge("ticker", "heartbeats")
        #expect(feed.state.check(at: stamp(5).monotonic) == [])
        #expect(feed.state.check(at: stamp(5.1).monotonic) == [.condition(.silent)])
        #expect(feed.state.check(at: stamp(60).monotonic) == [])
        feed.now = 61
        #expect(feed.tell("heartbeats", "{}") == [])
        #expect(feed.state.check(at: stamp(66).monotonic) == [])
        #expect(feed.state.check(at: stamp(66.5).monotonic) == [.condition(.silent)])
    }

    @Test func aFeedThatIsNeverAcknowledgedIsGivenUp() {
        var feed = Feeding(.orders)
        _ = feed.acknowledge("user")
        feed.now = 14
        _ = feed.tell("heartbeats", "{}")
        #expect(feed.state.check(at: stamp(15).monotonic) == [])
        let news = feed.state.check(at: stamp(15.5).monotonic)
        #expect(news.last == .close)
        guard case .condition(.lost(let why))? = news.first else {
            Issue.record("not lost")
            return
        }
        #expect(why.contains("heartbeats"))
    }

    @Test func whatNobodyAskedForIsIgnored() {
        var feed = Feeding(.orders)
        #expect(feed.tell("l2_data", #"{"type":"snapshot"}"#) == [])
        #expect(feed.tell("user", #"{"type":"update","positions":{}}"#) == [])
        #expect(
            feed.tell("ticker", #"{"tickers":[{"product_id":"A-B","best_bid":"1","best_ask":"2"}]}"#) == [])
        #expect(feed.raw(#"{"channel":"user","events":{}}"#) == [])
        #expect(feed.raw(#"{"channel":7}"#) == [])
    }
}
