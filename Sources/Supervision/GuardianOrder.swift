// What a guardian is started with, as the words of its command line. `trader247 run` has read the configuration, taken
// the instance lock and been confirmed before it becomes the guardian, so that all of this is known to be right.
//
//     trader247-guardian --lock 7 --deadline-ms 8000 … -- 2 BINARY run --config x … BINARY sweep --config x …
//
// The number is how many words the trader's command has; the rest is the sweep's.

package struct GuardianOrder: Equatable, Sendable {
    package var limits = GuardianLimits()
    /// The descriptor of the bot's instance lock; the guardian holds it until it exits.
    package var lock: Int32 = -1
    /// The descriptor of the sealed memory file with the configuration and key that the children have; -1 for none.
    package var accepted: Int32 = -1
    /// The same of the last life, as far as the state directory keeps it; -1 for none.
    package var kept: Int32 = -1
    package var start = GuardianStart.fresh
    /// Whether a signal of a lost terminal is to be passed on.
    package var obeysHangUp = true
    package var dumpsCore = false
    /// For a guardian beside a trader that another process started: its state directory.
    package var attachedTo: String?
    /// Program and arguments.
    package var trader: [String] = []
    package var sweep: [String] = []

    package init() {}

    package var arguments: [String] {
        (attachedTo.map { ["--attach", $0] } ?? []) + [
            "--lock", "\(lock)", "--accepted", "\(accepted)", "--kept", "\(kept)", "--start", start.word,
            "--deadline-ms", "\(milliseconds(limits.stopDeadline))",
            "--hang-ms", "\(milliseconds(limits.hangLimit))", "--start-ms",
            "\(milliseconds(limits.startLimit))",
            "--sweep-ms", "\(milliseconds(limits.sweepLimit))", "--on-crash", limits.onCrash.rawValue,
            "--hang-up", obeysHangUp ? "1" : "0", "--core", dumpsCore ? "1" : "0", "--", "\(trader.count)",
        ] + trader + sweep
    }

    /// - Returns: nil when these are not the words of `arguments`; then the second says which one is wrong.
    package static func read(_ words: [String]) -> (order: GuardianOrder?, problem: String) {
        var order = GuardianOrder()
        var rest = words[...]
        while let key = rest.popFirst(), key != "--" {
            guard let value = rest.popFirst() else { return (nil, "\(key) has no value") }
            let number = Int64(value)
            switch (key, number) {
            case ("--attach", _): order.attachedTo = value
            case ("--lock", let number?): order.lock = Int32(truncatingIfNeeded: number)
            case ("--accepted", let number?): order.accepted = Int32(truncatingIfNeeded: number)
            case ("--kept", let number?): order.kept = Int32(truncatingIfNeeded: number)
            case ("--start", _):
                guard let start = GuardianStart(word: value) else { return (nil, "\(key) \(value)") }
                order.start = start
            case ("--deadline-ms", let number?): order.limits.stopDeadline = .milliseconds(number)
            case ("--hang-ms", let number?): order.limits.hangLimit = .milliseconds(number)
            case ("--start-ms", let number?): order.limits.startLimit = .milliseconds(number)
            case ("--sweep-ms", let number?): order.limits.sweepLimit = .milliseconds(number)
            case ("--hang-up", let number?): order.obeysHangUp = number != 0
            case ("--core", let number?): order.dumpsCore = number != 0
            case ("--on-crash", _):
                guard let wish = OnCrash(rawValue: value) else { return (nil, "\(key) \(value)") }
                order.limits.onCrash = wish
            default: return (nil, "\(key) \(value)")
            }
        }
        guard let count = rest.popFirst().flatMap({ Int($0) }), count > 0, rest.count > count else {
            return (nil, "the commands of trader and sweep")
        }
        order.trader = Array(rest.prefix(count))
        order.sweep = Array(rest.dropFirst(count))
        return (order, "")
    }

    private func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}

extension GuardianStart {
    fileprivate var word: String {
        switch self {
        case .fresh: "fresh"
        case .unproved: "unproved"
        case .otherAccount: "other-account"
        case .refused(let code): "\(code)"
        }
    }

    fileprivate init?(word: String) {
        switch (word, Int32(word)) {
        case ("fresh", _): self = .fresh
        case ("unproved", _): self = .unproved
        case ("other-account", _): self = .otherAccount
        case (_, let code?): self = .refused(code)
        default: return nil
        }
    }
}
