// The control API's server: a Unix socket in the state directory, and TCP where it is configured, on one thread of its
// own with a lower priority than trading. It closes last in a stop, after the report.

import CLinux
import Daemon
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Trading
import TradingDomain

package struct ControlSettings: Sendable {
    /// Nil for no TCP.
    package struct TCP: Sendable {
        package var host: String
        package var port: Int
        package var token: ControlToken
        /// Names under which clients may come beside the address itself, with port.
        package var hosts: [String]

        package init(host: String, port: Int, token: ControlToken, hosts: [String] = []) {
            self.host = host
            self.port = port
            self.token = token
            self.hosts = hosts
        }
    }
    package var socketPath: String
    package var tcp: TCP?

    package init(stateDirectory: String, tcp: TCP? = nil) {
        socketPath = Self.socketPath(in: stateDirectory)
        self.tcp = tcp
    }

    package static func socketPath(in directory: String) -> String { directory + "/control.sock" }
}

package struct ControlServerError: Error, CustomStringConvertible, Sendable {
    package let description: String
}

package final class ControlServer: Sendable {
    /// Of each kind: on the socket, on TCP with the token, on TCP without it.
    package static let connectionLimit = 64

    private let group: MultiThreadedEventLoopGroup
    private let channels: [any Channel]
    private let context: NIOLoopBound<ServerContext>
    private let socketPath: String
    /// The TCP port that it listens on.
    package let port: Int?

    private init(
        group: MultiThreadedEventLoopGroup, channels: [any Channel], context: NIOLoopBound<ServerContext>,
        socketPath: String, port: Int?
    ) {
        self.group = group
        self.channels = channels
        self.context = context
        self.socketPath = socketPath
        self.port = port
    }

    /// Listens, or says why it can't. Whoever starts it holds the bot's lock: a socket that lies there is a dead one's.
    package static func start(_ settings: ControlSettings, desk: ControlDesk, routes: [ControlRoute])
        throws(ControlServerError) -> ControlServer
    {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        var what = settings.socketPath
        do {
            let context = try loop.submit {
                // Requests wait for trading, never the other way round.
                cl_be_nice(10)
                let context = ServerContext(settings, desk: desk, routes: routes, on: loop)
                return NIOLoopBound(context, eventLoop: loop)
            }.wait()
            desk.hub.serve { loop.execute { context.value.sendEvents() } }
            var channels: [any Channel] = []
            unlink(settings.socketPath)
            let reachable = SocketPath(settings.socketPath)
            channels.append(
                try bootstrap(group, context, isTCP: false).bind(unixDomainSocketPath: reachable.path).wait())
            withExtendedLifetime(reachable) {}
            guard chmod(settings.socketPath, 0o600) == 0 else {
                throw ControlServerError(
                    description: "cannot close \(settings.socketPath) to others: \(systemMessage(errno))")
            }
            if let tcp = settings.tcp {
                what = "\(tcp.host):\(tcp.port) (control.listen)"
                channels.append(
                    try bootstrap(group, context, isTCP: true).bind(host: tcp.host, port: tcp.port).wait())
                let port = channels.last?.localAddress?.port
                try loop.submit { context.value.listens(at: tcp, port: port ?? tcp.port) }.wait()
            }
            return ControlServer(
                group: group, channels: channels, context: context, socketPath: settings.socketPath,
                port: settings.tcp == nil ? nil : channels.last?.localAddress?.port)
        } catch {
            group.shutdownGracefully { _ in }
            throw ControlServerError(description: "the control API cannot listen at \(what): \(error)")
        }
    }

    /// Tells the last events, ends every connection, and takes the socket away; waits at most so long.
    package func close(within limit: Duration = .milliseconds(300)) {
        let done = Doorbell()
        let context = context
        group.next().execute {
            context.value.closeAll().whenComplete { _ in done.ring() }
        }
        done.wait(limit)
        unlink(socketPath)
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ context: NIOLoopBound<ServerContext>, isTCP: Bool
    ) -> ServerBootstrap {
        let base = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.maxMessagesPerRead, value: 8)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 64 * 1024, high: ControlConnection.unsentLimit)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try context.value.admit(channel, isTCP: isTCP)
                }
            }
        return isTCP
            ? base.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            : base
    }
}

/// A path that fits into a socket's address, however deep the directory lies: long ones go by a descriptor of it.
package final class SocketPath {
    package let path: String
    private let directory: Int32

    package init(_ path: String) {
        guard path.utf8.count > 100, let slash = path.lastIndex(of: "/") else {
            self.path = path
            directory = -1
            return
        }
        directory = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.path = directory < 0 ? path : "/proc/self/fd/\(directory)" + path[slash...]
    }

    deinit { if directory >= 0 { close(directory) } }
}
