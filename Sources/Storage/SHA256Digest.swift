// SHA-256 by libcrypto. The one-shot function of OpenSSL 3 looks its algorithm up by name on every call, so
// it is looked up once here.

import CCrypto

enum SHA256Digest {
    static let length = Int(SHA256_DIGEST_LENGTH)

    // Unsafe only in that the compiler cannot see it: set once, never freed, and libcrypto's algorithm
    // objects are immutable and may be used by any thread.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    static func of(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        var size = UInt32(length)
        if let algorithm, EVP_Digest(bytes, bytes.count, &digest, &size, algorithm, nil) == 1 {
            return digest
        }
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }
}
