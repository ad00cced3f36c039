// What operators see and say of single strategies of a running bot.

import ArgumentParser
import Control
import Trading

struct StrategyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strategy",
        abstract: "See, switch and resume single strategies of the running bot; begin one of your own.",
        subcommands: [
            StrategyListCommand.self, StrategyEnableCommand.self, StrategyDisableCommand.self,
            StrategyResumeCommand.self, StrategyNewCommand.self,
        ])
}

struct StrategyListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print how each strategy stands; exit 69 when no daemon runs here.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        guard let status = try RunningDaemon(options).status() else {
            throw Leave(RunningDaemon.unavailable, "no daemon runs here")
        }
        guard let core = status.core else {
            throw Leave(RunningDaemon.unavailable, "the daemon is starting: try again in a moment")
        }
        if json { return try Output.json(core.strategies) }
        StrategyTable.show(core.strategies)
    }
}

struct StrategyEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Let a strategy trade again that was disabled by a command.")

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The strategy's name.")
    var name: String

    func run() throws { try StrategyTable.say(.enable, of: name, options) }
}

struct StrategyDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Cancel a strategy's orders and let it rest, also after a restart, until `strategy enable`."
    )

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The strategy's name.")
    var name: String

    func run() throws { try StrategyTable.say(.disable, of: name, options) }
}

struct StrategyResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract:
            "Let a strategy trade again that was halted alone: by its loss, for being slow, after crashes or failures of its program."
    )

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "The strategy's name.")
    var name: String

    func run() throws { try StrategyTable.say(.resume, of: name, options) }
}

extension StrategyStatus.Program {
    fileprivate var words: String {
        var words = [state.rawValue + (pid.map { ", pid \($0)" } ?? "")]
        words.append("started \(starts) \(starts == 1 ? "time" : "times")")
        words.append("\(answers) answers")
        if failures > 0 { words.append("\(failures) of \(failureLimit) failures that halt it") }
        if let lastFailure, let lastFailureAt {
            words.append("the last one at \(lastFailureAt): \(lastFailure)")
        }
        return words.joined(separator: ", ")
    }
}

enum StrategyTable {
    static func say(_ word: StrategyWord, of name: String, _ options: ConfigurationOptions) throws {
        try RunningDaemon(options).tell("/v1/strategy", ["name": name, "word": word.rawValue])
    }

    /// The table, and below it why which strategy rests and what was refused last.
    static func show(_ strategies: [StrategyStatus]) {
        guard !strategies.isEmpty else { return }
        Output.table(
            [
                "STRATEGY", "STATE", "WORKING", "POSITION", "BUDGET", "TODAY", "REALISED", "UNREALISED",
                "FEES", "FILLS",
            ],
            strategies.map { strategy in
                let used = strategy.budgetUsed.map { "\($0)" } ?? "-"
                return [
                    name(strategy), strategy.state.rawValue, "\(strategy.workingOrders)",
                    strategy.positionsValue.map { "\($0)" } ?? "-",
                    strategy.limits.budget.map { "\(used) of \($0)" } ?? used,
                    strategy.dayResult.map { "\($0)" } ?? "-", "\(strategy.realised)",
                    strategy.unrealised.map { "\($0)" } ?? "-", "\(strategy.fees)", "\(strategy.fillsToday)",
                ]
            }, right: [2, 3, 4, 5, 6, 7, 8, 9])
        for strategy in strategies {
            if let reason = strategy.reason { Output.line("\(name(strategy)) rests: \(reason)") }
            if let program = strategy.program { Output.line("program of \(strategy.name): \(program.words)") }
            if let refusal = strategy.lastRefusal {
                Output.line(
                    "\(name(strategy)) was refused last at \(refusal.at): \(refusal.symbol) (\(refusal.rule.rawValue)): "
                        + refusal.detail)
            }
        }
    }

    /// Orders that were found at the exchange belong to no strategy.
    private static func name(_ strategy: StrategyStatus) -> String {
        strategy.name.isEmpty ? "(none)" : strategy.name
    }
}
