// What the doctor found, one check at a time, and what that means for the exit code.

import Trading

struct Finding: Encodable, Equatable, Sendable {
    enum Verdict: String, Encodable, Sendable { case ok, warn, fail }

    let check: String
    let verdict: Verdict
    /// What was seen.
    let detail: String
    /// What to do about it; nil when nothing needs to be done.
    let advice: String?
    /// Whether the configuration is at fault rather than the world around it.
    let isConfiguration: Bool

    private enum CodingKeys: CodingKey { case check, verdict, detail, advice }

    static func ok(_ check: String, _ detail: String) -> Finding {
        Finding(check: check, verdict: .ok, detail: detail, advice: nil, isConfiguration: false)
    }

    static func warn(_ check: String, _ detail: String, _ advice: String) -> Finding {
        Finding(check: check, verdict: .warn, detail: detail, advice: advice, isConfiguration: false)
    }

    static func fail(
        _ check: String, _ detail: String, _ advice: String, isConfiguration: Bool = false
    ) -> Finding {
        Finding(
            check: check, verdict: .fail, detail: detail, advice: advice, isConfiguration: isConfiguration)
    }
}

/// Takes the findings as they come, so that a slow check does not hold back what was found before it.
struct Findings {
    private(set) var all: [Finding] = []
    /// Shows each one at once; nil when they are printed together.
    var show: ((Finding) -> Void)?

    mutating func note(_ finding: Finding) {
        all.append(finding)
        show?(finding)
    }

    var verdict: Finding.Verdict {
        if all.contains(where: { $0.verdict == .fail }) { return .fail }
        return all.contains { $0.verdict == .warn } ? .warn : .ok
    }

    /// A mistake in the configuration goes first: what else fails may follow from it.
    var exitCode: Int32 {
        let failed = all.filter { $0.verdict == .fail }
        if failed.isEmpty { return ExitCode.clean }
        return failed.contains(where: \.isConfiguration) ? ExitCode.configuration : ExitCode.internalError
    }
}
