// What a program says for people: lines for the log, as many as a log can bear.

import Daemon
import Synchronization
import Trading
import TradingDomain

struct ProgramTalk: Sendable {
    /// At once, and from then on each second.
    static let burst = 50
    static let perSecond = 10
    static let length = 500

    private let strategy: String
    private let write: @Sendable (LogLine) -> Void
    private var left = ProgramTalk.burst
    private var filledAt: MonotonicInstant?
    private var dropped = 0

    init(_ strategy: String, _ write: @escaping @Sendable (LogLine) -> Void) {
        self.strategy = strategy
        self.write = write
    }

    mutating func say(_ level: Notice.Level, _ text: String, at now: Stamp) {
        refill(at: now.monotonic)
        guard left > 0 else {
            dropped += 1
            return
        }
        left -= 1
        tellDropped(at: now.utc)
        let text = VisibleText.line(text.count > Self.length ? text.prefix(Self.length) + "…" : text)
        write(LogLine(level, "strategy-says", "\(strategy): \(text)", at: now.utc))
    }

    /// What was left out is said when there is room, or at the end.
    mutating func tellDropped(at now: UTCInstant) {
        guard dropped > 0 else { return }
        write(
            LogLine(
                .warning, "strategy-says", "\(strategy): \(dropped) lines of its program were left out",
                at: now))
        dropped = 0
    }

    private mutating func refill(at now: MonotonicInstant) {
        guard let filledAt else {
            self.filledAt = now
            return
        }
        let seconds = (now - filledAt).wholeNanoseconds / 1_000_000_000
        guard seconds > 0 else { return }
        left = min(Self.burst, left + Int(min(seconds, 60)) * Self.perSecond)
        self.filledAt = filledAt + .seconds(seconds)
    }
}
