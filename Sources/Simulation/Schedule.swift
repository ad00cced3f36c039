// Runs schedules: one, or many on several threads.

import Synchronization

package enum Schedule {
    /// One schedule from its seed to its end.
    package static func run(seed: UInt64, options: ScheduleOptions = ScheduleOptions()) -> ScheduleResult {
        var coverage = Coverage()
        return run(seed: seed, options: options, coverage: &coverage)
    }

    static func run(seed: UInt64, options: ScheduleOptions, coverage: inout Coverage) -> ScheduleResult {
        do {
            let world = try World(seed: seed, options: options)
            let result = world.run()
            world.coverage.endSchedule()
            coverage.add(world.coverage)
            return result
        } catch {
            var result = ScheduleResult(seed: seed)
            result.violation = Violation(seed: seed, time: 0, event: 0, life: 0, text: "\(error)")
            return result
        }
    }
}
