// One number, or one histogram, behind a swift-metrics instrument. Writers are the loop and a few other threads, the
// reader is a scrape; a cell never makes either wait longer than it takes to add two numbers.

import CoreMetrics
import Synchronization

/// What a scrape sees of a cell.
enum CellValue: Equatable, Sendable {
    case number(Double)
    case whole(Int64)
    /// Counts per bucket, the one above all bounds last; not cumulative.
    case histogram(counts: [Int64], sum: Double)
}

protocol Cell: AnyObject, Sendable {
    var value: CellValue { get }
}

/// Whole and only ever rising.
final class CounterCell: Cell, CounterHandler {
    private let total = Atomic<Int64>(0)

    var value: CellValue { .whole(total.load(ordering: .relaxed)) }

    func increment(by amount: Int64) {
        // A counter that falls is taken for a new process.
        guard amount > 0 else { return }
        total.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() { total.store(0, ordering: .relaxed) }
}

/// A counter of fractions, such as seconds.
final class FractionCell: Cell, FloatingPointCounterHandler {
    private let total = Mutex<Double>(0)

    var value: CellValue { .number(total.withLock { $0 }) }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        total.withLock { $0 += amount }
    }

    func reset() { total.withLock { $0 = 0 } }
}

/// The last value that was set.
final class GaugeCell: Cell, MeterHandler, RecorderHandler {
    private let current = Mutex<Double>(0)

    var value: CellValue { .number(current.withLock { $0 }) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.withLock { $0 = value } }
    func increment(by amount: Double) { current.withLock { $0 += amount } }
    func decrement(by amount: Double) { current.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
}

/// How often a value fell between two bounds. Times are kept in seconds.
final class HistogramCell: Cell, TimerHandler, RecorderHandler {
    private struct State: Sendable {
        var counts: [Int64]
        var sum: Double = 0
    }
    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: [Int64](repeating: 0, count: bounds.count + 1)))
    }

    var value: CellValue {
        let state = state.withLock { $0 }
        return .histogram(counts: state.counts, sum: state.sum)
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // Not a number, it would spoil the sum for ever.
        guard value.isFinite else { return }
        let bucket = bucket(of: value)
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    /// A value on a bound belongs below it. Most values are small: looked for from below.
    private func bucket(of value: Double) -> Int {
        for index in bounds.indices where value <= bounds[index] { return index }
        return bounds.count
    }
}
