// What a running bot tells Prometheus, judged by the exchange's book, by promtool, and by a real Prometheus that scrapes
// it. Debian's package `prometheus` has both programs; without them their tests are skipped.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct MetricsTests {
    @Test func whatAScrapeSaysIsWhatTheBookHolds() throws {
        let bot = try MetricsArena(orders: 20)
        let process = try bot.arena.startWorking(20)
        defer { process.send(SIGKILL) }
        try eventually("the metrics know all orders") {
            _ = process.read()
            return try bot.scrape()["trader247_orders{state=\"open\"}"] == 20
        }
        let scrape = try bot.scrape()
        #expect(scrape["trader247_working_orders"] == 20)
        #expect(scrape["trader247_intents_total"] == 20)
        #expect(scrape["trader247_calls_total{endpoint=\"place\",outcome=\"ok\"}"] == 20)
        #expect(scrape["trader247_call_duration_seconds_count{endpoint=\"place\"}"] == 20)
        #expect(scrape["trader247_lifecycle{state=\"trading\"}"] == 1)
        #expect(scrape["trader247_feed_up{feed=\"market\"}"] == 1)
        #expect((scrape["trader247_turn_duration_seconds_count"] ?? 0) > 20)
        #expect((scrape["trader247_commits_total{outcome=\"ok\"}"] ?? 0) > 0)
        #expect((scrape["trader247_equity{currency=\"USD\"}"] ?? 0) > 100_000)
        #expect((scrape["process_resident_memory_bytes"] ?? 0) > 1_000_000)
        #expect(scrape["trader247_stop_exit_code"] == nil)
        #expect(try TestHTTP(port: bot.port).ask("GET", "/metrics").status == 401)
        #expect(try TestHTTP(port: bot.port).ask("GET", "/metrics", token: "wrong" + bot.token).status == 401)
        if PrometheusTools.promtool != nil {
            let judged = try scrape.judgedByPromtool()
            #expect(judged.ending == .exit(0), "\(judged.output)\(judged.errors)")
            #expect(judged.output + judged.errors == "", "promtool has nothing to remark")
        }
        process.send(SIGTERM)
        try bot.arena.expectClean(try process.end(), found: 20)
    }

    @Test func theFinalValuesOfAStopLieInTheTextfileAndInTheNextLife() throws {
        let bot = try MetricsArena(orders: 20)
        var process = try bot.arena.startWorking(20)
        let before = try bot.textfile()
        #expect(before["trader247_stop_in_progress"] == 0)
        process.send(SIGTERM)
        try bot.arena.expectClean(try process.end(), found: 20)
        let report = try bot.arena.report()
        let after = try bot.textfile()
        #expect(after["trader247_stop_exit_code"] == 0)
        #expect(after["trader247_stop_orders_found"] == Double(report.ordersFound))
        #expect(after["trader247_stop_orders_canceled"] == Double(report.ordersCanceled))
        #expect(after["trader247_stop_orders_remaining"] == 0)
        #expect(after["trader247_stop_verified"] == 1)
        #expect(after["trader247_stop_flushed"] == 1)
        #expect(after["trader247_stop_duration_seconds"] == Double(report.elapsedMs) / 1_000)
        for phase in ["gate", "settle", "cancel", "verify", "flush"] {
            #expect(after["trader247_stop_phase_duration_seconds{phase=\"\(phase)\"}"] != nil, "\(phase)")
        }
        #expect(!after.text.contains("\nprocess_"), "node_exporter has series of these names itself")
        if PrometheusTools.promtool != nil { #expect(try after.judgedByPromtool().ending == .exit(0)) }

        // The next life tells of it, and a crash does not leave yesterday's "clean" lying there.
        process = try bot.arena.startWorking(20)
        let next = try bot.scrape()
        #expect(next["trader247_last_stop_exit_code"] == 0)
        #expect(next["trader247_last_stop_verified"] == 1)
        #expect(next["trader247_last_stop_orders_remaining"] == 0)
        process.send(SIGKILL)
        _ = try process.end()
        #expect(try bot.textfile()["trader247_stop_exit_code"] == nil)
    }

    @Test func aStopThatLeftOrdersSaysHowMany() throws {
        try LiveArena.run { live in
            try live.configure(deadline: "3s")
            let run = try live.startWorking()
            live.venue.send(SIGSTOP)
            #expect(try run.stop() == .exit(3))
            live.venue.send(SIGCONT)
            let after = Scrape(
                try String(contentsOfFile: live.arena.state + "/metrics.prom", encoding: .utf8))
            #expect(after["trader247_stop_exit_code"] == 3)
            #expect(after["trader247_stop_orders_remaining"] == 10)
            #expect(after["trader247_stop_verified"] == 0)
            #expect(after["trader247_stop_flushed"] == 1)
            #expect((after["trader247_stop_cancel_retries"] ?? 0) > 0)
            #expect(after["trader247_clock_uncertainty_seconds"] != nil, "the venue's clock was measured")
            #expect(
                (after["trader247_calls_open{endpoint=\"cancel\"}"] ?? 0) > 0, "asked, and never answered")
            let next = try live.start(["--once"])
            try live.expectClean(try next.end(within: .seconds(30)))
        }
    }

    /// The watchdog writes its last words and nothing else: no file may claim an end that it does not know.
    @Test func anEndByTheWatchdogLeavesNoExitCodeBehind() throws {
        let arena = try Arena(latency: "1500ms")
        let process = try arena.startWorking(20)
        for _ in 1...3 {
            process.send(SIGTERM)
            usleep(350_000)
        }
        #expect(try process.end() == .exit(3))
        let after = Scrape(try String(contentsOfFile: arena.state + "/metrics.prom", encoding: .utf8))
        #expect(after["trader247_stop_exit_code"] == nil)
        #expect(after["trader247_start_time_seconds"] != nil)
        // The next life has it from the report.
        let next = try arena.start(["--once", "--set", "paper.latency=4ms"])
        try arena.expectClean(try next.end(within: .seconds(40)))
        let told = Scrape(try String(contentsOfFile: arena.state + "/metrics.prom", encoding: .utf8))
        #expect(told["trader247_last_stop_exit_code"] == 3)
        #expect(told["trader247_last_stop_orders_remaining"] == 20)
    }

    @Test func theGuardiansRestartsAreCounted() throws {
        let bot = try MetricsArena(orders: 2)
        let guardian = try bot.arena.startWorking(2, guarded: true)
        #expect(try bot.scrape()["trader247_guardian_restarts_total"] == 0)
        #expect(try bot.scrape()["trader247_guarded"] == 1)
        let trader = try #require(GuardedRun.children(guardian.pid).first)
        kill(trader, SIGKILL)
        try eventually("a second trader tells of it", within: .seconds(40)) {
            _ = guardian.read()
            return (try? bot.scrape())?["trader247_guardian_restarts_total"] == 1
        }
        guardian.send(SIGTERM)
        #expect(try guardian.end() == .exit(0))
    }

    @Test(.enabled(if: PrometheusTools.promtool != nil, "needs promtool: apt-get install prometheus"))
    func theShippedRulesAreWhatPromtoolAccepts() throws {
        let promtool = try #require(PrometheusTools.promtool)
        let directory = PrometheusTools.root + "/deploy/prometheus"
        for arguments in [
            ["check", "rules", directory + "/trader247.rules.yml"],
            ["check", "config", "--syntax-only", directory + "/prometheus.yml"],
            ["test", "rules", PrometheusTools.root + "/Tests/Prometheus/rules.test.yml"],
        ] {
            let result = try Arena.command(promtool, arguments)
            #expect(result.ending == .exit(0), "\(arguments): \(result.output)\(result.errors)")
        }
    }

    @Test(
        .enabled(if: PrometheusTools.prometheus != nil, "needs prometheus: apt-get install prometheus"),
        .enabled(if: patience == 1, "Prometheus has no patience with a sanitizer"))
    func aRealPrometheusSeesAStopToItsEnd() throws {
        let bot = try MetricsArena(orders: 20, more: "metrics: {linger: 10s}\nstop: {deadline: 24s}")
        let server = try PrometheusServer(of: bot.port, bot.tokenFile, in: bot.arena.directory)
        defer { server.process.send(SIGKILL) }
        let process = try bot.arena.startWorking(20)
        try eventually("Prometheus has the orders", within: .seconds(40)) {
            _ = process.read()
            return server.query("trader247_orders{state=\"open\"}") == 20
        }
        #expect(server.query("up") == 1)
        #expect(server.query("count(ALERTS{alertname=\"Trader247Down\"})") == nil)
        let questions = try PrometheusServer.questionsOfTheDashboard()
        #expect(questions.count > 50)
        try eventually("every panel that is not of a stop has data", within: .seconds(20)) {
            _ = process.read()
            return questions.allSatisfy {
                // Without an earlier life, and with no alert yet.
                $0.contains("_stop_") || $0.contains("alerts_total") || $0.contains("clock_")
                    || (server.count($0) ?? 0) > 0
            }
        }
        let asked = Date()
        process.send(SIGTERM)
        try bot.arena.expectClean(try process.end(), found: 20)
        #expect(Date().timeIntervalSince(asked) < 9, "one more scrape is waited for, not ten seconds")
        try eventually("Prometheus has the end") {
            server.query("last_over_time(trader247_stop_exit_code[5m])") == 0
        }
        for question in questions { #expect(server.count(question) != nil, "\(question)") }
        #expect(server.query("last_over_time(trader247_stop_verified[5m])") == 1)
        #expect(server.query("last_over_time(trader247_stop_orders_canceled[5m])") == 20)
        #expect(server.query("last_over_time(trader247_stop_orders_remaining[5m])") == 0)
        try eventually("Prometheus sees that it is gone", within: .seconds(20)) { server.query("up") == 0 }
        // The shipped rules run in it.
        try eventually("the rule waits for its minute", within: .seconds(20)) {
            server.query("count(ALERTS{alertname=\"Trader247Down\"})") == 1
        }
    }

    @Test(
        .enabled(
            if: PrometheusTools.nodeExporter != nil,
            "needs node_exporter: apt-get install prometheus-node-exporter"))
    func nodeExporterCollectsTheTextfile() throws {
        let port = try PrometheusTools.freePort()
        let collected = FileManager.default.temporaryDirectory
            .appendingPathComponent("collected-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: collected, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: collected) }
        let exporter = try RunningProcess(
            PrometheusTools.nodeExporter ?? "",
            [
                "--collector.disable-defaults", "--collector.textfile",
                "--collector.textfile.directory=\(collected)", "--web.listen-address=127.0.0.1:\(port)",
            ], in: collected)
        defer { exporter.send(SIGKILL) }
        let arena = try Arena(orders: 2, more: "metrics: {textfile: \(collected)/bot.prom}")
        let process = try arena.startWorking(2)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 2)
        try eventually("it is collected") {
            let text = try? TestHTTP(port: port).ask("GET", "/metrics", version: "1.0").text
            guard let text else { return false }
            return Scrape(text)["trader247_stop_exit_code"] == 0
                && text.contains("\nnode_textfile_scrape_error 0\n")
        }
    }

    @Test func nobodyLingersForAScraperThatNeverCame() throws {
        let bot = try MetricsArena(orders: 2, more: "metrics: {linger: 10s}\nstop: {deadline: 24s}")
        let process = try bot.arena.startWorking(2)
        let asked = Date()
        process.send(SIGTERM)
        try bot.arena.expectClean(try process.end(), found: 2)
        #expect(Date().timeIntervalSince(asked) < 9)
    }

    @Test func aTextfileThatCannotBeWrittenIsSaidAndKeepsNobodyFromTrading() throws {
        let arena = try Arena(orders: 2, more: "metrics: {textfile: /nowhere/trader247.prom}")
        let process = try arena.startWorking(2)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 2)
        let log = try String(contentsOfFile: arena.state + "/logs/trader247.log", encoding: .utf8)
        #expect(log.contains("cannot create /nowhere/trader247.prom"))
    }
}
