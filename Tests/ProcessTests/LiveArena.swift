// The real binary in live mode against the real sandbox, both processes in a directory of their own; the sandbox's
// book and its journal of requests judge. When a test is over everything that was written or said is searched for
// secrets.

import Foundation
import Glibc
import Testing
import TradingDomain

/// What `/_control/book` says.
struct LiveBook: Decodable {
    struct Order: Decodable {
        let orderId: String
        let clientOrderId: String
        let status: String
        let working: Bool
        let filledSize: String
        let createdTime: String
        let lastUpdateTime: String
    }
    struct Fill: Decodable {
        let clientOrderId: String
        let side: String
        let price: String
        let size: String
        let commission: String
    }
    let ordersEver: Int
    let orders: [Order]
    let fills: [Fill]

    func working(_ prefix: String) -> [Order] {
        orders.filter { $0.working && $0.clientOrderId.hasPrefix(prefix) }
    }
}

/// What came in at the sandbox.
struct LiveRequest: Decodable {
    let number: Int
    let query: String
    let method: String
    let path: String
    let body: String
    let status: Int
    let fault: String?

    var isCreate: Bool { method == "POST" && path.hasSuffix("/orders") }
    var isCancel: Bool { path.hasSuffix("/batch_cancel") }
    var isList: Bool { path.hasSuffix("/orders/historical/batch") }

    private struct Create: Decodable { let clientOrderId: String }

    /// Orders in a cancel.
    var cancelCount: Int {
        struct Cancel: Decodable { let orderIds: [String] }
        return (try? SandboxProcess.decode(Cancel.self, Data(body.utf8)))?.orderIds.count ?? 0
    }

    /// The id of a create.
    var clientOrderID: String? {
        isCreate ? (try? SandboxProcess.decode(Create.self, Data(body.utf8)))?.clientOrderId : nil
    }
}

/// One life of the trader, and all that it said.
final class LiveRun {
    let process: RunningProcess
    private var output = ""

    init(_ process: RunningProcess) { self.process = process }

    var text: String {
        output += process.read()
        return output + process.errorText
    }

    func says(_ words: String, within limit: Duration = .seconds(20)) throws {
        try eventually("it says '\(words)'", within: limit) {
            let text = self.text
            if text.contains(words) { return true }
            if let ending = process.pollEnding() {
                throw SpawnError(description: "ended without '\(words)': \(ending) \(text.suffix(2_000))")
            }
            return false
        }
    }

    func end(within limit: Duration = .seconds(20)) throws -> Ending {
        try eventually("process \(process.pid) ends", within: limit) {
            self.output += self.process.read()
            return self.process.pollEnding()
        }
    }

    func stop(within limit: Duration = .seconds(20)) throws -> Ending {
        process.send(SIGTERM)
        return try end(within: limit)
    }

    func kill() throws {
        process.send(SIGKILL)
        _ = try end()
    }
}

final class LiveArena {
    let arena: Arena
    var venue: SandboxProcess
    private(set) var runs: [LiveRun] = []
    /// A second key that the sandbox knows.
    let otherKey: String?

    var directory: String { arena.directory }

    private init(tls: Bool, twoKeys: Bool, prepare: (String) throws -> Void) throws {
        arena = try Arena()
        try prepare(arena.directory)
        otherKey = twoKeys ? try SandboxProcess.makeKey(in: arena.directory) : nil
        venue = try SandboxProcess(in: arena.directory, tls: tls, otherKey.map { [$0] } ?? [])
        try configure()
    }

    /// A test in an arena; no matter how it ends, no secret may have come out.
    static func run(
        tls: Bool = false, twoKeys: Bool = false, prepare: (String) throws -> Void = { _ in },
        _ place: SourceLocation = #_sourceLocation, _ body: (LiveArena) throws -> Void
    ) throws {
        let live = try LiveArena(tls: tls, twoKeys: twoKeys, prepare: prepare)
        defer { live.expectNoSecret(place) }
        do {
            try body(live)
        } catch {
            let said = live.runs.map { $0.text.suffix(3_000) }.joined(separator: "\n---\n")
            Issue.record("\(error)\n\(said)", sourceLocation: place)
        }
    }

