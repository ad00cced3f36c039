import Foundation

// One call of the tool: which mutants, the build, the runs, the report.

struct MutantsTool {
    private let arguments: Arguments
    private let checkout: Checkout
    private let folder: String
    private let equivalents: Equivalents

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        let own = "\(arguments.root)/Tests/Mutants"
        checkout = Checkout(root: arguments.root, leftOut: try LeftOut(reading: "\(own)/left-out.txt"))
        equivalents = try Equivalents(reading: "\(own)/equivalent.txt")
        folder = arguments.scratch ?? "\(arguments.root)/.mutants"
    }

    /// - Returns: the exit code: 0, since survivors are no failure of the tool.
    func run() throws -> Int32 {
        let files = try checkout.mutants(of: arguments.modules)
        if arguments.mode == .list {
            for mutant in files.flatMap(\.mutants) {
                say(
                    "\(mutant.path):\(mutant.line) \(mutant.identity)\n    \(mutant.original) → \(mutant.mutated)"
                )
            }
            say("\(files.reduce(0) { $0 + $1.mutants.count }) mutants in \(files.count) files")
            return 0
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let key = try stateOfSources()
        let seed = arguments.seed ?? stableHash(key.commit)
        let results = try Results(path: "\(folder)/results.jsonl")
        let draw = name(seed)
        if arguments.reportsOnly {
            report(key.text, draw, results, [])
            return 0
        }
        var scratch = try Scratch(
            checkout, folder: folder, modules: arguments.modules, tests: testTargets,
            swift: ProcessInfo.processInfo.environment["SWIFT"] ?? "swift")
        let planted = try readPlanted(scratch)
        let all = files.flatMap(\.mutants)
        say("\(all.count) mutants in \(files.count) files, and \(planted.count) planted bugs")
        let build = try buildWithMemory(&scratch, all, planted, key.text)
        for bug in planted where bug.obstacle != nil {
            say("planted bug \(bug.name) stays a patch: \(bug.obstacle ?? "")")
        }
        if arguments.buildsOnly { return 0 }
        let entries = try choose(build, seed, draw, key.text, results)
        var campaign = Campaign(scratch, seeds: arguments.seeds, key: key.text, draw: draw, results: results)
        try campaign.measure()
        say(
            String(
                format: "without a mutant: %d schedules in %.1f s, the tests in %.1f s", arguments.seeds,
                campaign.simulationSeconds, campaign.testSeconds))
        let start = ContinuousClock.now
        try campaign.run(entries, jobs: arguments.jobs) { say($0) }
        let minutes = (ContinuousClock.now - start) / .seconds(60)
        report(
            key.text, draw, results,
            [
                "\(all.count) mutants in \(files.count) files; \(build.takenOut.count) of them do not compile and "
                    + "were taken out before the draw",
                "seed of the draw \(seed), \(arguments.seeds) schedules for each mutant",
                String(
                    format: "build %.1f min in %d rounds, this run %.1f min", build.seconds / 60,
                    build.rounds, minutes),
            ], only: Set(entries.map(\.identity)))
        return 0
    }

    /// Of what is mutated, and of the guardian's plan, which has planted bugs.
    private var testTargets: [String] {
        Set(arguments.modules.map { "\($0.split(separator: "/").first ?? "")Tests" } + ["SupervisionTests"])
            .sorted()
    }

    // MARK: Which

    /// Verdicts are kept under this name, so that those of another number of schedules are not mistaken for them.
    private func name(_ seed: UInt64) -> String {
        let seeds = arguments.seeds == 2_000 ? "" : "-\(arguments.seeds)-schedules"
        switch arguments.mode {
        case .drawn: return "drawn-\(String(seed, radix: 16))\(seeds)"
        case .fresh(let count): return "fresh-\(count)-\(String(seed, radix: 16))\(seeds)"
        case .survivors: return "survivors\(seeds)"
        case .planted: return "planted\(seeds)"
        case .only: return "only\(seeds)"
        case .list: return "list"
        }
    }

    private func choose(
        _ build: Scratch.Build, _ seed: UInt64, _ draw: String, _ key: String, _ results: Results
    ) throws -> [Campaign.Entry] {
        let identities: [String]
        switch arguments.mode {
        case .planted, .list: return build.planted.map { Campaign.Entry($0) }
        case .only(let names): identities = names
        case .survivors:
            let present = Set(build.mutants.map(\.mutant.identity))
            let lasting = survivors(results)
            identities = lasting.filter { present.contains($0) }
            for gone in lasting where !present.contains(gone) { say("no longer in the code: \(gone)") }
        case .drawn(let count):
            identities = Draw.order(build.mutants.map(\.mutant), seed: seed).prefix(count).map(\.identity)
        case .fresh(let count):
            identities = try drawFresh(count, build, seed, "\(folder)/draw-\(key)-\(draw).txt", results)
        }
        let entries = Dictionary(
            build.mutants.map { ($0.mutant.identity, Campaign.Entry($0.number, $0.mutant)) },
            uniquingKeysWith: { $1 })
        return try identities.map { identity in
            guard let entry = entries[identity] else {
                throw ToolError("no such mutant in the build: \(identity)")
            }
            return entry
        }
    }

    /// In the order in which they were judged; a later verdict replaces an earlier one.
    private func survivors(_ results: Results) -> [String] {
        var last: [String: Verdict] = [:]
        var order: [String] = []
        for verdict in results.all where verdict.kind != "planted" {
            if last.updateValue(verdict, forKey: verdict.identity) == nil { order.append(verdict.identity) }
        }
        return order.filter { last[$0]?.isKilled == false && equivalents.reasons[$0] == nil }
    }

    /// What no draw has judged before; kept, so that the same run goes on with the same.
    private func drawFresh(
        _ count: Int, _ build: Scratch.Build, _ seed: UInt64, _ path: String, _ results: Results
    ) throws -> [String] {
        if let kept = FileManager.default.contents(atPath: path) {
            return String(decoding: kept, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        let judged = Set(results.all.map(\.identity))
        let unseen = build.mutants.map(\.mutant).filter { !judged.contains($0.identity) }
        let drawn = Draw.order(unseen, seed: seed ^ stableHash("fresh")).prefix(count).map(\.identity)
        try (drawn.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return drawn
    }

    // MARK: The state of the sources

    /// The commit, and where the sources differ from it a hash of them.
    private func stateOfSources() throws -> (commit: String, text: String) {
        let head = Child.run(["/usr/bin/env", "git", "-C", checkout.root, "rev-parse", "HEAD"], limit: 60)
        guard head.end == .exit(0) else { throw ToolError("git does not know the commit: \(head.output)") }
        let commit = head.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let folders = ["Sources", "Tests/TradingTests", "Tests/SupervisionTests", "Tests/PlantedBugs"]
        let status = Child.run(
            ["/usr/bin/env", "git", "-C", checkout.root, "status", "--porcelain", "--"] + folders, limit: 60)
        let short = String(commit.prefix(12))
        if status.end == .exit(0), status.output.isEmpty { return (commit, short) }
        var hash: UInt64 = 0
        for folder in folders {
            for path in try checkout.files(under: folder)
            where path.hasSuffix(".swift") || path.hasSuffix(".patch") {
                hash = hash &* 31 &+ stableHash(path + (try checkout.text(path)))
            }
        }
        return (commit, "\(short)+\(String(hash & 0xffff_ffff, radix: 16))")
    }

    // MARK: The build

    private func readPlanted(_ scratch: Scratch) throws -> [PlantedBug] {
        let copies = "\(folder)/patched"
        if FileManager.default.fileExists(atPath: copies) {
            try FileManager.default.removeItem(atPath: copies)
        }
        return try PlantedBugs.read(checkout, scratch: copies, modules: scratch.sources)
    }

    /// All mutants are in one build, whatever is drawn. What did not compile once is left out at once the next time.
    private func buildWithMemory(
        _ scratch: inout Scratch, _ mutants: [Mutant], _ planted: [PlantedBug], _ key: String
    ) throws -> Scratch.Build {
        let memory = "\(folder)/taken-out-\(key).txt"
        let known =
            FileManager.default.contents(atPath: memory).map {
                String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init)
            } ?? []
        let build = try scratch.build(mutants, planted, without: Set(known)) { say($0) }
        try (build.takenOut.joined(separator: "\n") + "\n").write(
            toFile: memory, atomically: true, encoding: .utf8)
        return build
    }

    // MARK: The report

    /// - Parameter only: the mutants that were asked for; nil for all that the draw has judged.
    private func report(
        _ key: String, _ draw: String, _ results: Results, _ facts: [String], only wanted: Set<String>? = nil
    ) {
        let verdicts = results.all.filter {
            $0.key == key && $0.draw == draw && (wanted?.contains($0.identity) ?? true)
        }
        let costs = verdicts.map { $0.simulation.seconds + $0.tests.seconds }
        var told = facts
        if !costs.isEmpty {
            told.append(
                String(
                    format:
                        "a mutant took %.1f s on average, %.1f s at most; all together %.1f min of one core",
                    costs.reduce(0, +) / Double(costs.count), costs.max() ?? 0, costs.reduce(0, +) / 60))
        }
        let report = Report(
            title: "Mutants of \(key), \(draw)", verdicts: verdicts, equivalents: equivalents, facts: told)
        let path = "\(folder)/report-\(key)-\(draw).md"
        say(report.markdown)
        do {
            try report.markdown.write(toFile: path, atomically: true, encoding: .utf8)
            say("report: \(path)")
        } catch {
            say("the report could not be written to \(path): \(error.localizedDescription)")
        }
        if report.equal.count * 10 > verdicts.count {
            say("more than 10 % are called equivalent")
        }
    }
}

/// Printed at once, also into a file.
private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
