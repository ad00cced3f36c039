// One connection of a lane: at most one request at a time, and its answer collected whole.

import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS

final class LaneConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private static let bodyLimit = 32 << 20
    private static let handshakeLimit = TimeAmount.seconds(10)

    private struct Call {
        let done: @Sendable (HTTPOutcome) -> Void
        let timeout: Scheduled<Void?>
        var head: HTTPResponseHead?
        var body: [UInt8] = []
    }

    var waitsForTLS = false
    private weak var lane: LaneCore?
    private let loop: any EventLoop
    private var context: ChannelHandlerContext?
    private var call: Call?
    private var isReady = false
    private var hasEnded = false
    private var hasConnected = false
    private var usedAt: NIODeadline

    init(_ lane: LaneCore, _ loop: any EventLoop) {
        self.lane = lane
        self.loop = loop
        usedAt = .now()
    }

    func isFresh(within limit: Duration) -> Bool {
        guard let context, context.channel.isActive else { return false }
        return .now() - usedAt < TimeAmount(limit)
    }

    func close() { context?.close(promise: nil) }

    // MARK: Sending

    func send(
        _ request: HTTPRequest, host: String, token: String?, _ patience: Duration,
        _ done: @escaping @Sendable (HTTPOutcome) -> Void
    ) {
        guard let context, context.channel.isActive else {
            end("the connection had just been closed")
            return done(.unsent("the connection had just been closed"))
        }
        let timeout = loop.assumeIsolated().scheduleTask(in: TimeAmount(patience)) { [weak self] in
            self?.finish(.ambiguous("no complete answer within \(patience)"))
        }
        call = Call(done: done, timeout: timeout)
        let target = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
        var head = HTTPRequestHead(version: .http1_1, method: .init(rawValue: request.method), uri: target)
        head.headers.reserveCapacity(8)
        head.headers.add(name: "Host", value: host)
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        head.headers.add(name: "User-Agent", value: "trader247")
        head.headers.add(name: "Accept", value: "application/json")
        if !request.body.isEmpty || request.method != "GET" {
            head.headers.add(name: "Content-Type", value: "application/json")
            head.headers.add(name: "Content-Length", value: String(request.body.count))
        }
        for (name, value) in request.headers { head.headers.add(name: name, value: value) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !request.body.isEmpty {
            let body = context.channel.allocator.buffer(bytes: request.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    // MARK: What the channel says

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        hasConnected = true
        if waitsForTLS {
            loop.assumeIsolated().scheduleTask(in: Self.handshakeLimit) { [weak self] in
                guard self?.isReady == false else { return }
                self?.end("the encryption was not agreed on in time")
                self?.close()
            }
        } else {
            becomeReady()
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    private func becomeReady() {
        guard !isReady else { return }
        isReady = true
        usedAt = .now()
        lane?.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard call != nil else {
            // An answer to nothing: whatever comes next on this connection could belong to anything.
            return context.close(promise: nil)
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // 100 and its kind are not the answer yet.
            if !(100..<200).contains(Int(head.status.code)) || head.status == .switchingProtocols {
                call?.head = head
            }
        case .body(let part):
            call?.body.append(contentsOf: part.readableBytesView)
            if let count = call?.body.count, count > Self.bodyLimit {
                finish(.ambiguous("the answer is longer than \(Self.bodyLimit >> 20) MiB"))
            }
        case .end:
            guard let call, let head = call.head else { return }
            finish(
                .answered(
                    HTTPAnswer(
                        status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) },
                        body: call.body)), reuse: head.isKeepAlive)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end("\(error)")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("the venue closed the connection")
        context.fireChannelInactive()
    }

    // MARK: Endings

    /// The request has its outcome. Only a whole answer leaves a connection that can be used again.
    private func finish(_ outcome: HTTPOutcome, reuse: Bool = false) {
        guard let call else { return }
        self.call = nil
        call.timeout.cancel()
        usedAt = .now()
        if reuse, !hasEnded {
            lane?.becameFree(self)
        } else {
            if !hasEnded {
                hasEnded = true
                lane?.ended(self, wasBusy: true)
            }
            close()
        }
        call.done(outcome)
    }

    private func end(_ reason: String) {
        if !isReady {
            isReady = true
            hasEnded = true
            // It never stood. Where not even the connection did, its attempt tells the lane itself.
            if hasConnected { lane?.failed(reason) }
            return
        }
        guard call == nil else { return finish(.ambiguous(reason)) }
        guard !hasEnded else { return }
        hasEnded = true
        lane?.ended(self, wasBusy: false)
    }
}
