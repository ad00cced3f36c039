// A server that does exactly what a test says with the bytes it got, and a box in which outcomes are waited for.

import Coinbase
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// What the server does with one request.
enum Reaction: Sendable {
    case reply(String)
    case replyAndClose(String)
    case close
    case silence
}

func http(_ status: String, _ body: String = "{}", _ more: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(more)\r\n\(body)"
}

final class ScriptedServer: Sendable {
    typealias Script = @Sendable (_ number: Int, _ request: String) -> Reaction

    private struct Seen: Sendable {
        var requests: [String] = []
        var connections = 0
    }

    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let seen = Mutex(Seen())
    private let channel = Mutex<(any Channel)?>(nil)
    private let script: Script
    let port: Int

    var requests: [String] { seen.withLock { $0.requests } }
    var connections: Int { seen.withLock { $0.connections } }

    init(tls: TLSConfiguration? = nil, _ script: @escaping Script) throws {
        self.script = script
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let box = Mutex<ScriptedServer?>(nil)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        RawHandler { request in box.withLock { $0 }?.react(request) ?? .close })
                    box.withLock { $0 }?.connected()
                }
            }
        let channel = try bootstrap.bind(host: "127.0.0.1", port: 0).wait()
        port = channel.localAddress?.port ?? 0
        self.channel.withLock { $0 = channel }
        box.withLock { $0 = self }
    }

    deinit { group.shutdownGracefully { _ in } }

    func stop() { channel.withLock { $0 }?.close(promise: nil) }

    private func connected() { seen.withLock { $0.connections += 1 } }

    private func react(_ request: String) -> Reaction {
        let number = seen.withLock { seen in
            seen.requests.append(request)
            return seen.requests.count
        }
        return script(number, request)
    }
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var text = ""
    private let react: (String) -> Reaction

    init(_ react: @escaping (String) -> Reaction) { self.react = react }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        text += buffer.readString(length: buffer.readableBytes) ?? ""
        while let request = nextRequest() {
            switch react(request) {
            case .reply(let answer): write(answer, context)
            case .replyAndClose(let answer):
                write(answer, context)
                context.close(promise: nil)
            case .close: context.close(promise: nil)
            case .silence: break
            }
        }
    }

    private func nextRequest() -> String? {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound]
        let length =
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)) } ?? 0
        let body = text[end.upperBound...]
        guard body.utf8.count >= length else { return nil }
        let stop = text.utf8.index(end.upperBound, offsetBy: length)
        let request = String(text[..<stop])
        text = String(text[stop...])
        return request
    }

    private func write(_ answer: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Waits for a fact; false when it did not come in time.
func eventually(within limit: Duration = .seconds(10), _ isTrue: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while try !isTrue() {
        if ContinuousClock.now > end { return false }
        // Nothing else runs on this thread; the fact is looked at again in a moment.
        usleep(500)
    }
    return true
}

struct Timeout: Error {}

extension HTTPLane {
    /// Sends and waits for the outcome.
    func call(_ request: HTTPRequest, patience: Duration = .seconds(5)) throws -> HTTPOutcome {
        let box = Mutex<HTTPOutcome?>(nil)
        let calls = Atomic<Int>(0)
        let done = DispatchSemaphore(value: 0)
        send(request, patience: patience) { outcome in
            calls.add(1, ordering: .relaxed)
            box.withLock { $0 = outcome }
            done.signal()
        }
        guard done.wait(timeout: .now() + 20) == .success, let outcome = box.withLock({ $0 }) else {
            throw Timeout()
        }
        #expect(calls.load(ordering: .relaxed) == 1)
        return outcome
    }

    func waitUntilWarm() throws { if !(eventually { isWarm }) { throw Timeout() } }
}

extension HTTPOutcome {
    var status: Int? { if case .answered(let answer) = self { answer.status } else { nil } }
    var body: String? {
        if case .answered(let answer) = self { String(decoding: answer.body, as: UTF8.self) } else { nil }
    }
    var unsentReason: String? { if case .unsent(let reason) = self { reason } else { nil } }
    var ambiguity: String? { if case .ambiguous(let reason) = self { reason } else { nil } }
}

/// A certificate authority of one's own, made by the openssl command in a directory of its own.
final class TestAuthority {
    let directory: String
    static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") }

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/trader247-ca-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=test authority", "-keyout", path("ca.key"), "-out", path("ca.pem"))
    }
    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var file: String { path("ca.pem") }
    private func path(_ name: String) -> String { directory + "/" + name }

    /// A server's configuration with a certificate for these names.
    func server(names: String, days: String = "1") throws -> TLSConfiguration {
        let name = UUID().uuidString
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
            "-keyout", path("\(name).key"), "-out", path("\(name).csr"))
        try "subjectAltName=\(names)".write(toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
        try openssl(
            "x509", "-req", "-in", path("\(name).csr"), "-CA", file, "-CAkey", path("ca.key"),
            "-CAcreateserial", "-days", days, "-extfile", path("\(name).ext"), "-out", path("\(name).pem"))
        return TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(path("\(name).pem")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: path("\(name).key"), format: .pem)))
    }

    private func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Timeout() }
    }
}
