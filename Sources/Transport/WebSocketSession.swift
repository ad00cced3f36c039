// One open WebSocket: joins fragments, answers pings, and tells of its end once.

import NIOCore
import NIOWebSocket

final class WebSocketSession: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let received: ([UInt8]) -> Void
    private let ended: (String) -> Void
    private var context: ChannelHandlerContext?
    private var isOver = false
    /// The other side takes nothing at the moment, and is owed one pong, for its latest ping.
    private var owedPong: ByteBuffer?

    init(received: @escaping ([UInt8]) -> Void, ended: @escaping (String) -> Void) {
        self.received = received
        self.ended = ended
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end("the connection was closed", nil)
        self.context = nil
    }

    func send(_ text: String) {
        guard let context else { return }
        write(.text, context.channel.allocator.buffer(string: text))
    }

    /// Takes leave of the other side, when a code is given, and tells why. Whoever is told closes the channel.
    func end(_ reason: String, _ code: WebSocketErrorCode?) {
        guard !isOver else { return }
        isOver = true
        if let code, let context {
            var data = context.channel.allocator.buffer(capacity: 2)
            data.write(webSocketErrorCode: code)
            write(.connectionClose, data)
        }
        ended(reason)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text: received(Array(buffer: frame.unmaskedData))
        case .ping:
            // One who floods us with pings and takes no answer does not fill our memory; its latest ping is what counts.
            if context.channel.isWritable {
                write(.pong, frame.unmaskedData)
            } else {
                owedPong = frame.unmaskedData
            }
        case .pong: break
        case .connectionClose: end(Self.farewell(frame.unmaskedData), .normalClosure)
        default: end("the other side sent what is not text", .unacceptableData)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isOver, context.channel.isWritable, let pong = owedPong {
            owedPong = nil
            write(.pong, pong)
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("the connection was lost", nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end("\(error)", .protocolError) }

    /// Everything that a client sends is masked.
    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        context?.writeAndFlush(
            Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)),
            promise: nil)
    }

    /// The code and the words of a close frame, fit for a log line.
    private static func farewell(_ data: ByteBuffer) -> String {
        var data = data
        guard let code = data.readInteger(as: UInt16.self) else { return "the other side closed it" }
        let words = String(decoding: data.readableBytesView.prefix(123), as: UTF8.self)
            .filter { character in
                character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
            }
        return "the other side closed it with \(code)" + (words.isEmpty ? "" : ": \(words)")
    }
}
