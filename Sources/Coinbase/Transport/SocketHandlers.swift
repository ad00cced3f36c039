// The two handlers of a WebSocket connection: one asks for it, the other reads it.

import NIOCore
import NIOHTTP1
import NIOTLS
import NIOWebSocket

/// Asks the server to speak WebSocket, as soon as the connection stands. Leaves when it does.
final class SocketOpener: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let endpoint: Endpoint
    private weak var owner: SocketCore?
    private let number: Int
    private var hasAsked = false
    var isDone = false

    init(_ endpoint: Endpoint, _ owner: SocketCore, _ number: Int) {
        self.endpoint = endpoint
        self.owner = owner
        self.number = number
    }

    func channelActive(context: ChannelHandlerContext) {
        if !endpoint.isEncrypted { ask(context) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { ask(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func ask(_ context: ChannelHandlerContext) {
        guard !hasAsked else { return }
        hasAsked = true
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: endpoint.path)
        head.headers.add(name: "Host", value: endpoint.hostAndPort)
        head.headers.add(name: "User-Agent", value: "trader247")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) {
            owner?.ended("the server refused to open it: \(head.status.code)", number)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isDone { owner?.ended("\(error)", number) }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone { owner?.ended("the server closed the connection before it was opened", number) }
        context.fireChannelInactive()
    }
}

/// Reads whole messages and answers pings.
final class SocketReader: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private weak var owner: SocketCore?
    private let number: Int

    init(_ owner: SocketCore, _ number: Int) {
        self.owner = owner
        self.number = number
    }

    func handlerAdded(context: ChannelHandlerContext) { owner?.opened(context.channel, number) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary:
            owner?.received(Array(frame.unmaskedData.readableBytesView), number)
        case .ping:
            let pong = WebSocketFrame(
                fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose:
            owner?.ended("the server closed it\(closeWords(frame))", number)
            context.close(promise: nil)
        default: break
        }
    }

    private func closeWords(_ frame: WebSocketFrame) -> String {
        var data = frame.unmaskedData
        guard let code = data.readInteger(as: UInt16.self) else { return "" }
        let words = data.readString(length: min(data.readableBytes, 120)) ?? ""
        return words.isEmpty ? " (\(code))" : " (\(code): \(words))"
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        owner?.ended("\(error)", number)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        owner?.ended("the connection was lost", number)
        context.fireChannelInactive()
    }
}
