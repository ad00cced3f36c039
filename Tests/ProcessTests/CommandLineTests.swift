// Commands, configuration and exit codes, as a shell sees them.

import Foundation
import Testing

@Suite struct CommandLineTests {
    private func check(_ yaml: String, _ more: [String] = [], _ environment: [String: String] = [:]) throws
        -> (ending: Ending, output: String, errors: String)
    {
        let arena = try Arena()
        try yaml.write(toFile: arena.directory + "/bot.yaml", atomically: true, encoding: .utf8)
        return try arena.trader247(
            ["config", "check", "--config", arena.directory + "/bot.yaml"] + more, environment: environment)
    }

    @Test func everyMistakeIsListedWithItsLine() throws {
        let result = try check(
            """
            bot: Toolong
            intervall: 5s
            risk:
              max_order_notional: abc
              max_dayly_loss: 3
            paper:
              latency: -3
            strategies:
              - type: grid
                symbols: [BTC-USD, XRP-USD]
                level: 3
              - type: martingale
                symbols: [BTC-USD]
              - {type: grid, symbols: [BTC-USD], name: third, enabled: perhaps, budget: -1}
            """, [], ["TRADER247_STOP_DEADLIN": "8s"])
        #expect(result.ending == .exit(78))
        for words in [
            "bot.yaml:1: bot: 'Toolong' is not allowed",
            "bot.yaml:2: intervall: unknown key; did you mean interval?",
            "bot.yaml:4: risk.max_order_notional: 'abc' is not allowed",
            "bot.yaml:5: risk.max_dayly_loss: unknown key; did you mean risk.max_daily_loss?",
            "bot.yaml:7: paper.latency: '-3' is not allowed",
            "bot.yaml:8: strategies.grid.symbols: XRP-USD is not among the products",
            "bot.yaml:11: strategies[0].level: unknown key; did you mean levels?",
            "bot.yaml:12: strategies[1].type: unknown type; known: grid",
            "bot.yaml:14: strategies[2].enabled: 'perhaps' is not allowed; allowed: true or false",
            "bot.yaml:14: strategies[2].budget: '-1' is not allowed",
            "TRADER247_STOP_DEADLIN: unknown setting; did you mean TRADER247_STOP_DEADLINE?",
        ] { #expect(result.errors.contains(words), "missing: \(words)\n\(result.errors)") }
    }

    @Test func aStrategyHasLimitsOfItsOwn() throws {
        let result = try check(
            """
            strategies:
              - {type: grid, symbols: [BTC-USD], budget: 500, max_working_orders: 4, max_orders_per_minute: 9}
              - {type: grid, name: other, symbols: [ETH-USD], enabled: false, max_daily_loss: 20}
            """)
        #expect(result.ending == .exit(0))
        #expect(
            result.output.contains(
                "; at most 500 quote in positions and buys, 4 working orders, 9 orders a minute\n"))
        #expect(result.output.contains("strategy: grid 'other' on ETH-USD"))
        #expect(result.output.contains("; at most 20 quote lost a day, not enabled\n"))
    }

    @Test func fileThenEnvironmentThenFlags() throws {
        let file = "interval: 1s\nseed: 1\nrisk: {max_order_notional: 12345.000000000000000001}"
        let result = try check(
            file, ["--set", "seed=3"], ["TRADER247_SEED": "2", "TRADER247_INTERVAL": "2s"])
        #expect(result.ending == .exit(0))
        #expect(result.output.contains("interval: 2s\n"))
        #expect(result.output.contains("seed: 3\n"))
        #expect(result.output.contains("risk.max_order_notional: 12345.000000000000000001\n"))
    }

