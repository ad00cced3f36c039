import Testing

@testable import Simulation

struct ScheduleTests {
    @Test func aHundredAndFiftySchedulesViolateNothing() {
        let summary = Campaign(first: 1, count: 150, threads: 2).run()
        #expect(summary.violations == [])
        #expect(summary.schedules == 150)
        #expect(summary.medianEvents >= 200)
        #expect(summary.full >= 135)
    }

    @Test func sameSeedSameTurns() {
        var options = ScheduleOptions()
        options.digests = true
        for seed in [3, 14, 15] as [UInt64] {
            let first = Schedule.run(seed: seed, options: options)
            let second = Schedule.run(seed: seed, options: options)
            #expect(first.digest == second.digest)
            #expect(first.events == second.events)
        }
        let others = Set([3, 14, 15].map { Schedule.run(seed: $0, options: options).digest })
        #expect(others.count == 3)
    }

    @Test func aDisabledFaultDoesNotFire() {
        let full = Schedule.run(seed: 5)
        #expect(full.fired.count > 3)
        var options = ScheduleOptions()
        options.until = 0
        #expect(Schedule.run(seed: 5, options: options).fired.isEmpty)
        guard let fault = full.fired.first else { return }
        options = ScheduleOptions()
        options.disabled = [fault]
        #expect(!Schedule.run(seed: 5, options: options).fired.contains(fault))
    }

    @Test func faultNamesReadBack() {
        for kind in FaultKind.allCases {
            let fault = FaultID(kind, life: 2, number: 17_408)
            #expect(FaultID(fault.description) == fault)
        }
        #expect(FaultID("noSuchFault.1.2") == nil)
        #expect(FaultID("crash.1") == nil)
    }
}

struct ShrinkerTests {
    /// A planted invariant: after two lost replies and so many placements something is wrong.
    private func options() -> ScheduleOptions {
        var options = ScheduleOptions()
        options.hook = { view in
            let lost = view.fired.count { $0.kind == .lostReply || $0.kind == .errorAfter }
            return lost >= 2 && view.placements >= 5 ? "two replies were lost" : nil
        }
        return options
    }

    @Test func cutsAFailureDownToWhatItNeeds() throws {
        let seed = try #require(
            (1...200).map(UInt64.init).first {
                Schedule.run(seed: $0, options: options()).violation?.text == "two replies were lost"
            })
        let before = Schedule.run(seed: seed, options: options())
        let outcome = try #require(Shrinker.shrink(seed: seed, options: options()))
        #expect(outcome.result.fired.count < before.fired.count)
        // What delta debugging promises: without any one of what is left the failure does not come.
        for fault in outcome.result.fired {
            var options = outcome.options
            options.disabled.insert(fault)
            #expect(Schedule.run(seed: seed, options: options).violation == nil, "\(fault) is not needed")
        }
        let again = Schedule.run(seed: seed, options: outcome.options)
        #expect(again.violation == outcome.result.violation)
    }

    @Test func leavesASoundScheduleAlone() {
        #expect(Shrinker.shrink(seed: 1) == nil)
    }
}
