import TradingDomain

/// The exchange's patience: so many requests at once, so many more each second. Exact in nanoseconds.
struct RateBucket: Sendable {
    private let step: Int64
    private let room: Int64
    /// When the bucket would be full again.
    private var fullAt: UTCInstant?

    init(_ limit: PaperNetwork.RateLimit) {
        step = 1_000_000_000 / Int64(max(1, limit.perSecond))
        room = step * Int64(max(1, limit.burst))
    }

    /// Takes one request, or says how long it would have to wait.
    mutating func take(at now: UTCInstant) -> Duration? {
        let full = max(fullAt ?? now, now) + .nanoseconds(step)
        let wait = (full - now).wholeNanoseconds - room
        guard wait <= 0 else { return .nanoseconds(wait) }
        fullAt = full
        return nil
    }
}
