// A token taken apart. Parsing proves nothing: whoever relies on it checks the signature, the times, the name and
// the address.

import ForeignJSON

/// Why a text is no token. The words hold nothing of the text.
package enum TokenError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLong
    case notThreeParts
    case notBase64(part: String)
    case notJSON(part: String)

    package var description: String {
        switch self {
        case .tooLong: "the token is too long"
        case .notThreeParts: "the token does not have three parts"
        case .notBase64(let part): "the token's \(part) is not base64url without padding"
        case .notJSON(let part): "the token's \(part) is not the JSON that was expected"
        }
    }
}

package struct ParsedToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// As the header names it, perhaps none of ours.
    package let alg: String
    package let kid: String?
    package let nonce: String?
    package let typ: String?
    package let sub: String?
    package let iss: String?
    /// Seconds since 1970, as `iat` and `exp`.
    package let nbf: Int64?
    package let iat: Int64?
    package let exp: Int64?
    package let uri: String?
    package let uris: [String]
    /// One audience or many, as a list.
    package let aud: [String]
    package let signedPart: [UInt8]
    package let signature: [UInt8]

    /// Whether the key signed this, by the algorithm of the key and not by whatever the header asks for.
    package func isSigned(by key: VerifyingKey) -> Bool {
        alg == key.algorithm.rawValue && key.isValid(signature, of: signedPart)
    }

    // A token lets its holder act until it expires, so it is not shown either.
    package var description: String { "token of \(kid ?? "nobody") (\(alg))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension WebToken {
    /// Tokens of known clients take less than 1 KiB.
    private static let limit = 16_384

    package static func parse(_ text: String) throws(TokenError) -> ParsedToken {
        let bytes = Array(text.utf8)
        guard bytes.count <= limit else { throw .tooLong }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .notThreeParts }
        let header = try decode(Header.self, from: parts[0], named: "header")
        let claims = try decode(Claims.self, from: parts[1], named: "claims")
        guard let signature = Base64URL.decode(parts[2]) else { throw .notBase64(part: "signature") }
        return ParsedToken(
            alg: header.alg, kid: header.kid, nonce: header.nonce, typ: header.typ, sub: claims.sub,
            iss: claims.iss, nbf: claims.nbf, iat: claims.iat, exp: claims.exp, uri: claims.uri,
            uris: claims.uris ?? [], aud: claims.aud?.values ?? [],
            signedPart: Array(bytes[..<parts[1].endIndex]), signature: signature)
    }

    private static func decode<T: Decodable>(
        _ type: T.Type, from part: ArraySlice<UInt8>, named name: String
    ) throws(TokenError) -> T {
        guard let json = Base64URL.decode(part) else { throw .notBase64(part: name) }
        // The words hold nothing of the text, and so nothing of why it is none.
        guard let value = try? JSONLimits(bytes: limit).decode(type, from: json) else {
            throw .notJSON(part: name)
        }
        return value
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
        var nonce: String?
        var typ: String?
    }

    private struct Claims: Decodable {
        var sub: String?
        var iss: String?
        var nbf: Int64?
        var iat: Int64?
        var exp: Int64?
        var uri: String?
        var uris: [String]?
        var aud: OneOrMany?
    }

    private struct OneOrMany: Decodable {
        var values: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                values = [one]
            } else {
                values = try container.decode([String].self)
            }
        }
    }
}
