import Foundation

// The one build that holds all mutants: a generated copy of what the core needs, in a folder of its own.

struct Scratch {
    let checkout: Checkout
    /// Absolute; holds the copy, its build and the results.
    let folder: String
    /// Those that read the switch.
    private(set) var modules: Set<String>
    let parts: PackageParts
    let swift: String

    var package: String { "\(folder)/package" }
    var simulation: String { "\(package)/.build/release/trader247-sim" }
    var tests: String { "\(package)/.build/release/ScratchPackageTests.xctest" }

    init(
        _ checkout: Checkout, folder: String, modules: [String], tests: [String], swift: String
    ) throws {
        self.checkout = checkout
        self.folder = folder
        self.swift = swift
        self.modules = Set(modules.map { String($0.split(separator: "/").first ?? "") })
        parts = try PackageParts(of: checkout, roots: ["trader247-sim"] + tests)
    }

    /// Everything that a planted bug may change.
    var sources: Set<String> { Set(parts.targets.filter { $0.kind != "testTarget" }.map(\.name)) }

    /// What was taken out because it does not compile, by identity or by the planted bug's name.
    struct Build {
        var mutants: [(number: Int, mutant: Mutant)]
        var planted: [PlantedBug]
        var takenOut: [String] = []
        var rounds = 0
        var seconds = 0.0
    }

    /// Writes and builds until the compiler is content, each time without what it complained about.
    /// - Parameter known: what an earlier build took out. The others keep their numbers, and so their files.
    mutating func build(
        _ mutants: [Mutant], _ planted: [PlantedBug], without known: Set<String>, tell: (String) -> Void
    ) throws -> Build {
        modules.formUnion(planted.flatMap(\.choices).map { PlantedBugs.module(of: $0.path) })
        var build = Build(
            mutants: mutants.enumerated().map { ($0.offset + 1, $0.element) }
                .filter { !known.contains($0.1.identity) },
            planted: planted.filter { $0.obstacle == nil && !known.contains($0.name) },
            takenOut: known.sorted())
        let start = ContinuousClock.now
        // The mutated modules alone first: they take a part of the time, and most complaints are theirs.
        let mutated = parts.targets.map(\.name).filter { modules.contains($0) }
        let steps = mutated.map { ["--target", $0] } + [["--build-tests"]]
        for step in steps {
            var isBuilt = false
            while !isBuilt {
                build.rounds += 1
                guard build.rounds <= 30 else { throw ToolError("30 builds were not enough, see \(log)") }
                let owners = try write(build)
                let outcome = Child.run(
                    [
                        "/usr/bin/env", "nice", "-n", "5", swift, "build", "--package-path", package, "-c",
                        "release",
                        "-Xswiftc", "-enable-testing",
                    ] + step, limit: 3_600)
                try outcome.output.write(toFile: log, atomically: true, encoding: .utf8)
                isBuilt = outcome.end == .exit(0)
                tell(
                    "build \(build.rounds) (\(step.joined(separator: " "))): \(Int(outcome.seconds)) s, "
                        + (isBuilt ? "done" : "some mutants do not compile"))
                if !isBuilt, try !takeOut(outcome.output, owners, &build, tell) {
                    throw ToolError("the scratch build fails, and not by a mutant: see \(log)")
                }
            }
        }
        build.seconds = (ContinuousClock.now - start) / .seconds(1)
        return build
    }

    private var log: String { "\(folder)/build.log" }

    // MARK: Writing

