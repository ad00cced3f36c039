import TradingDomain

/// Exponential with full jitter: the n-th delay is uniform between zero and `base × 2^n`, at most `cap`.
package struct Backoff: Sendable {
    package var base: Duration
    package var cap: Duration

    package init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// For work that a stop waits for.
    package static let urgent = Backoff(base: .milliseconds(100), cap: .seconds(1))
    /// For everything else.
    package static let patient = Backoff(base: .milliseconds(250), cap: .seconds(15))

    /// `attempt` counts failures so far, from 1.
    package func delay(attempt: Int, _ generator: inout SeededGenerator) -> Duration {
        let doublings = min(max(attempt - 1, 0), 16)
        let limit = min(base * (1 << doublings), cap)
        // Never quite zero: a failed call is not repeated in the same instant.
        return generator.duration(upTo: limit) + .milliseconds(5)
    }
}
