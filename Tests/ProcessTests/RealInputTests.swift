// Recorded markets at full speed through the grid on paper, stopped midway and run to the end. An independent
// script recomputes the account from the exported fills; it must find the exchange's balances and our positions
// to the last digit.

import Foundation
import Testing

@Suite(.serialized, .enabled(if: Recording.directory != nil, "no recordings: set TRADER247_TEST_DATA"))
struct RealInputTests {
    /// Ten days of them, since a month takes a debug build minutes; all of it with TRADER247_TEST_WHOLE_MONTH=1.
    @Test(.timeLimit(.minutes(10))) func aMonthOfBitcoinBars() throws {
        let isWhole = ProcessInfo.processInfo.environment["TRADER247_TEST_WHOLE_MONTH"] == "1"
        let recording = Recording(
            symbol: "BTC-USD", file: "btc-usd-bars-1m-2022-01.csv.gz", rows: isWhole ? nil : 10 * 1_440,
            interval: "15m", spacing: "75", levels: 5, start: ["USD": "100000", "BTC": "1"])
        try playsAndAddsUp(recording, midway: isWhole ? 100 : 30, atLeast: isWhole ? 300 : 60)
    }

    @Test(.timeLimit(.minutes(5))) func etherTradeByTrade() throws {
        let recording = Recording(
            symbol: "ETH-USD", file: "eth-usd-trades-2023-02-02.csv", interval: "1s", spacing: "0.1",
            levels: 15, start: ["USD": "100000", "ETH": "60"])
        try playsAndAddsUp(recording, midway: 50, atLeast: 200)
    }

    private func playsAndAddsUp(_ recording: Recording, midway: Int, atLeast fills: Int) throws {
        let run = try ReplayRun(recording)
        let first = try run.start()
        while first.isRunning, try run.fills() < midway { usleep(50_000) }
        first.terminate()
        #expect(try run.end(of: first) == 0)
        #expect(try run.reportedReason() == "signal SIGTERM")
        let half = try run.recompute()
        #expect(half.equal, "\(half.problems)")
        #expect(half.fills >= midway)

        // The same store and book go on where they stopped.
        let second = try run.start()
        #expect(try run.end(of: second) == 0)
        #expect(try run.reportedReason() == "the recording has no more data")
        let whole = try run.recompute()
        #expect(whole.equal, "\(whole.problems)")
        #expect(whole.fills >= fills)
        #expect(whole.fills > half.fills)
    }
}

/// A recording that lies outside of the project, and the grid that trades it.
struct Recording {
    var symbol: String
    var file: String
    /// Of the file, so many from its beginning; nil for all.
    var rows: Int?
    var interval: String
    var spacing: String
    var levels: Int
    var start: [String: String]

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// TRADER247_TEST_DATA, or `shared/data` beside the project; nil when there are no recordings.
    static let directory: URL? = {
        let named = ProcessInfo.processInfo.environment["TRADER247_TEST_DATA"]
        let url =
            named.map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent("shared/data")
        let bars = url.appendingPathComponent("btc-usd-bars-1m-2022-01.csv.gz").path
        return FileManager.default.fileExists(atPath: bars) ? url : nil
    }()
}

/// One state directory and one book, whatever number of lives works on them.
final class ReplayRun {
    private let recording: Recording
    private let directory: URL
    private let csv: String
    private let binary: URL

    init(_ recording: Recording) throws {
        self.recording = recording
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("trader247-replay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        binary = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("trader247")
        let source = try #require(Recording.directory).appendingPathComponent(recording.file).path
        csv = recording.file.hasSuffix(".gz") ? directory.path + "/recording.csv" : source
        if csv != source {
            var text = try Self.output(URL(fileURLWithPath: "/bin/gzip"), ["-dc", source]).text[...]
            if let rows = recording.rows {
                text = text.split(separator: "\n").prefix(rows + 1).joined(separator: "\n")[...]
            }
            try Self.write(String(text), to: csv)
        }
        let balances = recording.start.map { "\($0): \($1)" }.joined(separator: ", ")
        try Self.write(
            """
            bot: real
            interval: \(recording.interval)
            strategies:
              - {type: grid, symbols: [\(recording.symbol)], levels: \(recording.levels),
                 spacing_bps: \(recording.spacing), size_quote: 1000}
            risk: {max_daily_loss: 0, max_position_notional: 1000000, max_orders_per_minute: 100000}
            paper: {maker_fee: 0.004, taker_fee: 0.006, balances: {\(balances)}}
            """, to: directory.path + "/config.yaml")
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private var places: [String] {
        ["--config", directory.path + "/config.yaml", "--state-dir", directory.path + "/state"]
    }

    func start() throws -> Process {
        let process = Process()
        process.executableURL = binary
        process.arguments =
            ["run"] + places + ["--feed", "replay:\(recording.symbol)=\(csv)", "--speed", "max"]
        process.environment = Self.environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    func end(of process: Process) throws -> Int32 {
        while process.isRunning { usleep(20_000) }
        try #require(process.terminationReason == .exit)
        return process.terminationStatus
    }

    func fills() throws -> Int {
        let output = try Self.output(binary, ["fills", "--json"] + places)
        // The first life may not have made its store yet.
        guard output.code == 0 else { return 0 }
        return (try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [Any])?.count ?? 0
    }

    func reportedReason() throws -> String {
        let data = try Data(contentsOf: directory.appendingPathComponent("state/shutdown-report.json"))
        return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["reason"] as? String ?? ""
    }

    struct Recomputed {
        var equal: Bool
        var fills: Int
        var problems: String
    }

    /// Exports both sets of books and has them compared with what the fills make.
    func recompute() throws -> Recomputed {
        var arguments = [Recording.root.path + "/Tests/RealInput/recompute.py"]
        for (option, command) in [
            ("--fills", ["fills"]), ("--positions", ["positions"]), ("--book", ["paper", "book"]),
        ] {
            let output = try Self.output(binary, command + ["--json"] + places)
            try #require(output.code == 0, "\(command): \(output.errors)")
            let file = directory.path + "/" + command.joined() + ".json"
            try Self.write(output.text, to: file)
            arguments += [option, file]
        }
        for (currency, amount) in recording.start { arguments += ["--start", "\(currency)=\(amount)"] }
        arguments += ["--maker-fee", "0.004", "--taker-fee", "0.006"]
        let said = try Self.output(URL(fileURLWithPath: "/usr/bin/env"), ["python3"] + arguments)
        let json = try JSONSerialization.jsonObject(with: Data(said.text.utf8)) as? [String: Any]
        return Recomputed(
            equal: json?["equal"] as? Bool == true && said.code == 0, fills: json?["fills"] as? Int ?? 0,
            problems: said.errors)
    }

    /// Settings come from the file alone.
    private static let environment: [String: String] = {
        let all = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TRADER247_") }
        return all.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    }()

    private static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func output(_ executable: URL, _ arguments: [String]) throws
        -> (code: Int32, text: String, errors: String)
    {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // Errors are few and fit into their pipe.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let words = errors.fileHandleForReading.readDataToEndOfFile()
        while process.isRunning { usleep(5_000) }
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self),
            String(decoding: words, as: UTF8.self)
        )
    }
}
