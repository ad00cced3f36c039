// The state of a WebSocket client, on its event loop.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

final class WebSocketLine {
    static let messageLimit = 64 << 20

    private let loop: any EventLoop
    private let dialer: Dialer
    private let limit: TimeAmount
    private let tell: @Sendable (WebSocketEvent) -> Void
    /// Counts connections, so that a late word of an old one is not taken for the new one's.
    private var generation = 0
    private var isUp = false
    private var session: WebSocketSession?
    private var channel: (any Channel)?
    private var patience: Scheduled<Void?>?

    init(
        on loop: any EventLoop, dialer: Dialer, limit: TimeAmount,
        tell: @escaping @Sendable (WebSocketEvent) -> Void
    ) {
        self.loop = loop
        self.dialer = dialer
        self.limit = limit
        self.tell = tell
    }

    func connect() {
        guard !isUp else { return }
        isUp = true
        generation += 1
        let mine = generation
        patience = loop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            self?.ended(mine, "it could not be opened in time")
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let endpoint = dialer.endpoint
        dialer.dial(on: loop, within: limit) { channel in
            let upgrader = NIOWebSocketClientUpgrader(
                maxFrameSize: Self.messageLimit, automaticErrorHandling: false
            ) { channel, _ in
                channel.eventLoop.makeCompletedFuture { try bound.value.upgraded(mine, channel) }
            }
            let request = UpgradeRequest(endpoint)
            let bare = NIOLoopBound(request, eventLoop: channel.eventLoop)
            try channel.pipeline.syncOperations.addHTTPClientHandlers(
                leftOverBytesStrategy: .forwardBytes,
                withClientUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { context in
                        context.pipeline.syncOperations.removeHandler(bare.value, promise: nil)
                    }
                ))
            try channel.pipeline.syncOperations.addHandler(request)
        }
        .assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.adopt(channel, mine)
            case .failure(let error): self.ended(mine, self.dialer.reason(error))
            }
        }
    }

    func send(_ text: String) { session?.send(text) }

    func close() {
        session?.end("we closed it", .normalClosure)
        ended(generation, "we closed it")
    }

    private func adopt(_ channel: any Channel, _ mine: Int) {
        guard isUp, mine == generation else { return channel.close(promise: nil) }
        self.channel = channel
        do {
            let request = try channel.pipeline.syncOperations.handler(type: UpgradeRequest.self)
            request.begin { [weak self] in self?.ended(mine, $0) }
        } catch {
            ended(mine, "\(error)")
        }
    }

    private func upgraded(_ mine: Int, _ channel: any Channel) throws {
        guard isUp, mine == generation else { throw ChannelError.alreadyClosed }
        let session = WebSocketSession { [weak self] text in
            guard let self, isUp, mine == generation else { return }
            tell(.text(text))
        } ended: { [weak self] reason in
            self?.ended(mine, reason)
        }
        try channel.pipeline.syncOperations.addHandlers(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1 << 20,
                maxAccumulatedFrameSize: Self.messageLimit),
            session)
        self.session = session
        patience?.cancel()
        tell(.opened)
    }

    private func ended(_ mine: Int, _ reason: String) {
        guard isUp, mine == generation else { return }
        isUp = false
        patience?.cancel()
        session = nil
        channel?.close(promise: nil)
        channel = nil
        tell(.closed(reason))
    }
}
