// Who may ask what. On the socket: this process's own user, and root, as the kernel tells them. On TCP: whoever has the
// token, under a host name that is ours, and not sent by a page of another site.

import FoundationEssentials
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

/// Which TCP requests are let in.
struct Admission: Sendable {
    let token: ControlToken?
    /// "host:port", lower case.
    let hosts: Set<String>
    let guesses = GuessMeter()

    /// What a request claims to be, and the address that it came to.
    struct Claims: Sendable {
        var host: String?
        var origin: String?
        var authorization: String?
        /// "address:port" of this end, which is a name of ours like those that are configured.
        var local: String?
    }

    enum Answer: Sendable {
        /// `isTrusted`: the owner, or whoever has the token; false for a stranger at an open door.
        case pass(isTrusted: Bool)
        /// To be said only after the pause.
        case refuse(ControlResponse, pause: Duration)
    }

    /// The token is compared first, so that nobody's wrong ones keep the right one out.
    func judge(_ claims: Claims, from peer: Peer, to access: ControlRoute.Access, at now: MonotonicInstant)
        -> Answer
    {
        guard case .tcp(let address, _) = peer else {
            // No browser can reach it; a page that found a way would say where it comes from.
            return claims.origin == nil
                ? .pass(isTrusted: true) : .forbidden("pages may not use the socket")
        }
        if case .open = access { return .pass(isTrusted: false) }
        let names = hosts.union([claims.local].compactMap { $0 })
        guard let host = claims.host?.lowercased(), names.contains(host) else {
            return .forbidden(
                "the host name '\(claims.host ?? "")' is not one of ours (\(names.sorted().joined(separator: ", ")))"
            )
        }
        if let origin = claims.origin?.lowercased(), !Self.isOne(of: names, origin) {
            return .forbidden("requests from pages of '\(origin)' are not taken")
        }
        if claims.authorization == nil, case .named = access { return .pass(isTrusted: false) }
        let prefix = "bearer "
        if let token, let claimed = claims.authorization, claimed.lowercased().hasPrefix(prefix),
            token.matches(Array(claimed.utf8.dropFirst(prefix.utf8.count)))
        {
            return .pass(isTrusted: true)
        }
        return refuse(guesses.note(Source(address), at: now), Source(address))
    }

    private func refuse(_ wait: Duration?, _ source: Source) -> Answer {
        guard let wait else {
            return .refuse(
                .failure(
                    401, "unauthorized", "the token is missing or wrong",
                    "send `Authorization: Bearer` with the content of control.token_file",
                    headers: [("www-authenticate", "Bearer")]), pause: .zero)
        }
        let seconds = wait.components.seconds + 1
        return .refuse(
            .failure(
                429, "too_many_failures", "the token is wrong, and so were many before from \(source)",
                "send the content of control.token_file, which is taken at once; else wait \(seconds) s",
                headers: [("retry-after", "\(seconds)")]), pause: GuessMeter.pause)
    }

    private static func isOne(of names: Set<String>, _ origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return names.contains(String(origin.dropFirst(scheme.count)))
        }
        return false
    }
}

extension Admission.Answer {
    fileprivate static func forbidden(_ what: String) -> Admission.Answer {
        .refuse(
            .failure(
                403, "forbidden", what, "use the socket, or an address of control.listen or control.hosts"),
            pause: .zero)
    }
}
