import ArgumentParser

struct Trader247: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: TraderProgram.name,
        abstract: "Trades crypto around the clock on one account and always leaves it clean.",
        discussion: """
            `\(TraderProgram.name) run` trades on the embedded exchange, without any configuration. Ctrl-C stops it: it \
            cancels its orders, proves that none is left, and says so.

            Exit codes: 0 clean; 1 refused by the daemon; 3 orders remain or may remain; 4 state not flushed; 5 both; 64 usage; \
            69 no daemon answers; 70 internal error; 75 another instance runs; 78 configuration.
            """,
        version: "trader247 \(Version.text)",
        subcommands: [
            RunCommand.self, BacktestCommand.self, StatusCommand.self, ProbeCommand.self, PauseCommand.self,
            ResumeCommand.self,
            StopCommand.self,
            HaltCommand.self, FlattenCommand.self, StrategyCommand.self, UniverseCommand.self,
            SweepCommand.self, ReloadCommand.self,
            LastStopCommand.self,
            LogsCommand.self, GuardCommand.self, DoctorCommand.self, GatesCommand.self,
            ReplayJournalCommand.self,
            OrdersCommand.self, FillsCommand.self,
            PositionsCommand.self, ReportCommand.self, ExplainCommand.self, JournalCommand.self,
            BackupCommand.self, ConfigCommand.self,
            PaperCommand.self, AlertsCommand.self,
            SandboxCommand.self, VersionCommand.self,
        ])
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        if json {
            try Output.json(["version": Version.text])
        } else {
            Output.line("trader247 \(Version.text)")
        }
    }
}
