// How many requests the exchange still lets us make, and who may make them. Cancels own a reserve of it at
// all times, so that no burst of placements or queries can keep a stop waiting.
//
// An exchange that says that we are too fast slows the kind of request that it said it to, and no other. So nothing but
// its answer to a cancel holds back the next cancel, and that for a short time only.

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
        /// Looks at what is probably well: leaves half of everything.
        case spare

        fileprivate var kind: Kind {
            switch self {
            case .cancel: .cancels
            case .placement: .placements
            case .proof, .query, .spare: .questions
            }
        }
    }

    fileprivate enum Kind { case cancels, questions, placements }

    private let limits: RateLimits
    private var second: TokenBucket
    private var hour: TokenBucket?
    private var cancels = Throttle(longestPause: .seconds(2))
    private var questions = Throttle(longestPause: .seconds(3_600))
    private var placements = Throttle(longestPause: .seconds(3_600))
    /// However long the exchange wants no more questions, a proof is not put off for longer.
    private static let longestPauseOfProofs: Duration = .seconds(5)

    package init(limits: RateLimits) {
        self.limits = limits
        second = TokenBucket(
            capacity: limits.burst, interval: .nanoseconds(1_000_000_000 / Int64(max(1, limits.perSecond))))
        hour = limits.perHour.map {
            TokenBucket(capacity: $0, interval: .nanoseconds(3_600_000_000_000 / Int64(max(1, $0))))
        }
    }

    private subscript(_ kind: Kind) -> Throttle {
        get {
            switch kind {
            case .cancels: cancels
            case .questions: questions
            case .placements: placements
            }
        }
        set {
            switch kind {
            case .cancels: cancels = newValue
            case .questions: questions = newValue
            case .placements: placements = newValue
            }
        }
    }

    private func floor(_ lane: Lane) -> Int {
        switch lane {
        case .cancel, .proof: 0
        case .query, .placement: min(limits.cancelReserve, limits.burst - 1)
        case .spare: min(max(limits.cancelReserve, limits.burst / 2), limits.burst - 1)
        }
    }

    /// Takes one request if the lane may have it now.
    package mutating func take(_ lane: Lane, at now: MonotonicInstant) -> Bool {
        guard nextAvailable(lane, at: now) <= now else { return false }
        second.take()
        hour?.take()
        self[lane.kind].noteRequest(at: now, interval: second.interval)
        return true
    }

    /// When the lane may have its next request, if nobody else takes one: `now` or later. `reserved` requests of
    /// the lane are spoken for and not yet taken.
    package mutating func nextAvailable(
        _ lane: Lane, beyond reserved: Int = 0, at now: MonotonicInstant
    ) -> MonotonicInstant {
        self[lane.kind].recover(at: now)
        second.refill(at: now)
        hour?.refill(at: now)
        var instant = now + second.wait(above: floor(lane), beyond: reserved)
        if let hour { instant = max(instant, now + hour.wait(above: floor(lane), beyond: reserved)) }
        if let next = self[lane.kind].nextAt(
            at: now, longest: lane == .proof ? Self.longestPauseOfProofs : nil)
        {
            instant = max(instant, next)
        }
        return instant
    }

    /// The exchange answered a request of this lane that we are too fast. By less than one request, now and then, that
    /// is the way there: it counts from when a request arrives, which is not always equally long after we sent it. Where
    /// it does not say how long to wait, a few times are taken for that, too: a stop must not lose half a second to them.
    /// - Returns: how long requests of this kind wait now.
    @discardableResult
    package mutating func throttled(_ lane: Lane, retryAfter: Duration?, at now: MonotonicInstant) -> Duration
    {
        self[lane.kind].slow(retryAfter: retryAfter, refill: .nanoseconds(second.interval), at: now)
    }

    /// The venue says how much is left: believed where it is less than we thought.
    package mutating func heed(_ hint: RateHint, at now: MonotonicInstant) {
        second.refill(at: now)
        second.cap(at: hint.remaining)
    }

    /// What is left now: requests that the second's and the hour's bucket still hold, and how much the venue slowed us.
    package func left(at now: MonotonicInstant) -> RateLeft {
        var budget = self
        budget.second.refill(at: now)
        budget.hour?.refill(at: now)
        var slowdown: Int64 = 1
        var blocked = Duration.zero
        for kind in [Kind.cancels, .questions, .placements] {
            budget[kind].recover(at: now)
            slowdown = max(slowdown, budget[kind].slowdown)
            blocked = max(blocked, budget[kind].pause(at: now))
        }
        return RateLeft(
            burst: budget.second.whole, burstLimit: limits.burst, hour: budget.hour?.whole,
            hourLimit: limits.perHour, slowdown: slowdown, blockedMs: blocked.wholeMilliseconds)
    }

    /// What must be proved can't wait longer than this for the exchange's patience.
    package mutating func capBlock(at instant: MonotonicInstant) {
        questions.capBlock(at: instant)
        cancels.capBlock(at: instant)
    }
}

