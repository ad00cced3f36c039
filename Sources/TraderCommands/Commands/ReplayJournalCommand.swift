import ArgumentParser
import Daemon
import FoundationEssentials
import Storage
import Strategies
import Trading

struct ReplayJournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay-journal",
        abstract: "Feed a recording of `run --record` to the core and compare every turn, bit for bit.",
        discussion: """
            A run that began on a fresh state directory replays from its recording alone. One that began on \
            an older state needs a copy of that state as it was: --from-state.
            """)

    @Argument(help: "The recording.")
    var file: String
    @Option(
        help: ArgumentHelp("A copy of the state directory from before the recorded run.", valueName: "dir"))
    var fromState: String?
    @Flag(help: "Print JSON.")
    var json = false

    private struct Line: Encodable {
        var equal: Bool
        var turns: Int?
        var firstDifference: Int64?
        var event: String?
        var problem: String?
    }

    /// A recording of another binary's strategy is no damaged one.
    private func strategies(_ header: RecordHeader) throws -> [ConfiguredStrategy] {
        do {
            return try StrategyText.strategies(header.strategies)
        } catch let error as DecodingError {
            throw Leave(ExitCode.configuration, "\(file): \(BacktestReport.words(error))")
        }
    }

    func run() throws {
        let outcome = try Failure.naming {
            try Replay.run(file) { header in
                let strategies = try strategies(header)
                return try TradingCore(
                    configuration: header.configuration, capabilities: header.capabilities,
                    products: header.products,
                    strategies: StrategyText.running(strategies),
                    durable: try beginning(header))
            }
        }
        switch outcome {
        case .equal(let turns):
            if json { return try Output.json(Line(equal: true, turns: turns)) }
            Output.line("equal: \(turns) turns")
        case .incomplete(let turns, let reason):
            try differ(
                Line(equal: false, turns: turns, problem: "the recording is incomplete: \(reason)"),
                "equal as far as it goes (\(turns) turns), but the recording is incomplete: \(reason)")
        case .differs(let turn, let line, let event, let recorded, let replayed, let decided):
            try differ(
                Line(equal: false, firstDifference: turn, event: event, problem: "line \(line)"),
                """
                turn \(turn) (line \(line)) differs: recorded \(recorded), replayed \(replayed)
                event: \(event)
                decided now: \(decided)
                """)
        }
    }

    private func differ(_ line: Line, _ words: String) throws {
        guard json else { throw Leave(Trading.ExitCode.internalError, words) }
        try Output.json(line)
        throw Leave(Trading.ExitCode.internalError)
    }

    /// The state that the recorded run began with.
    private func beginning(_ header: RecordHeader) throws -> DurableState {
        guard header.initial.epoch > 0 else { return DurableState() }
        guard let fromState else {
            throw Leave(
                Trading.ExitCode.usage,
                "the recorded run began on a state of epoch \(header.initial.epoch); give a copy of the state "
                    + "directory from before it with --from-state")
        }
        let durable = try StateReader(at: fromState).load()
        guard durable.epoch == header.initial.epoch else {
            throw Leave(
                Trading.ExitCode.usage,
                "\(fromState) is a state of epoch \(durable.epoch), the recorded run began on epoch "
                    + "\(header.initial.epoch)")
        }
        return durable
    }
}
