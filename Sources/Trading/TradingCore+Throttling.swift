// What a venue that says "too fast" changes, and who is told of it.

import TradingDomain

/// From a wait of this length on it is told.
private let pauseTold: Duration = .seconds(5)
/// From a wait of this length on somebody must know.
private let pauseAlerted: Duration = .seconds(60)
/// However long the venue asks us to wait, we try again after this.
let longestRetryAfter: Duration = .seconds(3_600)
private let longestRetryAfterOfSweeps: Duration = .seconds(5)

extension TradingCore {
    /// The venue may have said that requests of this lane come too fast.
    mutating func heed(_ failure: CallFailure, of lane: RateBudget.Lane, _ turn: inout Turn) {
        guard failure.isRateLimit else { return }
        let pause = volatile.budget.throttled(lane, retryAfter: failure.retryAfter, at: now.monotonic)
        if let stop = volatile.stop { volatile.budget.capBlock(at: stop.lastAttemptAt) }
        tellPause(of: lane, pause, failure, &turn)
    }

    /// Whoever waits long says for what, and how long.
    private mutating func tellPause(
        of lane: RateBudget.Lane, _ pause: Duration, _ failure: CallFailure, _ turn: inout Turn
    ) {
        guard let asked = failure.retryAfter, asked >= pauseTold else { return }
        guard volatile.pausesTold[lane].map({ $0 < now.monotonic }) ?? true else { return }
        volatile.pausesTold[lane] = now.monotonic + max(pause, pauseTold)
        let what =
            switch lane {
            case .placement: "nothing is placed for \(pause); cancels and questions go on"
            case .cancel: "the next cancel is sent in \(pause) all the same"
            case .proof, .query, .spare:
                "lists and look-ups wait \(pause), while something is to be proved less"
            }
        let words = "the venue asks for \(asked) of patience (\(failure.reason)): \(what)"
        guard asked >= pauseAlerted else { return tell(.warning, "throttled", words, &turn) }
        alert("throttled", words, &turn)
    }

    /// How long to wait for what failed: as the venue asks while trading, and not for long while something is to be
    /// proved.
    func patience(after failure: CallFailure) -> Duration? {
        guard let asked = failure.retryAfter else { return nil }
        if let stop = volatile.stop { return min(asked, max(.zero, stop.lastAttemptAt - now.monotonic)) }
        return min(asked, volatile.sweep == nil ? longestRetryAfter : longestRetryAfterOfSweeps)
    }
}
