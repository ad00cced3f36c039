// What makes two tokens of one second differ: random bytes of the cryptographic library.

import CCrypto

package enum Nonce {
    /// `bytes` random bytes as lower-case hex digits.
    package static func hex(bytes count: Int = 16) throws(KeyError) -> String {
        var bytes = [UInt8](repeating: 0, count: count)
        guard let size = Int32(exactly: count), RAND_bytes(&bytes, size) == 1 else {
            ERR_clear_error()
            throw .failed(operation: "draw random bytes")
        }
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0x0f)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
