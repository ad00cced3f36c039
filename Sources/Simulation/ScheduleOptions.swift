// How one schedule is run: in full, or cut down by the shrinker. Prints as the arguments that repeat it.

package struct ScheduleOptions: Sendable {
    /// Faults that don't fire.
    package var disabled: Set<FaultID> = []
    /// Virtual time from which no fault fires any more, nanoseconds.
    package var until: Int64 = .max
    /// Upper limits to what the seed draws.
    package var symbolLimit = 2
    package var strategyLimit = 4
    /// Faults and questions that are on though the core does not withstand them yet; "all" for every one.
    package var with: Set<String> = []
    /// Computes the digest over all turns.
    package var digests = false
    /// Told what happens, line by line.
    package var trace: (@Sendable (String) -> Void)?
    /// An additional check after each turn, for tests of the shrinker.
    package var hook: (@Sendable (HookView) -> String?)?

    package init() {}

    func has(_ kind: FaultKind) -> Bool {
        !NotWithstoodYet.kinds.contains(kind) || with.contains("all") || with.contains(kind.name)
    }

    func asks(_ question: Question) -> Bool {
        !NotWithstoodYet.questions.contains(question) || with.contains("all")
            || with.contains(question.rawValue)
    }

    /// Whether `--with` knows this word.
    static func knows(_ word: String) -> Bool {
        word == "all" || Question(rawValue: word) != nil || FaultKind.allCases.contains { $0.name == word }
    }

    /// The arguments that repeat this schedule.
    package func arguments(seed: UInt64) -> String {
        var text = "--seed \(seed)"
        if !with.isEmpty { text += " --with " + with.sorted().joined(separator: ",") }
        if !disabled.isEmpty {
            text += " --disable " + disabled.sorted().map(\.description).joined(separator: ",")
        }
        if until != .max { text += " --until \(until / 1_000_000)" }
        if symbolLimit != 2 { text += " --symbols \(symbolLimit)" }
        if strategyLimit != 4 { text += " --size \(strategyLimit)" }
        return text
    }
}

/// What an additional check may see.
package struct HookView: Sendable {
    package let events: Int
    package let fired: [FaultID]
    package let placements: Int
}

/// What must not be. Ends the schedule.
package struct Violation: Error, Equatable, Sendable, CustomStringConvertible {
    package let seed: UInt64
    /// Virtual time, nanoseconds.
    package let time: Int64
    /// How many events the cores of this schedule had handled.
    package let event: Int
    package let life: Int
    package let text: String

    /// What is wrong, without the orders and numbers that differ from one schedule to the next.
    var shape: String {
        text.split(separator: " ").filter { !$0.contains { $0.isNumber } }.prefix(8).joined(separator: " ")
    }

    package var description: String {
        let milliseconds = Double(time / 1000) / 1000
        return "seed \(seed), life \(life), event \(event), at \(milliseconds) ms: \(text)"
    }
}

package struct ScheduleResult: Sendable {
    package var seed: UInt64
    package var events = 0
    package var placements = 0
    package var lives = 0
    package var stops = 0
    package var crashes = 0
    package var fired: [FaultID] = []
    package var digest: UInt64 = 0
    package var violation: Violation?
    /// Nothing went wrong, by design.
    package var isCalm = false

    /// At least 20 placements, 3 faults that fired where any do, one stop or crash.
    package var isFull: Bool { placements >= 20 && (isCalm || fired.count >= 3) && stops + crashes >= 1 }
}
