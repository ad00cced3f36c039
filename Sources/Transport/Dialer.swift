// Opens TCP, and TLS on top of it where the endpoint asks for it, and says in words why it could not.

import NIOCore
import NIOPosix
import NIOSSL

struct Dialer: Sendable {
    let endpoint: Endpoint
    /// Nil for an endpoint without TLS; what went wrong when the trust could not be read.
    private let context: Result<NIOSSLContext, any Error>?

    init(_ endpoint: Endpoint, trust: TLSTrust) {
        self.endpoint = endpoint
        context = endpoint.isSecure ? Result { try trust.context() } : nil
    }

    /// The handlers are added once for each address that is tried.
    func dial(
        on loop: any EventLoop, within limit: TimeAmount,
        adding handlers: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context = try self.context?.get() {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: serverName))
                    }
                    try handlers(channel)
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
    }

    /// An address has no name to ask for; its certificate is then checked against the address itself.
    private var serverName: String? {
        let isAddress =
            endpoint.host.contains(":") || (try? SocketAddress(ipAddress: endpoint.host, port: 0)) != nil
        return isAddress ? nil : endpoint.host
    }

    func reason(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        if let first = error.connectionErrors.first { return "\(first.error)" }
        return "the name \(error.host) could not be resolved"
    }
}
