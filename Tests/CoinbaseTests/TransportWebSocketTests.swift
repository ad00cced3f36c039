// A WebSocket's life against a server that obeys commands sent as text.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization
import Testing
import Transport

private final class ObedientHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private func write(
        _ context: ChannelHandlerContext, _ code: WebSocketOpcode, _ text: String, fin: Bool = true
    ) {
        context.writeAndFlush(
            Self.wrapOutboundOut(WebSocketFrame(fin: fin, opcode: code, data: ByteBuffer(string: text))),
            promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        let text = String(buffer: frame.unmaskedData)
        if frame.opcode == .pong { return write(context, .text, "pong \(text)") }
        guard frame.opcode == .text else { return }
        // An unmasked frame from a client breaks the standard.
        guard frame.maskKey != nil else { return context.close(promise: nil) }
        switch text {
        case "fragments":
            write(context, .text, "one ", fin: false)
            write(context, .ping, "between")
            write(context, .continuation, "two ", fin: false)
            write(context, .continuation, "three")
        case "ping": write(context, .ping, "p")
        case "binary": write(context, .binary, "b")
        case "clean": write(context, .connectionClose, "\u{03}\u{69}b\nye")  // 873, then words
        case "abnormal": context.close(promise: nil)
        case "large": write(context, .text, String(repeating: "x", count: 3 << 20))
        default: write(context, .text, "echo \(text)")
        }
    }
}

private func webSocketServer() async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
            let upgrader = NIOWebSocketServerUpgrader(
                shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
                upgradePipelineHandler: { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ObedientHandler())
                    }
                })
            return channel.pipeline.configureHTTPServerPipeline(
                withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
        }
        .bind(host: "127.0.0.1", port: 0).get()
}

private final class Ear: Sendable {
    private let heard = Mutex<[WebSocketEvent]>([])
    var events: [WebSocketEvent] { heard.withLock { $0 } }
    var texts: [String] {
        events.compactMap {
            if case .text(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }
    var ends: [String] { events.compactMap { if case .closed(let reason) = $0 { reason } else { nil } } }
    func hear(_ event: WebSocketEvent) { heard.withLock { $0.append(event) } }
}

@Suite struct TransportWebSocketTests {
    private func open(
        to port: Int, limit: Duration = .seconds(120)
    ) throws -> (WebSocketClient, Ear) {
        let ear = Ear()
        let client = WebSocketClient(
            try Endpoint("ws://127.0.0.1:\(port)/ws", .webSocket), trust: .system,
            on: MultiThreadedEventLoopGroup.singleton, openingLimit: limit
        ) { ear.hear($0) }
        client.connect()
        return (client, ear)
    }

    @Test func textGoesBothWaysAndFragmentsAreJoinedAndPingsAnswered() async throws {
        let server = try await webSocketServer()
        let (client, ear) = try open(to: server.localAddress?.port ?? 0)
        try await eventually { ear.events == [.opened] }
        client.connect()
        client.send("hello")
        try await eventually { ear.texts == ["echo hello"] }
        client.send("ping")
        try await eventually { ear.texts.last == "pong p" }
        client.send("fragments")
        try await eventually { ear.texts.contains("one two three") && ear.texts.contains("pong between") }
        client.send("large")
        try await eventually { ear.texts.last?.utf8.count == 3 << 20 }
        #expect(ear.ends.isEmpty)
        client.close()
        try await eventually { ear.ends == ["we closed it"] }
        client.send("lost")
        client.connect()
        try await eventually { ear.events.last == .opened }
        client.close()
        try await eventually { ear.ends.count == 2 }
        try await server.close().get()
    }

    @Test(arguments: [("clean", "873: bye"), ("abnormal", "lost"), ("binary", "not text")])
    func anEndIsToldOnce(_ command: String, _ words: String) async throws {
        let server = try await webSocketServer()
        let (client, ear) = try open(to: server.localAddress?.port ?? 0)
        for round in 1...2 {
            try await eventually { ear.events.last == .opened }
            client.send(command)
            try await eventually { ear.ends.count == round }
            #expect(ear.ends.last?.contains(words) == true, "\(ear.ends)")
            client.connect()
        }
        try await eventually { ear.events.last == .opened }
        client.close()
        try await eventually { ear.ends.count == 3 }
        try await server.close().get()
    }

    @Test(
        arguments: [
            [answer("no", status: "403 Forbidden")], [.send("nonsense\r\n\r\n")], [.close],
            [
                .send(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                        + "Sec-WebSocket-Accept: bm90IHRoZSBhbnN3ZXI=\r\n\r\n")
            ],
        ] as [[ServerStep]])
    func whatIsNoUpgradeIsTold(_ steps: [ServerStep]) async throws {
        let server = try await ScriptServer { _ in steps }
        let (_, ear) = try open(to: server.port)
        try await eventually { !ear.ends.isEmpty }
        #expect(ear.events.count == 1)
        if case .send(let text)? = steps.first, text.contains("403") { #expect(ear.ends[0].contains("403")) }
        await server.stop()
    }

    @Test func aServerThatNeverAnswersAndOneThatIsNotThereAreTold() async throws {
        let server = try await ScriptServer { _ in [] }
        let (_, ear) = try open(to: server.port, limit: .milliseconds(100))
        try await eventually { ear.ends == ["it could not be opened in time"] }
        await server.stop()
        let port = try RefusingPort()
        defer { withExtendedLifetime(port) {} }
        let (_, second) = try open(to: port.number)
        try await eventually { second.ends.count == 1 }
        #expect(second.ends[0].lowercased().contains("refused"))
    }
}
