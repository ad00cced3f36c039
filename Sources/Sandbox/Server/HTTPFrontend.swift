import NIOCore
import NIOHTTP1
import TradingDomain

// One connection's HTTP: gathers a request with its body (the official SDK sends one with every GET), gives
// it to the core, writes the answer. The pipeline before it holds a request back until the one before
// is answered.

final class HTTPFrontend: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let bodyLimit = 1 << 20

    private let core: SandboxCore
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLarge = false
    /// While an answer is being made, which may bring the next request out of the pipeline.
    private var isServing = false
    private var arrivedAt = MonotonicInstant(nanoseconds: 0)
    private var context: ChannelHandlerContext?

    init(_ core: SandboxCore) { self.core = core }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            arrivedAt = SandboxCore.now()
            body = []
            isTooLarge = false
            // curl asks before it sends a large body.
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                let go = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
            }
        case .body(let part):
            if body.count + part.readableBytes > Self.bodyLimit {
                isTooLarge = true
                body = []
            } else if !isTooLarge {
                body.append(contentsOf: part.readableBytesView)
            }
        case .end:
            guard let head else { return }
            self.head = nil
            // Who sends one request after the other and takes no answer would fill the memory.
            guard context.channel.isWritable else { return context.close(promise: nil) }
            let request = isTooLarge ? nil : request(head, context)
            body = []
            let keepsAlive = head.isKeepAlive
            guard isServing else { return serve(request, keepsAlive: keepsAlive) }
            // In a turn of its own, so that a long line of requests is not as deep a recursion.
            let bound = NIOLoopBound((self, request), eventLoop: context.eventLoop)
            context.eventLoop.execute { bound.value.0.serve(bound.value.1, keepsAlive: keepsAlive) }
        }
    }

    /// - Parameter request: nil where its body was too large.
    private func serve(_ request: Request?, keepsAlive: Bool) {
        isServing = true
        defer { isServing = false }
        guard let request else {
            return write(
                .invalid("the body is larger than \(Self.bodyLimit) bytes"), .whole, keepsAlive: false)
        }
        core.serve(request) { [self] delivery in
            switch delivery {
            case .hang: break
            case .drop: context?.close(promise: nil)
            case .reply(let reply, let manner): write(reply, manner, keepsAlive: keepsAlive)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func request(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> Request {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let bearer = head.headers.first(name: "authorization").flatMap {
            $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil
        }
        return Request(
            method: head.method.rawValue, path: String(parts[0]),
            query: Query(parts.count > 1 ? parts[1] : ""), host: head.headers.first(name: "host") ?? "",
            token: bearer, body: body, peer: context.remoteAddress?.description ?? "", arrivedAt: arrivedAt,
            origin: RequestOrigin(
                head.headers, from: context.remoteAddress, to: context.localAddress, bound: core.settings.host
            ))
    }

    private func write(_ reply: Reply, _ manner: Delivery.Manner, keepsAlive: Bool) {
        guard let context, context.channel.isActive else { return }
        var headers = HTTPHeaders()
        headers.reserveCapacity(reply.headers.count + 3)
        headers.add(name: "content-type", value: reply.contentType.description)
        headers.add(name: "content-length", value: String(reply.body.count))
        for (name, value) in reply.headers { headers.add(name: name, value: value) }
        if !keepsAlive { headers.add(name: "connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: reply.status)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let part = manner == .whole ? reply.body[...] : reply.body.prefix(reply.body.count / 2)
        let buffer = context.channel.allocator.buffer(bytes: part)
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        switch manner {
        case .whole:
            let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
            if !keepsAlive { close(context, after: written) }
        case .stalled: context.flush()
        case .truncated:
            context.flush()
            context.close(promise: nil)
        }
    }

    private func close(_ context: ChannelHandlerContext, after written: EventLoopFuture<Void>) {
        let channel = context.channel
        written.whenComplete { _ in channel.close(promise: nil) }
    }
}
