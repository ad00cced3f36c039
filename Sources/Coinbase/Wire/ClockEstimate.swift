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

        /// Whether both may be true: servers behind one name differ a little.
        func agrees(with other: Sample) -> Bool {
            let expected = venue + (other.at - at)
            let apart = max(expected - other.venue, other.venue - expected)
            let later = max(at, other.at)
            return apart <= uncertainty(at: later) + other.uncertainty(at: later) + .milliseconds(100)
        }

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
        let sample = Sample(
            at: sentAt + half, venue: UTCInstant(nanoseconds: nanoseconds) + .microseconds(500),
            uncertainty: half + .microseconds(500))
        // One answer that contradicts the others may come out of a cache; two in a row that agree are believed, and an odd
        // one that the next one contradicts is not.
        if let last = samples.last {
            if last.agrees(with: sample) {
                samples.removeAll { !$0.agrees(with: sample) }
            } else if samples.count > 1, samples[samples.count - 2].agrees(with: sample) {
                samples.removeLast()
            }
        }
        if samples.count == Self.sampleLimit { samples.removeFirst() }
        samples.append(sample)
    }

    /// The venue's time now, and within what of it the truth lies; nil where nothing recent is known.
    package func venueTime(at now: MonotonicInstant) -> (utc: UTCInstant, uncertainty: Duration)? {
        let recent = samples.filter { now - $0.at <= Self.memory }
        guard let first = recent.first,
            let best = recent.filter(first.agrees).min(by: {
                $0.uncertainty(at: now) < $1.uncertainty(at: now)
            })
        else { return nil }
        return (best.venue + (now - best.at), best.uncertainty(at: now))
    }

    /// The venue's clock as the last answer has it where that contradicts the others, else as the best of them has it: whoever
    /// asked shall see what is odd.
    package func reading(at stamp: Stamp) -> ClockReading? {
        let now = stamp.monotonic
        guard let known = venueTime(at: now) else { return nil }
        guard let first = samples.first(where: { now - $0.at <= Self.memory }), let last = samples.last,
            !first.agrees(with: last)
        else { return ClockReading(offset: known.utc - stamp.utc, uncertainty: known.uncertainty) }
        return ClockReading(
            offset: last.venue + (now - last.at) - stamp.utc, uncertainty: last.uncertainty(at: now))
    }
}
