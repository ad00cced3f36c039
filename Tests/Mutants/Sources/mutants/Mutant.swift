// One small change to the code that decides, and how it is written into the scratch build.

/// What kind of mistake a mutant is. The raw values are the report's and the identities'.
enum MutantKind: String, Codable, CaseIterable {
    /// A whole condition of `if`, `guard`, `while`, `?:` or `where` says the opposite.
    case negated
    /// One operand of `&&` or `||`, or one condition of several, is not asked.
    case operand
    /// `&&` for `||`, and the other way round.
    case junction
    /// `<` for `<=`, `>` for `>=`, and the other way round.
    case boundary
    /// A comparison within an expression says the opposite.
    case comparison
    /// `true` for `false`; a number one more or less, from 100 up ten times or a tenth.
    case constant
    /// A duration ten times as long, or a tenth.
    case duration
    /// A call whose result nobody uses.
    case call
    /// An assignment.
    case assignment
    /// A `return`, `throw`, `continue` or `break` under an `if`.
    case exit
    /// A function that returns before it has done anything, or half-way.
    case early
}

struct Mutant: Sendable {
    /// `File.swift/function/kind/hash`: the same as long as the code of this place is, whatever moves above it.
    let identity: String
    /// The place of the file in the checkout, `Sources/Trading/RiskGate.swift`.
    let path: String
    /// Its place among the mutants of the file, outer ones first.
    let order: Int
    let function: String
    let kind: MutantKind
    let line: Int
    let endLine: Int
    let original: String
    let mutated: String
    let form: Form

    /// How the choice is written around the original text, which stands in the scratch build exactly once.
    struct Form: Sendable {
        /// Bytes of the file.
        let start: Int
        let end: Int
        /// Before and after the original text; `#` stands for the mutant's number.
        let prefix: String
        let suffix: String
        /// A token in between that becomes a comma, so that both operands are arguments.
        var comma: Range<Int>?
    }

    var file: String { String(path.split(separator: "/").last ?? "") }
}

/// FNV-1a, so that seeds and identities are the same on every machine.
func stableHash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return hash
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension String {
    /// One line, no longer than a report takes.
    func onOneLine(_ limit: Int = 140) -> String {
        let line = split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count <= limit ? line : line.prefix(limit - 1) + "…"
    }

    func padded(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}
