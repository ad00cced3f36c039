// The exchange model's only source of chance: SplitMix64, whose whole state is one number.
// It never touches the system's randomness, so the same seed gives the same market everywhere.

package struct SeededGenerator: RandomNumberGenerator, Codable, Sendable, Hashable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// Uniform in `0..<bound`, by multiplication; the bias is below 2^-32 for the small bounds used here.
    /// Zero when `bound` is not positive.
    package mutating func below(_ bound: Int64) -> Int64 {
        guard bound > 0 else { return 0 }
        return Int64(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Near normal with mean 0 and deviation 1000: the sum of twelve uniforms, so within ±6000.
    package mutating func normalThousandths() -> Int64 {
        var sum: Int64 = -6000
        for _ in 0..<12 { sum += below(1001) }
        return sum
    }

    /// The finishing function of SplitMix64: spreads every bit of `value` over the result.
    package static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A seed made of several numbers; their order matters.
    package static func seed(_ parts: UInt64...) -> UInt64 {
        var hash: UInt64 = 0x6A09_E667_F3BC_C908
        for part in parts { hash = mix((hash ^ part) &+ 0x9E37_79B9_7F4A_7C15) }
        return hash
    }

    /// A number for a text, the same in every process (FNV-1a; `Hasher` is seeded per process).
    package static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash
    }
}
