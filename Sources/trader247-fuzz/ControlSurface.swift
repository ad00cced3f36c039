// The control API as a client on TCP meets it. What must hold besides: without the token no word ever reaches the bot, and
// no answer tells of it.

import Control
import Daemon
import NIOCore
import Trading
import TradingDomain

struct ControlSurface: Sendable {
    static let steps = 60
    private static let token = "the-token-of-the-fuzzer"

    private let mutator = Mutator(Self.templates.map(\.body))
    /// Never works: an answer that needs the disk would come from another thread.
    private let worker: WorkThread

    init() throws { worker = try WorkThread("fuzz", limit: 0) }

    /// - Returns: what was wrong.
    func run(_ random: inout SplitMix) -> [String] {
        let inbox = Inbox()
        let desk = ControlDesk(inbox: inbox)
        let routes = ControlRoutes(
            facts: .init(version: "fuzz", pid: 1, stateDirectory: "/nowhere"), desk: desk, worker: worker
        ) { _, answer in answer(.text("reloaded")) }
        let box = Box()
        var episode = Episode { channel in try box.control?.serve(channel) }
        box.control = BareControl(desk: desk, routes: routes.all, token: Self.token, on: episode.loop)
        let hasToken = random.below(2) == 0
        var wrong: [String] = []
        for step in 0..<Self.steps {
            let place = random.below(Self.templates.count)
            let body = mutator.wish(&random, of: place)
            var headers = ["host: \(random.below(16) == 0 ? "evil.example" : "127.0.0.1:1")"]
            if random.below(4) > 0 {
                headers.append("authorization: Bearer \(hasToken ? Self.token : Self.guess(&random))")
            }
            if random.below(16) == 0 { headers.append("origin: http://evil.example") }
            if random.below(16) == 0 { headers.append("expect: 100-continue") }
            if random.below(16) == 0 { headers.append(headers[random.below(headers.count)]) }
            var request: [UInt8] = []
            for _ in 0...(random.below(4) == 0 ? 3 : 0) {
                request += Episode.request(Self.templates[place], body: body, headers: headers, &random)
            }
            var answer = episode.say(request)
            // Whatever was asked is answered by the loop in its time.
            for number in 0..<4 {
                desk.answer(
                    OperatorReply(number: Int64(step * 4 + number + 1), outcome: .done("done")),
                    isDurable: true)
            }
            answer += episode.wait(1)
            if Episode.status(answer) == 500 {
                wrong.append("500 to \(String(decoding: request.prefix(400), as: UTF8.self))")
            }
            if random.below(32) == 0 { episode.end() }
            _ = episode.wait(Int64(random.below(20_000)))
        }
        episode.end()
        if !hasToken, inbox.depths.requests > 0 { wrong.append("a word was heard without the token") }
        return wrong
    }

    private final class Box { var control: BareControl? }

    private static func guess(_ random: inout SplitMix) -> String {
        let guesses = ["", "x", String(token.dropLast()), token + "x", token.uppercased(), "Bearer " + token]
        return guesses[random.below(guesses.count)]
    }

    private static let templates: [Episode.Template] = [
        .init("GET", "/livez"), .init("GET", "/readyz"), .init("GET", "/startupz"), .init("GET", "/"),
        .init("GET", "/v1/status"), .init("GET", "/v1/risk"), .init("GET", "/v1/universe"),
        .init("GET", "/v1/curve"), .init("GET", "/v1/events"),
        .init("GET", "/v1/orders?all=1&symbol=BTC-USD&limit=500"), .init("GET", "/v1/orders/a-1-1"),
        .init("GET", "/v1/fills?symbol=BTC-USD&limit=20"), .init("GET", "/v1/decisions?limit=50"),
        .init("GET", "/v1/stops/..%2fx"), .init("POST", "/v1/pause", #"{"reduce_only":true}"#),
        .init("POST", "/v1/resume", #"{"confirm":true}"#),
        .init("POST", "/v1/halt", #"{"reason":"a reason"}"#),
        .init("POST", "/v1/flatten", #"{"slippage_bps":50,"timeout_s":60,"then":"pause"}"#),
        .init("POST", "/v1/stop", "{}"), .init("POST", "/v1/sweep"), .init("POST", "/v1/reload"),
        .init("POST", "/v1/strategy", #"{"name":"grid","word":"disable"}"#),
    ]
}
