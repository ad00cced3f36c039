/// FNV-1a, 64 bits, over text: the same in every process.
struct Digest: Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: String) {
        var hash = value
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        value = (hash ^ 0x0A) &* 0x0000_0100_0000_01B3
    }
}
