// Turns a request into one buffer, so that it leaves in one write and, on TLS, in one record.

import NIOCore
import NIOHTTP1

final class RequestWriter: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    private var pending: ByteBuffer?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(let head):
            var buffer = context.channel.allocator.buffer(capacity: 2_048)
            buffer.writeString(head.method.rawValue)
            buffer.writeStaticString(" ")
            buffer.writeString(head.uri)
            buffer.writeStaticString(" HTTP/1.1\r\n")
            for (name, value) in head.headers {
                buffer.writeString(name)
                buffer.writeStaticString(": ")
                buffer.writeString(value)
                buffer.writeStaticString("\r\n")
            }
            buffer.writeStaticString("\r\n")
            pending = buffer
            promise?.succeed()
        case .body(.byteBuffer(var body)):
            pending?.writeBuffer(&body)
            promise?.succeed()
        case .body(.fileRegion):
            // Nobody here writes files.
            promise?.fail(ChannelError.operationUnsupported)
        case .end:
            guard let whole = pending.take() else {
                promise?.succeed()
                return
            }
            context.write(Self.wrapOutboundOut(whole), promise: promise)
        }
    }
}
