import TradingDomain

/// When an event entered the core: monotonic time for deadlines and backoff, UTC for records.
/// In replays and backtests both are the feed's time until a stop begins.
package struct Stamp: Hashable, Codable, Sendable {
    package var monotonic: MonotonicInstant
    package var utc: UTCInstant

    package init(monotonic: MonotonicInstant, utc: UTCInstant) {
        self.monotonic = monotonic
        self.utc = utc
    }
}

/// The number of a turn within one life of the core, from 1.
package typealias TurnNumber = Int64

/// The number of a command within one life of the core, from 1. Each is answered by exactly one event.
package typealias CommandID = Int64
