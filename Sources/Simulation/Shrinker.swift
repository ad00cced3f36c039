// Makes a failing schedule small: first fewer faults (delta debugging), then an earlier end of all faults, then
// a smaller world. Every step is judged by running the schedule; only one that still fails is kept.

package struct Shrinker {
    package struct Outcome: Sendable {
        package let options: ScheduleOptions
        package let result: ScheduleResult
        package let runs: Int
    }

    private let seed: UInt64
    private var options: ScheduleOptions
    private var best: ScheduleResult
    private var runs = 0
    private let runLimit: Int

    /// Nil when the schedule does not fail.
    package static func shrink(
        seed: UInt64, options: ScheduleOptions = ScheduleOptions(), runLimit: Int = 2_000
    ) -> Outcome? {
        let first = Schedule.run(seed: seed, options: options)
        guard first.violation != nil else { return nil }
        var shrinker = Shrinker(seed: seed, options: options, best: first, runLimit: runLimit)
        shrinker.reduceWorld()
        shrinker.reduceFaults()
        shrinker.reduceTime()
        shrinker.reduceFaults()
        return Outcome(options: shrinker.options, result: shrinker.best, runs: shrinker.runs)
    }

    private init(seed: UInt64, options: ScheduleOptions, best: ScheduleResult, runLimit: Int) {
        self.seed = seed
        self.options = options
        self.best = best
        self.runLimit = runLimit
    }

    /// Keeps the candidate if it fails in the same way.
    private mutating func tries(_ candidate: ScheduleOptions) -> Bool {
        guard runs < runLimit else { return false }
        runs += 1
        let result = Schedule.run(seed: seed, options: candidate)
        guard result.violation?.shape == best.violation?.shape else { return false }
        options = candidate
        best = result
        return true
    }

    private mutating func reduceWorld() {
        for size in 1..<max(1, options.strategyLimit) {
            var candidate = options
            candidate.strategyLimit = size
            if tries(candidate) { break }
        }
        var candidate = options
        candidate.symbolLimit = 1
        if options.symbolLimit > 1 { _ = tries(candidate) }
    }

    /// Takes away ever smaller groups of the faults that fired, until none can be missed.
    private mutating func reduceFaults() {
        var size = max(1, best.fired.count / 2)
        while true {
            var progress = false
            var index = 0
            while index < best.fired.count, runs < runLimit {
                let group = best.fired[index..<min(index + size, best.fired.count)]
                var candidate = options
                candidate.disabled.formUnion(group)
                if tries(candidate) { progress = true } else { index += size }
            }
            if size == 1 {
                if !progress || runs >= runLimit { return }
            } else {
                size = max(1, size / 2)
            }
        }
    }

    /// Finds the earliest time from which no fault is needed.
    private mutating func reduceTime() {
        guard let violation = best.violation else { return }
        var low: Int64 = 0
        var high = min(options.until, violation.time / 1_000_000 * 1_000_000 + 1_000_000)
        while high - low > 1_000_000, runs < runLimit {
            let middle = (low + (high - low) / 2) / 1_000_000 * 1_000_000
            guard middle > low, middle < high else { return }
            var candidate = options
            candidate.until = middle
            if tries(candidate) { high = middle } else { low = middle }
        }
    }
}
