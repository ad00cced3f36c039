// What the connections of one server share; lives on the server's thread alone.

import Daemon
import NIOCore
import NIOHTTP1
import NIOPosix
import Trading
import TradingDomain

final class ServerContext {
    let desk: ControlDesk
    let router: ControlRouter
    private(set) var admission: Admission
    private let loop: any EventLoop
    private var connections: [ObjectIdentifier: ControlConnection] = [:]
    private var serial = 0
    private var lastStatusAt: MonotonicInstant?
    private var isClosing = false

    /// Between two overviews that only prices changed.
    private static let statusPause: Duration = .milliseconds(500)
    private static let keepAlive: TimeAmount = .seconds(15)

    init(_ settings: ControlSettings, desk: ControlDesk, routes: [ControlRoute], on loop: any EventLoop) {
        self.desk = desk
        self.loop = loop
        router = ControlRouter(routes)
        admission = Admission(token: nil, hosts: [])
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: Self.keepAlive, delay: Self.keepAlive) { _ in
            bound.value.keepListenersAlive()
        }
    }

    /// Clients may name the address itself, the usual names of this machine where it is one, and what is configured.
    func listens(at tcp: ControlSettings.TCP, port: Int) {
        let host = tcp.host.contains(":") ? "[\(tcp.host)]" : tcp.host
        var hosts: Set<String> = ["\(host):\(port)"]
        if ["127.0.0.1", "::1", "localhost", "0.0.0.0", "::"].contains(tcp.host) {
            hosts.formUnion(["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"])
        }
        hosts.formUnion(tcp.hosts.map { $0.lowercased() })
        admission = Admission(token: tcp.token, hosts: hosts)
    }

    /// For what has nothing to wait for.
    var done: EventLoopFuture<Void> { loop.makeSucceededVoidFuture() }

    // MARK: Connections

    /// Nobody keeps others out by connections alone: a newcomer on TCP takes the place of a stranger, and whoever has
    /// shown the token is not counted among those.
    func admit(_ channel: any Channel, isTCP: Bool) throws {
        guard !isClosing, isTCP ? makeRoomForStranger() : makeRoom(among: { !$0.isTCP }) else {
            return try channel.pipeline.syncOperations.addHandler(FullHouse())
        }
        serial += 1
        let connection = ControlConnection(self, isTCP: isTCP, serial: serial)
        connections[ObjectIdentifier(connection)] = connection
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
        try pipeline.addHandler(connection)
    }

    func left(_ connection: ControlConnection) {
        connections.removeValue(forKey: ObjectIdentifier(connection))
    }

    /// The oldest stranger goes, of the source that has most of them.
    private func makeRoomForStranger() -> Bool {
        let strangers = connections.values.filter { $0.isTCP && !$0.isKnown }
        guard strangers.count >= ControlServer.connectionLimit else { return true }
        let sources = Dictionary(grouping: strangers) { $0.source }
        let oldest = sources.values.compactMap { crowd in
            crowd.min { $0.serial < $1.serial }.map { (count: crowd.count, connection: $0) }
        }
        let leaver = oldest.max { ($0.count, -$0.connection.serial) < ($1.count, -$1.connection.serial) }
        remove(leaver?.connection)
        return true
    }

    /// For one that has just shown the token.
    func makeRoomForKnown() -> Bool { makeRoom(among: { $0.isTCP && $0.isKnown }) }

    /// The one that waits longest for nothing goes; false where all of them are being served.
    private func makeRoom(among isOne: (ControlConnection) -> Bool) -> Bool {
        let all = connections.values.filter(isOne)
        guard all.count >= ControlServer.connectionLimit else { return true }
        guard let leaver = all.filter(\.isIdle).min(by: { $0.serial < $1.serial }) else { return false }
        remove(leaver)
        return true
    }

    private func remove(_ connection: ControlConnection?) {
        guard let connection else { return }
        left(connection)
        connection.leave()
    }

    // MARK: Events

    func sendEvents() {
        let (items, overview, report) = desk.hub.take()
        var text = ""
        for item in items { text += EventText.of(item) }
        if let overview, isStatusDue() { text += EventText.of(.status(overview)) }
        if let report { text += EventText.of(.report(report)) }
        guard !text.isEmpty else { return }
        for connection in connections.values { connection.sendEvent(text) }
    }

    private func isStatusDue() -> Bool {
        let now = realNow()
        guard lastStatusAt.map({ now - $0 >= Self.statusPause }) ?? true else { return false }
        lastStatusAt = now
        return true
    }

    private func keepListenersAlive() {
        for connection in connections.values { connection.sendEvent(": still here\n\n") }
    }

    /// The last events, then the end of every connection.
    func closeAll() -> EventLoopFuture<Void> {
        sendEvents()
        isClosing = true
        let closed = connections.values.map { $0.finish() }
        return EventLoopFuture.andAllComplete(closed, on: loop)
    }
}

/// One connection too many: it is told so, and closed.
private final class FullHouse: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let words: [UInt8] = {
        let body = #"{"do":"try again later","error":"busy","what":"too many connections"}"#
        return Array(
            ("HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\n"
                + "content-length: \(body.utf8.count)\r\n\r\n" + body).utf8)
    }()

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(
            wrapOutboundOut(context.channel.allocator.buffer(bytes: Self.words)), promise: nil)
        context.close(promise: nil)
    }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
