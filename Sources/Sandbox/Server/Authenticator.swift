import TradingDomain
import WebTokens

// Who may ask: the token of a request is judged as the venue does, against the keys that it knows and by its
// own clock. It never says why it refuses: neither does the venue.

struct Authenticator {
    /// Nil: everybody may.
    private let keys: [String: VerifyingKey]?

    /// How long a token may live.
    private static let longestLife: Int64 = 120
    /// How far a client's clock may be ahead.
    private static let leeway: Int64 = 1

    init(_ clients: [SandboxSettings.Client]?) {
        keys = clients.map { clients in
            Dictionary(clients.map { ($0.name, $0.key) }, uniquingKeysWith: { _, last in last })
        }
    }

    var asksEverybody: Bool { keys != nil }

    /// Who may: a key's name, or somebody who was not asked.
    enum Visitor {
        case anybody
        case key(String)
    }

    func knows(_ name: String) -> Bool { keys?[name] != nil }

    /// Nil for whoever may not.
    ///
    /// - Parameter now: on the venue's clock, skew included.
    func visitor(_ request: Request, now: UTCInstant) -> Visitor? {
        guard keys != nil else { return .anybody }
        guard let token = request.token.flatMap({ judged($0, now) }), let name = token.kid else { return nil }
        let addresses = token.uris + (token.uri.map { [$0] } ?? [])
        return addresses.contains { isBound($0, to: request) } ? .key(name) : nil
    }

    /// By the token of a subscription, which names no request.
    func visitor(socketToken text: String?, now: UTCInstant) -> Visitor? {
        guard keys != nil else { return .anybody }
        return text.flatMap { judged($0, now) }?.kid.map { .key($0) }
    }

    private func judged(_ text: String, _ now: UTCInstant) -> ParsedToken? {
        guard let token = try? WebToken.parse(text), let name = token.kid, token.sub == name,
            let key = keys?[name], token.iss == "cdp" || token.iss == "coinbase-cloud",
            let begin = token.nbf, let end = token.exp,
            end > begin, Self.life(begin, end) <= Self.longestLife,
            begin <= now.secondsSince1970 + Self.leeway, UTCInstant.isBefore(now, end)
        else { return nil }
        return token.isSigned(by: key) ? token : nil
    }

    /// Seconds; times may be any numbers, and what is longer than all of them is as long.
    private static func life(_ begin: Int64, _ end: Int64) -> Int64 {
        let (life, isTooLong) = end.subtractingReportingOverflow(begin)
        return isTooLong ? .max : life
    }

    /// "GET host[:port]/path", with or without a scheme before the host.
    private func isBound(_ address: String, to request: Request) -> Bool {
        guard let space = address.firstIndex(of: " "), address[..<space] == request.method else {
            return false
        }
        var rest = address[address.index(after: space)...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        }
        guard let slash = rest.firstIndex(of: "/"), rest[slash...] == request.path else { return false }
        let host = rest[..<slash]
        return host == request.host || host == request.host.prefix { $0 != ":" }
    }
}

extension UTCInstant {
    /// Whether `instant` comes before this second, which may be any number.
    fileprivate static func isBefore(_ instant: UTCInstant, _ second: Int64) -> Bool {
        instant.secondsSince1970 < second
    }
}
