// What an operator decides about a strategy that is a program of its own, and what of it cannot work.

import Trading
import TradingDomain

package struct ExternalSettings: Codable, Equatable, Sendable {
    /// Unique among the strategies of a bot.
    package var name: String
    package var symbols: [Symbol]
    /// The program and its arguments. No shell sees them.
    package var command: [String]
    /// Where it runs; nil for where the bot runs.
    package var directory: String?
    /// Variables of the bot's environment that it may have, beside those that every program gets.
    package var environment: [String]
    package var rules: ExternalRules
    /// A table that is passed on to it.
    package var settings: JSONTree

    package init(
        name: String = "external", symbols: [Symbol], command: [String] = [], directory: String? = nil,
        environment: [String] = [], rules: ExternalRules = ExternalRules(), settings: JSONTree = .table([:])
    ) {
        self.name = name
        self.symbols = symbols
        self.command = command
        self.directory = directory
        self.environment = environment
        self.rules = rules
        self.settings = settings
    }

    package static let answerTimes: ClosedRange<Duration> = .milliseconds(100)...Duration.seconds(60)
    package static let restartCounts = 0...100
    package static let windows: ClosedRange<Duration> = .seconds(1)...Duration.seconds(86_400)

    /// Whether a variable may be passed at all: our own settings, and keys with them, never are.
    package static func mayPass(_ variable: String) -> Bool {
        !variable.isEmpty && !variable.contains("=") && !variable.hasPrefix("TRADER247_")
            && variable != "NOTIFY_SOCKET"
    }

    /// Every setting that cannot work, named as in the configuration; empty when it can run.
    package var mistakes: [(key: String, mistake: String)] {
        var found = StrategySettings.mistakes(name: name, symbols: symbols)
        if command.first?.isEmpty ?? true { found.append(("command", "must name a program")) }
        if directory?.isEmpty == true { found.append(("directory", "must not be empty")) }
        for variable in environment where !Self.mayPass(variable) {
            found.append(("environment", "'\(variable)' is no variable that a program may have"))
        }
        if !Self.answerTimes.contains(rules.answerWithin) {
            found.append(("answer_within", "must be from 100ms to 1m"))
        }
        if !Self.restartCounts.contains(rules.restarts) {
            found.append(("restarts", "must be from 0 to 100"))
        }
        if !Self.windows.contains(rules.window) {
            found.append(("restarts_within", "must be from 1s to 1d"))
        }
        return found
    }

    /// Nil when the settings have `mistakes`.
    var strategy: AnyStrategy? {
        mistakes.isEmpty ? AnyStrategy(external: name, symbols: symbols, rules) : nil
    }
}
