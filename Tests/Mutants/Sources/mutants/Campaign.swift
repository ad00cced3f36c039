import Foundation
import Synchronization

// Runs mutants of the scratch build: each against the simulation, then against the unit tests, whatever the simulation
// said, so that each judge's figure stands alone.

struct Campaign {
    /// One mutant or planted bug, and its number in the build.
    struct Entry: Sendable {
        let number: Int
        let identity: String
        let path: String
        let line: Int
        let function: String
        let kind: String
        let original: String
        let mutated: String

        init(_ number: Int, _ mutant: Mutant) {
            self.number = number
            identity = mutant.identity
            path = mutant.path
            line = mutant.line
            function = mutant.function
            kind = mutant.kind.rawValue
            original = mutant.original
            mutated = mutant.mutated
        }

        init(_ bug: PlantedBug) {
            number = bug.number
            identity = bug.name
            path = bug.choices.first?.path ?? ""
            line = 0
            function = ""
            kind = "planted"
            original = ""
            mutated = bug.name
        }
    }

    let simulation: String
    let tests: String
    let seeds: Int
    let key: String
    let draw: String
    let results: Results
    /// Seconds that all schedules, and all tests, take without a mutant.
    private(set) var simulationSeconds = 0.0
    private(set) var testSeconds = 0.0

    init(_ scratch: Scratch, seeds: Int, key: String, draw: String, results: Results) {
        simulation = scratch.simulation
        tests = scratch.tests
        self.seeds = seeds
        self.key = key
        self.draw = draw
        self.results = results
    }

    /// Without a mutant nothing may fail; the times are what limits follow from.
    mutating func measure() throws {
        let simulated = simulate(0, limits: false)
        guard simulated.ending == .survived else {
            throw ToolError("without any mutant the simulation says: \(simulated.ending) \(simulated.words)")
        }
        let tested = test(0, limit: 600)
        guard tested.ending == .survived else {
            throw ToolError("without any mutant the tests say: \(tested.ending) \(tested.words)")
        }
        simulationSeconds = simulated.seconds
        testSeconds = tested.seconds
    }

    func run(_ entries: [Entry], jobs: Int, tell: @escaping @Sendable (String) -> Void) throws {
        let done = Set(results.all.filter { $0.key == key && $0.draw == draw }.map(\.identity))
        let open = entries.filter { !done.contains($0.identity) }
        tell("\(entries.count) mutants, \(entries.count - open.count) of them judged before")
        let queue = Queue(open)
        let group = DispatchGroup()
        for _ in 0..<max(1, jobs) {
            DispatchQueue.global().async(group: group) {
                while let (index, entry) = queue.next() {
                    do {
                        let verdict = judge(entry)
                        try results.add(verdict)
                        tell("\(index)/\(open.count) \(line(verdict))")
                    } catch {
                        queue.fail("\(error)")
                    }
                }
            }
        }
        group.wait()
        if let failure = queue.failure { throw ToolError("a result could not be kept: \(failure)") }
    }

    private func line(_ verdict: Verdict) -> String {
        let seeds = verdict.simulation.seeds.map { " (\($0))" } ?? ""
        return "\(verdict.identity.padded(to: 62)) simulation \(verdict.simulation.ending.rawValue)\(seeds), "
            + "tests \(verdict.tests.ending.rawValue)"
    }

    private func judge(_ entry: Entry) -> Verdict {
        let simulated = simulate(entry.number, limits: true)
        let tested = test(entry.number, limit: max(15, 10 * testSeconds))
        return Verdict(
            key: key, draw: draw, identity: entry.identity, path: entry.path, line: entry.line,
            function: entry.function, kind: entry.kind, original: entry.original, mutated: entry.mutated,
            simulation: simulated, tests: tested)
    }

    // MARK: The simulation

    /// In batches, so that a mutant that hangs is noticed early.
    private func simulate(_ number: Int, limits: Bool) -> Verdict.Judged {
        var first = 1
        var seconds = 0.0
        var reached = false
        for size in [50, 450, Int.max] where first <= seeds {
            let count = min(size, seeds - first + 1)
            let share = simulationSeconds * Double(count) / Double(seeds)
            let outcome = Child.run(
                [
                    simulation, "--seeds", "\(count)", "--from", "\(first)", "--threads", "1", "--no-shrink",
                ], environment: ["MUTANT_NUMBER": "\(number)"], limit: limits ? max(15, 6 * share) : 3_600,
                isLimited: true)
            seconds += outcome.seconds
            let isReached = outcome.output.contains("\nmutant reached")
            reached = reached || isReached
            if outcome.end == .exit(0) {
                first += count
                continue
            }
            let violation = outcome.output.firstMatch(of: #/VIOLATION [^\n]*/#).map { String($0.output) }
            let schedules = outcome.output.firstMatch(of: #/(\d+) schedules in /#).flatMap { Int($0.1) }
            let isCaught = outcome.end == .exit(1) && violation != nil
            return Verdict.Judged(
                ending: isCaught ? .caught : outcome.end == .timeOut ? .timedOut : .trapped,
                words: isCaught ? (violation ?? "").onOneLine() : "\(outcome.end)",
                seeds: first - 1 + (schedules ?? 0), reached: isCaught ? reached : nil, seconds: seconds)
        }
        return Verdict.Judged(ending: .survived, words: "", seeds: seeds, reached: reached, seconds: seconds)
    }

    // MARK: The unit tests

    private func test(_ number: Int, limit: Double) -> Verdict.Judged {
        let outcome = Child.run(
            [tests, "--testing-library", "swift-testing"], environment: ["MUTANT_NUMBER": "\(number)"],
            limit: limit, isLimited: true)
        let reached = outcome.output.contains("\nmutant reached")
        let ranAll = outcome.output.contains(#/Test run with [1-9]\d* tests?/#)
        let failed = outcome.output.firstMatch(of: #/Test "?([^\n]*?)"? recorded an issue/#).map {
            String($0.1)
        }
        let ending: Ending
        switch outcome.end {
        case .exit(0): ending = ranAll ? .survived : .trapped
        case .exit(1): ending = ranAll || failed != nil ? .caught : .trapped
        // A test that failed before the trap or the time-out has noticed.
        case .timeOut: ending = failed != nil ? .caught : .timedOut
        default: ending = failed != nil ? .caught : .trapped
        }
        return Verdict.Judged(
            ending: ending, words: ending == .caught ? (failed ?? "").onOneLine() : "\(outcome.end)",
            seeds: nil, reached: ending == .survived || ending == .caught ? reached : nil,
            seconds: outcome.seconds)
    }
}

private final class Queue: Sendable {
    private struct State {
        var index = 0
        var failure: String?
    }
    private let entries: [Campaign.Entry]
    private let state = Mutex(State())

    init(_ entries: [Campaign.Entry]) { self.entries = entries }

    func next() -> (Int, Campaign.Entry)? {
        state.withLock { state in
            guard state.failure == nil, state.index < entries.count else { return nil }
            state.index += 1
            return (state.index, entries[state.index - 1])
        }
    }

    func fail(_ why: String) { state.withLock { $0.failure = why } }
    var failure: String? { state.withLock { $0.failure } }
}
