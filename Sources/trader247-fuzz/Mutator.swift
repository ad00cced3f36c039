// Damages bodies: flipped bits, cuts, pieces moved or taken from elsewhere, values put in the place of others.

/// A small generator; the same state gives the same numbers.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ state: UInt64) { self.state = state }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Below `limit`, which is positive; the slight bias does not matter here.
    mutating func below(_ limit: Int) -> Int { Int(truncatingIfNeeded: next() >> 1) % limit }
}

struct Mutator: Sendable {
    private struct Body: Sendable {
        let bytes: [UInt8]
        /// Where its scalars stand: strings with their quotes, numbers, words.
        let tokens: [Range<Int>]
    }

    private let bodies: [Body]

    private static let values: [[UInt8]] = [
        "null", "true", "false", "0", "-1", "1e308", "1e-400", "-0", "\"\"", "\"0\"", "\"true\"", "{}", "[]",
        "\"-\"",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "340282366920938463463374607431768211456",
        "\"170141183460469231731.687303715884105727\"", "\"0.000000000000000001\"", "\"-0.5\"", "\"1.\"",
        "\".5\"",
        "\"1e18\"", "\"\\ud800\"", "\"\\u0000\"", "\"\\", "\"OPEN\"", "\"FILLED\"", "\"CANCELLED\"",
        "\"REVERSAL\"",
        "\"snapshot\"", "\"update\"", "\"error\"", "\"user\"", "\"ticker\"", "\"subscriptions\"",
        "\"0001-01-01T00:00:00Z\"", "\"2262-12-31T23:59:60.999999999Z\"", "\"1678-01-01T00:00:00Z\"",
        "\"2026-02-30T00:00:00Z\"", "\"A-B\"", "\"BUY\"", "[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "[{}]",
        "[null]",
        "\"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJrIn0.c2ln\"", "\"" + String(repeating: "9", count: 400) + "\"",
        String(repeating: "[", count: 70),
    ].map { Array($0.utf8) }

    init(_ bodies: [[UInt8]]) {
        self.bodies = bodies.map { Body(bytes: $0, tokens: Mutator.tokens($0)) }
    }

    private static func tokens(_ bytes: [UInt8]) -> [Range<Int>] {
        var tokens: [Range<Int>] = []
        var at = 0
        while at < bytes.count {
            let start = at
            switch bytes[at] {
            case UInt8(ascii: "\""):
                at += 1
                while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
                    at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
                }
                at = min(at + 1, bytes.count)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                while at < bytes.count, !",]}: \n".utf8.contains(bytes[at]) { at += 1 }
            default:
                at += 1
                continue
            }
            tokens.append(start..<at)
        }
        return tokens
    }

    func body(_ random: inout SplitMix) -> [UInt8] { body(&random, of: random.below(bodies.count)) }

    /// One that is made of the body at this place.
    func body(_ random: inout SplitMix, of place: Int) -> [UInt8] {
        let body = bodies[place]
        var bytes = body.bytes
        // Values first, from behind, so that the places of those before stay right.
        if !body.tokens.isEmpty, random.below(4) != 0 {
            let places = (0...random.below(3)).map { _ in random.below(body.tokens.count) }
            for place in Set(places).sorted(by: >) {
                bytes.replaceSubrange(body.tokens[place], with: value(&random))
            }
        }
        // Half of the inputs stay well-formed, so that what lies behind the reader is tried too.
        guard random.below(2) == 0 else { return bytes }
        for _ in 0...random.below(3) { damage(&bytes, &random) }
        return bytes
    }

    /// As it is, with numbers from the ends of their range, or damaged.
    func wish(_ random: inout SplitMix, of place: Int) -> [UInt8] {
        switch random.below(4) {
        case 0: bodies[place].bytes
        case 1: edged(&random, of: place)
        default: body(&random, of: place)
        }
    }

    private static let edges: [[UInt8]] = [
        "-9223372036854775808", "-9223372036854775807", "9223372036854775807", "9223372036854775806", "-1",
        "0",
        "1", "4294967296", "\"170141183460469231731.687303715884105727\"",
        "\"-170141183460469231731.687303715884105728\"",
        "\"0.000000000000000001\"",
    ].map { Array($0.utf8) }

    /// The body at this place with numbers from the ends of their range in the place of its own; whole numbers stay whole.
    func edged(_ random: inout SplitMix, of place: Int) -> [UInt8] {
        let body = bodies[place]
        var bytes = body.bytes
        for token in body.tokens.reversed() {
            let text = body.bytes[token].drop { $0 == UInt8(ascii: "\"") }
            guard let first = text.first, (0x30...0x39).contains(first) || first == UInt8(ascii: "-") else {
                continue
            }
            let isText = text.startIndex > token.lowerBound
            let edges = isText ? Mutator.edges.suffix(3) : Mutator.edges.dropLast(3)
            if random.below(2) == 0 {
                bytes.replaceSubrange(token, with: edges[edges.startIndex + random.below(edges.count)])
            }
        }
        return bytes
    }

    private func value(_ random: inout SplitMix) -> ArraySlice<UInt8> {
        if random.below(2) == 0 { return Mutator.values[random.below(Mutator.values.count)][...] }
        let other = bodies[random.below(bodies.count)]
        guard !other.tokens.isEmpty else { return [] }
        return other.bytes[other.tokens[random.below(other.tokens.count)]]
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        guard !bytes.isEmpty else {
            bytes.append(UInt8(truncatingIfNeeded: random.next()))
            return
        }
        let at = random.below(bytes.count)
        let end = min(bytes.count, at + 1 + random.below(24))
        switch random.below(7) {
        case 0: bytes[at] ^= 1 << UInt8(random.below(8))
        case 1: bytes[at] = Array("\"\\{}[]:,0-e.\u{0}\u{7F}".utf8)[random.below(14)]
        case 2: bytes.removeLast(bytes.count - at)
        case 3: bytes.removeSubrange(at..<end)
        case 4: bytes.insert(contentsOf: Array(bytes[at..<end]), at: random.below(bytes.count))
        case 5:
            let other = bodies[random.below(bodies.count)].bytes
            guard !other.isEmpty else { return }
            let from = random.below(other.count)
            let to = min(other.count, from + random.below(200))
            bytes.replaceSubrange(at..<end, with: other[from..<to])
        default: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        }
    }
}
