// What an operator can say to a running bot, who said it, and what it is answered.
//
// Pause, resume, stop and halt outlive the process: they are records, on disk before anything rests on them.

import TradingDomain

/// One wish of an operator.
package enum OperatorWord: Codable, Equatable, Sendable {
    /// No new entries; exits and cancels go on. With `reduceOnly` resting entries are canceled, too.
    case pause(reduceOnly: Bool)
    /// Trading goes on. A halt is left only by a confirmed one.
    case resume(confirmed: Bool)
    /// Durable: a life that follows cleans up, and waits for `resume`.
    case stop
    /// The kill switch: gate, sweep, prove, stay up.
    case halt(String)
    /// Positions are closed, then what follows.
    case flatten(FlattenOrder)
    /// Cancel every working order of ours and prove that none is left; then go on.
    case sweep
    case reload(ReloadedSettings)
    /// About one strategy.
    case strategy(name: String, StrategyWord)

    /// Its name for people and journals.
    package var name: String {
        switch self {
        case .pause(let reduceOnly): reduceOnly ? "pause reduce-only" : "pause"
        case .resume: "resume"
        case .stop: "stop"
        case .halt: "halt"
        case .flatten: "flatten"
        case .sweep: "sweep"
        case .reload: "reload"
        case .strategy(let name, let word): "strategy \(word.rawValue) \(name)"
        }
    }
}

package struct FlattenOrder: Codable, Equatable, Sendable {
    package enum Next: String, Codable, Sendable, CaseIterable { case pause, stop, halt }
    /// How far from the first price seen an order may go at most.
    package var slippageBasisPoints: Int64
    package var timeout: Duration
    package var next: Next

    package static let slippages: ClosedRange<Int64> = 1...2_000
    package static let timeouts: ClosedRange<Duration> = .seconds(1)...Duration.seconds(3_600)

    package init(slippageBasisPoints: Int64 = 50, timeout: Duration = .seconds(60), next: Next = .pause) {
        self.slippageBasisPoints = slippageBasisPoints
        self.timeout = timeout
        self.next = next
    }
}

/// What can change while a life runs. All of it, or nothing.
package struct ReloadedSettings: Codable, Equatable, Sendable {
    package var risk: RiskLimits
    package var cycleInterval: Duration
    package var orderMaximumAge: Duration?
    /// Nil in words of versions that could not change them.
    package var strategies: [Strategy]?
    /// Of words of versions without one, nil too.
    package var universe: UniverseRules?

    /// What may change of one strategy.
    package struct Strategy: Codable, Equatable, Sendable {
        package var name: String
        package var isEnabled: Bool
        package var limits: StrategyLimits

        package init(name: String, isEnabled: Bool, limits: StrategyLimits) {
            self.name = name
            self.isEnabled = isEnabled
            self.limits = limits
        }
    }

    package init(_ configuration: CoreConfiguration) {
        risk = configuration.risk
        cycleInterval = configuration.cycleInterval
        orderMaximumAge = configuration.orderMaximumAge
        universe = configuration.universe
    }
}

/// A wish on its way to the core.
package struct OperatorOrder: Codable, Equatable, Sendable {
    /// Names it in the answer; whoever asked made it up.
    package var number: Int64
    /// Who asked, and by which way: "socket uid 1000", "tcp 127.0.0.1:40122", "halt file".
    package var by: String
    package var word: OperatorWord

    package init(number: Int64, by: String, word: OperatorWord) {
        self.number = number
        self.by = by
        self.word = word
    }
}

/// The core's answer. Given to whoever asked once everything that it rests on is on disk.
package struct OperatorReply: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case done(String)
        /// Nothing was changed; the text says why and what to do.
        case refused(String, todo: String)
    }
    package var number: Int64
    package var outcome: Outcome

    package init(number: Int64, outcome: Outcome) {
        self.number = number
        self.outcome = outcome
    }
}

/// A word that was obeyed, as the journal keeps it.
package struct OperatorNote: Codable, Equatable, Sendable {
    package var word: OperatorWord
    package var by: String
    package var at: UTCInstant

    package init(word: OperatorWord, by: String, at: UTCInstant) {
        self.word = word
        self.by = by
        self.at = at
    }
}

/// What an operator's word keeps until another one changes it, across restarts. Halts stand beside it.
package struct Standing: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case paused
        case reduceOnly = "reduce-only"
        case stopped
    }
    package var kind: Kind
    package var by: String
    package var at: UTCInstant

    package init(kind: Kind, by: String, at: UTCInstant) {
        self.kind = kind
        self.by = by
        self.at = at
    }
}

extension OperatorNote {
    /// What stands after this word; `before` stood until now.
    func standing(after before: Standing?) -> Standing? {
        switch word {
        case .pause(let reduceOnly): Standing(kind: reduceOnly ? .reduceOnly : .paused, by: by, at: at)
        // What follows a flatten that a crash cut short is at least a pause.
        case .flatten: Standing(kind: .reduceOnly, by: by, at: at)
        case .stop: Standing(kind: .stopped, by: by, at: at)
        case .resume: nil
        case .halt, .sweep, .reload, .strategy: before
        }
    }
}
