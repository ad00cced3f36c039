// Asks for a WebSocket on a fresh connection, and hears when that is refused. Gone once it is granted.

import NIOCore
import NIOHTTP1

final class UpgradeRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let endpoint: Endpoint
    private var context: ChannelHandlerContext?
    private var failed: ((String) -> Void)?
    private var failure: String?

    init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    /// Asks. Only on the connection that won among the addresses that were tried; what became of the others is
    /// nobody's concern.
    func begin(failed: @escaping (String) -> Void) {
        if let failure { return failed(failure) }
        guard let context else { return failed("the connection was lost") }
        self.failed = failed
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: endpoint.path,
            headers: ["Host": endpoint.hostAndPort, "User-Agent": "trader247"])
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        failed = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = Self.unwrapInboundIn(data) else { return }
        fail("the upgrade was refused with status \(head.status.code)")
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail("the other side closed the connection before the upgrade")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("\(error)")
        context.close(promise: nil)
    }

    private func fail(_ reason: String) {
        failure = failure ?? reason
        failed.take()?(reason)
    }
}
