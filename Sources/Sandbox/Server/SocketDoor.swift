import NIOCore
import NIOHTTP1
import NIOWebSocket

// Where a connection that speaks HTTP may become a socket: at any request, as aiohttp and ccxt.pro do it on a connection
// that has served others. NIO's own handler for that looks at the first request alone and is gone then, so each request
// that asks for it gets one.

final class SocketDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let upgrader: any HTTPServerProtocolUpgrader
    private let encoder = HTTPResponseEncoder()
    /// What speaks HTTP and goes with it, beside the encoder.
    private var others: [any RemovableChannelHandler] = []
    private let frontend: HTTPFrontend
    /// Whether a request for a socket at this path may become one.
    private let admits: (Substring) -> Bool

    private init(
        _ upgrader: any HTTPServerProtocolUpgrader, _ frontend: HTTPFrontend,
        _ admits: @escaping (Substring) -> Bool
    ) {
        self.upgrader = upgrader
        self.frontend = frontend
        self.admits = admits
    }

    /// Adds everything that a connection needs to speak HTTP, this and the frontend last.
    static func add(
        to pipeline: ChannelPipeline.SynchronousOperations, _ upgrader: any HTTPServerProtocolUpgrader,
        _ frontend: HTTPFrontend, admits: @escaping (Substring) -> Bool
    ) throws {
        let door = SocketDoor(upgrader, frontend, admits)
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        door.others = [
            decoder, HTTPServerPipelineHandler(), NIOHTTPResponseHeadersValidator(),
            HTTPServerProtocolErrorHandler(), door,
        ]
        try pipeline.addHandlers([door.encoder] + door.others + [frontend])
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), head.headers.contains(name: "upgrade") else {
            return context.fireChannelRead(data)
        }
        // What does not become a socket is answered and was the last request: the decoder reads no other behind it.
        head.headers.add(name: "connection", value: "close")
        let isSocket = head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
        do {
            if isSocket, admits(head.uri.prefix { $0 != "?" }) {
                try context.pipeline.syncOperations.addHandler(upgradeHandler(), position: .after(self))
            }
            context.fireChannelRead(wrapInboundOut(.head(head)))
        } catch {
            context.fireErrorCaught(error)
        }
    }

    private func upgradeHandler() -> HTTPServerUpgradeHandler {
        HTTPServerUpgradeHandler(
            upgraders: [upgrader], httpEncoder: encoder, extraHTTPHandlers: others,
            upgradeCompletionHandler: { [frontend] context in
                context.pipeline.syncOperations.removeHandler(frontend, promise: nil)
            })
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // It stands in this list itself.
        others = []
    }
}
