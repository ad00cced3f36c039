// One WebSocket connection at a time to one endpoint: text out, whole messages in. It answers pings, joins
// fragments, and tells when it opened and why it ended. It never comes back by itself.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

package enum WebSocketEvent: Sendable, Equatable {
    case opened
    /// One whole message.
    case text([UInt8])
    /// The connection ended, or could not be made.
    case closed(String)
}

package final class WebSocketClient: Sendable {
    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<SocketCore>

    /// - Parameter tell: called on the event loop.
    package init(
        _ endpoint: Endpoint, trust: TLSTrust, on loop: any EventLoop,
        _ tell: @escaping @Sendable (WebSocketEvent) -> Void
    ) throws(EndpointError) {
        self.loop = loop
        let context = endpoint.isEncrypted ? try trust.context() : nil
        core = NIOLoopBoundBox.makeBoxSendingValue(
            SocketCore(endpoint, context, loop, tell), eventLoop: loop)
    }

    /// Opens the connection; the old one, if any, is dropped without a word.
    package func connect() { loop.execute { [core] in core.value.connect() } }
    /// Sends one message; nothing where no connection stands.
    package func send(_ text: String) { loop.execute { [core] in core.value.send(text) } }
    package func close() { loop.execute { [core] in core.value.close() } }
}

/// The client's state, on its event loop.
final class SocketCore {
    private static let connectTimeout: TimeAmount = .seconds(5)
    private static let upgradeTimeout: TimeAmount = .seconds(10)
    private static let messageLimit = 64 << 20

    private let endpoint: Endpoint
    private let tls: NIOSSLContext?
    private let loop: any EventLoop
    private let tell: @Sendable (WebSocketEvent) -> Void
    private var channel: (any Channel)?
    /// Which attempt counts; what older ones say does not.
    private var attempt = 0
    private var isUp = false

    init(
        _ endpoint: Endpoint, _ tls: NIOSSLContext?, _ loop: any EventLoop,
        _ tell: @escaping @Sendable (WebSocketEvent) -> Void
    ) {
        self.endpoint = endpoint
        self.tls = tls
        self.loop = loop
        self.tell = tell
    }

    func connect() {
        close()
        attempt += 1
        let number = attempt
        let (endpoint, tls) = (endpoint, tls)
        let owner = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(TLSTrust.handler(tls, endpoint)) }
                    let opener = SocketOpener(endpoint, owner.value, number)
                    let bound = NIOLoopBound(opener, eventLoop: channel.eventLoop)
                    let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: Self.messageLimit) { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            let pipeline = channel.pipeline.syncOperations
                            try pipeline.addHandler(
                                NIOWebSocketFrameAggregator(
                                    minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 65_536,
                                    maxAccumulatedFrameSize: Self.messageLimit))
                            try pipeline.addHandler(SocketReader(owner.value, number))
                        }
                    }
                    try pipeline.addHTTPClientHandlers(
                        leftOverBytesStrategy: .forwardBytes,
                        withClientUpgrade: (
                            upgraders: [upgrader],
                            completionHandler: { context in
                                bound.value.isDone = true
                                context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                            }
                        ))
                    try pipeline.addHandler(opener)
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .assumeIsolated()
            .whenComplete { [weak self] result in
                switch result {
                case .success(let channel): self?.connected(channel, number)
                case .failure(let error): self?.ended("\(error)", number)
                }
            }
        loop.assumeIsolated().scheduleTask(in: Self.upgradeTimeout) { [weak self] in
            guard let self, attempt == number, !isUp else { return }
            ended("it was not opened in time", number)
        }
    }

    private func connected(_ channel: any Channel, _ number: Int) {
        guard number == attempt else { return channel.close(promise: nil) }
        self.channel = channel
    }

    func opened(_ channel: any Channel, _ number: Int) {
        guard number == attempt else { return channel.close(promise: nil) }
        self.channel = channel
        isUp = true
        tell(.opened)
    }

    func received(_ text: [UInt8], _ number: Int) {
        if number == attempt { tell(.text(text)) }
    }

    func ended(_ reason: String, _ number: Int) {
        guard number == attempt else { return }
        // Nobody is told twice of one end.
        attempt += 1
        isUp = false
        channel?.close(promise: nil)
        channel = nil
        tell(.closed(reason))
    }

    func send(_ text: String) {
        guard isUp, let channel else { return }
        let data = channel.allocator.buffer(string: text)
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: data), promise: nil)
    }

    func close() {
        attempt += 1
        isUp = false
        channel?.close(promise: nil)
        channel = nil
    }
}
