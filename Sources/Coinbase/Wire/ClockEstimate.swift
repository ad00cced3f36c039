// Where the venue's clock stands, from questions about its time. Kept against the clock that never jumps, so that a
// correction of this machine's UTC changes nothing but the offset that is told.

import Trading
import TradingDomain

package struct ClockEstimate: Equatable, Sendable {
    /// Measurements older than this say nothing any more.
    package static let memory: Duration = .seconds(300)
    /// What two clocks may drift apart in a second.
    static let driftPerSecond: Duration = .microseconds(50)
    private static let sampleLimit = 64

    private struct Sample: Equatable, Sendable {
        /// The middle of the round trip.
        let at: MonotonicInstant
        /// The venue's time then.
        let venue: UTCInstant
        let uncertainty: Duration

        func uncertainty(at now: MonotonicInstant) -> Duration {
            let age = max(now - at, .zero).wholeNanoseconds
            return uncertainty + .nanoseconds(age / 1_000_000_000 * driftPerSecond.wholeNanoseconds)
        }
    }

    private var samples: [Sample] = []

    package init() {}

    /// One answer to the question for the time. The venue's milliseconds are cut, so that half of one is added.
    package mutating func add(
        sentAt: MonotonicInstant, receivedAt: MonotonicInstant, venueMilliseconds: Int64
    ) {
        let (nanoseconds, overflow) = venueMilliseconds.multipliedReportingOverflow(by: 1_000_000)
        guard receivedAt >= sentAt, !overflow else { return }
        let half = Duration.nanoseconds((receivedAt - sentAt).wholeNanoseconds / 2)
        if samples.count == Self.sampleLimit { samples.removeFirst() }
        samples.append(
            Sample(
                at: sentAt + half, venue: UTCInstant(nanoseconds: nanoseconds) + .microseconds(500),
                uncertainty: half + .microseconds(500)))
    }

    /// The venue's time now, and within what of it the truth lies; nil where nothing recent is known.
    package func venueTime(at now: MonotonicInstant) -> (utc: UTCInstant, uncertainty: Duration)? {
        let recent = samples.filter { now - $0.at <= Self.memory }
        guard let best = recent.min(by: { $0.uncertainty(at: now) < $1.uncertainty(at: now) }) else {
            return nil
        }
        return (best.venue + (now - best.at), best.uncertainty(at: now))
    }

    package func reading(at stamp: Stamp) -> ClockReading? {
        venueTime(at: stamp.monotonic).map {
            ClockReading(offset: $0.utc - stamp.utc, uncertainty: $0.uncertainty)
        }
    }
}
