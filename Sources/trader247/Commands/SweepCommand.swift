import ArgumentParser
import FoundationEssentials
import Trading

struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Cancel every order of this bot and prove that none is left.",
        discussion: """
            For when no daemon runs: it takes the bot's locks, or refuses with 75. It places nothing, and ends \
            like a stop, with the same report and exit codes: 0 only when the exchange's own list is empty.

            With --all it cancels every order of the account, whoever placed it.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "paper, live or dry-run, if the configuration does not say it.")
    var mode: String?
    @Flag(help: "Every order of the account, also those of other bots and people.")
    var all = false
    @Flag(help: "Confirms --all without a terminal.")
    var yes = false
    @Option(help: "How long it may take.")
    var deadline = "60s"

    func validate() throws {
        if yes, !all { throw ValidationError("--yes confirms --all; without it nothing needs confirmation") }
    }

    func run() throws {
        let configuration = try options.load([("mode", mode), ("stop.deadline", deadline)])
        var wishes = RunWishes()
        wishes.sweeps = true
        wishes.sweepsAll = all
        if all {
            wishes.confirmation = .sweepAll(configuration, isGivenBeforehand: yes)
        }
        let code = try Life(configuration, wishes).run()
        throw Leave(code)
    }
}
