import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import TradingDomain

// The sandbox as a server: one port for REST and WebSocket, one event loop. Starting answers when it listens.

package enum SandboxError: Error, Sendable, CustomStringConvertible {
    case settings(String)
    case cannotListen(String)

    package var description: String {
        switch self {
        case .settings(let what): "the sandbox cannot be set up: \(what)"
        case .cannotListen(let what): "the sandbox cannot listen: \(what)"
        }
    }
}

package final class SandboxServer: Sendable {
    /// The port that it listens on.
    package let port: Int
    /// "http://127.0.0.1:8247"
    package let url: String
    /// The portfolio of the account that it serves.
    package let portfolioID: String

    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let core: NIOLoopBound<SandboxCore>

    private init(
        group: MultiThreadedEventLoopGroup, channel: any Channel, core: NIOLoopBound<SandboxCore>,
        settings: SandboxSettings, portfolioID: String
    ) {
        self.group = group
        self.channel = channel
        self.core = core
        self.portfolioID = portfolioID
        port = channel.localAddress?.port ?? settings.port
        let scheme = settings.certificateFile == nil ? "http" : "https"
        url = "\(scheme)://\(settings.host):\(port)"
    }

    /// Listens, or says why it can't. Waits for both.
    package static func start(_ settings: SandboxSettings) throws(SandboxError) -> SandboxServer {
        let tls = try tlsContext(settings)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let loop = group.next()
            let (core, portfolioID) = try loop.submit {
                let core = try SandboxCore(settings, on: loop)
                core.start()
                return (NIOLoopBound(core, eventLoop: loop), core.venue.portfolioID)
            }.wait()
            let channel = try bootstrap(group, core, tls).bind(host: settings.host, port: settings.port)
                .wait()
            return SandboxServer(
                group: group, channel: channel, core: core, settings: settings, portfolioID: portfolioID)
        } catch {
            group.shutdownGracefully { _ in }
            throw .cannotListen("at \(settings.host):\(settings.port) (--host, --port): \(error)")
        }
    }

    /// Ends every connection. Nothing is kept.
    package func stop() {
        let core = core
        try? group.next().submit { core.value.stop() }.wait()
        try? channel.close().wait()
        try? group.syncShutdownGracefully()
    }

    private static func tlsContext(_ settings: SandboxSettings) throws(SandboxError) -> NIOSSLContext? {
        switch (settings.certificateFile, settings.privateKeyFile) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            do {
                let chain = try NIOSSLCertificate.fromPEMFile(certificate).map {
                    NIOSSLCertificateSource.certificate($0)
                }
                return try NIOSSLContext(
                    configuration: .makeServerConfiguration(
                        certificateChain: chain,
                        privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
            } catch {
                throw .settings("certificate or key: \(error)")
            }
        default: throw .settings("a certificate needs its key, and a key its certificate")
        }
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ core: NIOLoopBound<SandboxCore>, _ tls: NIOSSLContext?
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try assemble(channel, core, tls) }
            }
    }

    /// What a connection consists of.
    static func assemble(_ channel: any Channel, _ core: NIOLoopBound<SandboxCore>, _ tls: NIOSSLContext?)
        throws
    {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        try SocketDoor.add(to: pipeline, upgrader(core), HTTPFrontend(core.value)) {
            ($0 == "/" || $0 == "/ws") && core.value.admitsSocket($0)
        }
    }

    /// From a request with `Upgrade: websocket` that the door lets through to a socket.
    private static func upgrader(_ core: NIOLoopBound<SandboxCore>) -> NIOWebSocketServerUpgrader {
        NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 20, automaticErrorHandling: true,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
                            maxAccumulatedFrameSize: 1 << 20))
                    try pipeline.addHandler(SocketHandler(core.value.feed))
                }
            })
    }
}
