// Schoolbook arithmetic on decimal digits, slow and obvious, against which the exact values are compared; and
// the seeded chance that the property tests draw from.

import TradingDomain

/// Decimal digits of a natural number, lowest first, without leading zeros.
struct LongNumber: Equatable {
    var digits: [Int]

    init(_ digits: [Int]) {
        self.digits = digits
        while self.digits.last == 0 { self.digits.removeLast() }
    }
    init(_ value: UInt128) { self.init(String(value).reversed().compactMap(\.wholeNumberValue)) }
    /// 10^exponent.
    static func power(_ exponent: Int) -> Self { Self(Array(repeating: 0, count: exponent) + [1]) }

    static func * (a: Self, b: Self) -> Self {
        var result = Array(repeating: 0, count: a.digits.count + b.digits.count + 1)
        for (i, x) in a.digits.enumerated() {
            for (j, y) in b.digits.enumerated() { result[i + j] += x * y }
        }
        for index in result.indices.dropLast() {
            result[index + 1] += result[index] / 10
            result[index] %= 10
        }
        return Self(result)
    }

    /// Without the lowest `count` digits, and those digits.
    func cut(_ count: Int) -> (kept: Self, cut: Self) {
        (Self(Array(digits.dropFirst(count))), Self(Array(digits.prefix(count))))
    }

    var plusOne: Self {
        var result = digits
        var index = 0
        while index < result.count, result[index] == 9 {
            result[index] = 0
            index += 1
        }
        if index == result.count { result.append(1) } else { result[index] += 1 }
        return Self(result)
    }

    static func < (a: Self, b: Self) -> Bool {
        if a.digits.count != b.digits.count { return a.digits.count < b.digits.count }
        return a.digits.reversed().lexicographicallyPrecedes(b.digits.reversed())
    }

    /// Nil when it does not fit.
    var raw: Int128? { digits.isEmpty ? 0 : Int128(String(digits.reversed().map { Character("\($0)") })) }
}

/// SplitMix64.
struct Chance: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Of every length up to `bits`, so that small, round and huge values all occur.
    mutating func raw(bits: Int = 127) -> Int128 {
        let length = Int.random(in: 0...bits, using: &self)
        let value = length == 0 ? 0 : UInt128.random(in: 0...UInt128.max, using: &self) >> (128 - length)
        let round = [1, 10, 1_000_000_000, 1_000_000_000_000_000_000].randomElement(using: &self) ?? 1
        let magnitude = Int128(truncatingIfNeeded: min(value, UInt128(Int128.max)))
        let rounded = magnitude - magnitude % Int128(round)
        return Bool.random(using: &self) ? rounded : -rounded
    }
}
