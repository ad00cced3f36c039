// `trader247 backtest` as a shell sees it: what it writes, what it refuses, what it exits with.

import Foundation
import Testing

@Suite struct BacktestTests {
    /// Trades of a bitcoin that falls and rises by turns, half a second apart.
    private static func trades(_ count: Int = 600, from hour: Int = 12) -> String {
        var text = "time,trade_id,side,price,size\n"
        for index in 0..<count {
            let tenths = index * 5
            let minute = tenths / 600
            let second = tenths / 10 % 60
            let wave = abs(index % 120 - 60) * 2
            let time = String(format: "2026-03-01T%02d:%02d:%02d.%d00Z", hour, minute, second, tenths % 10)
            text += "\(time),\(index + 1),\(index % 2 == 0 ? "sell" : "buy"),\(20_000 - wave).5,0.4\n"
        }
        return text
    }

    private struct Report: Decodable {
        struct Run: Decodable {
            struct Result: Decodable {
                struct End: Decodable {
                    let verdict: String
                    let workingAtExchange: Int
                }
                struct Trade: Decodable { let price: String }
                let end: End
                let trades: [Trade]
            }
            struct Parameter: Decodable, Equatable {
                let key: String
                let value: String
            }
            struct Figures: Decodable {
                let result: String
                let trades: Int
            }
            let parameters: [Parameter]
            let figures: Figures
            let result: Result
        }
        let runs: [Run]
    }

    private func arena() throws -> Arena {
        let arena = try Arena()
        try write(Self.trades(), arena, "btc-usd-trades.csv")
        return arena
    }

    private func write(_ text: String, _ arena: Arena, _ name: String) throws {
        try text.write(toFile: arena.directory + "/" + name, atomically: true, encoding: .utf8)
    }

    private func backtest(_ arena: Arena, _ more: [String] = [], data: String = "btc-usd-trades.csv") throws
        -> (
            ending: Ending, output: String, errors: String
        )
    {
        try arena.trader247(["backtest", "--data", arena.directory + "/" + data] + more)
    }

