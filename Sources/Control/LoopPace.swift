// How late the loop is: of its last turns whose time had come, how long after it each was decided and handed over.

import TradingDomain

package struct LoopPace: Sendable {
    package struct View: Codable, Equatable, Sendable {
        package var turns: Int
        package var medianUs: Int64
        package var p99Us: Int64
        package var maxUs: Int64
    }

    package static let length = 256

    private var delays: [Int64] = []
    private var next = 0

    mutating func note(_ delay: Duration) {
        let microseconds = max(0, delay.wholeNanoseconds / 1_000)
        if delays.count < Self.length {
            delays.append(microseconds)
        } else {
            delays[next] = microseconds
            next = (next + 1) % Self.length
        }
    }

    /// Nil before the first.
    var view: View? {
        let sorted = delays.sorted()
        guard let last = sorted.last else { return nil }
        return View(
            turns: sorted.count, medianUs: sorted[sorted.count / 2], p99Us: sorted[sorted.count * 99 / 100],
            maxUs: last)
    }
}
