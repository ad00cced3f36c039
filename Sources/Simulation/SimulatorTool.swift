import Foundation

// The command line of the simulation. Prints, and answers with an exit code: 0 when nothing was violated, 1
// when something was, 64 for arguments that make no sense.

package struct SimulatorTool {
    private static let usage = """
        usage: trader247-sim [--seeds N] [--from SEED] [--threads K] [--coverage] [--digest] [--no-shrink]
                             [--with NAME,…]
               trader247-sim --seed S [--disable FAULT,…] [--until MS] [--symbols N] [--size N]
                             [--shrink] [--verbose] [--digest]
               trader247-sim --replay FILE [--verbose]

          --seeds N      run N schedules (default 1000), from a fresh seed unless --from is given
          --threads K    on K threads (default: one per core)
          --violations N go on until N schedules have failed (default 1)
          --coverage     print how often each fault met each phase, and in how many schedules it was felt
          --with NAME,…  faults and questions that the core does not withstand yet, or `all` of them
          --digest       print a digest over all turns
          --seed S       run one schedule; a failing one prints how to repeat it
          --disable …    faults that do not fire, as a shrunk schedule prints them
          --until MS     virtual time after which no fault fires
          --shrink       cut a failing schedule down to what it needs (the default with --seeds)
          --replay FILE  run the schedule that a failing run wrote to this file
          --verbose      tell every event of one schedule
        """

    private var seeds = 1_000
    private var from: UInt64?
    private var seed: UInt64?
    private var threads = ProcessInfo.processInfo.activeProcessorCount
    private var shrinks: Bool?
    private var showsCoverage = false
    private var isVerbose = false
    private var violationLimit = 1
    private var file: String?
    private var options = ScheduleOptions()

    private struct UsageError: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter arguments: without the program's name.
    package static func main(_ arguments: [String]) -> Int32 {
        do {
            var tool = SimulatorTool()
            if arguments.contains("--help") {
                print(usage)
                return 0
            }
            try tool.parse(arguments)
            if let file = tool.file {
                let text = try String(contentsOfFile: file, encoding: .utf8)
                let words = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                    .flatMap { $0.split(separator: " ") }.map(String.init)
                try tool.parse(words)
            }
            return tool.run()
        } catch {
            print("trader247-sim: \(error)\n\(usage)")
            return 64
        }
    }

    private mutating func parse(_ arguments: [String]) throws {
        var rest = arguments[...]
        func number<T: FixedWidthInteger>(_ name: String, _ type: T.Type) throws -> T {
            guard let text = rest.popFirst(), let value = T(text), value >= 0 else {
                throw UsageError(description: "\(name) needs a number")
            }
            return value
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--seeds": seeds = try number(argument, Int.self)
            case "--from": from = try number(argument, UInt64.self)
            case "--seed": seed = try number(argument, UInt64.self)
            case "--threads": threads = max(1, try number(argument, Int.self))
            case "--violations": violationLimit = max(1, try number(argument, Int.self))
            case "--until": options.until = try number(argument, Int64.self) * 1_000_000
            case "--symbols": options.symbolLimit = try number(argument, Int.self)
            case "--size": options.strategyLimit = try number(argument, Int.self)
            case "--disable": options.disabled.formUnion(try faults(rest.popFirst() ?? ""))
            case "--with": options.with.formUnion(try names(rest.popFirst() ?? ""))
            case "--shrink": shrinks = true
            case "--no-shrink": shrinks = false
            case "--digest": options.digests = true
            case "--coverage": showsCoverage = true
            case "--verbose": isVerbose = true
            case "--replay":
                guard let path = rest.popFirst() else {
                    throw UsageError(description: "--replay needs a file")
                }
                file = path
            default: throw UsageError(description: "unknown argument '\(argument)'")
            }
        }
    }

    private func faults(_ text: String) throws -> [FaultID] {
        try text.split(separator: ",").map { part in
            guard let fault = FaultID(part) else {
                throw UsageError(description: "'\(part)' is not a fault like lostReply.1.17")
            }
            return fault
        }
    }

    private func names(_ text: String) throws -> [String] {
        try text.split(separator: ",").map { part in
            guard ScheduleOptions.knows(String(part)) else {
                throw UsageError(description: "'\(part)' is neither a fault nor a question")
            }
            return String(part)
        }
    }

    private func run() -> Int32 {
        if let seed { return runOne(seed) }
        return runMany()
    }

    // MARK: One

    private func runOne(_ seed: UInt64) -> Int32 {
        var options = options
        if shrinks == true, let outcome = Shrinker.shrink(seed: seed, options: options) {
            tell(outcome, seed)
            options = outcome.options
        }
        if isVerbose { options.trace = { print($0) } }
        let result = Schedule.run(seed: seed, options: options)
        print(
            "seed \(seed): \(result.events) events, \(result.placements) placements, \(result.lives) lives, "
                + "\(result.stops) stops, \(result.crashes) crashes, \(result.fired.count) faults")
        if options.digests { print("digest \(String(result.digest, radix: 16))") }
        guard let violation = result.violation else {
            print("no violation")
            return 0
        }
        print("VIOLATION \(violation)")
        print("faults: \(result.fired.map(\.description).joined(separator: " "))")
        print("again:  trader247-sim \(options.arguments(seed: seed)) --verbose")
        return 1
    }

    private func tell(_ outcome: Shrinker.Outcome, _ seed: UInt64) {
        print("shrunk to \(outcome.result.fired.count) faults in \(outcome.runs) runs")
        let path = "trader247-sim-\(seed).schedule"
        let text =
            "# \(outcome.result.violation?.description ?? "")\n"
            + "# faults: \(outcome.result.fired.map(\.description).joined(separator: " "))\n"
            + outcome.options.arguments(seed: seed) + "\n"
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            print("replay: trader247-sim --replay \(path) --verbose")
        } catch {
            print("the schedule could not be written to \(path): \(error.localizedDescription)")
        }
    }

    // MARK: Many

    private func runMany() -> Int32 {
        let first = from ?? UInt64.random(in: 1...1_000_000_000_000)
        print("\(seeds) schedules from seed \(first) on \(threads) threads")
        var campaign = Campaign(first: first, count: seeds, threads: threads, options: options)
        campaign.violationLimit = violationLimit
        let start = ContinuousClock.now
        let total = seeds
        campaign.progress = { done in
            let rate = Double(done) / max(0.001, seconds(since: start))
            let text = "  \(done) of \(total), \(Int(rate)) per second\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        campaign.found = { FileHandle.standardError.write(Data("  VIOLATION \($0)\n".utf8)) }
        let worked = processorSeconds()
        let summary = campaign.run()
        let work = max(0.001, processorSeconds() - worked)
        let elapsed = seconds(since: start)
        let count = max(1, summary.schedules)
        let perMinute = Double(summary.schedules) / elapsed * 60
        print(
            "\(summary.schedules) schedules in \(Int(elapsed * 1000)) ms: \(Int(perMinute)) a minute, "
                + "\(Int(perMinute / Double(threads))) a minute and thread, "
                + "\(Int(Double(summary.schedules) / work * 60)) a minute of one processor")
        print(
            "events \(summary.events) (median \(summary.medianEvents) a schedule), "
                + "placements \(summary.placements), faults \(summary.faults), lives \(summary.lives), "
                + "stops \(summary.stops), crashes \(summary.crashes)")
        print(
            "full schedules (20 placements, 3 faults, a stop or crash): \(summary.full) of "
                + "\(summary.schedules) (\(summary.full * 100 / count) %)")
        if options.digests { print("digest \(String(summary.digest, radix: 16))") }
        if showsCoverage { print(summary.coverage.table + "\n\n" + summary.coverage.scheduleTable) }
        guard let violation = summary.violations.first else {
            print("no violation")
            return 0
        }
        for violation in summary.violations { print("VIOLATION \(violation)") }
        if shrinks != false,
            let outcome = Shrinker.shrink(seed: violation.seed, options: options)
        {
            tell(outcome, violation.seed)
            if let violation = outcome.result.violation { print("shrunk: \(violation)") }
            print("again:  trader247-sim \(outcome.options.arguments(seed: violation.seed)) --verbose")
        }
        return 1
    }
}

/// What this process has used of all processors, whoever else uses them.
private func processorSeconds() -> Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
}

private func seconds(since start: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) / 1e18
}
