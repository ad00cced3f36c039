// How many requests the exchange still lets us make, and who may make them. Cancels own a reserve of it at
// all times, so that no burst of placements or queries can keep a stop waiting.

import TradingDomain

package struct RateBudget: Sendable {
    package enum Lane: Sendable {
        /// May use everything.
        case cancel
        /// Lists and look-ups while a sweep runs and no cancel waits: may use everything too.
        case proof
        /// Lists and look-ups while trading: leaves the reserve.
        case query
        /// Leaves the reserve.
        case placement
    }

    private let limits: RateLimits
    private var second: TokenBucket
    private var hour: TokenBucket?
    private var blockedUntil: MonotonicInstant?
    /// The exchange said that we are too fast: the refill is slowed by this factor until it was quiet for a
    /// while.
    private var slowdown: Int64 = 1
    private var slowedAt: MonotonicInstant?

    /// How often it said so by less than one request since it was quiet.
    private var nearMisses = 0
    private var nearMissAt: MonotonicInstant?

    private static let slowdownLimit: Int64 = 8
    private static let nearMissLimit = 4
    private static let quietTime: Duration = .seconds(10)
    private static let defaultPause: Duration = .milliseconds(500)

    package init(limits: RateLimits) {
        self.limits = limits
        second = TokenBucket(
            capacity: limits.burst, interval: .nanoseconds(1_000_000_000 / Int64(max(1, limits.perSecond))))
        hour = limits.perHour.map {
            TokenBucket(capacity: $0, interval: .nanoseconds(3_600_000_000_000 / Int64(max(1, $0))))
        }
    }

    private func floor(_ lane: Lane) -> Int {
        switch lane {
        case .cancel, .proof: 0
        case .query, .placement: min(limits.cancelReserve, limits.burst - 1)
        }
    }

    /// Takes one request if the lane may have it now.
    package mutating func take(_ lane: Lane, at now: MonotonicInstant) -> Bool {
        guard nextAvailable(lane, at: now) <= now else { return false }
        second.take()
        hour?.take()
        return true
    }

    /// When the lane may have its next request, if nobody else takes one: `now` or later. `reserved` requests of
    /// the lane are spoken for and not yet taken.
    package mutating func nextAvailable(
        _ lane: Lane, beyond reserved: Int = 0, at now: MonotonicInstant
    ) -> MonotonicInstant {
        recover(at: now)
        second.refill(at: now, slowdown: slowdown)
        hour?.refill(at: now, slowdown: 1)
        var instant = now + second.wait(above: floor(lane), beyond: reserved, slowdown: slowdown)
        if let hour {
            instant = max(instant, now + hour.wait(above: floor(lane), beyond: reserved, slowdown: 1))
        }
        if let blockedUntil { instant = max(instant, blockedUntil) }
        return instant
    }

    /// The exchange said that we are too fast. By less than one request, now and then, that is the way there:
    /// it counts from when a request arrives, which is not always equally long after we sent it. Where it does not
    /// say how long to wait, a few times are taken for that, too: a stop must not lose half a second to them.
    package mutating func throttled(retryAfter: Duration?, at now: MonotonicInstant) {
        let refill = Duration.nanoseconds(second.interval)
        let wait = retryAfter ?? min(refill, Self.defaultPause)
        if wait <= refill, nearMisses < Self.nearMissLimit {
            nearMisses += 1
            nearMissAt = now
            blockedUntil = max(blockedUntil ?? now, now + wait)
            return
        }
        slowdown = min(slowdown * 2, Self.slowdownLimit)
        slowedAt = now
        let until = now + (retryAfter ?? Self.defaultPause)
        blockedUntil = max(blockedUntil ?? until, until)
    }

    /// The venue says how much is left: believed where it is less than we thought.
    package mutating func heed(_ hint: RateHint, at now: MonotonicInstant) {
        recover(at: now)
        second.refill(at: now, slowdown: slowdown)
        second.cap(at: hint.remaining)
    }

    /// What is left now: requests that the second's and the hour's bucket still hold, and how much the venue slowed us.
    package func left(at now: MonotonicInstant) -> RateLeft {
        var budget = self
        budget.recover(at: now)
        budget.second.refill(at: now, slowdown: budget.slowdown)
        budget.hour?.refill(at: now, slowdown: 1)
        return RateLeft(
            burst: budget.second.whole, burstLimit: limits.burst, hour: budget.hour?.whole,
            hourLimit: limits.perHour, slowdown: budget.slowdown,
            blockedMs: budget.blockedUntil.map { max(0, ($0 - now).wholeMilliseconds) } ?? 0)
    }

    /// A stop can't wait longer than this for the exchange's patience.
    package mutating func capBlock(at instant: MonotonicInstant) {
        if let until = blockedUntil { blockedUntil = min(until, instant) }
    }

    private mutating func recover(at now: MonotonicInstant) {
        if let until = blockedUntil, until <= now { blockedUntil = nil }
        if let at = nearMissAt, now - at >= Self.quietTime {
            nearMisses = 0
            nearMissAt = nil
        }
        if let at = slowedAt, now - at >= Self.quietTime {
            slowdown = max(1, slowdown / 2)
            slowedAt = slowdown > 1 ? now : nil
        }
    }
}

/// What is left of the budget, for people and metrics.
package struct RateLeft: Codable, Equatable, Sendable {
    package var burst: Int64
    package var burstLimit: Int
    package var hour: Int64?
    package var hourLimit: Int?
    /// 1, or by how much the refill is slowed since the venue said that we are too fast.
    package var slowdown: Int64
    /// How long nothing may be asked at all.
    package var blockedMs: Int64
}

/// Tokens counted in nanoseconds of refill, so that no fraction is lost.
struct TokenBucket: Sendable {
    private let capacity: Int64
    let interval: Int64
    private var level: Int64
    private var refilledAt: MonotonicInstant?

    init(capacity: Int, interval: Duration) {
        self.interval = max(1, interval.wholeNanoseconds)
        let (full, overflow) = Int64(max(1, capacity)).multipliedReportingOverflow(by: self.interval)
        self.capacity = overflow ? .max : full
        level = self.capacity
    }

    mutating func refill(at now: MonotonicInstant, slowdown: Int64) {
        if let last = refilledAt, now > last {
            let gained = (now - last).wholeNanoseconds / slowdown
            level = gained >= capacity - level ? capacity : level + gained
        }
        refilledAt = max(refilledAt ?? now, now)
    }

    mutating func take() { level -= interval }

    /// Whole tokens that are there.
    var whole: Int64 { max(0, level / interval) }

    /// No more than this many tokens are there.
    mutating func cap(at tokens: Int) {
        let (most, overflow) = Int64(max(0, tokens)).multipliedReportingOverflow(by: interval)
        if !overflow { level = min(level, most) }
    }

    /// How long until one token is there beyond the floor, which a small bucket can't have, and those that are
    /// spoken for. More than the bucket holds is never there.
    func wait(above floor: Int, beyond reserved: Int, slowdown: Int64) -> Duration {
        let (kept, overflow) = Int64(reserved).multipliedReportingOverflow(by: interval)
        guard !overflow else { return .seconds(3_600) }
        let needed = min(Int64(floor + 1) * interval, capacity) + kept
        return level >= needed ? .zero : .nanoseconds((needed - level) * slowdown)
    }
}
