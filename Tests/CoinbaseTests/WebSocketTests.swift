// The WebSocket client against a server that is driven frame by frame.

import Coinbase
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization
import Testing

/// Accepts WebSockets and lets the test speak on the last one.
private final class FrameServer: Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channels = Mutex<[any Channel]>([])
    private let heard = Mutex<[WebSocketFrame]>([])
    let port: Int

    init() throws {
        let box = Mutex<FrameServer?>(nil)
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Ear { frame in box.withLock { $0 }?.heard.withLock { $0.append(frame) } })
                    box.withLock { $0 }?.channels.withLock { $0.append(channel) }
                }
            })
        let channel = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline(
                    withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        port = channel.localAddress?.port ?? 0
        box.withLock { $0 = self }
    }
    deinit { group.shutdownGracefully { _ in } }

    var last: (any Channel)? { channels.withLock { $0.last } }
    var count: Int { channels.withLock { $0.count } }
    var frames: [WebSocketFrame] { heard.withLock { $0 } }

    func say(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) {
        guard let channel = last else { return }
        let frame = WebSocketFrame(fin: fin, opcode: opcode, data: channel.allocator.buffer(string: text))
        channel.writeAndFlush(frame, promise: nil)
    }

    private final class Ear: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        private let hear: (WebSocketFrame) -> Void
        init(_ hear: @escaping (WebSocketFrame) -> Void) { self.hear = hear }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { hear(unwrapInboundIn(data)) }
    }
}

private final class Events: Sendable {
    private let all = Mutex<[WebSocketEvent]>([])
    var list: [WebSocketEvent] { all.withLock { $0 } }
    func add(_ event: WebSocketEvent) { all.withLock { $0.append(event) } }
    var texts: [String] {
        list.compactMap {
            if case .text(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }
    var ends: [String] { list.compactMap { if case .closed(let reason) = $0 { reason } else { nil } } }
}

@Suite struct WebSocketTests {
    private let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    private func client(_ port: Int) throws -> (WebSocketClient, Events) {
        let events = Events()
        let client = try WebSocketClient(
            Endpoint("ws://127.0.0.1:\(port)/ws", .webSocket), trust: .system, on: loop
        ) { events.add($0) }
        client.connect()
        return (client, events)
    }

    @Test func messagesGoBothWaysAndFragmentsAreJoined() throws {
        let server = try FrameServer()
        let (client, events) = try client(server.port)
        #expect(eventually { events.list.first == .opened })
        client.send("hello")
        #expect(eventually { server.frames.first.map { String(buffer: $0.unmaskedData) } == "hello" })
        #expect(server.frames.first?.maskKey != nil)
        server.say(.text, "one")
        server.say(.text, "tw", fin: false)
        server.say(.continuation, "o")
        #expect(eventually { events.texts == ["one", "two"] })
        client.close()
    }

    @Test func aPingIsAnswered() throws {
        let server = try FrameServer()
        let (client, events) = try client(server.port)
        #expect(eventually { events.list.first == .opened })
        server.say(.ping, "are you there")
        #expect(
            eventually {
                server.frames.first.map {
                    $0.opcode == .pong && String(buffer: $0.unmaskedData) == "are you there"
                }
                    == true
            })
        client.close()
    }

    @Test func everyEndIsToldOnceAndAnotherConnectionCanBeMade() throws {
        let server = try FrameServer()
        let (client, events) = try client(server.port)
        #expect(eventually { events.list.last == .opened })
        server.last?.close(promise: nil)
        #expect(eventually { events.ends.count == 1 })
        client.connect()
        #expect(eventually { server.count == 2 && events.list.last == .opened })
        server.say(.connectionClose, "\u{3}\u{E8}enough")
        #expect(eventually { events.ends.count == 2 })
        client.connect()
        #expect(eventually { server.count == 3 && events.list.last == .opened })
        client.close()
        server.say(.text, "nobody listens")
        #expect(events.ends.count == 2)
    }

    @Test func aServerThatRefusesOrIsNotThereIsTold() throws {
        let refusing = try ScriptedServer { _, _ in .reply(http("403 Forbidden")) }
        let (_, events) = try client(refusing.port)
        #expect(eventually { events.ends == ["the server refused to open it: 403"] })
        let gone = try ScriptedServer { _, _ in .close }
        gone.stop()
        let (_, nothing) = try client(gone.port)
        #expect(eventually { nothing.ends.count == 1 })
        let rude = try ScriptedServer { _, _ in .close }
        let (_, cut) = try client(rude.port)
        #expect(eventually { cut.ends.count == 1 })
    }
}
