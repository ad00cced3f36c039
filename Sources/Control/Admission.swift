// Who may ask what. On the socket: this process's own user, and root, as the kernel tells them. On TCP: whoever has the
// token, under a host name that is ours, and not sent by a page of another site.

import Daemon
import FoundationEssentials
import Glibc
import Synchronization
import Trading
import TradingDomain

/// How a connection came.
enum Peer: Equatable, Sendable {
    case socket(uid: UInt32)
    case tcp(address: String, port: Int)

    var words: String {
        switch self {
        case .socket(let uid): "socket uid \(uid)"
        case .tcp(let address, let port): "tcp \(address):\(port)"
        }
    }
}

package struct TokenError: Error, CustomStringConvertible, Sendable {
    package let description: String
}

/// A secret that is compared and never shown.
package struct ControlToken: Sendable {
    package static let shortest = 16
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The first line of a file that nobody else may read.
    package init(file: String) throws(TokenError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TokenError(description: "cannot open the token file \(file): \(systemMessage(errno))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & 0o077 == 0 else {
            throw TokenError(description: "the token file \(file) can be read by others; `chmod 600` it")
        }
        guard facts.st_uid == geteuid() || facts.st_uid == 0 else {
            throw TokenError(
                description: "the token file \(file) belongs to user \(facts.st_uid), who could change it; "
                    + "it must be this user's or root's")
        }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &buffer, buffer.count)
        bytes = Array(buffer.prefix(max(0, count)).prefix { $0 != 10 && $0 != 13 })
        guard bytes.count >= Self.shortest else {
            throw TokenError(
                description: "the token in \(file) is shorter than \(Self.shortest) characters; "
                    + "`openssl rand -hex 32` makes one")
        }
    }

    /// Takes as long whatever is wrong with the other.
    func matches(_ other: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return false }
        var difference = bytes.count ^ other.count
        for index in bytes.indices {
            let theirs = other.isEmpty ? 0 : other[index % other.count]
            difference |= Int(bytes[index] ^ theirs)
        }
        return difference == 0
    }
}

/// Which TCP requests are let in.
struct Admission: Sendable {
    let token: ControlToken?
    /// "host:port", lower case.
    let hosts: Set<String>
    let failures = FailureCounter()

    /// What a request claims to be.
    struct Claims: Sendable {
        var host: String?
        var origin: String?
        var authorization: String?
    }

    /// Nil when it may pass.
    func refusal(of claims: Claims, from peer: Peer, to access: ControlRoute.Access, at now: MonotonicInstant)
        -> ControlResponse?
    {
        switch peer {
        case .socket:
            // No browser can reach it; a page that found a way would say where it comes from.
            return claims.origin == nil ? nil : Self.forbidden("pages may not use the socket")
        case .tcp(let address, _):
            if case .open = access { return nil }
            guard let host = claims.host?.lowercased(), hosts.contains(host) else {
                return Self.forbidden(
                    "the host name '\(claims.host ?? "")' is not one of ours (\(hosts.sorted().joined(separator: ", ")))"
                )
            }
            if let origin = claims.origin?.lowercased(), !isOurs(origin) {
                return Self.forbidden("requests from pages of '\(origin)' are not taken")
            }
            if let wait = failures.wait(address, at: now) {
                return .failure(
                    429, "too_many_failures", "too many wrong tokens from \(address)",
                    "wait \(wait.components.seconds + 1) s",
                    headers: [("retry-after", "\(wait.components.seconds + 1)")])
            }
            let prefix = "bearer "
            guard let token, let claimed = claims.authorization, claimed.lowercased().hasPrefix(prefix),
                token.matches(Array(claimed.utf8.dropFirst(prefix.utf8.count)))
            else {
                failures.note(address, at: now)
                return .failure(
                    401, "unauthorized", "the token is missing or wrong",
                    "send `Authorization: Bearer` with the content of control.token_file",
                    headers: [("www-authenticate", "Bearer")])
            }
            return nil
        }
    }

    private func isOurs(_ origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return hosts.contains(String(origin.dropFirst(scheme.count)))
        }
        return false
    }

    private static func forbidden(_ what: String) -> ControlResponse {
        .failure(403, "forbidden", what, "use the socket, or an address of control.listen or control.hosts")
    }
}

/// Wrong tokens per address; an address with too many waits until a minute has passed since.
final class FailureCounter: Sendable {
    static let limit = 10
    static let window: Duration = .seconds(60)
    private static let addressLimit = 1_024

    private let failures = Mutex<[String: [MonotonicInstant]]>([:])

    func note(_ address: String, at now: MonotonicInstant) {
        failures.withLock { failures in
            // Bounded: a flood from many addresses forgets the oldest ways in, not the newest.
            if failures.count >= Self.addressLimit, failures[address] == nil {
                failures = failures.filter { ($0.value.last.map { now - $0 < Self.window }) ?? false }
                if failures.count >= Self.addressLimit { failures.removeAll() }
            }
            let recent = (failures[address] ?? []).filter { now - $0 < Self.window }
            failures[address] = recent.suffix(Self.limit) + [now]
        }
    }

    /// How long this address has to wait; nil when it has not.
    func wait(_ address: String, at now: MonotonicInstant) -> Duration? {
        failures.withLock { failures in
            let recent = (failures[address] ?? []).filter { now - $0 < Self.window }
            guard recent.count >= Self.limit, let oldest = recent.suffix(Self.limit).first else { return nil }
            return Self.window - (now - oldest)
        }
    }
}
