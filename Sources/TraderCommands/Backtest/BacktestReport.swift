// What a backtest leaves: the report for machines, the part of it that is a baseline, and a table for people.

import Backtesting
import Exchanges
import FoundationEssentials
import Strategies
import Trading
import TradingDomain

/// Nothing in it depends on the machine, the number of threads or the hour: the same inputs give the same bytes.
struct BacktestReport: Encodable {
    struct Run: Encodable {
        var parameters: [BacktestParameter]
        var strategies: [ConfiguredStrategy]
        var settings: [BacktestParameter]
        var result: BacktestResult
        /// As in a baseline.
        var figures: BacktestFigures
    }

    var format = Baseline.format
    var version = Version.text
    var data: [DataIdentity]
    var runs: [Run]

    var baseline: Baseline {
        Baseline(
            data: data, runs: runs.map { Baseline.Run(parameters: $0.parameters, figures: $0.figures) })
    }

    /// Whether every run ended with an account that was proved clean.
    var dirtiest: Int32 { runs.map(\.result.end.exitCode).max() ?? 0 }

    // MARK: Files

    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    static func readBaseline(_ path: String) throws -> Baseline {
        guard let bytes = try BookFiles.read(path) else {
            throw Leave(
                ExitCode.configuration,
                "\(path): there is no such baseline; --save-baseline \(path) makes one of this run")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let baseline = try decoder.decode(Baseline.self, from: Data(bytes))
            guard baseline.format == Baseline.format else {
                throw Leave(
                    ExitCode.configuration,
                    "\(path): its format is \(baseline.format), known is \(Baseline.format)")
            }
            return baseline
        } catch let error as DecodingError {
            throw Leave(
                ExitCode.configuration,
                "\(path): this is neither a baseline nor a report: \(Self.words(error))")
        }
    }

    static func words(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.debugDescription
        @unknown default: "\(error)"
        }
    }

    // MARK: For people

    func tell() {
        if runs.count == 1, let run = runs.first { tellOne(run) } else { tellMany() }
        for run in runs where run.result.end.exitCode != 0 {
            Output.line("the stop of \(name(run)) ended \(run.result.end.verdict.rawValue)")
        }
    }

    private func name(_ run: Run) -> String {
        run.parameters.isEmpty ? "the run" : run.parameters.map(\.description).joined(separator: " ")
    }

    private func tellOne(_ run: Run) {
        let (result, figures) = (run.result, run.figures)
        let unit = " \(result.currency)"
        Output.line("\(result.from) to \(result.to), \(run.strategies.map(\.name).joined(separator: ", "))")
        Output.table(
            ["", ""],
            [
                ["worth at the start", money(figures.startEquity) + unit],
                ["worth at the end", money(figures.endEquity) + unit],
                ["result after fees", "\(money(figures.result))\(unit) (\(percent(figures.returned)))"],
                ["fees", money(figures.fees) + unit],
                ["turnover", money(figures.turnover) + unit],
                [
                    "deepest drawdown",
                    "\(money(figures.drawdown))\(unit) (\(percent(figures.drawdownFraction)))",
                ],
                ["time in market", percent(figures.timeInMarket)],
                ["exposure, average", money(figures.averageExposure) + unit],
                ["exposure, largest", money(figures.maximumExposure) + unit],
                ["trades", "\(figures.trades)"],
                ["closing trades, won", "\(figures.closes), \(figures.wins)"],
                ["orders sent, filled", "\(figures.ordersSent), \(figures.ordersFilled)"],
                ["of their value, traded", percent(figures.fillRatio)],
                ["rejected, refused", "\(figures.ordersRejected), \(figures.refusals)"],
                [
                    "orders left at the end",
                    "\(result.end.workingAtExchange) (\(result.end.verdict.rawValue))",
                ],
            ], right: [1])
        if result.strategies.count > 1 { tellStrategies(result) }
        for refusal in result.refusals { Output.line("refused \(refusal.count) times: \(refusal.rule)") }
        for halt in result.halts { Output.line("\(halt.at) HALT \(halt.name): \(halt.message)") }
    }

    private func tellStrategies(_ result: BacktestResult) {
        Output.table(
            ["strategy", "result", "fees", "turnover", "trades"],
            result.strategies.map {
                [$0.name, money($0.result), money($0.fees), money($0.turnover), "\($0.trades)"]
            }, right: [1, 2, 3, 4])
    }

    private func tellMany() {
        Output.table(
            [
                "parameters", "result", "return", "drawdown", "fees", "turnover", "trades", "filled",
                "in market", "end",
            ],
            runs.map { run in
                let figures = run.figures
                return [
                    name(run), money(figures.result), percent(figures.returned),
                    percent(figures.drawdownFraction),
                    money(figures.fees), money(figures.turnover), "\(figures.trades)",
                    percent(figures.fillRatio),
                    percent(figures.timeInMarket), run.result.end.verdict.rawValue,
                ]
            }, right: [1, 2, 3, 4, 5, 6, 7, 8])
    }

    private func money(_ money: Money) -> String {
        (try? money.rounded(to: Money(raw: Money(1).raw / 100), .halfEven).description) ?? "\(money)"
    }

    private func percent(_ rate: Rate) -> String {
        let points = try? rate.scaled(by: 100, over: 1, .halfEven).rounded(
            to: Rate(basisPoints: 10), .halfEven)
        return "\(points ?? rate) %"
    }
}