    /// - Returns: for each mutated file of the scratch package whose each line is.
    private func write(_ build: Build) throws -> [String: [LineOwner]] {
        var owners: [String: [LineOwner]] = [:]
        var wanted: Set<String> = []
        func put(_ path: String, _ text: String) throws {
            wanted.insert(path)
            try writeIfDifferent("\(package)/\(path)", text)
        }
        try put("Package.swift", parts.manifest(mutated: modules))
        try put("Sources/MutantSwitch/include/MutantSwitch.h", Composer.switchHeader)
        try put("Sources/MutantSwitch/MutantSwitch.c", Composer.switchCode)
        for module in modules { try put("Sources/\(module)/MutantHelpers.swift", Composer.helpers) }
        for target in parts.targets {
            for path in try checkout.files(under: target.folder) {
                let text = try checkout.text(path)
                guard modules.contains(target.name) else {
                    try put(path, text)
                    continue
                }
                var composer = Composer()
                for (number, mutant) in build.mutants.sorted(by: { $0.mutant.order < $1.mutant.order })
                where mutant.path == path { composer.add(mutant, number: number) }
                for choice in build.planted.flatMap(\.choices) where choice.path == path {
                    composer.add(choice)
                }
                let composed = composer.compose(text)
                owners[path] = composed.owners
                try put(path, composed.text)
            }
        }
        for folder in ["Sources", "Tests"] {
            let all = FileManager.default.enumerator(atPath: "\(package)/\(folder)")?.compactMap {
                $0 as? String
            }
            for path in all ?? [] where path.contains(".") && !wanted.contains("\(folder)/\(path)") {
                try FileManager.default.removeItem(atPath: "\(package)/\(folder)/\(path)")
            }
        }
        return owners
    }

    private func writeIfDifferent(_ path: String, _ text: String) throws {
        if let old = FileManager.default.contents(atPath: path), old == Data(text.utf8) { return }
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    // MARK: Taking out

    /// - Returns: whether anything was taken out.
    private func takeOut(
        _ output: String, _ owners: [String: [LineOwner]], _ build: inout Build, _ tell: (String) -> Void
    ) throws -> Bool {
        let before = build.takenOut.count
        let complaint = #/^(?<file>/[^:]+\.swift):(?<line>[0-9]+):[0-9]+: error: (?<what>.*)$/#
            .anchorsMatchLineEndings()
        var seen: Set<String> = []
        for match in output.matches(of: complaint) {
            guard let range = match.file.range(of: "/package/"), let line = Int(match.line) else { continue }
            let path = String(match.file[range.upperBound...])
            guard seen.insert("\(path):\(line)").inserted, let lines = owners[path], line <= lines.count
            else {
                continue
            }
            let owner = lines[line - 1]
            if let number = owner.planted {
                takeOut(planted: number, "\(match.what)", &build, tell)
                continue
            }
            let here = build.mutants.filter { $0.mutant.path == path }.map(\.mutant)
            let guilty = guilty(of: "\(match.what)", in: owner.line, among: here)
            let names = Set(guilty.map(\.identity))
            build.mutants.removeAll { names.contains($0.mutant.identity) }
            build.takenOut += names.sorted()
            for mutant in guilty { tell("  taken out: \(mutant.identity) (\(match.what))") }
        }
        return build.takenOut.count > before
    }

    /// Those that begin or end in the line, only the kind that the compiler names if it names one; else those around
    /// the line; else those of the function before it.
    private func guilty(of complaint: String, in line: Int, among mutants: [Mutant]) -> [Mutant] {
        let touching = mutants.filter { $0.line == line || $0.endLine == line }
        let boundary = touching.filter { $0.kind == .boundary }
        if complaint.contains("Comparable"), !boundary.isEmpty { return boundary }
        let named = touching.filter {
            complaint.contains("'\($0.form.prefix.prefix { $0 != "(" })'")
        }
        if !named.isEmpty { return named }
        if !touching.isEmpty { return touching }
        let around = mutants.filter { ($0.line...$0.endLine).contains(line) }
        if !around.isEmpty { return around }
        guard let nearest = mutants.filter({ $0.line <= line }).max(by: { $0.line < $1.line }) else {
            return mutants
        }
        return mutants.filter { $0.function == nearest.function }
    }

    private func takeOut(planted number: Int, _ what: String, _ build: inout Build, _ tell: (String) -> Void)
    {
        guard let index = build.planted.firstIndex(where: { $0.number == number }) else { return }
        let bug = build.planted.remove(at: index)
        build.takenOut.append(bug.name)
        tell("  taken out: planted bug \(bug.name) (\(what))")
    }
}
