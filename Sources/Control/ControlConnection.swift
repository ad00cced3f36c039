// One connection: takes in a request within its limits of size and time, asks whether it may pass, has it served, and
// writes the answer. Whatever a client does wrong or slowly ends here.

import Daemon
import Glibc
import NIOCore
import NIOHTTP1
import TradingDomain

final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let headLimit = 16 * 1024
    static let bodyLimit = 64 * 1024
    /// What may wait for a slow reader.
    static let unsentLimit = 256 * 1024
    /// For the next request to begin and its head to be complete.
    private static let headTime: TimeAmount = .seconds(15)
    private static let bodyTime: TimeAmount = .seconds(10)
    /// For the answer to be made, and taken.
    private static let answerTime: TimeAmount = .seconds(15)

    private enum Stage { case head, body, answering, events, closed }

    let isTCP: Bool
    /// Grows with every connection of this server.
    let serial: Int
    /// On the socket; on TCP once it has shown the token.
    private(set) var isKnown: Bool
    var source: Source? { if case .tcp(let address, _) = peer { Source(address) } else { nil } }
    /// Nothing was asked that is not answered.
    var isIdle: Bool { stage == .head }

    private let server: ServerContext
    private var peer: Peer?
    private var context: ChannelHandlerContext?
    private var stage = Stage.head
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var refused: ControlResponse?
    private var clock: Scheduled<Void>?
    /// Counts requests, so that a late answer is not taken for another's.
    private var number = 0
    /// While the last answer is on its way, the next request waits here: at most one, since the pipeline hands over the
    /// next only when this one is answered.
    private var isUnsent = false
    private var held: [HTTPServerRequestPart] = []
    private var heldBytes = 0

    init(_ server: ServerContext, isTCP: Bool, serial: Int) {
        self.server = server
        self.isTCP = isTCP
        self.serial = serial
        isKnown = !isTCP
    }

    // MARK: The connection

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        if isTCP {
            peer = .tcp(
                address: context.remoteAddress?.ipAddress ?? "unknown", port: context.remoteAddress?.port ?? 0
            )
        } else {
            askKernel(context)
        }
        limit(Self.headTime)
    }

    /// Who sits at the other end of the socket.
    private func askKernel(_ context: ChannelHandlerContext) {
        struct Credentials: Sendable {
            var pid: Int32 = 0
            var uid: UInt32 = .max
            var gid: UInt32 = .max
        }
        guard let options = context.channel as? any SocketOptionProvider else {
            return context.close(promise: nil)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let asked: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        asked.whenComplete { result in
            let (connection, context) = bound.value
            guard case .success(let credentials) = result,
                credentials.uid == geteuid() || credentials.uid == 0
            else { return context.close(promise: nil) }
            connection.peer = .socket(uid: credentials.uid)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if stage == .events { server.desk.hub.leave() }
        stage = .closed
        clock?.cancel()
        self.context = nil
        server.left(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func limit(_ time: TimeAmount) {
        clock?.cancel()
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        clock = context.eventLoop.scheduleTask(in: time) { bound.value.isLate() }
    }

    private func isLate() {
        guard let context else { return }
        switch stage {
        case .body:
            write(
                .failure(408, "too_slow", "the body did not come in time", "send it at once"), closes: true)
        case .answering:
            write(
                .failure(504, "no_answer", "no answer in time", "look at /v1/status, then try again"),
                closes: true)
        case .head, .events, .closed: context.close(promise: nil)
        }
    }

    // MARK: The request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard isUnsent else { return take(part) }
        if case .body(let bytes) = part {
            // More than is taken; how much more does not matter.
            guard heldBytes <= Self.bodyLimit else { return }
            heldBytes += bytes.readableBytes
        }
        held.append(part)
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            // After the last answer of this connection nothing is heard any more.
            guard stage == .head else { return }
            self.head = head
            body = []
            refused = nil
            stage = .body
            limit(Self.bodyTime)
            check(head)
        case .body(let part):
            guard stage == .body, refused == nil else { return }
            if body.count + part.readableBytes > Self.bodyLimit {
                body = []
                refused = Self.tooLarge
            } else {
                body.append(contentsOf: part.readableBytesView)
            }
        case .end:
            guard stage == .body, let head else { return }
            self.head = nil
            serve(head)
        }
    }

    private static let tooLarge = ControlResponse.failure(
        413, "too_large", "the body is larger than \(bodyLimit) bytes",
        "send less: every request of this API is small")

    /// What must not be said twice, because who reads the first and who reads the last would disagree.
    private static let single = ["host", "origin", "authorization", "content-length", "content-type"]

    private func check(_ head: HTTPRequestHead) {
        let size =
            head.uri.utf8.count + head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        if size > Self.headLimit {
            refused = .failure(
                431, "head_too_large", "the head is larger than \(Self.headLimit) bytes", "send fewer headers"
            )
        } else if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }),
            length > Self.bodyLimit
        {
            refused = Self.tooLarge
        } else if let name = Self.single.first(where: { head.headers[$0].count > 1 }) {
            refused = .failure(
                400, "ambiguous", "the header \(name) is there more than once", "send it once")
        }
        // A client that asks first is told before it sends.
        guard head.headers.first(name: "expect")?.lowercased() == "100-continue", let context else { return }
        if let refused {
            write(refused, closes: true)
        } else {
            let go = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
    }

    private func serve(_ head: HTTPRequestHead) {
        guard let context, let peer else {
            self.context?.close(promise: nil)
            return
        }
        let keepsAlive = head.isKeepAlive
        stage = .answering
        number += 1
        limit(Self.answerTime)
        if let refused { return write(refused, closes: true) }
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first.map(String.init) ?? "/"
        let match = server.router.match(head.method.rawValue, path)
        var access = ControlRoute.Access.operators
        if case .route(let route, _) = match { access = route.access }
        let claims = Admission.Claims(
            host: head.headers.first(name: "host"), origin: head.headers.first(name: "origin"),
            authorization: head.headers.first(name: "authorization"), local: local)
        let isTrusted: Bool
        switch server.admission.judge(claims, from: peer, to: access, at: realNow()) {
        case .pass(let trusted): isTrusted = trusted
        case .refuse(let refusal, let pause):
            return answer(refusal, after: pause, closes: !keepsAlive || pause > .zero)
        }
        if isTrusted, !isKnown {
            guard server.makeRoomForKnown() else {
                return write(
                    .failure(503, "busy", "too many connections with the token", "close another one"),
                    closes: true)
            }
            isKnown = true
        }
        switch match {
        case .none:
            write(
                .failure(404, "not_found", "there is no \(path)", "see docs/operations.md"),
                closes: !keepsAlive)
        case .otherMethod(let allowed):
            write(
                .failure(
                    405, "method_not_allowed", "\(path) does not take \(head.method.rawValue)",
                    "use \(allowed.joined(separator: " or "))",
                    headers: [("allow", allowed.joined(separator: ", "))]), closes: !keepsAlive)
        case .route(let route, let rest):
            guard let query = QueryText.parse(parts.count > 1 ? parts[1] : "") else {
                return write(
                    .failure(400, "bad_query", "the query can't be read", "write it as name=value&…"),
                    closes: !keepsAlive)
            }
            let request = ControlRequest(
                method: head.method.rawValue, path: path, query: query, body: body, by: peer.words,
                rest: rest,
                isTrusted: isTrusted)
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            let loop = context.eventLoop
            let number = number
            route.serve(request) { response in
                loop.execute { bound.value.answer(response, to: number, closes: !keepsAlive) }
            }
        }
        body = []
    }

    /// This end of a TCP connection, as a client may name it.
    private var local: String? {
        guard isTCP, let address = context?.localAddress, var host = address.ipAddress,
            let port = address.port
        else { return nil }
        if host.hasPrefix("::ffff:"), host.contains(".") { host.removeFirst("::ffff:".count) }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// What comes late is late for this connection alone.
    private func answer(_ response: ControlResponse, after pause: Duration, closes: Bool) {
        guard pause > .zero, let context else { return write(response, closes: closes) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let number = number
        context.eventLoop.scheduleTask(in: .milliseconds(pause.wholeMilliseconds)) {
            bound.value.answer(response, to: number, closes: closes)
        }
    }

    private func answer(_ response: ControlResponse, to number: Int, closes: Bool) {
        guard stage == .answering, number == self.number else { return }
        write(response, closes: closes)
    }

    // MARK: The answer

    private func write(_ response: ControlResponse, closes: Bool) {
        guard let context, context.channel.isActive, stage != .closed else { return }
        var headers = HTTPHeaders([
            ("content-type", response.contentType), ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ])
        for (name, value) in response.headers { headers.replaceOrAdd(name: name, value: value) }
        guard case .bytes(let bytes) = response.body else { return writeEvents(headers, context) }
        headers.add(name: "content-length", value: String(bytes.count))
        if closes { headers.add(name: "connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: response.status)
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
            promise: nil)
        context.write(
            wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        stage = closes ? .closed : .answering
        isUnsent = true
        // A reader that does not take it is not waited for.
        limit(Self.answerTime)
        if let whenWritten = response.whenWritten { written.futureResult.whenSuccess(whenWritten) }
        written.futureResult.whenComplete { _ in bound.value.wrote(closes: closes) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    private func wrote(closes: Bool) {
        guard let context, stage != .closed || closes else { return }
        if closes { return context.close(promise: nil) }
        // In a turn of its own, so that a long line of requests is not as deep a recursion.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.takeNext() }
    }

    /// The answer has gone out: the next request, which may be here already.
    private func takeNext() {
        guard stage == .answering else { return }
        isUnsent = false
        stage = .head
        limit(Self.headTime)
        let parts = held
        held = []
        heldBytes = 0
        for part in parts { take(part) }
    }

    private func writeEvents(_ headers: HTTPHeaders, _ context: ChannelHandlerContext) {
        guard server.desk.hub.join() else {
            return write(
                .failure(503, "busy", "\(EventHub.listenerLimit) listen already", "close another one"),
                closes: true)
        }
        stage = .events
        clock?.cancel()
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        if let overview = server.desk.overview { sendEvent(EventText.of(.status(overview))) }
    }

    /// To one that listens; who does not keep up is dropped.
    func sendEvent(_ text: String) {
        guard stage == .events, let context else { return }
        guard context.channel.isWritable else { return context.close(promise: nil) }
        let buffer = context.channel.allocator.buffer(string: text)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }

    /// Gives its place to another.
    func leave() { context?.close(promise: nil) }

    /// The end of the server: what is written is sent, as far as it goes at once.
    func finish() -> EventLoopFuture<Void> {
        guard let context else { return server.done }
        if stage == .events {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        let closed = context.channel.closeFuture
        context.close(promise: nil)
        return closed
    }
}
