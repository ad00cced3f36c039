// `trader247 report` in every format, beside a running daemon and after it.

import Foundation
import Testing

@Suite struct ReportProcessTests {
    /// A grid that trades against a moving market in accelerated time until something is filled, stopped clean.
    private func tradedArena() throws -> Arena {
        let arena = try Arena()
        let process = try arena.start(["--speed", "30", "--interval", "5s", "--set", "stop.deadline=24s"])
        try eventually("something is filled", within: .seconds(120)) {
            _ = process.read()
            let fills = try arena.trader247(["fills", "--json", "--limit", "1", "--state-dir", arena.state])
            return fills.output.contains("fill_id") || fills.output.contains(#""price""#)
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        return arena
    }

    private func report(_ arena: Arena, _ more: [String]) throws -> (
        ending: Ending, output: String, errors: String
    ) {
        try arena.trader247(["report", "--state-dir", arena.state] + more)
    }

    private func rows(_ csv: String) -> [[String: String]] {
        let lines = csv.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard let head = lines.first else { return [] }
        return lines.dropFirst().map { Dictionary(zip(head, $0)) { first, _ in first } }
    }

    @Test func everyFormatTellsTheSame() throws {
        let arena = try tradedArena()
        let json = try report(arena, ["--since", "all", "--format", "json", "--by", "strategy,symbol"])
        #expect(json.ending == .exit(0), "\(json.errors)")
        let told = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let totals = try #require((told["totals"] as? [[String: Any]])?.first)
        let result = try #require(totals["result"] as? String)
        #expect(try #require(totals["fills"] as? Int) > 0, "nothing was traded")
        #expect((totals["slippage_bps"] as? String) != nil)
        #expect((told["stops"] as? [[String: Any]])?.first?["verdict"] as? String == "clean")

        // The net of the store's own positions, and what is open.
        let positions = try arena.trader247(["positions", "--json", "--state-dir", arena.state])
        let position = try #require(
            (try JSONSerialization.jsonObject(with: Data(positions.output.utf8)) as? [[String: Any]])?.first)
        #expect(position["net_realised"] as? String == totals["net_realised"] as? String)
        #expect(position["fees"] as? String == totals["fees"] as? String)

        for by in ["day", "strategy", "symbol", "day,strategy,symbol"] {
            let csv = try report(arena, ["--since", "all", "--format", "csv", "--by", by])
            #expect(csv.ending == .exit(0))
            let rows = rows(csv.output)
            var sum = Decimal.zero
            for row in rows { sum += try #require(Decimal(string: row["result"] ?? "")) }
            #expect(sum == Decimal(string: result), "\(by)\n\(csv.output)")
        }
        let table = try report(arena, ["--since", "all"])
        #expect(table.output.contains("DAY") && table.output.contains("Largest drawdown"), "\(table.output)")

        let file = arena.directory + "/report.html"
        let html = try report(arena, ["--since", "all", "--format", "html", "--output", file])
        #expect(html.ending == .exit(0) && html.output.isEmpty, "\(html.errors)")
        let page = try String(contentsOfFile: file, encoding: .utf8)
        #expect(page.hasPrefix("<!doctype html>") && page.contains("<svg"))
        for word in ["http:", "https:", "src=", "url(", "@import"] {
            #expect(!page.contains(word), "it needs something else")
        }
    }

    @Test func itWorksBesideARunningDaemon() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        let result = try report(arena, ["--format", "json"])
        #expect(result.ending == .exit(0), "\(result.errors)")
        let told = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(told?["lives"] as? Int == 1)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        let arena = try Arena()
        let process = try arena.start(["--once"])
        try arena.expectClean(try process.end(), found: 20)
        for (words, complaint) in [
            (["--since", "soon"], "--since wants a duration like 7d"), (["--by", "week"], "--by wants day"),
            (["--format", "pdf"], "pdf"), (["--symbol", "bitcoin"], "not a market like BTC-USD"),
            (["--since", "2026-11-02", "--until", "2026-11-01"], "before it begins"),
            (["--strategy", "gird", "--since", "all"], "did you mean grid?"),
        ] {
            let result = try report(arena, words)
            #expect(result.ending == .exit(64), "\(words) \(result.errors)")
            #expect(result.errors.contains(complaint), "\(words): \(result.errors)")
        }
        let nowhere = try report(arena, ["--output", arena.directory + "/none/report.csv"])
        #expect(nowhere.ending == .exit(70))
        #expect(nowhere.errors.contains("could not be written"))
        let none = try arena.trader247(["report", "--state-dir", arena.directory + "/none"])
        #expect(none.ending == .exit(78))
        let before = try report(arena, ["--since", "2020-01-01", "--until", "2020-01-02"])
        #expect(before.ending == .exit(0))
        #expect(before.output.contains("Nothing was traded"))
    }
}
