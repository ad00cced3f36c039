import CCrypto

/// The journal's hash written down a second time, from its description: SHA-256 of the previous hash, each
/// number as 8 bytes, most significant first, and the text.
enum Hash {
    static func chained(previous: [UInt8], _ numbers: [Int64], _ text: String) -> String {
        var bytes = previous
        for number in numbers {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> Int64(shift)))
            }
        }
        bytes += Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        _ = SHA256(bytes, bytes.count, &digest)
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
