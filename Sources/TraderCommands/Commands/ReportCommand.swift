import Analysis
import ArgumentParser
import CLinux
import Control
import Daemon
import FoundationEssentials
import Storage
import Trading
import TradingDomain

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Results after fees, drawdown, fill ratios, slippage and more, of a time, from the store.",
        discussion: """
            Reads the store, also while the daemon trades. A time is a duration back from now (7d, 12h), a day \
            (2026-11-01) or a moment (2026-11-01T12:00:00Z), all UTC. What is open is marked at the last price that is \
            known: a running daemon's, else the one that a strategy saw when it last decided, else that of a fill.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json, html }

    @Option(help: ArgumentHelp("From when on, or `all`.", valueName: "time"))
    var since = "7d"
    @Option(help: ArgumentHelp("Until when (default now).", valueName: "time"))
    var until: String?
    @Option(help: "Only this strategy.")
    var strategy: String?
    @Option(help: "Only this market.")
    var symbol: String?
    @Option(
        help: ArgumentHelp(
            "What the rows are about: day, strategy, symbol, or several with commas.", valueName: "parts"))
    var by = "day"
    @Option(help: "table, csv, json or html.")
    var format = Format.table
    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "file"))
    var output: String?
    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        _ = try dimensions()
        if let symbol, Symbol(symbol) == nil {
            throw ValidationError("'\(symbol)' is not a market like BTC-USD")
        }
        let now = SystemClock().now().utc
        if since != "all" { _ = try Self.moment(since, "--since", now) }
        if let until { _ = try Self.moment(until, "--until", now) }
    }

    func run() throws {
        let directory = try options.load(onlyLooks: true).stateDirectory
        let now = SystemClock().now().utc
        let dimensions = try dimensions()
        let report = try Failure.naming {
            let reader = try StateReader(at: directory)
            return try TradingReport(try input(reader, directory, now))
        }
        let text: String =
            switch format {
            case .table: ReportLines.of(report, by: dimensions).map { $0 + "\n" }.joined()
            case .csv: report.csv(by: dimensions)
            case .json: try Output.jsonText(report.json(by: dimensions)) + "\n"
            case .html: ReportPage.page(report)
            }
        guard let output else { return Output.text(text) }
        do throws(FileError) {
            try AtomicFile.write(Array(text.utf8), to: output)
        } catch {
            throw Leave(Trading.ExitCode.internalError, "the report could not be written: \(error)")
        }
        Output.tell("\(output): \(format.rawValue), \(text.utf8.count) bytes")
    }

    private func input(_ reader: StateReader, _ directory: String, _ now: UTCInstant) throws -> ReportInput {
        // Of accelerated trading the last row lies in the future.
        let last = try reader.latestJournal(1).first.map { $0.utc + .nanoseconds(1) } ?? now
        let until = try until.map { try Self.moment($0, "--until", now) } ?? max(now, last)
        let since =
            since == "all" ? try reader.tradingBegan() ?? now : try Self.moment(since, "--since", now)
        guard since <= until else {
            throw Leave(Trading.ExitCode.usage, "the time ends (\(until)) before it begins (\(since))")
        }
        var input = ReportInput(bot: reader.bot, mode: try reader.mode(), since: since, until: until)
        input.fills = try reader.attributedFills()
        input.orders = try reader.orders(wantedFrom: since, to: until)
        input.marks =
            try reader.lastDecisions(before: since).compactMap { Mark($0) }
            + quotes(directory, until)
        input.turns = try reader.landmarks(since: since, until: until)
        if try reader.anchor() != nil { input.journalBegins = try reader.journalBegins() }
        for (symbol, position) in try reader.positions() { input.positions[symbol] = position }
        if let strategy {
            try checkStrategy(strategy, input)
            input.strategy = strategy
        }
        input.symbol = symbol.flatMap { Symbol($0) }
        return input
    }

    /// A name that nobody bears would give an empty report, which says that nothing was lost.
    private func checkStrategy(_ name: String, _ input: ReportInput) throws {
        let known = Set(input.orders.map(\.strategy) + input.fills.map(\.strategy)).filter { !$0.isEmpty }
            .sorted()
        guard !known.contains(name), !known.isEmpty else { return }
        let meant = Suggestion.of(name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw Leave(
            Trading.ExitCode.usage,
            "no order of a strategy '\(name)' is in the store\(meant) Known: \(known.joined(separator: ", "))"
        )
    }

    /// What a running daemon sees now. One that does not answer is no reason to report nothing.
    private func quotes(_ directory: String, _ until: UTCInstant) -> [Mark] {
        guard self.until == nil,
            let reply = try? ControlClient(stateDirectory: directory).get("/v1/status"), reply.status == 200,
            let status = try? ControlJSON.decoder().decode(StatusView.self, from: Data(reply.body))
        else { return [] }
        return status.core?.markets.compactMap { market in
            guard let bid = market.bid, let ask = market.ask, let at = market.quoteAt else { return nil }
            let quote = Quote(symbol: market.symbol, bid: bid, ask: ask, at: at)
            // It may be of the very moment of the report, whose end is not part of its time.
            return Mark(
                symbol: market.symbol, price: quote.mid, at: min(at, until - .nanoseconds(1)), source: .quote)
        } ?? []
    }

    private func dimensions() throws -> Set<TradingReport.Dimension> {
        var found: Set<TradingReport.Dimension> = []
        for word in by.split(separator: ",", omittingEmptySubsequences: false) {
            guard let dimension = TradingReport.Dimension(rawValue: String(word)) else {
                throw ValidationError("--by wants day, strategy, symbol, or several with commas, not '\(by)'")
            }
            found.insert(dimension)
        }
        return found
    }

    private static func moment(_ text: String, _ option: String, _ now: UTCInstant) throws -> UTCInstant {
        if let duration = Values.duration(text) { return now - duration }
        if let moment = UTCInstant(text) ?? UTCInstant(text + "T00:00:00Z") { return moment }
        throw ValidationError(
            "\(option) wants a duration like 7d or 12h, a day like 2026-11-01 or a moment like 2026-11-01T12:00:00Z, "
                + "not '\(text)'")
    }
}
