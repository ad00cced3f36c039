// The only source of chance of a schedule: SplitMix64, from its seed.

struct Dice: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 ^ 0xA24B_AED4_963E_E407 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Dice of their own, so that what one part draws does not change what another does.
    mutating func fork() -> Dice { Dice(seed: next()) }

    /// Uniform in `0..<bound`; 0 for a bound below 1.
    mutating func below(_ bound: Int64) -> Int64 {
        bound <= 1 ? 0 : Int64(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Uniform in `low...high`.
    mutating func between(_ low: Int64, _ high: Int64) -> Int64 { low + below(high - low + 1) }

    mutating func milliseconds(_ low: Int64, _ high: Int64) -> Duration {
        .microseconds(between(low * 1_000, high * 1_000))
    }

    /// True this many times out of a thousand.
    mutating func chance(_ permille: Int64) -> Bool { below(1_000) < permille }

    mutating func pick<T>(_ values: [T]) -> T { values[Int(below(Int64(values.count)))] }
}