    @Test func aLeaseThatCannotBeRenewedIsRefusedWithItsNumbers() throws {
        let orders = "risk: {max_working_orders: 500}\norders:\n  lease: "
        // 500 orders × 2 requests in 1 min are 16.7 a second; 25 % of 30 are 7.5.
        let tooShort = try check(orders + "1m")
        #expect(tooShort.ending == .exit(78))
        for words in [
            "bot.yaml:3: orders.lease: 500 working orders × 2 requests in 1m are more than the 25 % of "
                + "rate.per_second 30 that renewals may take", "use at least 134s",
        ] { #expect(tooShort.errors.contains(words), "missing: \(words)\n\(tooShort.errors)") }
        #expect(try check(orders + "134s").ending == .exit(0))
        #expect(try check(orders + "1m\n  lease_share: 60").ending == .exit(0))
        #expect(try check(orders + "1m", ["--set", "risk.max_working_orders=200"]).ending == .exit(0))
        // What runs refuses the same.
        let arena = try Arena()
        try (orders + "1m").write(toFile: arena.directory + "/bot.yaml", atomically: true, encoding: .utf8)
        let run = try arena.trader247(["run", "--config", arena.directory + "/bot.yaml"])
        #expect(run.ending == .exit(78))
        #expect(run.errors.contains("orders.lease"))

        let hourly = try check(orders + "30m", ["--set", "rate.per_hour=1000"])
        #expect(hourly.errors.contains("rate.per_hour 1000"), "\(hourly.errors)")
        let minutely = try check(orders + "10m", ["--set", "risk.max_orders_per_minute=10"])
        #expect(minutely.errors.contains("risk.max_orders_per_minute (10)"), "\(minutely.errors)")
        for (key, value) in [("lease", "59s"), ("lease", "8d"), ("lease", "-1"), ("lease_share", "0")] {
            let result = try check("orders:\n  \(key): \(value)")
            #expect(result.ending == .exit(78))
            #expect(result.errors.contains("bot.yaml:2: orders.\(key): '\(value)' is not allowed"))
        }
        #expect(try check("orders: {lease: off}").output.contains("orders.lease: off\n"))
    }

    @Test func whatIsNotYAMLIsSaidWithItsLine() throws {
        let result = try check("bot: ok\nrisk: [1\nfoo")
        #expect(result.ending == .exit(78))
        #expect(result.errors.contains("this is not YAML"))
    }

    @Test func aServiceManagerGivesMoreTime() throws {
        #expect(
            try check("", [], ["NOTIFY_SOCKET": "/run/systemd/notify"]).output.contains(
                "stop.deadline: 24s\n"))
        #expect(try check("").output.contains("stop.deadline: 8s\n"))
    }

    @Test func usageIs64() throws {
        let arena = try Arena()
        #expect(try arena.trader247(["run", "--bogus"]).ending == .exit(64))
        #expect(try arena.trader247(["nonsense"]).ending == .exit(64))
        #expect(try arena.trader247(["run", "--for", "soon"]).ending == .exit(64))
        #expect(try arena.trader247(["version"]).ending == .exit(0))
        #expect(try arena.trader247(["--help"]).output.contains("Exit codes: 0 clean"))
    }

    @Test func aDryRunCancelsNothingAndSaysSo() throws {
        let arena = try Arena()
        let result = try arena.trader247(arena.arguments + ["--mode", "dry-run", "--for", "1s"])
        #expect(result.ending == .exit(0))
        #expect(result.output.contains("would have sent"))
        #expect(try arena.report().verdict == "nothing-to-cancel")
        #expect(!FileManager.default.fileExists(atPath: arena.book))
    }

    @Test func onceDecidesOnceAndStopsClean() throws {
        let arena = try Arena()
        let process = try arena.start(["--once"])
        try arena.expectClean(try process.end(), found: 20)
    }

    @Test func readersAgreeWithTheBook() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        let store = ["--state-dir", arena.state]
        try eventually("the store shows 20 working orders") {
            _ = process.read()
            let text = try arena.trader247(["orders", "--json"] + store).output
            return text.components(separatedBy: #""client_order_id""#).count == 21
        }
        #expect(try arena.trader247(["journal", "verify"] + store).ending == .exit(0))
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
        let after = try arena.trader247(["orders", "--json"] + store)
        #expect(after.output == "[]\n", "\(after)")
        #expect(try arena.trader247(["paper", "reset", "--paper-book", arena.book]).ending == .exit(0))
        #expect(try arena.trader247(["paper", "book", "--paper-book", arena.book]).ending == .exit(78))
    }

    /// A recorded run on a replayed market decides the same again, turn by turn.
    @Test func aRecordingReplaysBitForBit() throws {
        let arena = try Arena()
        var rows = "time,open,high,low,close,volume\n"
        for minute in 0..<40 {
            let price = 60_000 + (minute % 7) * 40 - (minute % 5) * 60
            let time =
                "2026-01-05T10:\(minute < 10 ? "0" : "")\(minute):00Z"
            rows += "\(time),\(price),\(price + 90),\(price - 80),\(price + 20),100000\n"
        }
        let file = arena.directory + "/btc-usd-bars.csv"
        try rows.write(toFile: file, atomically: true, encoding: .utf8)
        let record = arena.directory + "/run.jsonl"
        let run = try arena.trader247(
            arena.arguments + ["--feed", "replay:\(file)", "--interval", "60s", "--record", record])
        #expect(run.ending == .exit(0))
        try arena.expectClean(run.ending)
        let replayed = try arena.trader247(["replay-journal", record])
        #expect(replayed.ending == .exit(0))
        #expect(replayed.output.hasPrefix("equal: "))
        #expect(try arena.trader247(["fills", "--json", "--state-dir", arena.state]).output.count > 100)
    }
}
