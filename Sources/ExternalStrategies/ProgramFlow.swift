// How much of what a program says is read: so many bytes a second. What is more waits in its pipe, and when that is full the
// program waits, too. One that says things without end costs itself its time and not the bot's.

import TradingDomain

struct ProgramFlow: Sendable {
    /// Bytes a second; as much may come at once. Twice the longest line.
    static let answers = 1 << 20
    /// Of its stderr: far more than the log takes.
    static let errors = 1 << 18
    /// To read and judge a line takes as long as to take in so many bytes.
    static let lineCost = 1_024

    private let perSecond: Int
    private var left: Int
    private var filledAt: MonotonicInstant?

    init(perSecond: Int) {
        self.perSecond = perSecond
        left = perSecond
    }

    /// Worth waking up for.
    private var least: Int { perSecond / 64 }

    /// Bytes that may be read now; none while there are only a few.
    mutating func allowance(at now: MonotonicInstant) -> Int {
        let passed = filledAt.map { max(0, min(1_000_000_000_000, (now - $0).wholeNanoseconds)) } ?? 0
        let earned = Int(passed) / 1_000 * perSecond / 1_000_000
        // (What is too little to count is not lost.)
        if filledAt == nil || earned > 0 { filledAt = now }
        left = min(perSecond, left + earned)
        return left >= least ? left : 0
    }

    /// Until something may be read again; asked right after `allowance`.
    var pause: Duration {
        guard left < least else { return .zero }
        return .milliseconds(Int64(least - left) * 1_000 / Int64(perSecond) + 1)
    }

    mutating func spend(_ bytes: Int) { left -= bytes }
}
