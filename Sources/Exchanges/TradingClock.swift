// Trading time, and how long it is in real time. Live it is the machine's clock; on paper it may run faster,
// and in a replay it is the feed's.

import Trading
import TradingDomain

package protocol TradingClock: AnyObject, Sendable {
    func now() -> Stamp
    /// How long a thread must really sleep until then: zero if it is past.
    func realDelay(until instant: MonotonicInstant) -> Duration
}

/// Something in this process that has its own next moment (the embedded exchange). In virtual time the loop
/// moves it instead of a thread of its own.
package protocol VirtualTimeSource: AnyObject, Sendable {
    /// The next moment at which something happens by itself, nil for never.
    var nextDue: MonotonicInstant? { get }
    /// Lets everything happen that is due at or before this moment, in order, speaking to the sink.
    func advance(to stamp: Stamp)
}
