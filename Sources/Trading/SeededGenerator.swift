/// The core's only source of randomness: SplitMix64, a value, so that the same seed gives the same turns.
package struct SeededGenerator: RandomNumberGenerator, Codable, Equatable, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in `0..<bound`; 0 for a bound below 1. The modulo bias is below 2^-32 for the bounds in use.
    package mutating func below(_ bound: Int64) -> Int64 {
        bound <= 1 ? 0 : Int64(next() % UInt64(bound))
    }

    /// Uniform between zero and `limit`.
    package mutating func duration(upTo limit: Duration) -> Duration {
        .nanoseconds(below(max(0, limit.wholeNanoseconds) &+ 1))
    }
}
