// A peer on loopback that stamps when the last byte of a request is there, and answers what a placement needs to go
// on. It stands for the venue where only the way there is of interest.

import CLinux
import NIOCore
import NIOPosix
import Synchronization

/// A placement that arrived.
struct Arrival: Sendable {
    var at: Int64
    var bytes: [UInt8]
}

/// Where whoever sends a placement waits for its arrival.
final class ArrivalDesk: Sendable {
    private let waiting = Mutex<EventLoopPromise<Arrival>?>(nil)

    func next(on loop: any EventLoop) -> EventLoopFuture<Arrival> {
        let promise = loop.makePromise(of: Arrival.self)
        waiting.withLock { $0 = promise }
        return promise.futureResult
    }

    func heard(_ arrival: Arrival) { waiting.withLock { $0.take() }?.succeed(arrival) }
}

enum ArrivalServer {
    /// - Returns: its port.
    static func start(_ group: any EventLoopGroup, _ desk: ArrivalDesk) throws -> Int {
        let channel = try ServerBootstrap(group: group)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ArrivalHandler(desk))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        return channel.localAddress?.port ?? 0
    }
}

private final class ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let desk: ArrivalDesk
    private var bytes: [UInt8] = []
    private var orders = 0

    init(_ desk: ArrivalDesk) { self.desk = desk }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let at = cl_boot_nanoseconds()
        bytes += unwrapInboundIn(data).readableBytesView
        guard let length = Self.wholeLength(bytes), bytes.count >= length else { return }
        let request = bytes
        bytes = []
        let answer: String
        if request.starts(with: "POST ".utf8) {
            desk.heard(Arrival(at: at, bytes: request))
            orders += 1
            answer = #"{"success":true,"success_response":{"order_id":"\#(orders)"}}"#
        } else if request.starts(with: "GET /api/v3/brokerage/time".utf8) {
            answer = #"{"epochMillis":"\#(cl_utc_nanoseconds() / 1_000_000)"}"#
        } else {
            answer =
                #"{"products":[{"product_id":"BTC-USD","base_increment":"0.00000001","price_increment":"0.01","#
                + #""base_min_size":"0.00001","base_max_size":"1000","quote_min_size":"1","status":"online"}]}"#
        }
        var buffer = context.channel.allocator.buffer(capacity: 512)
        buffer.writeString(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(answer.utf8.count)\r\n\r\n"
        )
        buffer.writeString(answer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Head and body, as the head says; nil while the head is not whole.
    private static func wholeLength(_ bytes: [UInt8]) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        guard let head = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        let text = String(decoding: bytes[..<head], as: UTF8.self).lowercased()
        let length = text.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
        return head + 4 + (length ?? 0)
    }
}
