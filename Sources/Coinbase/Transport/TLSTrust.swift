// Whom an encrypted connection believes. Certificates and host names are always checked.

import NIOSSL

package enum TLSTrust: Equatable, Sendable {
    /// The authorities that this system trusts.
    case system
    /// The authorities of a PEM file alone; for tests and for venues of one's own.
    case file(String)

    func context() throws(EndpointError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if case .file(let path) = self { configuration.trustRoots = .file(path) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            let what =
                if case .file(let path) = self { "the authorities in \(path)" } else {
                    "this system's authorities"
                }
            throw EndpointError(description: "cannot use \(what): \(error)")
        }
    }

    /// The handler that goes first into a connection's pipeline.
    static func handler(_ context: NIOSSLContext, _ endpoint: Endpoint) throws -> NIOSSLClientHandler {
        // An address has no name to be asked for; it is checked against the certificate's addresses.
        try NIOSSLClientHandler(context: context, serverHostname: endpoint.isAddress ? nil : endpoint.host)
    }
}
