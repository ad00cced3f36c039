import NIOCore
import NIOHTTP1

// From where a request comes, for the control plane, which takes no token: from a program on this machine, never from a
// page that somebody looks at there. curl and every library pass; a browser tells by itself what it carries.

struct RequestOrigin: Sendable {
    var isFromThisMachine = true
    /// "address" of this end; nil where there is none.
    var local: String?
    var hosts: [String] = []
    var origins: [String] = []
    var fetchSites: [String] = []
    var contentTypes: [String] = []

    init() {}

    /// - Parameter bound: the host that the server was told to listen at.
    init(_ headers: HTTPHeaders, from peer: SocketAddress?, to local: SocketAddress?, bound: String) {
        isFromThisMachine = peer.map(Self.isLoopback) ?? false
        self.local = local?.ipAddress
        names.append(bound.lowercased())
        hosts = headers["host"].map { $0.lowercased() }
        origins = headers["origin"].map { $0.lowercased() }
        fetchSites = headers["sec-fetch-site"].map { $0.lowercased() }
        contentTypes = headers["content-type"].map { $0.lowercased() }
    }

    private var names = ["localhost"]

    /// By the address itself, not by what its text happens to hold.
    private static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .unixDomainSocket: return true
        case .v4, .v6: break
        }
        guard let text = address.ipAddress else { return false }
        return isLoopback(text)
    }

    static func isLoopback(_ text: String) -> Bool {
        let plain = text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
        if plain == "::1" { return true }
        let parts = plain.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Nil when the control plane may obey.
    var refusal: Reply? {
        func refused(_ words: String) -> Reply { .error(403, "PERMISSION_DENIED", words) }
        guard isFromThisMachine else { return refused("the control plane serves this machine only") }
        guard hosts.count <= 1, origins.count <= 1 else {
            return .invalid("Host and Origin are sent once")
        }
        if let host = hosts.first, !isOurs(host) {
            return refused("the control plane is not called '\(host)'; use localhost")
        }
        if let origin = origins.first, !isOwn(origin) {
            return refused("the control plane does not serve pages of '\(origin)'")
        }
        if let site = fetchSites.first(where: { $0 != "same-origin" && $0 != "none" }) {
            return refused("the control plane does not serve pages of elsewhere (\(site))")
        }
        // What curl -d says stands for JSON; what only a page would send without asking first does not.
        let usual = ["application/json", "application/x-www-form-urlencoded", ""]
        for type in contentTypes where !usual.contains(String(type.prefix { $0 != ";" && $0 != " " })) {
            return .error(415, "UNSUPPORTED_MEDIA_TYPE", "send JSON as application/json, not as '\(type)'")
        }
        return nil
    }

    /// "name" or "name:port", an IPv6 address in brackets.
    private func isOurs(_ host: String) -> Bool {
        let name: Substring
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            name = host[host.index(after: host.startIndex)..<end]
        } else {
            name = host.prefix { $0 != ":" }
        }
        return names.contains(String(name)) || Self.isLoopback(String(name)) || String(name) == local
    }

    /// A page that this very server had given out; the name is one of ours already.
    private func isOwn(_ origin: String) -> Bool {
        guard let host = hosts.first else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }
}
