// The yardstick of the stop benchmark over the wire: a client that knows every order, cancels them in batches as
// fast as connections and rate allow, and asks for one listing when the last batch is answered. It uses the
// adapter's own connections, tokens and requests, decodes nothing meanwhile and writes nothing down. It subscribes to
// the order feed and looks at nothing there, so that the sandbox has as much to tell as it has to the daemon.

import CLinux
import Coinbase
import NIOCore
import NIOPosix
import Trading
import TradingDomain
import Transport
import WebTokens

struct BareWireSettings {
    var url: String
    var keyFile: String
    var connections = 16
    var batch = 100
    var burst = 30
    var perSecond = 30
}

/// Lives on the lane's event loop.
final class BareWire {
    private let settings: BareWireSettings
    private let loop: any EventLoop
    private let lane: HTTPLane
    private let writer = CommandWriter(page: 250)
    private var orders: [ExchangeOrderID] = []
    private var batches: ArraySlice<[ExchangeOrderID]> = []
    private var sent = 0
    private var underWay = 0
    private var refused = 0
    private var isTimed = false
    private var firstSentAt = NIODeadline.uptimeNanoseconds(0)
    private var (began, answered): (Int64, Int64) = (0, 0)
    private let result: EventLoopPromise<String>

    /// A little later than the rate allows: requests do not arrive as evenly as they leave.
    private static let margin = TimeAmount.milliseconds(3)

    static func run(_ settings: BareWireSettings) throws -> String {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let key = try KeyFile(path: settings.keyFile)
        let endpoint = try Endpoint(settings.url, .rest)
        let host = endpoint.hostAndPort
        let lane = HTTPLane(endpoint, connections: settings.connections, trust: .system, on: loop) {
            try WebToken.make(
                key: key, uri: "\($0.method) \(host)\($0.path)",
                issuedAt: cl_utc_nanoseconds() / 1_000_000_000, life: 60, nonce: "bare")
        }
        let subscription = Subscription("user").text(
            token: try WebToken.make(
                key: key, uri: nil, issuedAt: cl_utc_nanoseconds() / 1_000_000_000, life: 60, nonce: "bare"))
        let opened = loop.makePromise(of: Void.self)
        let feed = WebSocketClient(
            try Endpoint("ws://" + host + "/ws", .webSocket), trust: .system, on: loop
        ) { event in
            switch event {
            case .opened: opened.succeed()
            case .closed(let why): opened.fail(Surprise("the order feed: \(why)"))
            case .text: break
            }
        }
        feed.connect()
        try opened.futureResult.wait()
        feed.send(subscription)
        let promise = loop.makePromise(of: String.self)
        loop.execute {
            let client = BareWire(settings, loop, lane, promise)
            lane.warm()
            client.list(client.bound, cursor: nil) { client, page in client.take(page) }
        }
        defer {
            feed.close()
            lane.close()
        }
        return try promise.futureResult.wait()
    }

    private init(
        _ settings: BareWireSettings, _ loop: any EventLoop, _ lane: HTTPLane,
        _ result: EventLoopPromise<String>
    ) {
        self.settings = settings
        self.loop = loop
        self.lane = lane
        self.result = result
    }

    private var bound: NIOLoopBound<BareWire> { NIOLoopBound(self, eventLoop: loop) }

    private func send(_ request: WireRequest, _ done: @escaping @Sendable (HTTPOutcome) -> Void) {
        lane.send(
            HTTPRequest(
                method: request.method, path: request.path, query: request.query, body: request.body),
            patience: .seconds(15), done)
    }

    private func fail(_ what: String) { result.fail(Surprise(what)) }

    // MARK: Before

    private func list(
        _ me: NIOLoopBound<BareWire>, cursor: String?,
        _ then: @escaping @Sendable (BareWire, HTTPOutcome) -> Void
    ) {
        guard lane.isWarm else {
            _ = loop.scheduleTask(in: .milliseconds(20)) { me.value.list(me, cursor: cursor, then) }
            return
        }
        send(writer.orders(OrderQuery(.working(), cursor: cursor), clock: nil)) { then(me.value, $0) }
    }

    private func take(_ outcome: HTTPOutcome) {
        guard case .page(let page)? = Self.decoded(outcome) else { return fail("the listing: \(outcome)") }
        orders += page.orders.map(\.exchangeOrderID)
        if let next = page.nextCursor {
            return list(bound, cursor: next) { client, page in client.take(page) }
        }
        let size = settings.batch
        batches =
            stride(from: 0, to: orders.count, by: size)
            .map { Array(orders[$0..<min($0 + size, orders.count)]) }[...]
        // The bucket fills up again.
        _ = loop.scheduleTask(in: .seconds(3)) { [me = bound] in
            me.value.began = cl_utc_nanoseconds()
            me.value.pump()
        }
    }

    private static func decoded(_ outcome: HTTPOutcome) -> OrdersOutcome? {
        guard case .answered(let answer) = outcome else { return nil }
        return OrdersAnswer.outcome(
            of: Coinbase.Reply(
                endpoint: "the listing", status: answer.status, headers: answer.headers, body: answer.body))
    }

    // MARK: What is measured

    private func pump() {
        while let batch = batches.first, underWay < settings.connections {
            let now = NIODeadline.now()
            let due = dueOfNext
            guard due <= now else {
                guard !isTimed else { return }
                isTimed = true
                _ = loop.scheduleTask(deadline: due) { [me = bound] in
                    me.value.isTimed = false
                    me.value.pump()
                }
                return
            }
            guard let request = writer.cancel(batch) else { return fail("an empty batch") }
            batches = batches.dropFirst()
            if sent == 0 { firstSentAt = now }
            sent += 1
            underWay += 1
            send(request) { [me = bound] in me.value.finished(batch, $0) }
        }
        guard batches.isEmpty, underWay == 0 else { return }
        answered = cl_utc_nanoseconds()
        prove()
    }

    /// The exchange counts from when it takes the first request, and the first ones come out of a full bucket.
    private var dueOfNext: NIODeadline {
        guard sent >= settings.burst else { return .uptimeNanoseconds(0) }
        let refill = TimeAmount.nanoseconds(1_000_000_000 / Int64(settings.perSecond))
        return firstSentAt + refill * (sent + 1 - settings.burst) + Self.margin
    }

    private func finished(_ batch: [ExchangeOrderID], _ outcome: HTTPOutcome) {
        underWay -= 1
        guard case .answered(let answer) = outcome else { return fail("a batch: \(outcome)") }
        switch answer.status {
        case 200: break
        case 429:
            refused += 1
            batches.append(batch)
        default: return fail("a batch: HTTP \(answer.status)")
        }
        pump()
    }

    private func prove() {
        list(bound, cursor: nil) { client, outcome in
            let proved = cl_utc_nanoseconds()
            guard case .page(let page)? = Self.decoded(outcome), page.orders.isEmpty else {
                return client.fail("the listing still shows orders, or failed: \(outcome)")
            }
            client.result.succeed(
                #"{"orders":\#(client.orders.count),"began_ns":\#(client.began),"#
                    + #""answered_ns":\#(client.answered),"proved_ns":\#(proved),"refused":\#(client.refused)}"#
            )
        }
    }
}
