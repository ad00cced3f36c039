// One bot in a directory of its own, started as the real binary, judged by the exchange's book.

import CLinux
import Daemon
import Exchanges
import Foundation
import Testing
import TradingDomain

/// What `trader247 paper book --json` says.
struct BookText: Decodable {
    struct Order: Decodable {
        let clientOrderId: String
        let bot: String?
        let status: String
        let updatedAt: String
    }
    let working: Int
    let orders: [Order]

    func count(_ status: String) -> Int { orders.filter { $0.status == status }.count }
}

/// What a stop reports.
struct ReportText: Decodable {
    struct Remaining: Decodable {
        let clientOrderId: String
    }
    let verdict: String
    let exitCode: Int32
    let epoch: Int64
    let pid: Int32
    let reason: String
    let ordersFound: Int
    let ordersCanceled: Int
    let ordersEndedOtherwise: Int
    let placementsSettled: Int
    let verifiedEmpty: Bool
    let stateFlushed: Bool
    let remaining: [Remaining]
    let fillsIncomplete: [String]
    let errors: [String]
    let elapsedMs: Int64
}

final class Arena {
    static let binary: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("trader247").path
    }()

    let directory: String
    var state: String { directory + "/state" }
    var book: String { directory + "/book" }
    private var mounts: [String] = []

    /// A grid of `orders` working orders, a fast exchange without limits.
    init(orders: Int = 20, latency: String = "4ms", more: String = "") throws {
        directory =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("trader247-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Self.configuration(orders, latency, more)
            .write(toFile: directory + "/config.yaml", atomically: true, encoding: .utf8)
    }

    deinit {
        CrashNote.remove(for: state)
        for mount in mounts.reversed() { _ = try? Self.command("/bin/umount", ["-l", mount]) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func configuration(_ orders: Int, _ latency: String, _ more: String) -> String {
        // One order is a single buy of an account without coins.
        let levels = max(1, orders / 2)
        // Where everything takes longer, the market has longer to reach an order: it has farther to go. The last of the
        // levels is still above zero.
        let spacing = min(7 * patience, 9_000 / levels)
        let strategies =
            orders == 0
            ? "[]"
            : "[{type: grid, symbols: [BTC-USD], levels: \(levels), spacing_bps: \(spacing), size_quote: 5, "
                + "recentre: 1000}]"
        return """
            bot: test
            interval: 200ms
            strategies: \(strategies)
            risk: {max_working_orders: 2000, max_working_orders_per_symbol: 2000,
                   max_orders_per_minute: 100000}
            rate: {burst: 5000, per_second: 5000}
            paper:
              latency: \(latency)
              rate_limit: none
              balances: {USD: 100000, BTC: \(orders == 1 ? 0 : 10)}
            \(more)
            """
    }

    // MARK: Processes

    var arguments: [String] {
        ["run", "--config", directory + "/config.yaml", "--state-dir", state, "--paper-book", book]
    }

    /// The trader itself, or under its guardian.
    func start(
        _ more: [String] = [], terminal: RunningProcess.Terminal = .none, guarded: Bool = false,
        environment: [String: String] = [:]
    ) throws -> RunningProcess {
        try RunningProcess(
            Self.binary, arguments + (guarded ? [] : ["--no-guardian"]) + more, in: directory,
            environment: environment, terminal: terminal)
    }

    /// Started, and its orders rest at the exchange.
    func startWorking(
        _ orders: Int, _ more: [String] = [], terminal: RunningProcess.Terminal = .none, guarded: Bool = false
    ) throws -> RunningProcess {
        let process = try start(more, terminal: terminal, guarded: guarded)
        try eventually("\(orders) orders rest", within: .seconds(40)) {
            if terminal == .none { _ = process.read() }
            if let ending = process.pollEnding() {
                throw SpawnError(description: "ended early: \(ending) \(process.errorText)")
            }
            return self.working >= orders
        }
        return process
    }

    /// Runs a command of trader247 to its end.
    func trader247(_ arguments: [String], environment: [String: String] = [:]) throws
        -> (ending: Ending, output: String, errors: String)
    {
        try Self.command(Self.binary, arguments, directory, environment: environment)
    }

    static func command(
        _ executable: String, _ arguments: [String],
        _ directory: String = FileManager.default.temporaryDirectory.path,
        environment: [String: String] = [:]
    ) throws -> (ending: Ending, output: String, errors: String) {
        let process = try RunningProcess(executable, arguments, in: directory, environment: environment)
        defer { try? FileManager.default.removeItem(atPath: process.errorFile) }
        var text = ""
        let ending = try eventually("\(executable) \(arguments) ends") {
            text += process.read()
            return process.pollEnding()
        }
        return (ending, text + process.read(), process.errorText)
    }

    // MARK: Facts

    /// Working orders in the exchange's book; nil while there is none.
    var working: Int {
        let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
        return (try? PaperBook.read(at: book, now: now))?.working ?? 0
    }

    func bookText() throws -> BookText {
        let result = try trader247(["paper", "book", "--json", "--paper-book", book])
        guard result.ending == .exit(0) else { throw SpawnError(description: result.errors) }
        return try Self.decoder.decode(BookText.self, from: Data(result.output.utf8))
    }

    func report(state: String? = nil) throws -> ReportText {
        let file = (state ?? self.state) + "/shutdown-report.json"
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        return try Self.decoder.decode(ReportText.self, from: data)
    }

    static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()

    /// Exit 0, an empty book, and a report that says so.
    func expectClean(
        _ ending: Ending, found: Int? = nil, _ place: SourceLocation = #_sourceLocation
    ) throws {
        #expect(ending == .exit(0), sourceLocation: place)
        let book = try bookText()
        #expect(book.working == 0, sourceLocation: place)
        let report = try report()
        #expect(report.verdict == "clean", sourceLocation: place)
        #expect(report.exitCode == 0, sourceLocation: place)
        #expect(report.verifiedEmpty && report.stateFlushed, sourceLocation: place)
        #expect(report.remaining.isEmpty, sourceLocation: place)
        #expect(
            report.ordersFound == report.ordersCanceled + report.ordersEndedOtherwise,
            sourceLocation: place)
        if let found { #expect(report.ordersFound >= found, sourceLocation: place) }
    }

    // MARK: Disks

    /// Mounts something at a new directory, which is unmounted at the end.
    func mount(_ arguments: [String], at name: String) throws -> String {
        let point = directory + "/" + name
        try FileManager.default.createDirectory(atPath: point, withIntermediateDirectories: true)
        let result = try Self.command("/bin/mount", arguments + [point])
        guard result.ending == .exit(0) else { throw SpawnError(description: "mount: \(result.errors)") }
        mounts.append(point)
        return point
    }

    /// Whether this machine lets us make disks of our own.
    static let canMount: Bool = {
        guard geteuid() == 0, let arena = try? Arena() else { return false }
        return (try? arena.mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], at: "probe")) != nil
    }()
}
