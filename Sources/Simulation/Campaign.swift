import Foundation
import Synchronization

// Many schedules on several threads. Which thread runs which seed changes nothing: results are sums, and the
// digest is taken in the order of the seeds.

package struct Campaign: Sendable {
    package var first: UInt64
    package var count: Int
    package var threads: Int
    package var options: ScheduleOptions
    /// Stops handing out seeds after so many violations.
    package var violationLimit = 1
    /// Told now and then: how many are done.
    package var progress: (@Sendable (Int) -> Void)?
    /// Told of each violation when it is found.
    package var found: (@Sendable (Violation) -> Void)?

    package init(first: UInt64, count: Int, threads: Int, options: ScheduleOptions = ScheduleOptions()) {
        self.first = first
        self.count = count
        self.threads = threads
        self.options = options
    }

    package struct Summary: Sendable {
        package var schedules = 0
        package var full = 0
        package var eventCounts: [Int: Int] = [:]
        package var events = 0
        package var placements = 0
        package var faults = 0
        package var lives = 0
        package var stops = 0
        package var crashes = 0
        package var coverage = Coverage()
        /// By seed.
        package var violations: [Violation] = []
        fileprivate var digests: [UInt64: UInt64] = [:]

        package var medianEvents: Int {
            var left = (schedules + 1) / 2
            for (events, count) in eventCounts.sorted(by: { $0.key < $1.key }) {
                left -= count
                if left <= 0 { return events }
            }
            return 0
        }

        /// Of all turns of all schedules, in the order of their seeds.
        package var digest: UInt64 {
            var digest = Digest()
            for (seed, value) in digests.sorted(by: { $0.key < $1.key }) { digest.add("\(seed) \(value)") }
            return digest.value
        }

        fileprivate mutating func add(_ result: ScheduleResult, digests wanted: Bool) {
            schedules += 1
            if result.isFull { full += 1 }
            eventCounts[result.events, default: 0] += 1
            events += result.events
            placements += result.placements
            faults += result.fired.count
            lives += result.lives
            stops += result.stops
            crashes += result.crashes
            if wanted { digests[result.seed] = result.digest }
            if let violation = result.violation { violations.append(violation) }
        }

        fileprivate mutating func add(_ other: Summary) {
            schedules += other.schedules
            full += other.full
            eventCounts.merge(other.eventCounts, uniquingKeysWith: +)
            events += other.events
            placements += other.placements
            faults += other.faults
            lives += other.lives
            stops += other.stops
            crashes += other.crashes
            coverage.add(other.coverage)
            violations = (violations + other.violations).sorted { $0.seed < $1.seed }
            digests.merge(other.digests) { first, _ in first }
        }
    }

    private final class Shared: Sendable {
        let next = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        let violations = Atomic<Int>(0)
        let summary = Mutex(Summary())
    }

    package func run() -> Summary {
        let shared = Shared()
        let workers = max(1, min(threads, count))
        let finished = DispatchSemaphore(value: 0)
        for _ in 0..<workers {
            let thread = Thread {
                work(shared)
                finished.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        for _ in 0..<workers { finished.wait() }
        return shared.summary.withLock { $0 }
    }

    private func work(_ shared: Shared) {
        var mine = Summary()
        var coverage = Coverage()
        while shared.violations.load(ordering: .relaxed) < violationLimit {
            let index = shared.next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < count else { break }
            let result = Schedule.run(
                seed: first &+ UInt64(index), options: options, coverage: &coverage)
            mine.add(result, digests: options.digests)
            if let violation = result.violation {
                shared.violations.wrappingAdd(1, ordering: .relaxed)
                found?(violation)
            }
            let done = shared.done.wrappingAdd(1, ordering: .relaxed).newValue
            if done % 5_000 == 0 { progress?(done) }
        }
        mine.coverage = coverage
        let result = mine
        shared.summary.withLock { $0.add(result) }
    }
}
