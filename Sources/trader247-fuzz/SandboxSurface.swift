// The sandbox as whoever reaches its port meets it: the venue's calls, the control plane and the feed's frames, in one life
// of the book after the other.

import NIOCore
import Sandbox

struct SandboxSurface {
    static let steps = 60

    private let mutator = Mutator(Self.templates.map(\.body) + Self.subscriptions)

    /// - Returns: what was wrong.
    func run(_ random: inout SplitMix) -> [String] {
        var settings = SandboxSettings()
        settings.clients = nil
        settings.seed = random.next()
        settings.market = random.below(4) == 0 ? .simulated : .still
        let box = Box()
        var episode = Episode { channel in try box.sandbox?.serve(channel) }
        do {
            box.sandbox = try BareSandbox(settings, on: episode.loop)
        } catch {
            return ["no sandbox: \(error)"]
        }
        var wrong: [String] = []
        for _ in 0..<Self.steps {
            if random.below(5) == 0 {
                frames(&episode, &random)
            } else {
                let place = random.below(Self.templates.count)
                let template = Self.templates[place]
                let body = mutator.wish(&random, of: place)
                let request = Episode.request(
                    template, body: body, headers: ["host: localhost:8247"], &random)
                var answer = episode.say(request)
                if answer.isEmpty { answer = episode.wait(Int64(random.below(3_000))) }
                if Episode.status(answer) == 500 {
                    wrong.append("500 to \(String(decoding: request.prefix(400), as: UTF8.self))")
                }
            }
        }
        // What rests on a faulty plan is gone, and the book must still be sound.
        episode.end()
        wrong += (box.sandbox?.inconsistencies ?? []).map { "the book: \($0)" }
        box.sandbox?.stop()
        return wrong
    }

    private final class Box { var sandbox: BareSandbox? }

