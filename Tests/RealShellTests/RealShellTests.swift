// The real TradingLoop and the real StateStore under the classes of faults that the simulation has: fewer schedules,
// and nothing of ours is simulated but the exchange's network, the disk's moods and the clock.
//
//     TRADER247_SHELL_SEED=17 swift test --filter RealShellTests        one schedule
//     TRADER247_SHELL_SCHEDULES=2000 swift test --filter RealShellTests  that many, from seed 1

import Foundation
import Testing

@Suite struct RealShellTests {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test func everyLifeKeepsThePromise() {
        let only = Self.number("TRADER247_SHELL_SEED")
        let count = Self.number("TRADER247_SHELL_SCHEDULES") ?? (only == nil ? 80 : 1)
        let first = only ?? 1
        var fired: [Fault: Int] = [:]
        var ends: [String: Int] = [:]
        var placements: [Int] = []
        for seed in first..<first + max(1, count) {
            let outcome = Schedule.run(seed: seed)
            fired.merge(outcome.fired) { $0 + $1 }
            for end in outcome.ends { ends["\(end)", default: 0] += 1 }
            placements.append(outcome.placements)
            #expect(
                outcome.placements >= 20, "seed \(seed): only \(outcome.placements) placements")
            #expect(
                outcome.findings.isEmpty,
                """
                seed \(seed), lives \(outcome.ends), again with TRADER247_SHELL_SEED=\(seed):
                \(outcome.findings.prefix(8).joined(separator: "\n"))
                """)
        }
        let lives = ends.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print("\(count) schedules from seed \(first): \(lives.joined(separator: ", "))")
        print("placements: \(placements.reduce(0, +))")
        print(Fault.allCases.map { "\($0.rawValue) \(fired[$0] ?? 0)" }.joined(separator: ", "))
        guard only == nil else { return }
        for fault in Fault.allCases { #expect(fired[fault] ?? 0 > 0, "\(fault) never happened") }
    }

    @Test func aSeedAlwaysTellsTheSameStory() {
        let outcomes = [3, 11].map { Schedule.run(seed: $0) }
        #expect(outcomes == [3, 11].map { Schedule.run(seed: $0) })
    }
}
