// Makes the short-lived token that authorises one request, and takes tokens apart for whoever judges them.
//
// A token is made on the way of every order, so its JSON is written by hand; reading is left to a decoder, which
// takes it from strangers.

package enum WebToken {
    /// Who issues the venue's tokens.
    package static let issuer = "cdp"

    /// Valid from `issuedAt` for `life` seconds. The address ("GET host/path") binds the token to one request; a
    /// token for a WebSocket has none.
    package static func make(
        key: KeyFile, uri: String?, issuedAt: Int64, life: Int64, nonce: String
    ) throws(KeyError) -> String {
        var header: [UInt8] = []
        header.reserveCapacity(256)
        header.append(contentsOf: #"{"alg":""#.utf8)
        header.append(contentsOf: key.key.algorithm.rawValue.utf8)
        header.append(contentsOf: #"","kid":"#.utf8)
        appendJSON(key.name, to: &header)
        header.append(contentsOf: #","nonce":"#.utf8)
        appendJSON(nonce, to: &header)
        header.append(contentsOf: #","typ":"JWT"}"#.utf8)

        let (expiry, overflow) = issuedAt.addingReportingOverflow(life)
        var claims: [UInt8] = []
        claims.reserveCapacity(384)
        claims.append(contentsOf: #"{"sub":"#.utf8)
        appendJSON(key.name, to: &claims)
        claims.append(contentsOf: #","iss":"cdp","nbf":"#.utf8)
        claims.append(contentsOf: String(issuedAt).utf8)
        claims.append(contentsOf: #","exp":"#.utf8)
        claims.append(contentsOf: String(overflow ? .max : expiry).utf8)
        if let uri {
            claims.append(contentsOf: #","uri":"#.utf8)
            appendJSON(uri, to: &claims)
        }
        claims.append(UInt8(ascii: "}"))

        var token: [UInt8] = []
        token.reserveCapacity(1_024)
        Base64URL.append(header, to: &token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(claims, to: &token)
        let signature = try key.key.signature(of: token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &token)
        return String(decoding: token, as: UTF8.self)
    }

    /// A JSON string with its quotes.
    private static func appendJSON(_ text: String, to bytes: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: #"\u00"#.utf8)
                bytes.append(hex[Int(byte >> 4)])
                bytes.append(hex[Int(byte & 0x0f)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
