import ArgumentParser
import Backtesting
import Daemon
import ExchangeModel
import Exchanges
import FoundationEssentials
import Glibc
import Strategies
import Trading
import TradingDomain

struct BacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest", abstract: "Let strategies trade recorded data, as fast as the machine can.",
        discussion: """
            The same core, risk limits and matching engine as `run`, in the time of the data: what it decides there, it \
            would have decided. The same inputs and seed give the same report, byte for byte.

            Exit codes: 0 done, and within the baseline; 1 outside of the baseline; 3 orders remained at the end; \
            64 usage; 78 configuration or data.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Recorded trades or bars: FILE or SYMBOL=FILE, several if you like.", valueName: "file"))
    var data: [String]
    @Option(help: "The market of files that do not say it.")
    var symbol: String?
    @Option(help: ArgumentHelp("The configuration file (YAML).", valueName: "file"))
    var config: String?
    @Option(
        help: ArgumentHelp("The profile of that file (default: paper, if it has one).", valueName: "name"))
    var profile: String?
    @Option(
        help: ArgumentHelp(
            "A file whose strategies are tested, or the name of one of the configuration's.",
            valueName: "file|name"))
    var strategy: String?
    @Option(
        help: ArgumentHelp("Leave out data before this (2022-01-31 or with a time, UTC).", valueName: "time"))
    var from: String?
    @Option(help: ArgumentHelp("Leave out data from this on.", valueName: "time"))
    var to: String?
    @Option(help: "Seeds the jitter of decisions and of the network.")
    var seed: String?
    @Option(help: "From an order to its answer, like 50ms; it takes effect at half of it.")
    var latency: String?
    @Option(help: "The same for cancels (default: as --latency).")
    var cancelLatency: String?
    @Option(help: "How old prices and reports are when they are heard (default: half of --latency).")
    var feedLatency: String?
    @Option(help: "By which fraction a latency may be longer at random, like 0.5 (default 0).")
    var jitter: String?
    @Option(help: ArgumentHelp("The fees of every market, like 0.004,0.006.", valueName: "maker,taker"))
    var fees: String?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Any setting, several values for several runs, e.g. --set strategies[0].levels=5,10,20.",
            valueName: "key=value,…"))
    var settings: [String] = []
    @Option(help: ArgumentHelp("Write the whole report (JSON) here; - for stdout.", valueName: "file"))
    var output: String?
    @Option(
        help: ArgumentHelp("Compare with this baseline; exit 1 if a figure moved too far.", valueName: "file")
    )
    var baseline: String?
    @Option(help: ArgumentHelp("How far a figure may move, percent (default 2).", valueName: "percent"))
    var tolerance: String?
    @Option(help: ArgumentHelp("Keep the figures of this run as a baseline.", valueName: "file"))
    var saveBaseline: String?
    @Option(help: "How many runs at once (default: one for each processor).")
    var jobs: Int?

    func run() throws {
        let asked = try BacktestWishes(self)
        let began = realNow()
        var recorded = try RecordedData.load(data, symbol: asked.symbol)
        try recorded.clip(from: asked.from, to: asked.to)
        let reading = realNow() - began
        let older = try asked.baseline.map { path in
            try Failure.naming { try BacktestReport.readBaseline(path) }
        }

        let plans = try asked.parameters.sets.map { try BacktestPlan(asked, $0, recorded) }
        var told: Set<String> = []
        for warning in plans.flatMap(\.warnings) where told.insert(warning).inserted {
            Output.tell("warning: \(warning)")
        }
        let work = BacktestWork(try plans.map { try $0.backtest() })
        var progress = BacktestProgress(rows: work.rows)
        let results = try Self.naming { try work.run(jobs: asked.jobs) { progress.look(work.played) } }
        progress.end(reading: reading)

        let report = BacktestReport(
            data: recorded.identities, runs: zip(plans, results).map { plan, result in plan.run(result) })
        if asked.output != "-" { report.tell() }
        try write(report, asked)
        try compare(report, older, asked)
    }

    private func write(_ report: BacktestReport, _ asked: BacktestWishes) throws {
        if asked.output == "-" {
            Output.json(String(decoding: try BacktestReport.bytes(report).dropLast(), as: UTF8.self))
        } else if let path = asked.output {
            try Self.naming { try BookFiles.replace(path, with: try BacktestReport.bytes(report)) }
        }
        if let path = asked.saveBaseline {
            try Self.naming { try BookFiles.replace(path, with: try BacktestReport.bytes(report.baseline)) }
            Output.tell("baseline kept in \(path)")
        }
    }

    private func compare(_ report: BacktestReport, _ older: Baseline?, _ asked: BacktestWishes) throws {
        if report.dirtiest != 0 { throw Leave(report.dirtiest, "a run did not end with a clean account") }
        guard let older else { return }
        let differences = older.differences(from: report.baseline, tolerance: asked.tolerance)
        guard !differences.isEmpty else {
            return Output.tell("baseline: every figure within \(asked.tolerance) %")
        }
        throw Leave(
            1,
            "\(differences.count == 1 ? "1 figure is" : "\(differences.count) figures are") outside of the baseline "
                + "\(asked.baseline ?? "") (±\(asked.tolerance) %):\n"
                + differences.map { "  \($0)" }.joined(separator: "\n"))
    }

    /// What a backtest can't be made of is a mistake in what it was given.
    static func naming<T>(_ body: () throws -> T) throws -> T {
        try Failure.naming {
            do {
                return try body()
            } catch let error as BacktestError {
                throw Leave(ExitCode.configuration, error.description)
            }
        }
    }
}
