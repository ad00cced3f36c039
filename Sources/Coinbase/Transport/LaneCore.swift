// The lane's own state, on its event loop: which connections stand, which are being opened, when to try again.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

final class LaneCore {
    private static let connectTimeout: TimeAmount = .seconds(5)
    private static let firstPause: Int64 = 50
    private static let longestPause: Int64 = 5_000

    private let endpoint: Endpoint
    private let wanted: Int
    private let tls: NIOSSLContext?
    private let loop: any EventLoop
    private let idleLimit: Duration
    private let authorize: HTTPLane.Authorize
    private let gauge: LaneGauge

    /// Free ones last used last.
    private var free: [LaneConnection] = []
    private var busy = 0
    private var opening = 0
    private var failures = 0
    private var retryIsSet = false
    private var isOpen = false
    /// Why the last attempt to connect failed; nil once one succeeded.
    private var trouble: String?

    init(
        _ endpoint: Endpoint, _ wanted: Int, _ tls: NIOSSLContext?, _ loop: any EventLoop,
        _ idleLimit: Duration, _ authorize: @escaping HTTPLane.Authorize, _ gauge: LaneGauge
    ) {
        self.endpoint = endpoint
        self.wanted = wanted
        self.tls = tls
        self.loop = loop
        self.idleLimit = idleLimit
        self.authorize = authorize
        self.gauge = gauge
    }

    func warm() {
        isOpen = true
        fill()
    }

    func close() {
        isOpen = false
        let connections = free
        free = []
        gauge.value = 0
        for connection in connections { connection.close() }
    }

    // MARK: Requests

    func send(_ request: HTTPRequest, _ patience: Duration, _ done: @escaping @Sendable (HTTPOutcome) -> Void)
    {
        dropStale()
        guard let connection = free.popLast() else { return done(.unsent(whyNone)) }
        let token: String?
        do {
            token = try authorize(request)
        } catch {
            free.append(connection)
            return done(.unsent("the request could not be signed: \(error)"))
        }
        busy += 1
        gauge.value = free.count
        connection.send(request, host: endpoint.hostAndPort, token: token, patience, done)
    }

    private var whyNone: String {
        if busy > 0 { return "all \(busy) connections to \(endpoint.hostAndPort) are in use" }
        return "no connection to \(endpoint.hostAndPort): \(trouble ?? "it is being opened")"
    }

    /// Connections that were idle for long may be dead at the other end: a request on one would be ambiguous.
    private func dropStale() {
        let stale = free.prefix { !$0.isFresh(within: idleLimit) }
        guard !stale.isEmpty else { return }
        free.removeFirst(stale.count)
        gauge.value = free.count
        for connection in stale { connection.close() }
        fill()
    }

    // MARK: What connections say

    func becameFree(_ connection: LaneConnection) {
        busy -= 1
        guard isOpen else { return connection.close() }
        free.append(connection)
        gauge.value = free.count
    }

    func ended(_ connection: LaneConnection, wasBusy: Bool) {
        if wasBusy { busy -= 1 }
        free.removeAll { $0 === connection }
        gauge.value = free.count
        fill()
    }

    // MARK: Opening

    private func fill() {
        guard isOpen, !retryIsSet else { return }
        while free.count + busy + opening < wanted { open() }
    }

    private func open() {
        opening += 1
        let connection = NIOLoopBound(LaneConnection(self, loop), eventLoop: loop)
        let endpoint = endpoint
        let tls = tls
        ClientBootstrap(group: loop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(TLSTrust.handler(tls, endpoint)) }
                    try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                    connection.value.waitsForTLS = tls != nil
                    try pipeline.addHandler(connection.value)
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .assumeIsolated()
            .whenFailure { [weak self] error in self?.failed("\(error)") }
    }

    /// The connection stands, encryption included.
    func opened(_ connection: LaneConnection) {
        opening -= 1
        failures = 0
        trouble = nil
        guard isOpen else { return connection.close() }
        // Behind those that were used: fresh ones go last.
        free.insert(connection, at: 0)
        gauge.value = free.count
    }

    func failed(_ reason: String) {
        opening -= 1
        failures += 1
        trouble = reason
        guard isOpen, !retryIsSet else { return }
        retryIsSet = true
        // Full jitter, so that many clients do not come back at once.
        let limit = min(Self.firstPause << min(failures - 1, 10), Self.longestPause)
        let pause = TimeAmount.milliseconds(.random(in: 5...max(5, limit)))
        loop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            self?.retryIsSet = false
            self?.fill()
        }
    }
}
