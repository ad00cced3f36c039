// What a running bot tells Prometheus, judged by the exchange's book, by promtool, and by a real Prometheus that scrapes
// it. Debian's package `prometheus` has both programs; without them their tests are skipped.

import Foundation
import Glibc
import Testing

enum PrometheusTools {
    static let promtool = find("promtool")
    static let prometheus = find("prometheus")
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func find(_ name: String) -> String? {
        ["/usr/bin/", "/usr/local/bin/"].map { $0 + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withLoopback(0) { bind(descriptor, $0, $1) }
        let told = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard done == 0, told == 0 else { throw SpawnError(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// A bot with metrics on TCP.
private struct MetricsArena {
    let arena: Arena
    let port: UInt16
    let token = "0123456789abcdef0123456789abcdef"
    var tokenFile: String

    init(orders: Int, more: String = "") throws {
        let port = try PrometheusTools.freePort()
        let tokenFile = FileManager.default.temporaryDirectory
            .appendingPathComponent("token-\(UUID().uuidString)").path
        try (token + "\n").write(toFile: tokenFile, atomically: true, encoding: .utf8)
        chmod(tokenFile, 0o600)
        self.port = port
        self.tokenFile = tokenFile
        arena = try Arena(
            orders: orders,
            more: "control: {listen: '127.0.0.1:\(port)', token_file: \(tokenFile)}\n\(more)")
    }

    func scrape() throws -> Scrape {
        let answer = try TestHTTP(port: port).ask("GET", "/metrics", token: token)
        #expect(answer.status == 200)
        #expect(answer.head.lowercased().contains("content-type: text/plain; version=0.0.4"))
        return Scrape(answer.text)
    }

    func textfile() throws -> Scrape {
        Scrape(try String(contentsOfFile: arena.state + "/metrics.prom", encoding: .utf8))
    }
}

/// A scrape's text, by series.
private struct Scrape {
    let text: String

    init(_ text: String) { self.text = text }

    /// Of the series with this name and these labels beside the bot's; nil if there is none.
    subscript(_ series: String) -> Double? {
        let (name, labels) =
            series.firstIndex(of: "{").map {
                (series[..<$0], "," + series[series.index(after: $0)...].dropLast())
            } ?? (series[...], "")
        let start = "\(name){bot=\"test\"\(labels)} "
        return text.split(separator: "\n").first { $0.hasPrefix(start) }.flatMap {
            Double($0.dropFirst(start.count))
        }
    }

    func judgedByPromtool() throws -> (ending: Ending, output: String, errors: String) {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("scrape-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return try Arena.command(
            "/bin/sh", ["-c", "exec \(PrometheusTools.promtool ?? "false") check metrics < '\(file)'"])
    }
}

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

    @Test(.enabled(if: PrometheusTools.prometheus != nil, "needs prometheus: apt-get install prometheus"))
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
        let asked = Date()
        process.send(SIGTERM)
        try bot.arena.expectClean(try process.end(), found: 20)
        #expect(Date().timeIntervalSince(asked) < 9, "one more scrape is waited for, not ten seconds")
        try eventually("Prometheus has the end") {
            server.query("last_over_time(trader247_stop_exit_code[5m])") == 0
        }
        #expect(server.query("last_over_time(trader247_stop_verified[5m])") == 1)
        #expect(server.query("last_over_time(trader247_stop_orders_canceled[5m])") == 20)
        #expect(server.query("last_over_time(trader247_stop_orders_remaining[5m])") == 0)
        try eventually("Prometheus sees that it is gone", within: .seconds(20)) { server.query("up") == 0 }
        // The shipped rules run in it.
        try eventually("the rule waits for its minute", within: .seconds(20)) {
            server.query("count(ALERTS{alertname=\"Trader247Down\"})") == 1
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

/// A real Prometheus that scrapes one bot twice a second, with the shipped rules.
private struct PrometheusServer {
    let process: RunningProcess
    let port: UInt16

    init(of target: UInt16, _ tokenFile: String, in directory: String) throws {
        port = try PrometheusTools.freePort()
        let rules = PrometheusTools.root + "/deploy/prometheus/trader247.rules.yml"
        try """
        global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}
        rule_files: ["\(rules)"]
        scrape_configs:
          - job_name: trader247
            authorization: {type: Bearer, credentials_file: \(tokenFile)}
            static_configs: [{targets: ["127.0.0.1:\(target)"]}]
        """.write(toFile: directory + "/prometheus.yml", atomically: true, encoding: .utf8)
        process = try RunningProcess(
            PrometheusTools.prometheus ?? "",
            [
                "--config.file=\(directory)/prometheus.yml", "--storage.tsdb.path=\(directory)/tsdb",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
            ], in: directory)
        let port = port
        try eventually("Prometheus answers", within: .seconds(40)) {
            (try? TestHTTP(port: port).ask("GET", "/-/ready").status) == 200
        }
    }

    /// The value of the only series that answers; nil if none does.
    func query(_ expression: String) -> Double? {
        struct Answer: Decodable {
            struct Content: Decodable {
                struct Series: Decodable { let value: [Value] }
                let result: [Series]
            }
            let data: Content
        }
        enum Value: Decodable {
            case number(Double)
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) {
                    self = .number(number)
                } else {
                    self = .number(Double(try container.decode(String.self)) ?? .nan)
                }
            }
        }
        let escaped =
            expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? expression
        guard let answer = try? TestHTTP(port: port).ask("GET", "/api/v1/query?query=\(escaped)"),
            let decoded = try? JSONDecoder().decode(Answer.self, from: answer.body),
            decoded.data.result.count == 1, decoded.data.result[0].value.count == 2,
            case .number(let value) = decoded.data.result[0].value[1]
        else { return nil }
        return value
    }
}