/// How one kind of request is slowed since the exchange said that it comes too fast.
private struct Throttle: Sendable {
    /// However long the exchange asks us to wait, not longer.
    let longestPause: Duration
    private var blockedUntil: MonotonicInstant?
    private var blockedAt: MonotonicInstant?
    /// Requests keep this many times the usual distance until it was quiet for a while.
    private(set) var slowdown: Int64 = 1
    private var slowedAt: MonotonicInstant?
    private var spacedUntil: MonotonicInstant?
    /// How often it said so by less than one request since it was quiet.
    private var nearMisses = 0
    private var nearMissAt: MonotonicInstant?

    private static let slowdownLimit: Int64 = 8
    private static let nearMissLimit = 4
    private static let quietTime: Duration = .seconds(10)
    private static let defaultPause: Duration = .milliseconds(500)

    init(longestPause: Duration) { self.longestPause = longestPause }

    mutating func slow(retryAfter: Duration?, refill: Duration, at now: MonotonicInstant) -> Duration {
        let asked = retryAfter.map { min(max($0, .zero), longestPause) }
        let wait = asked ?? min(refill, Self.defaultPause)
        if wait <= refill, nearMisses < Self.nearMissLimit {
            nearMisses += 1
            nearMissAt = now
            block(for: wait, at: now)
            return wait
        }
        slowdown = min(slowdown * 2, Self.slowdownLimit)
        slowedAt = now
        spacedUntil = max(spacedUntil ?? now, now + refill * slowdown)
        let pause = asked ?? Self.defaultPause
        block(for: pause, at: now)
        return pause
    }

    private mutating func block(for pause: Duration, at now: MonotonicInstant) {
        let until = now + pause
        guard until > blockedUntil ?? now else { return }
        blockedUntil = until
        blockedAt = now
    }

    mutating func recover(at now: MonotonicInstant) {
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

    mutating func noteRequest(at now: MonotonicInstant, interval: Int64) {
        spacedUntil = slowdown > 1 ? now + .nanoseconds(interval * slowdown) : nil
    }

    /// When the next request of this kind may go; nil for at once. A block counts for `longest` at most.
    func nextAt(at now: MonotonicInstant, longest: Duration?) -> MonotonicInstant? {
        var instant = spacedUntil
        if var until = blockedUntil {
            if let longest, let blockedAt { until = min(until, blockedAt + longest) }
            instant = max(instant ?? until, until)
        }
        return instant
    }

    func pause(at now: MonotonicInstant) -> Duration { blockedUntil.map { max(.zero, $0 - now) } ?? .zero }

    mutating func capBlock(at instant: MonotonicInstant) {
        if let until = blockedUntil { blockedUntil = min(until, instant) }
    }
}

/// Until when nobody is told again that the venue asks for patience, for each kind of request.
struct PausesTold: Sendable {
    private var cancels: MonotonicInstant?
    private var questions: MonotonicInstant?
    private var placements: MonotonicInstant?

    subscript(lane: RateBudget.Lane) -> MonotonicInstant? {
        get {
            switch lane.kind {
            case .cancels: cancels
            case .questions: questions
            case .placements: placements
            }
        }
        set {
            switch lane.kind {
            case .cancels: cancels = newValue
            case .questions: questions = newValue
            case .placements: placements = newValue
            }
        }
    }
}

/// What is left of the budget, for people and metrics.
package struct RateLeft: Codable, Equatable, Sendable {
    package var burst: Int64
    package var burstLimit: Int
    package var hour: Int64?
    package var hourLimit: Int?
    /// 1, or how many times the usual distance the most slowed kind of request keeps since the venue said that it
    /// comes too fast.
    package var slowdown: Int64
    /// How long requests of the kind that the venue holds back longest may not be made.
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

    mutating func refill(at now: MonotonicInstant) {
        if let last = refilledAt, now > last {
            let gained = (now - last).wholeNanoseconds
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
    func wait(above floor: Int, beyond reserved: Int) -> Duration {
        let (kept, overflow) = Int64(reserved).multipliedReportingOverflow(by: interval)
        guard !overflow else { return .seconds(3_600) }
        let needed = min(Int64(floor + 1) * interval, capacity) + kept
        return level >= needed ? .zero : .nanoseconds(needed - level)
    }
}
