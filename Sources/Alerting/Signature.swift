// HMAC-SHA256 over the moment and the body, so that a receiver knows who sent it, and that it is not an old one sent
// again: `X-Trader247-Signature: t=<seconds since 1970>,v1=<hex of HMAC(secret, "<t>.<body>")>`.

import CCrypto

enum Signature {
    static let header = "X-Trader247-Signature"

    static func value(_ body: [UInt8], secret: Secret, seconds: Int64) -> String {
        "t=\(seconds),v1=\(hex(hmac(Array("\(seconds).".utf8) + body, secret.bytes)))"
    }

    static func hmac(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size: UInt32 = 0
        guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, &size) != nil else {
            return []
        }
        return Array(digest.prefix(Int(size)))
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
