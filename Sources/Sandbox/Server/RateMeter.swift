import TradingDomain

// The venue's limit on requests, a bucket that refills, and what its headers say of it.

struct RateMeter {
    let limit: SandboxSettings.RateLimit?
    private var tokens: Int64
    private var at = MonotonicInstant(nanoseconds: 0)
    private static let unit: Int64 = 1_000_000_000

    init(_ limit: SandboxSettings.RateLimit?) {
        self.limit = limit
        tokens = Int64(limit?.burst ?? 0) * Self.unit
    }

    /// Whether the request is within the limit; it then counts.
    mutating func take(_ now: MonotonicInstant) -> Bool {
        guard let limit else { return true }
        let full = Int64(limit.burst) * Self.unit
        let passed = min(max(0, (now - at).wholeNanoseconds), 3600 * Self.unit)
        at = now
        tokens = min(full, tokens + passed * Int64(limit.perSecond))
        guard tokens >= Self.unit else { return false }
        tokens -= Self.unit
        return true
    }

    var headers: [(String, String)] {
        guard let limit else {
            return [
                ("x-ratelimit-limit", "10000"), ("x-ratelimit-remaining", "10000"),
                ("x-ratelimit-reset", "1"),
            ]
        }
        return [
            ("x-ratelimit-limit", String(limit.burst)),
            ("x-ratelimit-remaining", String(tokens / Self.unit)), ("x-ratelimit-reset", "1"),
        ]
    }
}
