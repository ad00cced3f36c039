// One reading of the venue's clock may be wrong: our wall clock jumped there and back while it was under way, or a cache
// answered. By monotonic time it is known what the next one must say. One that says otherwise is believed when the next one
// says the same.

import TradingDomain

/// By how much clocks run apart at most, in a second.
private let drift: Duration = .microseconds(500)

/// What a reading told that nobody expected.
struct ClockDoubt: Sendable {
    let venueTime: UTCInstant
    let at: MonotonicInstant
}

extension TradingCore {
    /// The reading as far as it can be believed: as uncertain as it is unexpected, the first time.
    mutating func doubted(_ reading: ClockReading) -> ClockReading {
        let limit = configuration.maximumClockUncertainty
        guard volatile.introduction.knowsTimeWell, reading.uncertainty <= limit,
            let readAt = volatile.introduction.clockReadAt
        else { return reading }
        let told = now.utc + reading.offset
        let seconds = Int((now.monotonic - readAt).wholeMilliseconds / 1_000)
        let allowed = limit * 2 + drift * seconds
        let surprise = distance(told, venueNow)
        guard surprise > allowed else {
            volatile.introduction.doubt = nil
            return reading
        }
        if let doubt = volatile.introduction.doubt,
            distance(told, doubt.venueTime + (now.monotonic - doubt.at)) <= limit * 2
        {
            volatile.introduction.doubt = nil
            return reading
        }
        volatile.introduction.doubt = ClockDoubt(venueTime: told, at: now.monotonic)
        return reading.widened(by: surprise)
    }

    private func distance(_ a: UTCInstant, _ b: UTCInstant) -> Duration { max(a - b, b - a) }
}
