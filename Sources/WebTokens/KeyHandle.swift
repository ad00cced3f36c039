// Owns one key of the cryptographic library and speaks its language; nothing outside this module sees it.

import CCrypto

/// The algorithms that the venue takes, named as in a token's header.
package enum TokenAlgorithm: String, Sendable, CaseIterable {
    case es256 = "ES256"
    case edDSA = "EdDSA"
}

/// Frees its key when the last user is gone.
///
/// Unchecked, because a C pointer is never Sendable. It is safe: the pointer is a constant, the key behind it is
/// never changed after the initialiser, every operation makes a context of its own, and OpenSSL lets many threads
/// use one unchanging key (its own caches inside the key are locked).
final class KeyHandle: @unchecked Sendable {
    private let key: OpaquePointer
    let algorithm: TokenAlgorithm

    /// Takes over a key, or says why it cannot be used.
    private init(owning key: OpaquePointer) throws(KeyError) {
        if EVP_PKEY_is_a(key, "ED25519") == 1 {
            algorithm = .edDSA
        } else if EVP_PKEY_is_a(key, "EC") == 1 {
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            let told = EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1
            ERR_clear_error()
            guard told, name.prefix(length).elementsEqual("prime256v1".utf8.map { CChar($0) }) else {
                EVP_PKEY_free(key)
                throw .unsupported(reason: "an EC key must be on the curve P-256")
            }
            algorithm = .es256
        } else {
            EVP_PKEY_free(key)
            throw .unsupported(reason: "it must be an EC key on P-256 or an Ed25519 key")
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    static func generate(_ algorithm: TokenAlgorithm) throws(KeyError) -> KeyHandle {
        let made =
            switch algorithm {
            case .es256: cc_generate_p256()
            case .edDSA: cc_generate_ed25519()
            }
        guard let made else { throw failure("make a key") }
        return try KeyHandle(owning: made)
    }

    static func read(pem: [UInt8]) throws(KeyError) -> KeyHandle {
        guard let count = Int32(exactly: pem.count), let key = cc_read_private_pem(pem, count) else {
            ERR_clear_error()
            throw .malformed(reason: "it is not an unencrypted private key in PEM form")
        }
        return try KeyHandle(owning: key)
    }

    static func ed25519(seed: [UInt8]) throws(KeyError) -> KeyHandle {
        guard let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count) else {
            ERR_clear_error()
            throw .malformed(reason: "it is not the seed of an Ed25519 key")
        }
        return try KeyHandle(owning: key)
    }

    /// The signature as the library makes it: DER for EC, 64 bytes for Ed25519.
    func sign(_ message: [UInt8]) throws(KeyError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw Self.failure("sign") }
        defer { EVP_MD_CTX_free(context) }
        // A DER signature on P-256 takes at most 72 bytes.
        var signature = [UInt8](repeating: 0, count: 80)
        var length = signature.count
        guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { throw Self.failure("sign") }
        signature.removeLast(signature.count - length)
        return signature
    }

    func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            // A bad signature leaves a word in this thread's queue of errors.
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// The raw 32 bytes of an Ed25519 key's halves.
    func ed25519Halves() throws(KeyError) -> (seed: [UInt8], publicKey: [UInt8]) {
        var seed = [UInt8](repeating: 0, count: 32)
        var publicKey = seed
        var seedLength = 32
        var publicLength = 32
        guard EVP_PKEY_get_raw_private_key(key, &seed, &seedLength) == 1, seedLength == 32,
            EVP_PKEY_get_raw_public_key(key, &publicKey, &publicLength) == 1, publicLength == 32
        else { throw Self.failure("show an Ed25519 key") }
        return (seed, publicKey)
    }

    /// An EC key as SEC1 PEM.
    func sec1PEM() throws(KeyError) -> String {
        var text = [CChar](repeating: 0, count: 1_024)
        let count = cc_write_sec1_pem(key, &text, Int32(text.count))
        guard count > 0 else { throw Self.failure("write an EC key") }
        return String(decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private var digest: OpaquePointer? { algorithm == .es256 ? EVP_sha256() : nil }

    private static func failure(_ operation: String) -> KeyError {
        ERR_clear_error()
        return .failed(operation: operation)
    }
}
