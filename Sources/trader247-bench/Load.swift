// A steady rate of requests to the sandbox, whatever it answers: creates and cancels in equal parts, with look-ups,
// prices and lists between them, each signed. Counts what was answered well, and how long it took.

import CLinux
import Coinbase
import NIOCore
import NIOPosix
import Trading
import TradingDomain
import Transport
import WebTokens

/// Lives on the lane's event loop.
final class Load {
    private let loop: any EventLoop
    private let lane: HTTPLane
    private let rate: Int64
    private let total: Int64
    private var began = NIODeadline.now()
    private var number: Int64 = 0
    private var finished: Int64 = 0
    private var (refused, unsent, broken): (Int64, Int64, Int64) = (0, 0, 0)
    private var resting: [String] = []
    private var oldest = 0
    private var times: [Int64] = []
    private let result: EventLoopPromise<String>

    static func run(url: String, keyFile: String, rate: Int64, seconds: Int64) throws -> String {
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let key = try KeyFile(path: keyFile)
        let endpoint = try Endpoint(url, .rest)
        let host = endpoint.hostAndPort
        let lane = HTTPLane(endpoint, connections: 64, trust: .system, on: loop) {
            try WebToken.make(
                key: key, uri: "\($0.method) \(host)\($0.path)",
                issuedAt: cl_utc_nanoseconds() / 1_000_000_000, life: 60, nonce: "load")
        }
        let promise = loop.makePromise(of: String.self)
        loop.execute {
            let load = Load(loop, lane, rate, rate * seconds, promise)
            lane.warm()
            load.begin(load.bound)
        }
        defer { lane.close() }
        return try promise.futureResult.wait()
    }

    private init(
        _ loop: any EventLoop, _ lane: HTTPLane, _ rate: Int64, _ total: Int64,
        _ result: EventLoopPromise<String>
    ) {
        self.loop = loop
        self.lane = lane
        self.rate = rate
        self.total = total
        self.result = result
        times.reserveCapacity(Int(total))
    }

    private var bound: NIOLoopBound<Load> { NIOLoopBound(self, eventLoop: loop) }

    private func begin(_ me: NIOLoopBound<Load>) {
        guard lane.isWarm else {
            _ = loop.scheduleTask(in: .milliseconds(20)) { me.value.begin(me) }
            return
        }
        began = .now()
        tick(me)
    }

    private func tick(_ me: NIOLoopBound<Load>) {
        let passed = (NIODeadline.now() - began).nanoseconds
        let due = min(total, passed * rate / 1_000_000_000)
        while number < due {
            number += 1
            send(me)
        }
        guard number < total else { return }
        _ = loop.scheduleTask(in: .milliseconds(1)) { me.value.tick(me) }
    }

    private func send(_ me: NIOLoopBound<Load>) {
        let request = next()
        let isCreate = request.path.hasSuffix("/orders")
        let sentAt = cl_boot_nanoseconds()
        lane.send(request, patience: .seconds(10)) { me.value.heard($0, sentAt: sentAt, isCreate: isCreate) }
    }

    private func heard(_ outcome: HTTPOutcome, sentAt: Int64, isCreate: Bool) {
        finished += 1
        switch outcome {
        case .unsent: unsent += 1
        case .ambiguous: broken += 1
        case .answered(let answer) where answer.status == 200:
            times.append(cl_boot_nanoseconds() - sentAt)
            if isCreate, !remember(answer) { refused += 1 }
        case .answered: refused += 1
        }
        if finished == total { end() }
    }

    /// False when the order was refused.
    private func remember(_ answer: HTTPAnswer) -> Bool {
        let reply = Coinbase.Reply(
            endpoint: "create", status: answer.status, headers: answer.headers, body: answer.body)
        guard case .accepted(let acceptance) = PlacementAnswer.outcome(of: reply) else { return false }
        resting.append(acceptance.exchangeOrderID.description)
        return true
    }

    private func end() {
        let seconds = Double((NIODeadline.now() - began).nanoseconds) / 1e9
        times.sort()
        func share(_ permille: Int) -> Double {
            times.isEmpty
                ? 0 : Double(times[min(times.count - 1, times.count * permille / 1_000)] / 10_000) / 100
        }
        result.succeed(
            #"{"requests":\#(total),"answered":\#(times.count),"refused":\#(refused),"unsent":\#(unsent),"#
                + #""broken":\#(broken),"per_second":\#(Int(Double(times.count) / seconds)),"#
                + #""median_ms":\#(share(500)),"p99_ms":\#(share(990)),"longest_ms":\#(share(1_000))}"#)
    }

    // MARK: The mix

    private static let prefix = "/api/v3/brokerage"

    private func next() -> HTTPRequest {
        if number % 100 == 0 { return get("/orders/historical/batch", "order_status=OPEN&limit=250") }
        switch number % 10 {
        case 1, 3, 5, 7: break
        case 8 where oldest < resting.count: return get("/orders/historical/" + resting[oldest])
        case 9: return get("/best_bid_ask", "product_ids=BTC-USD")
        default:
            guard oldest < resting.count else { return get("/time") }
            oldest += 1
            return post("/orders/batch_cancel", #"{"order_ids":["\#(resting[oldest - 1])"]}"#)
        }
        return post(
            "/orders",
            #"{"client_order_id":"load-\#(number)","product_id":"BTC-USD","side":"BUY","order_configuration":"#
                + #"{"limit_limit_gtc":{"base_size":"0.0001","limit_price":"\#(20_000 + number % 5_000)"}}}"#)
    }

    private func get(_ path: String, _ query: String = "") -> HTTPRequest {
        HTTPRequest(method: "GET", path: Self.prefix + path, query: query)
    }

    private func post(_ path: String, _ body: String) -> HTTPRequest {
        HTTPRequest(method: "POST", path: Self.prefix + path, body: Array(body.utf8))
    }
}