    /// `orders` of a grid, so much below and above the price that only a test fills them.
    func configure(
        orders: Int = 10, key: String? = nil, portfolio: String? = nil, host: String? = nil,
        exchange: String = "",
        tokenLife: Int = 1, listLag: String = "200ms", deadline: String = "\(5 * patience)s",
        more: String = ""
    ) throws {
        let (rest, socket) =
            host.map { ("https://\($0)", "wss://\($0)") } ?? (
                "http://127.0.0.1:\(venue.port)", "ws://127.0.0.1:\(venue.port)"
            )
        try """
        mode: live
        bot: test
        interval: 100ms
        exchange:
          rest_url: \(rest)
          market_ws_url: \(socket)/ws
          user_ws_url: \(socket)/ws
          key_file: \(key ?? venue.keyFile)
          portfolio: \(portfolio ?? venue.portfolio)
          token_life: \(tokenLife * patience)s
          token_leeway: 0s
          list_lag: \(listLag)
          \(exchange)
        stop: {deadline: \(deadline)}
        strategies: [{type: grid, symbols: [BTC-USD], levels: \(orders / 2), spacing_bps: 10, size_quote: 5, recentre: 1000}]
        \(more)
        """.write(toFile: directory + "/live.yaml", atomically: true, encoding: .utf8)
    }

    // MARK: The trader

    func arguments(state: String? = nil) -> [String] {
        ["--config", directory + "/live.yaml", "--state-dir", state ?? arena.state]
    }

    func start(
        _ more: [String] = [], state: String? = nil, confirmation: String? = nil, guarded: Bool = false,
        environment: [String: String] = [:]
    ) throws -> LiveRun {
        let run = LiveRun(
            try RunningProcess(
                Arena.binary,
                ["run", "--mode", "live"] + (guarded ? [] : ["--no-guardian"]) + arguments(state: state)
                    + more,
                in: directory,
                environment: environment.merging(
                    ["TRADER247_CONFIRM_LIVE": confirmation ?? venue.portfolio]) { $1 }))
        runs.append(run)
        return run
    }

    func startWorking(
        _ orders: Int = 10, state: String? = nil, guarded: Bool = false, environment: [String: String] = [:]
    ) throws -> LiveRun {
        let run = try start(state: state, guarded: guarded, environment: environment)
        try works(run, orders)
        return run
    }

    func works(_ run: LiveRun, _ orders: Int = 10) throws {
        try eventually("\(orders) orders rest", within: .seconds(30)) {
            if let ending = run.process.pollEnding() {
                throw SpawnError(description: "ended early: \(ending) \(run.text.suffix(2_000))")
            }
            _ = run.text
            return try venue.working("test-") >= orders
        }
    }

    /// The guardian and its trader are killed together, and at least `orders` of theirs rest.
    func killBoth(_ run: LiveRun, holding orders: Int = 10) throws {
        let guarded = GuardedRun(guardian: run.process)
        let trader = try freeze(try guarded.child()) { try venue.working("test-") >= orders }
        killTogether(guardian: run.process.pid, frozen: trader)
        _ = try run.end()
        try eventually("the trader is gone") { GuardedRun.isGone(trader) }
    }

    /// A command to its end; what it says is searched for secrets, too.
    func command(_ arguments: [String], state: String? = nil) throws -> (ending: Ending, text: String) {
        let run = LiveRun(
            try RunningProcess(
                Arena.binary, arguments + self.arguments(state: state), in: directory,
                environment: ["TRADER247_CONFIRM_LIVE": venue.portfolio]))
        runs.append(run)
        let ending = try run.end(within: .seconds(40))
        return (ending, run.text)
    }

    // MARK: The sandbox

    func book() throws -> LiveBook {
        try SandboxProcess.decode(LiveBook.self, try venue.control("GET", "/book"))
    }

    func requests() throws -> [LiveRequest] {
        struct Journal: Decodable { let requests: [LiveRequest] }
        return try SandboxProcess.decode(Journal.self, try venue.control("GET", "/requests")).requests
            .filter { !$0.path.hasPrefix("/_control") }
    }

