// A server that does as it is told, byte for byte, also what no decent server would do.

import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing
import Transport

enum ServerStep: Sendable {
    case send(String)
    case close
}

final class ScriptServer: Sendable {
    private let channel: any Channel
    private let log: ServerLog
    var port: Int { channel.localAddress?.port ?? 0 }
    var requests: [String] { log.requests.withLock { $0 } }
    var connections: Int { log.connections.load(ordering: .sequentiallyConsistent) }

    /// The script gets each whole request and says what to do then.
    init(
        host: String = "127.0.0.1", tls: NIOSSLContext? = nil,
        _ script: @escaping @Sendable (String) -> [ServerStep]
    ) async throws {
        let log = ServerLog()
        self.log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    log.connections.add(1, ordering: .sequentiallyConsistent)
                    log.children.withLock { $0.append(channel) }
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(ScriptHandler(log, script))
                }
            }
            .bind(host: host, port: 0).get()
    }

    func dropAll() { for child in log.children.withLock({ $0 }) { child.close(promise: nil) } }

    func stop() async {
        dropAll()
        try? await channel.close().get()
    }
}

final class ServerLog: Sendable {
    let requests = Mutex<[String]>([])
    let children = Mutex<[any Channel]>([])
    let connections = Atomic<Int>(0)
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let log: ServerLog
    private let script: @Sendable (String) -> [ServerStep]
    private var text = ""

    init(_ log: ServerLog, _ script: @escaping @Sendable (String) -> [ServerStep]) {
        self.log = log
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: Self.unwrapInboundIn(data))
        guard let end = text.range(of: "\r\n\r\n") else { return }
        let length =
            text[..<end.lowerBound].components(separatedBy: "\r\n").first { $0.hasPrefix("Content-Length: ") }
            .flatMap { Int($0.dropFirst(16)) } ?? 0
        guard text[end.upperBound...].utf8.count >= length else { return }
        let request = text
        text = ""
        log.requests.withLock { $0.append(request) }
        for step in script(request) {
            switch step {
            case .send(let answer):
                context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            case .close: context.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

func answer(_ body: String, status: String = "200 OK", extra: String = "") -> ServerStep {
    .send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(extra)\r\n\(body)")
}

/// Waits for a fact, with a bound.
func eventually(
    _ fact: @Sendable () -> Bool, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let end = ContinuousClock.now + .seconds(120)
    while !fact() {
        guard ContinuousClock.now < end else {
            Issue.record(comment ?? "it did not come to be", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

extension HTTPLane {
    func ask(_ request: HTTPRequest, patience: Duration = .seconds(60)) async -> HTTPOutcome {
        await withCheckedContinuation { continuation in
            send(request, patience: patience) { continuation.resume(returning: $0) }
        }
    }
}

extension HTTPOutcome {
    var answer: HTTPAnswer? { if case .answered(let answer) = self { answer } else { nil } }
    var unsent: String? { if case .unsent(let reason) = self { reason } else { nil } }
    var ambiguous: String? { if case .ambiguous(let reason) = self { reason } else { nil } }
}

/// A port of this machine that refuses connections for as long as this lives: bound, and nobody listens. The port of a
/// server that has stopped may be another test's by now.
final class RefusingPort {
    let number: Int
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        self.descriptor = descriptor
        number = Int(UInt16(bigEndian: address.sin_port))
        try #require(isBound && number > 0)
    }

    deinit { close(descriptor) }
}
