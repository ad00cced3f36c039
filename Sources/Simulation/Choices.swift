// Every decision of a schedule as a pure function of its seed and of what the decision is about: no stream is
// shared, so taking one fault away does not change what the others do. That is what makes a schedule shrink.
// It never touches the system's randomness.

/// A few draws that belong together: SplitMix64.
struct Dice: Sendable {
    private var state: UInt64

    init(_ state: UInt64) { self.state = state }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mix(state)
    }

    /// Uniform in `0..<bound`; 0 for a bound below 1.
    mutating func below(_ bound: Int64) -> Int64 {
        bound <= 1 ? 0 : Int64(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Uniform in `low...high`.
    mutating func between(_ low: Int64, _ high: Int64) -> Int64 { low + below(high - low + 1) }

    /// True this many times out of a thousand.
    mutating func chance(_ permille: Int64) -> Bool { below(1000) < permille }

    mutating func pick<T>(_ values: [T]) -> T { values[Int(below(Int64(values.count)))] }
}

/// What a decision is about.
enum Stream: UInt64, Sendable {
    case scenario = 1
    case rates, life, fault, call, commit, report, market, strategy, cancel, restart, guardian, process,
        program
    case calm
}

struct Choices: Sendable {
    let seed: UInt64

    func dice(_ stream: Stream, _ a: Int64 = 0, _ b: Int64 = 0) -> Dice {
        var state = mix(seed ^ (stream.rawValue &* 0xA24B_AED4_963E_E407))
        state = mix(state ^ UInt64(bitPattern: a))
        return Dice(mix(state &+ 0x9FB2_1C65_1E98_DF25 ^ UInt64(bitPattern: b)))
    }
}

private func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}

/// Virtual time in nanoseconds since the schedule began.
typealias Instant = Int64

func milliseconds(_ count: Int64) -> Instant { count * 1_000_000 }
