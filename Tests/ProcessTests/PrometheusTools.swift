// What tests of metrics need: a bot with metrics on TCP, the text of a scrape by series, promtool, and a real Prometheus.

import Foundation
import Glibc
import Testing

enum PrometheusTools {
    static let promtool = find("promtool")
    static let prometheus = find("prometheus")
    static let nodeExporter = find("prometheus-node-exporter")
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
struct MetricsArena {
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
struct Scrape {
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

/// A real Prometheus that scrapes one bot each second, with the shipped rules.
struct PrometheusServer {
    let process: RunningProcess
    let port: UInt16

    init(of target: UInt16, _ tokenFile: String, in directory: String) throws {
        port = try PrometheusTools.freePort()
        let rules = PrometheusTools.root + "/deploy/prometheus/trader247.rules.yml"
        try """
        global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 500ms}
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

    /// Every question that the shipped dashboard asks, for a board of all bots.
    static func questionsOfTheDashboard() throws -> [String] {
        struct Board: Decodable {
            struct Panel: Decodable {
                struct Target: Decodable { let expr: String }
                let targets: [Target]?
            }
            let panels: [Panel]
        }
        let path = PrometheusTools.root + "/deploy/grafana/trader247.json"
        let board = try JSONDecoder().decode(Board.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        return board.panels.flatMap { $0.targets ?? [] }.map {
            $0.expr.replacingOccurrences(of: "$__rate_interval", with: "1m")
                .replacingOccurrences(of: "$bot", with: ".+")
        }
    }

    /// How many series answer; nil when the question is none.
    func count(_ expression: String) -> Int? {
        struct Answer: Decodable {
            struct Content: Decodable {
                struct Series: Decodable {}
                let result: [Series]
            }
            let data: Content
        }
        guard let answer = ask(expression), answer.status == 200 else { return nil }
        return (try? JSONDecoder().decode(Answer.self, from: answer.body))?.data.result.count
    }

    /// By HTTP 1.0, so that long answers come in one piece.
    private func ask(_ expression: String) -> TestHTTP.Answer? {
        let escaped =
            expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? expression
        return try? TestHTTP(port: port).ask("GET", "/api/v1/query?query=\(escaped)", version: "1.0")
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
        guard let answer = ask(expression),
            let decoded = try? JSONDecoder().decode(Answer.self, from: answer.body),
            decoded.data.result.count == 1, decoded.data.result[0].value.count == 2,
            case .number(let value) = decoded.data.result[0].value[1]
        else { return nil }
        return value
    }
}
