// A small server that answers as a test says: HTTP by a closure, WebSockets by hand. It knows nothing of our adapter.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

final class TestVenue: Sendable {
    struct Seen: Sendable {
        var method: String
        var path: String
        var query: String
        var headers: [(String, String)]
        var body: String

        var token: String? {
            headers.first { $0.0.lowercased() == "authorization" }?.1.split(separator: " ").last.map {
                String($0)
            }
        }
    }

    enum Act: Sendable {
        case answer(Int, String, [(String, String)] = [])
        /// Closes the connection without a word.
        case drop
        case hang
    }

    private struct State: Sendable {
        var seen: [Seen] = []
        var sockets: [(path: String, channel: any Channel)] = []
        /// What came on the sockets of a path.
        var heard: [(path: String, text: String)] = []
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state: SharedState
    private let server: any Channel
    let port: Int

    private final class SharedState: Sendable {
        let value = Mutex(State())
    }

    init(_ act: @escaping @Sendable (Seen) -> Act) async throws {
        let state = SharedState()
        self.state = state
        server = try await ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let http = HTTPHandler { seen in
                        state.value.withLock { $0.seen.append(seen) }
                        return act(seen)
                    }
                    let upgrader = NIOWebSocketServerUpgrader(
                        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
                        upgradePipelineHandler: { channel, head in
                            channel.eventLoop.makeCompletedFuture {
                                let path = head.uri
                                try channel.pipeline.syncOperations.addHandler(
                                    SocketHandler { text in
                                        state.value.withLock { $0.heard.append((path, text)) }
                                    })
                                state.value.withLock { $0.sockets.append((path, channel)) }
                            }
                        })
                    let bound = NIOLoopBound(http, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withServerUpgrade: (
                            upgraders: [upgrader],
                            completionHandler: { context in
                                context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                            }
                        ))
                    try channel.pipeline.syncOperations.addHandler(http)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = server.localAddress?.port ?? 0
    }

    var seen: [Seen] { state.value.withLock { $0.seen } }
    func seen(_ path: String) -> [Seen] { seen.filter { $0.path == "/api/v3/brokerage" + path } }
    func heard(_ path: String) -> [String] {
        state.value.withLock { state in state.heard.filter { $0.path == path }.map(\.text) }
    }
    func sockets(_ path: String) -> Int {
        state.value.withLock { $0.sockets.filter { $0.path == path }.count }
    }

    /// Sends on the newest socket of a path.
    func push(_ text: String, on path: String) {
        guard let channel = state.value.withLock({ $0.sockets.last { $0.path == path } })?.channel else {
            return
        }
        let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
        channel.writeAndFlush(frame, promise: nil)
    }

    func hangUp(_ path: String) {
        state.value.withLock({ $0.sockets.last { $0.path == path } })?.channel.close(promise: nil)
    }

    func stop() async {
        try? await server.close()
        try? await group.shutdownGracefully()
    }

    private final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let act: (Seen) -> Act
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(_ act: @escaping (Seen) -> Act) { self.act = act }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch Self.unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body.clear()
            case .body(var part): body.writeBuffer(&part)
            case .end:
                guard let head else { return }
                let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
                let seen = Seen(
                    method: head.method.rawValue, path: String(parts[0]),
                    query: parts.count > 1 ? String(parts[1]) : "",
                    headers: head.headers.map { ($0.name, $0.value) }, body: String(buffer: body))
                answer(act(seen), context)
            }
        }

        private func answer(_ act: Act, _ context: ChannelHandlerContext) {
            switch act {
            case .hang: break
            case .drop: context.close(promise: nil)
            case .answer(let status, let text, let extra):
                var headers = HTTPHeaders(extra)
                headers.add(name: "Content-Length", value: String(text.utf8.count))
                context.write(
                    Self.wrapOutboundOut(
                        .head(
                            HTTPResponseHead(
                                version: .http1_1, status: HTTPResponseStatus(statusCode: status),
                                headers: headers))), promise: nil)
                context.write(
                    Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }

    private final class SocketHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        private let hear: (String) -> Void
        init(_ hear: @escaping (String) -> Void) { self.hear = hear }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = Self.unwrapInboundIn(data)
            switch frame.opcode {
            case .text: hear(String(buffer: frame.unmaskedData))
            case .connectionClose: context.close(promise: nil)
            default: break
            }
        }
    }
}