    /// Newer than ours, and none of them near the price.
    func crowd(_ product: String, _ count: Int) throws {
        try venue.control(
            "POST", "/orders",
            #"{"count":\#(count),"product":"\#(product)","price":"1000","size":"0.001","prefix":"foreign-"}"#)
    }

    /// From now on the second key belongs to another portfolio.
    /// - Returns: its id.
    func moveOtherKey() throws -> String {
        struct Key: Decodable { let name: String }
        struct Made: Decodable { let portfolioId: String }
        guard let otherKey, let data = FileManager.default.contents(atPath: otherKey) else {
            throw SpawnError(description: "there is no second key")
        }
        let name = try JSONDecoder().decode(Key.self, from: data).name
        let made = try venue.control("POST", "/portfolios", #"{"name":"other","keys":["\#(name)"]}"#)
        return try SandboxProcess.decode(Made.self, made).portfolioId
    }

    /// The position in BTC by our store, which nobody else may use meanwhile; nil without one.
    func position() throws -> Quantity? {
        struct Position: Decodable { let quantity: String }
        let said = try arena.trader247(["positions", "--json"] + arguments())
        guard said.ending == .exit(0) else { throw SpawnError(description: said.errors) }
        return try SandboxProcess.decode([Position].self, Data(said.output.utf8)).first.flatMap {
            Quantity($0.quantity)
        }
    }

    /// The position in BTC by the sandbox's fills of our orders.
    func truePosition() throws -> Quantity {
        var sum = Quantity.zero
        for fill in try book().fills where fill.clientOrderId.hasPrefix("test-") {
            guard let size = Quantity(fill.size) else { continue }
            sum = Quantity(raw: sum.raw + (fill.side == "BUY" ? size.raw : -size.raw))
        }
        return sum
    }

    func placeForeign(_ count: Int) throws {
        try venue.control(
            "POST", "/orders",
            #"{"count":\#(count),"product":"BTC-USD","side":"BUY","price":"100","step":"1","size":"0.1","prefix":"foreign-"}"#
        )
    }

    func fault(_ endpoint: String, _ action: String, _ more: String = "") throws {
        try venue.control("POST", "/faults", #"{"endpoint":"\#(endpoint)","action":"\#(action)"\#(more)}"#)
    }

    /// Every connection breaks, and every new one, until `DELETE /faults`.
    func cutVenueOff() throws {
        try fault("*", "dropBefore")
        try fault("GET /ws", "dropBefore")
        try venue.control("POST", "/sockets", #"{"action":"close_abnormal"}"#)
    }

    // MARK: What must hold

    /// Nothing of ours works, and the report says so.
    func expectClean(_ ending: Ending, _ place: SourceLocation = #_sourceLocation) throws {
        #expect(ending == .exit(0), "\(runs.last?.text.suffix(3_000) ?? "")", sourceLocation: place)
        #expect(try venue.working("test-") == 0, sourceLocation: place)
        let report = try arena.report()
        #expect(report.verdict == "clean" && report.exitCode == 0, sourceLocation: place)
        #expect(report.verifiedEmpty && report.remaining.isEmpty, sourceLocation: place)
    }

    /// Exit 0 exactly when the book holds none of ours, otherwise 3 with all of them named.
    func expectHonest(_ ending: Ending, _ place: SourceLocation = #_sourceLocation) throws {
        let left = Set(try book().working("test-").map(\.clientOrderId))
        let report = try arena.report()
        let named = Set(report.remaining.map(\.clientOrderId))
        if ending == .exit(0) {
            #expect(left.isEmpty && named.isEmpty, sourceLocation: place)
        } else {
            #expect(ending == .exit(3), sourceLocation: place)
            #expect(left.isSubset(of: named), "\(left) \(named)", sourceLocation: place)
        }
        #expect(report.elapsedMs <= 5_300, sourceLocation: place)
    }

    /// No create was sent twice, in any life.
    func expectNoIDTwice(_ place: SourceLocation = #_sourceLocation) throws {
        let ids = try requests().compactMap(\.clientOrderID)
        #expect(Set(ids).count == ids.count, "an id was sent twice", sourceLocation: place)
    }

    /// In the directory of state, logs and reports, in all that was said, and in the journal's export.
    private func expectNoSecret(_ place: SourceLocation) {
        for run in runs where run.process.pollEnding() == nil { try? run.kill() }
        var texts = runs.enumerated().map { ("run \($0)", Data($1.text.utf8)) }
        if FileManager.default.fileExists(atPath: arena.state + "/state.db"),
            let export = try? Arena.command(Arena.binary, ["journal", "export"] + arguments())
        {
            texts.append(("journal export", Data((export.output + export.errors).utf8)))
        }
        var keys: [String] = []
        for name in FileManager.default.enumerator(atPath: directory)?.compactMap({ $0 as? String }) ?? [] {
            guard let data = FileManager.default.contents(atPath: directory + "/" + name) else { continue }
            if name.hasPrefix("key-") {
                keys += String(decoding: data, as: UTF8.self).split(whereSeparator: { "\"\\\n".contains($0) })
                    .map { $0.hasPrefix("n") ? String($0.dropFirst()) : String($0) }
                    .filter { $0.count >= 16 && !$0.hasPrefix("-") && !$0.hasPrefix("organizations/") }
            } else if !name.hasPrefix("tls") {
                texts.append((name, data))
            }
        }
        #expect(!keys.isEmpty, sourceLocation: place)
        for (name, data) in texts {
            for key in keys {
                #expect(
                    data.firstRange(of: Data(key.utf8)) == nil, "a part of the key is in \(name)",
                    sourceLocation: place)
            }
            let text = String(decoding: data, as: UTF8.self)
            #expect(
                text.firstMatch(of: /eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}/) == nil,
                "a token is in \(name)", sourceLocation: place)
            #expect(
                text.range(of: "bearer ", options: .caseInsensitive) == nil, "a header is in \(name)",
                sourceLocation: place)
        }
    }
}
