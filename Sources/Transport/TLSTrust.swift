// Whose certificates are believed. Certificates and host names are always verified; there is no switch.

import NIOCore
import NIOSSL
import Synchronization

package enum TLSTrust: Sendable, Hashable {
    /// The authorities of this machine.
    case system
    /// The authorities in a PEM file, and no others.
    case file(String)

    /// Contexts are shared: the machine's authorities take some megabytes and milliseconds to read.
    private static let contexts = Mutex<[TLSTrust: NIOSSLContext]>([:])

    func context() throws -> NIOSSLContext {
        try Self.contexts.withLock { known in
            if let context = known[self] { return context }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .fullVerification
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            switch self {
            case .system: configuration.trustRoots = .default
            case .file(let path): configuration.trustRoots = .file(path)
            }
            let context = try NIOSSLContext(configuration: configuration)
            known[self] = context
            return context
        }
    }
}
