import Foundation

// What a campaign found, in markdown.

/// Survivors that change nothing that anybody could see, each with its reason: `identity: reason`.
struct Equivalents {
    private(set) var reasons: [String: String] = [:]

    init(reading path: String) throws {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            guard !line.hasPrefix("#"), let colon = line.firstRange(of: ": ") else { continue }
            let reason = line[colon.upperBound...].trimmingCharacters(in: .whitespaces)
            guard !reason.isEmpty else { throw ToolError("\(path): '\(line)' gives no reason") }
            reasons[String(line[..<colon.lowerBound])] = reason
        }
    }
}

struct Report {
    let title: String
    let verdicts: [Verdict]
    let equivalents: Equivalents
    /// Lines about the build and the time.
    let facts: [String]

    /// What was not killed and has no reason.
    var survivors: [Verdict] { alive.filter { equivalents.reasons[$0.identity] == nil } }
    var equal: [Verdict] { alive.filter { equivalents.reasons[$0.identity] != nil } }
    private var alive: [Verdict] { verdicts.filter { !$0.isKilled } }

    var markdown: String {
        var lines = ["# \(title)", ""]
        lines += facts.map { "- \($0)" } + [""]
        lines += counts + [""] + table("kind", \.kind) + [""]
        lines += table("file", { $0.path.split(separator: "/").last.map(String.init) ?? "" }) + [""]
        lines += list("Survivors", survivors) { _ in nil }
        lines += list("Called equivalent", equal) { equivalents.reasons[$0.identity] }
        lines += wrongReasons
        return lines.joined(separator: "\n") + "\n"
    }

    private var counts: [String] {
        let all = verdicts.count
        func row(_ what: String, _ count: Int, of whole: Int) -> String {
            let share = whole == 0 ? "" : String(format: "%.1f %%", Double(count) * 100 / Double(whole))
            return "| \(what) | \(count) | \(share) |"
        }
        func count(_ condition: (Verdict) -> Bool) -> Int { verdicts.filter(condition).count }
        let killed = count(\.isKilled)
        let simulated = count { $0.simulation.ending.isKilled }
        return [
            "| what | mutants | of \(all) |", "| --- | ---: | ---: |",
            row("killed", killed, of: all),
            row("killed by the simulation, whatever the tests say", simulated, of: all),
            row(
                "killed by the tests, whatever the simulation says", count { $0.tests.ending.isKilled },
                of: all),
            row(
                "killed by both", count { $0.simulation.ending.isKilled && $0.tests.ending.isKilled }, of: all
            ),
            row(
                "killed by the simulation only",
                count { $0.simulation.ending.isKilled && !$0.tests.ending.isKilled }, of: all),
            row(
                "killed by the tests only",
                count { !$0.simulation.ending.isKilled && $0.tests.ending.isKilled }, of: all),
            row(
                "of the killed: by nothing but a trap or a time-out", count(\.isOnlyBroken), of: all),
            row("trapped in the simulation", count { $0.simulation.ending == .trapped }, of: all),
            row("timed out in the simulation", count { $0.simulation.ending == .timedOut }, of: all),
            row("trapped in the tests", count { $0.tests.ending == .trapped }, of: all),
            row("timed out in the tests", count { $0.tests.ending == .timedOut }, of: all),
            row("survived, called equivalent (at most 10 %)", equal.count, of: all),
            row("survived", survivors.count, of: all),
            "",
            "Killed of those that are not called equivalent: "
                + percent(killed, verdicts.count - equal.count) + ". Of the killed, the simulation kills "
                + percent(simulated, killed) + " by itself.",
        ]
    }

    private func percent(_ count: Int, _ whole: Int) -> String {
        whole == 0 ? "none" : String(format: "%.1f %%", Double(count) * 100 / Double(whole))
    }

    private func table(_ name: String, _ key: (Verdict) -> String) -> [String] {
        let groups = Dictionary(grouping: verdicts, by: key).sorted { $0.key < $1.key }
        return [
            "| \(name) | mutants | by simulation | by tests | equivalent | survived |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
            + groups.map { name, group in
                let names = Set(group.map(\.identity))
                return
                    "| \(name) | \(group.count) | \(group.filter { $0.simulation.ending.isKilled }.count) | "
                    + "\(group.filter { $0.tests.ending.isKilled }.count) | "
                    + "\(equal.filter { names.contains($0.identity) }.count) | "
                    + "\(survivors.filter { names.contains($0.identity) }.count) |"
            }
    }

    private func list(_ title: String, _ verdicts: [Verdict], _ reason: (Verdict) -> String?) -> [String] {
        guard !verdicts.isEmpty else { return ["## \(title): none", ""] }
        var lines = ["## \(title): \(verdicts.count)", ""]
        for verdict in verdicts.sorted(by: { ($0.path, $0.line) < ($1.path, $1.line) }) {
            lines += [
                "- `\(verdict.path):\(verdict.line)` \(verdict.function), \(verdict.kind), "
                    + "met by \(met(verdict))",
                "  - `\(verdict.original)` → `\(verdict.mutated)`", "  - `\(verdict.identity)`",
            ]
            if let reason = reason(verdict) { lines.append("  - \(reason)") }
        }
        return lines + [""]
    }

    private func met(_ verdict: Verdict) -> String {
        switch (verdict.simulation.reached ?? false, verdict.tests.reached ?? false) {
        case (true, true): "both"
        case (true, false): "the simulation only"
        case (false, true): "the tests only"
        case (false, false): "neither"
        }
    }

    /// Killed although somebody gave a reason why it can't be.
    private var wrongReasons: [String] {
        let wrong = verdicts.filter { $0.isKilled && equivalents.reasons[$0.identity] != nil }
        guard !wrong.isEmpty else { return [] }
        return ["## Called equivalent and killed: \(wrong.count)", ""] + wrong.map { "- `\($0.identity)`" }
            + [""]
    }
}