    private func report(_ arena: Arena, _ name: String) throws -> Report {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            Report.self, from: Data(contentsOf: URL(fileURLWithPath: arena.directory + "/" + name)))
    }

    @Test func aReportAndASummary() throws {
        let arena = try arena()
        // Close enough for these few trades, and closer than what it pays for.
        let result = try backtest(
            arena, ["--set", "strategies[0].spacing_bps=10", "--output", arena.directory + "/report.json"])
        #expect(result.ending == .exit(0), "\(result.errors)")
        #expect(
            result.errors.contains("warning: strategy grid: a round trip earns 10 bps"), "\(result.errors)")
        for words in [
            "result after fees", "deepest drawdown", "time in market", "orders left at the end  0 (clean)",
        ] {
            #expect(
                result.output.replacing(#/ +/#, with: " ").contains(words.replacing(#/ +/#, with: " ")),
                "missing: \(words)\n\(result.output)")
        }
        #expect(result.errors.contains("backtest: 600 events in"))
        let run = try #require(try report(arena, "report.json").runs.first)
        #expect(run.figures.trades > 5 && run.figures.trades == run.result.trades.count)
        #expect(run.result.end.verdict == "clean" && run.result.end.workingAtExchange == 0)
        // It leaves nothing else behind.
        #expect(!FileManager.default.fileExists(atPath: arena.directory + "/var"))
    }

    @Test func twoProcessesAndAnyNumberOfThreadsWriteTheSameBytes() throws {
        let arena = try arena()
        let sets = [
            "--set", "strategies[0].levels=2,4", "--set", "strategies[0].spacing_bps=3,6", "--jitter", "0.5",
        ]
        var reports: [Data] = []
        for (number, jobs) in ["1", "4", "4"].enumerated() {
            let file = arena.directory + "/report-\(number).json"
            let result = try backtest(arena, sets + ["--jobs", jobs, "--seed", "9", "--output", file])
            #expect(result.ending == .exit(0), "\(result.errors)")
            reports.append(try Data(contentsOf: URL(fileURLWithPath: file)))
        }
        #expect(reports[0] == reports[1] && reports[1] == reports[2])
        let runs = try report(arena, "report-1.json").runs
        #expect(
            runs.map { $0.parameters.map(\.value) } == [["2", "3"], ["2", "6"], ["4", "3"], ["4", "6"]])
        #expect(Set(runs.map(\.figures.result)).count > 1)
        // Alone, each is what it was among the others.
        let alone = try backtest(
            arena,
            [
                "--set", "strategies[0].levels=4", "--set", "strategies[0].spacing_bps=6", "--jitter", "0.5",
                "--seed",
                "9", "--output", arena.directory + "/alone.json",
            ])
        #expect(alone.ending == .exit(0))
        #expect(try report(arena, "alone.json").runs[0].figures.result == runs[3].figures.result)
    }

    @Test func aBaselineHoldsOrFails() throws {
        let arena = try arena()
        let file = arena.directory + "/baseline.json"
        let near = ["--set", "strategies[0].spacing_bps=10"]
        #expect(try backtest(arena, near + ["--save-baseline", file]).ending == .exit(0))
        let same = try backtest(arena, near + ["--baseline", file])
        #expect(same.ending == .exit(0), "\(same.errors)")
        #expect(same.errors.contains("every figure within 2 %"))

        let dearer = try backtest(arena, near + ["--baseline", file, "--fees", "0.005,0.006"])
        #expect(dearer.ending == .exit(1))
        #expect(dearer.errors.contains("outside of the baseline"))
        #expect(dearer.errors.contains("fees was "), "\(dearer.errors)")
        #expect(!dearer.errors.contains("trades was "))
        // A wider tolerance lets it pass: fees are a quarter dearer, and so is what they leave.
        #expect(
            try backtest(
                arena, near + ["--baseline", file, "--fees", "0.005,0.006", "--tolerance", "60"]
            ).ending
                == .exit(0))
        // A whole report is a baseline, too.
        _ = try backtest(arena, ["--output", arena.directory + "/report.json"])
        #expect(try backtest(arena, ["--baseline", arena.directory + "/report.json"]).ending == .exit(0))

        try write("{\"runs\": []}", arena, "bad.json")
        let bad = try backtest(arena, ["--baseline", arena.directory + "/bad.json"])
        #expect(bad.ending == .exit(78) && bad.errors.contains("neither a baseline nor a report"))
        let none = try backtest(arena, ["--baseline", arena.directory + "/none.json"])
        #expect(none.ending == .exit(78) && none.errors.contains("--save-baseline"))
    }

    @Test func strategiesComeFromAFileOrByName() throws {
        let arena = try arena()
        try write(
            """
            strategies:
              - {type: grid, name: near, symbols: [BTC-USD], levels: 2, spacing_bps: 3, size_quote: 50}
              - {type: grid, name: far, symbols: [BTC-USD], levels: 2, spacing_bps: 900, size_quote: 50}
            """, arena, "two.yaml")
        let both = try backtest(arena, ["--strategy", arena.directory + "/two.yaml"])
        #expect(
            both.ending == .exit(0) && both.output.contains("near") && both.output.contains("far"),
            "\(both.errors)")
        let one = try backtest(arena, ["--config", arena.directory + "/two.yaml", "--strategy", "far"])
        #expect(one.ending == .exit(0) && !one.output.contains("near"))
        let other = try backtest(arena, ["--config", arena.directory + "/two.yaml", "--strategy", "farr"])
        #expect(other.ending == .exit(64) && other.errors.contains("did you mean far?"), "\(other.errors)")
    }

    @Test func aPartOfTheData() throws {
        let arena = try arena()
        let part = try backtest(arena, ["--from", "2026-03-01T12:01:00Z", "--to", "2026-03-01T12:02:00Z"])
        #expect(part.ending == .exit(0) && part.errors.contains("backtest: 120 events in"), "\(part.errors)")
        let nothing = try backtest(arena, ["--from", "2027-01-01"])
        #expect(nothing.ending == .exit(78) && nothing.errors.contains("no data lie from 2027-01-01"))
    }

    @Test func dataThatCannotBeReadAreNamedWithTheirLine() throws {
        let arena = try arena()
        let header = "time,trade_id,side,price,size\n"
        let cases: [(name: String, text: String, words: String)] = [
            ("btc-usd-1.csv", header + "2026-03-01T12:00:00Z,1,buy,abc,1\n", "btc-usd-1.csv:2: price: "),
            (
                "btc-usd-2.csv",
                header + "2026-03-01T12:00:01Z,1,buy,5,1\n2026-03-01T12:00:00Z,2,buy,5,1\n",
                "btc-usd-2.csv:3: time: 2026-03-01T12:00:00Z is before the line above"
            ),
            ("btc-usd-3.csv", "price,time\n", "btc-usd-3.csv:1: the header is neither"),
            ("btc-usd-4.csv", header, "btc-usd-4.csv: it holds no data"),
            (
                "xrp-usd-5.csv", header + "2026-03-01T12:00:00Z,1,buy,5,1\n",
                "XRP-USD is not among the products"
            ),
        ]
        for (name, text, words) in cases {
            try write(text, arena, name)
            let result = try backtest(arena, data: name)
            #expect(result.ending == .exit(78), "\(name): \(result.errors)")
            #expect(result.errors.contains(words), "\(name): \(result.errors)")
        }
        let missing = try backtest(arena, data: "btc-usd-none.csv")
        #expect(missing.ending == .exit(78) && missing.errors.contains("there is no such file"))
        try write(Self.trades(), arena, "trades.csv")
        let nameless = try backtest(arena, data: "trades.csv")
        #expect(nameless.ending == .exit(64) && nameless.errors.contains("--symbol BTC-USD"))
        #expect(try backtest(arena, ["--symbol", "BTC-USD"], data: "trades.csv").ending == .exit(0))
    }

    @Test(arguments: [
        (["--from", "yesterday"], "--from wants a UTC time"),
        (["--to", "2026-13-01"], "--to wants a UTC time"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "is not before"),
        (["--fees", "0.004"], "--fees wants maker,taker"),
        (["--jobs", "0"], "--jobs wants a number"), (["--tolerance", "x"], "--tolerance wants a number"),
        (["--symbol", "bitcoin"], "--symbol wants a market"), (["--set", "levels"], "--set wants key=value"),
        (["--set", "seed=1,,2"], "a value is empty"), (["--set", "seed=1,1"], "is there twice"),
        (["--feed-latency", "soon"], "--feed-latency wants a duration"),
        (["--jitter", "x"], "--jitter wants a number"),
    ])
    func whatIsMistypedIsUsage(_ more: [String], _ words: String) throws {
        let result = try backtest(try arena(), more)
        #expect(result.ending == .exit(64), "\(result.errors)")
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    @Test(arguments: [
        ("strategies[0].levels=0", "strategies[0].levels: '0' is not allowed"),
        ("strategies[0].level=3", "strategies[0].level: unknown key; did you mean levels?"),
        ("strategies[7].levels=3", "there is no such strategy"),
        ("strategies[0]levels=3", "is no field of a strategy"),
        ("paper.latency=-3", "command line: paper.latency: '-3' is not allowed"),
        ("risk.max_order=5", "risk.max_order: unknown"),
    ])
    func aSettingThatIsWrongIsConfiguration(_ setting: String, _ words: String) throws {
        let result = try backtest(try arena(), ["--set", setting])
        #expect(result.ending == .exit(78), "\(result.errors)")
        #expect(result.errors.contains(words), "\(result.errors)")
    }
}
