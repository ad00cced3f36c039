// Where the watchdog leaves the signals that count, for the loop to take. Made before anything else exists, so
// that a signal of the start-up is kept; without a lock, so that nothing that hangs can keep the watchdog
// from its work. It holds two: the third signal never enters, it ends the process.

import Synchronization
import Trading
import TradingDomain

package struct ArrivedSignal: Equatable, Sendable {
    package var signal: StopSignal
    /// Real time.
    package var at: MonotonicInstant

    package init(_ signal: StopSignal, at: MonotonicInstant) {
        self.signal = signal
        self.at = at
    }
}

package final class SignalBox: Sendable {
    /// What the loop sleeps on.
    package let doorbell = Doorbell()
    // A signal as one word: the nanoseconds of its arrival, and in the three low bits which one it
    // is. Zero is empty.
    private let first = Atomic<UInt64>(0)
    private let second = Atomic<UInt64>(0)

    private static let order: [StopSignal] = [.terminate, .interrupt, .quit, .hangUp, .guardianLost]

    package init() {}

    /// A signal beyond the second is dropped.
    package func post(_ signal: StopSignal, at instant: MonotonicInstant) {
        let kind = UInt64(Self.order.firstIndex(of: signal) ?? 0)
        let word = UInt64(max(1, instant.nanoseconds)) << 3 | kind
        if !first.compareExchange(expected: 0, desired: word, ordering: .sequentiallyConsistent).exchanged {
            _ = second.compareExchange(expected: 0, desired: word, ordering: .sequentiallyConsistent)
        }
        doorbell.ring()
    }

    /// The n-th signal that came, from 0; nil if it has not.
    package func signal(_ number: Int) -> ArrivedSignal? {
        let word: UInt64
        switch number {
        case 0: word = first.load(ordering: .sequentiallyConsistent)
        case 1: word = second.load(ordering: .sequentiallyConsistent)
        default: return nil
        }
        guard word != 0 else { return nil }
        return ArrivedSignal(
            Self.order[min(Int(word & 7), Self.order.count - 1)],
            at: MonotonicInstant(nanoseconds: Int64(word >> 3)))
    }
}
