// Where a venue is reached. Plain text only on this machine: whatever leaves it is encrypted.

package struct EndpointError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
}

package struct Endpoint: Equatable, Sendable {
    package enum Kind: Sendable { case rest, webSocket }

    package let isEncrypted: Bool
    /// Name or address, without brackets.
    package let host: String
    package let port: Int
    /// Where a WebSocket is opened; empty for REST.
    package let path: String
    /// As in a Host header and in a token's address: the port only when the text named one.
    package let hostAndPort: String

    /// `https://host[:port]`, or `wss://host[:port][/path]`; `http` and `ws` for loopback addresses alone.
    package init(_ text: String, _ kind: Kind) throws(EndpointError) {
        let (secure, plain) = kind == .rest ? ("https", "http") : ("wss", "ws")
        guard let mark = text.firstRange(of: "://") else {
            throw EndpointError(description: "'\(text)' is not an address like \(secure)://host")
        }
        let scheme = String(text[..<mark.lowerBound])
        guard scheme == secure || scheme == plain else {
            throw EndpointError(
                description: "'\(text)' must begin with \(secure):// (or \(plain):// on this machine)")
        }
        isEncrypted = scheme == secure
        let rest = text[mark.upperBound...]
        let authority = String(rest.prefix { $0 != "/" })
        var path = String(rest.dropFirst(authority.count))
        guard let (host, port) = Self.split(authority) else {
            throw EndpointError(description: "'\(text)' does not name a host, or its port is none")
        }
        if kind == .rest {
            guard path.isEmpty || path == "/" else {
                throw EndpointError(
                    description: "'\(text)' must end with the host; paths are the venue's own")
            }
            path = ""
        } else {
            guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw EndpointError(
                    description: "the path of '\(text)' has characters that no address may have")
            }
            if path.isEmpty { path = "/" }
        }
        self.host = host
        self.port = port ?? (isEncrypted ? 443 : 80)
        self.path = path
        hostAndPort = authority
        guard isEncrypted || isLoopback else {
            throw EndpointError(
                description: "'\(text)' would send keys in plain text to another machine; use \(secure)://")
        }
    }

    /// Whether it can only be this machine.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the host is an address and not a name.
    package var isAddress: Bool {
        host.contains(":")
            || host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { UInt8($0) != nil }
    }

    private static func split(_ authority: String) -> (String, Int?)? {
        var host = authority
        var port: Int?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty {
                guard let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
                port = Int(number)
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = String(authority[..<colon])
            guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
                return nil
            }
            port = Int(number)
        }
        let isPlain = host.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
        }
        return host.isEmpty || !isPlain ? nil : (host, port)
    }
}
