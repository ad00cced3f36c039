// The private key that signs tokens, and the public half that checks them. Neither ever shows itself: whatever
// prints, dumps or mirrors a key learns its algorithm and nothing else.

import FoundationEssentials

package struct SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    private let handle: KeyHandle

    private init(_ handle: KeyHandle) throws(KeyError) {
        self.handle = handle
        // A file may hold a public half that does not belong to its private one: nothing signed would be accepted.
        let probe = Array("trader247".utf8)
        guard verifyingKey.isValid(try signature(of: probe), of: probe) else {
            throw .malformed(reason: "its public half does not belong to its private half")
        }
    }

    /// "BEGIN EC PRIVATE KEY", or "BEGIN PRIVATE KEY" of either kind. Line ends may be written as `\n`, which is
    /// how they come out of many environment files.
    package init(pem: String) throws(KeyError) {
        guard pem.contains("-----BEGIN") else { throw .malformed(reason: "it has no line with BEGIN") }
        let text = pem.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")
        try self.init(KeyHandle.read(pem: Array(text.utf8)))
    }

    /// Base64 of 64 bytes, seed and public half, or of the 32 bytes of the seed alone.
    package init(ed25519Base64 text: String) throws(KeyError) {
        let packed = text.filter { !$0.isWhitespace }
        guard let data = Data(base64Encoded: packed) else { throw .malformed(reason: "it is not base64") }
        guard data.count == 64 || data.count == 32 else {
            throw .malformed(reason: "base64 of 32 or 64 bytes is expected, not of \(data.count)")
        }
        let handle = try KeyHandle.ed25519(seed: Array(data.prefix(32)))
        if data.count == 64, try handle.ed25519Halves().publicKey != Array(data.suffix(32)) {
            throw .malformed(reason: "its public half does not belong to its private half")
        }
        try self.init(handle)
    }

    package static func generate(_ algorithm: TokenAlgorithm) throws(KeyError) -> SigningKey {
        try SigningKey(KeyHandle.generate(algorithm))
    }

    package var algorithm: TokenAlgorithm { handle.algorithm }
    package var verifyingKey: VerifyingKey { VerifyingKey(handle) }

    /// The secret itself, as the venue's key files hold it. For whoever hands out keys, and for nobody else.
    package var privateKeyText: String {
        get throws(KeyError) {
            switch algorithm {
            case .es256: return try handle.sec1PEM()
            case .edDSA:
                let halves = try handle.ed25519Halves()
                return Data(halves.seed + halves.publicKey).base64EncodedString()
            }
        }
    }

    /// 64 bytes: r and s, or Ed25519's own.
    package func signature(of message: [UInt8]) throws(KeyError) -> [UInt8] {
        let made = try handle.sign(message)
        switch algorithm {
        case .es256:
            guard let raw = ECDSASignature.raw(der: made) else { throw .failed(operation: "sign") }
            return raw
        case .edDSA: return made
        }
    }

    package var description: String { "signing key (\(algorithm.rawValue))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

package struct VerifyingKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    // The library keeps both halves in one key, so this holds the private one too; it has no way out from here.
    private let handle: KeyHandle

    fileprivate init(_ handle: KeyHandle) { self.handle = handle }

    package var algorithm: TokenAlgorithm { handle.algorithm }

    package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64 else { return false }
        switch algorithm {
        case .es256:
            guard let der = ECDSASignature.der(raw: signature) else { return false }
            return handle.verify(der, of: message)
        case .edDSA: return handle.verify(signature, of: message)
        }
    }

    package var description: String { "verifying key (\(algorithm.rawValue))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
