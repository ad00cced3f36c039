// Where a connection goes. Nothing is sent in the clear except to this very machine.

package enum EndpointError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String, reason: String)
    case clearText(String)

    package var description: String {
        switch self {
        case .malformed(let text, let reason): "'\(text)' is not an address for this: \(reason)"
        case .clearText(let text):
            "'\(text)' would send in the clear; only loopback addresses may (use https:// or wss://)"
        }
    }
}

package struct Endpoint: Sendable, Hashable {
    package enum Kind: Sendable {
        case rest, webSocket
        /// One that is posted to, path and all. Its text may be a secret.
        case webhook
    }

    package let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    package let host: String
    package let port: Int
    /// What to ask a WebSocket server or a webhook for, query included; "/" for REST.
    package let path: String
    /// As in the Host header and in a token's address: the port only when it was given.
    package let hostAndPort: String

    package init(_ text: String, _ kind: Kind) throws(EndpointError) {
        func malformed(_ reason: String) -> EndpointError { .malformed(text, reason: reason) }
        let (secure, clear) = kind == .webSocket ? ("wss://", "ws://") : ("https://", "http://")
        let rest: Substring
        if text.hasPrefix(secure) {
            isSecure = true
            rest = text.dropFirst(secure.count)
        } else if text.hasPrefix(clear) {
            isSecure = false
            rest = text.dropFirst(clear.count)
        } else {
            throw malformed("it must begin with \(secure)")
        }
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !rest.contains("#") else {
            throw malformed("it holds characters that an address may not")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let tail = String(rest.dropFirst(authority.count))
        guard !authority.contains("@") else { throw malformed("no user or password may stand in it") }
        if kind == .rest {
            guard tail.isEmpty || tail == "/" else { throw malformed("no path may follow the host") }
            path = "/"
        } else {
            path = tail.hasPrefix("/") ? tail : "/" + tail
        }

        let name: Substring
        let portText: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw malformed("a bracket is not closed") }
            name = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw malformed("the port is not a number") }
            portText = after.isEmpty ? nil : after.dropFirst()
            guard name.contains(":"), name.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                throw malformed("it is not an IPv6 address")
            }
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            name = parts.first ?? ""
            portText = parts.count > 1 ? parts[1] : nil
            guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else {
                throw malformed("the host is missing or no name")
            }
        }
        host = name.lowercased()
        if let portText {
            guard let number = UInt16(portText), number > 0, portText.allSatisfy(\.isNumber) else {
                throw malformed("the port is not a number from 1 to 65535")
            }
            port = Int(number)
        } else {
            port = isSecure ? 443 : 80
        }
        let shown = authority.hasPrefix("[") ? "[\(host)]" : host
        hostAndPort = portText == nil ? shown : "\(shown):\(port)"
        guard isSecure || Self.isLoopback(host) else { throw .clearText(text) }
    }

    /// The name of this machine to itself, or a literal address that can lead nowhere else.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