    private static let upgrade = Array(
        ("GET /ws HTTP/1.1\r\nhost: localhost:8247\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            + "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").utf8)

    private func frames(_ episode: inout Episode, _ random: inout SplitMix) {
        episode.end()
        _ = episode.say(Self.upgrade)
        for _ in 0...random.below(8) {
            let place = Self.templates.count + random.below(Self.subscriptions.count)
            _ = episode.say(Episode.frame(mutator.body(&random, of: place), &random))
            _ = episode.wait(Int64(random.below(1_500)))
        }
        episode.end()
    }

    private static let subscriptions: [[UInt8]] = [
        #"{"type":"subscribe","channel":"user","product_ids":["BTC-USD"],"jwt":"a.b.c"}"#,
        #"{"type":"subscribe","channel":"heartbeats"}"#,
        #"{"type":"subscribe","channel":"level2","product_ids":["BTC-USD","ETH-USD"]}"#,
        #"{"type":"subscribe","channel":"ticker","product_ids":["SOL-USD"]}"#,
        #"{"type":"subscribe","channel":"candles","product_ids":[]}"#,
        #"{"type":"subscribe","channel":"market_trades"}"#, #"{"type":"subscribe","channel":"status"}"#,
        #"{"type":"unsubscribe","channel":"ticker","product_ids":["BTC-USD"]}"#,
    ].map { Array($0.utf8) }

    private static let api = "/api/v3/brokerage"
    private static let order =
        #""product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":"0.01","limit_price":"50000","post_only":true}}}"#

    private static let templates: [Episode.Template] = [
        .init("GET", "\(api)/time"), .init("GET", "\(api)/products?limit=2&offset=1&product_ids=BTC-USD"),
        .init("GET", "\(api)/market/products/BTC-USD/ticker?limit=5&start=0&end=1790000000"),
        .init(
            "GET",
            "\(api)/market/products/BTC-USD/candles?start=1790000000&end=1790003600&granularity=ONE_MINUTE&limit=10"
        ),
        .init("GET", "\(api)/market/product_book?product_id=BTC-USD&limit=3"),
        .init("GET", "\(api)/best_bid_ask?product_ids=BTC-USD"),
        .init("GET", "\(api)/accounts?limit=2&cursor=1"),
        .init("GET", "\(api)/transaction_summary"), .init("GET", "\(api)/portfolios"),
        .init(
            "GET",
            "\(api)/orders/historical/batch?order_status=OPEN&limit=3&cursor=2&start_date=2026-01-01T00:00:00Z&end_date=2262-01-01T00:00:00Z"
        ),
        .init(
            "GET",
            "\(api)/orders/historical/fills?limit=3&cursor=9223372036854775807.1&start_sequence_timestamp=1678-01-01T00:00:00Z"
        ),
        .init("POST", "\(api)/orders", #"{"client_order_id":"a-1","# + order),
        .init("POST", "\(api)/orders", #"{"client_order_id":"a-2","# + order),
        .init(
            "POST", "\(api)/orders",
            #"{"client_order_id":"a-3","product_id":"ETH-USD","side":"SELL","order_configuration":{"market_market_ioc":{"base_size":"0.5"}}}"#
        ),
        .init(
            "POST", "\(api)/orders",
            #"{"client_order_id":"a-4","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtd":{"quote_size":"100","limit_price":"60000","end_time":"2262-04-11T00:00:00Z"}}}"#
        ),
        .init("POST", "\(api)/orders/batch_cancel", #"{"order_ids":["a","b"]}"#),
        .init("POST", "\(api)/orders/edit", #"{"order_id":"a","price":"1","size":"1"}"#),
        .init("GET", "/_control"), .init("GET", "/_control/faults"),
        .init(
            "POST", "/_control/faults",
            #"[{"endpoint":"*","action":"slowCancel","ms":20,"nth":1,"count":2,"duration_ms":100,"probability":0.5,"seed":7}]"#
        ),
        .init(
            "POST", "/_control/faults",
            #"{"endpoint":"POST /orders/batch_cancel","action":"fillDuringCancel","permille":500,"every":2}"#),
        .init(
            "POST", "/_control/faults", #"{"endpoint":"*","action":"tooMany429","retry_after":1,"count":1}"#),
        .init(
            "POST", "/_control/faults", #"{"endpoint":"*","action":"redirect307","location":"/x","count":1}"#),
        .init("POST", "/_control/faults", #"{"endpoint":"WS *","action":"wsSilence","ms":100,"count":1}"#),
        .init("POST", "/_control/faults", #"{"endpoint":"POST /orders","action":"pendingCreate","ms":50}"#),
        .init("DELETE", "/_control/faults?id=1"),
        .init("POST", "/_control/latency", #"{"endpoint":"*","ms":2,"jitter_ms":1,"us":5,"jitter_us":3}"#),
        .init("DELETE", "/_control/latency"),
        .init("POST", "/_control/rate", #"{"burst":30,"per_second":30}"#),
        .init("POST", "/_control/lag", #"{"ms":500,"sizes_ms":10,"fills_ms":10}"#),
        .init("POST", "/_control/lists", #"{"open_limit":10,"open_alone":false}"#),
        .init("POST", "/_control/moves", #"{"statuses":["PENDING","OPEN"],"prefix":"f-","next":2}"#),
        .init(
            "POST", "/_control/disguise",
            #"{"client_order_ids":["f-1"],"order_configuration":{"peg":{"offset":"1"}},"order_type":"PEG","hide_product":true}"#
        ),
        .init(
            "POST", "/_control/user_channel",
            #"{"withhold":false,"client_order_ids":["f-1"],"prefixes":["f-"]}"#),
        .init("POST", "/_control/portfolios", #"{"name":"other","keys":[],"balances":{"USD":"1000"}}"#),
        .init("POST", "/_control/clock", #"{"skew_ms":30000}"#), .init("GET", "/_control/clock"),
        .init("POST", "/_control/permissions", #"{"can_view":true,"can_trade":true,"can_transfer":true}"#),
        .init("POST", "/_control/market", #"{"action":"freeze"}"#),
        .init("POST", "/_control/market", #"{"action":"thaw"}"#),
        .init(
            "POST", "/_control/market",
            #"{"action":"set","product":"BTC-USD","bid":"49000","ask":"51000","size":"1","levels":10}"#),
        .init(
            "POST", "/_control/market",
            #"{"action":"trade","product":"BTC-USD","side":"SELL","size":"0.5","price":"40000"}"#),
        .init("POST", "/_control/market", #"{"action":"status","product":"BTC-USD","status":"online"}"#),
        .init(
            "POST", "/_control/orders",
            #"{"count":3,"product":"BTC-USD","side":"BUY","price":"100","step":"1","size":"0.1","prefix":"f-","post_only":false}"#
        ),
        .init(
            "POST", "/_control/orders",
            #"{"price":"100","client_order_ids":["f-1"],"after":{"prefix":"a-","lists":1,"ms":50}}"#),
        .init("POST", "/_control/orders", #"{"price":"100","client_order_ids":["f-1","f-2"]}"#),
        .init("POST", "/_control/fill", #"{"client_order_id":"f-1","permille":1000}"#),
        .init(
            "POST", "/_control/fills",
            #"{"entry_id":"x","trade_type":"REVERSAL","price":"1","size":"1","commission":"1"}"#),
        .init("POST", "/_control/cancel", #"{"client_order_id":"f-2"}"#),
        .init("POST", "/_control/fail", #"{"client_order_id":"f-1","reason":"no more"}"#),
        .init("GET", "/_control/book?working=true&prefix=f-&audit=true"),
        .init("GET", "/_control/requests?after=0&limit=10"), .init("DELETE", "/_control/requests"),
        .init("GET", "/_control/sockets"), .init("POST", "/_control/sockets", #"{"action":"close_clean"}"#),
    ]
}
