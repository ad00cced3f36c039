// ECDSA signatures in their two forms: the library's DER, and the two numbers of 32 bytes that a token carries.

import CCrypto

enum ECDSASignature {
    private static let half: Int32 = 32

    /// r and s, each padded to 32 bytes.
    static func raw(der: [UInt8]) -> [UInt8]? {
        der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            guard let signature = d2i_ECDSA_SIG(nil, &cursor, bytes.count) else {
                ERR_clear_error()
                return nil
            }
            defer { ECDSA_SIG_free(signature) }
            var raw = [UInt8](repeating: 0, count: 64)
            let written = raw.withUnsafeMutableBufferPointer { buffer -> Bool in
                guard let start = buffer.baseAddress else { return false }
                return BN_bn2binpad(ECDSA_SIG_get0_r(signature), start, half) == half
                    && BN_bn2binpad(ECDSA_SIG_get0_s(signature), start + Int(half), half) == half
            }
            return written ? raw : nil
        }
    }

    /// DER from exactly 64 bytes; nil from anything else.
    static func der(raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 64 else { return nil }
        // The numbers are positive and shorter than 128 bytes, so that each length takes one byte.
        let body = integer(raw.prefix(32)) + integer(raw.suffix(32))
        return [0x30, UInt8(body.count)] + body
    }

    /// The shortest form of a number that is not negative.
    private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }
}
