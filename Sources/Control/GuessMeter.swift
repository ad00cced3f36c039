// Who guesses at the token: wrong ones per source. It only ever slows down what is wrong; the right token is not its matter.

import Glibc
import Synchronization
import TradingDomain

/// Where requests come from, as far as one who has many addresses can't seem to be many: this machine is one source, and so
/// is each IPv4 network of 256 addresses and each IPv6 network of 64 bits.
struct Source: Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ address: String) { description = Self.words(address) }

    private static func words(_ address: String) -> String {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, address, &four) == 1 { return network(UInt32(bigEndian: four.s_addr)) }
        guard inet_pton(AF_INET6, String(address.prefix { $0 != "%" }), &six) == 1 else {
            return "an unknown address"
        }
        let bytes = withUnsafeBytes(of: six) { Array($0) }
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] == 1 { return thisMachine }
        // An IPv4 address in an IPv6 one.
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return network(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) })
        }
        let groups = (0..<4).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
        return groups.map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    private static func network(_ address: UInt32) -> String {
        address >> 24 == 127
            ? thisMachine : "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).0/24"
    }

    private static let thisMachine = "this machine"
}

/// Counts wrong tokens. A source with too many of them is answered late until a minute has passed since.
final class GuessMeter: Sendable {
    static let limit = 10
    static let window: Duration = .seconds(60)
    /// How long the answer to a guess beyond the limit is held back.
    static let pause: Duration = .seconds(1)
    static let sourceLimit = 1_024

    private let sources = Mutex<[Source: [MonotonicInstant]]>([:])

    /// - Returns: how long this source is slowed down for, this guess being one too many; nil when it is not.
    func note(_ source: Source, at now: MonotonicInstant) -> Duration? {
        sources.withLock { sources in
            // Bounded: a flood from many networks pushes out those that were quiet for longest.
            if sources[source] == nil, sources.count >= Self.sourceLimit,
                let quiet = sources.min(by: { Self.isQuieter($0, $1) })?.key
            {
                sources[quiet] = nil
            }
            let recent = (sources[source] ?? []).filter { now - $0 < Self.window }
            sources[source] = recent.suffix(Self.limit - 1) + [now]
            guard recent.count >= Self.limit, let oldest = recent.first else { return nil }
            return Self.window - (now - oldest)
        }
    }

    private static func isQuieter(
        _ one: (key: Source, value: [MonotonicInstant]), _ other: (key: Source, value: [MonotonicInstant])
    ) -> Bool {
        guard let first = one.value.last, let second = other.value.last else { return one.value.isEmpty }
        return first == second ? one.key.description < other.key.description : first < second
    }

    var sourceCount: Int { sources.withLock { $0.count } }
}
