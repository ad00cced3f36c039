// Strategies that are programs of their own, under the real binary: they trade, they fail in every way, and nothing of
// them stays: no order at the exchange, no process on this machine.

import Daemon
import Foundation
import Glibc
import Testing

@Suite(.serialized) struct ExternalStrategyTests {
    struct Strategy: Decodable {
        struct Program: Decodable {
            let state: String
            let pid: Int32?
            let starts: Int
            let answers: Int
            let failures: Int
            let lastFailure: String?
        }
        let name: String
        let state: String
        let workingOrders: Int
        let reason: String?
        let program: Program?
    }

    /// A program in the shell's language: writes down its pid, then answers each view, whose number is `n`.
    private static func script(_ deeds: String = "", first: String = "") -> String {
        #"""
        \#(first)
        echo $$ >> "$1/pids"
        order='{"symbol":"BTC-USD","side":"buy","type":"limit","price":"40000","quantity":"0.001"}'
        read -r hello
        while read -r view; do
          n=${view##*\"n\":}
          n=${n%%,*}
          \#(deeds)
          echo "{\"type\":\"want\",\"n\":$n,\"orders\":[$order]}"
        done
        """#
    }

    /// Says a memory of so many levels.
    private static func nesting(_ levels: Int) -> String {
        #"[ "$n" -lt 4 ] || printf '{"type":"keep","n":%s,"memory":%s%s}\n' $n "#
            + #""$(yes '[' | head -n \#(levels) | tr -d '\n')" "$(yes ']' | head -n \#(levels) | tr -d '\n')""#
    }

    /// The program beside a grid of ten orders on another market.
    private func arena(
        _ script: String, _ more: String = "restarts: 2, restarts_within: 10m", within: String = "1s"
    ) throws -> Arena {
        let arena = try Arena()
        try script.write(toFile: arena.directory + "/program.sh", atomically: true, encoding: .utf8)
        try write(
            arena,
            "command: [/bin/sh, \(arena.directory)/program.sh, \(arena.directory)], answer_within: \(within), \(more)"
        )
        return arena
    }

    private func write(_ arena: Arena, _ external: String) throws {
        try """
        bot: test
        interval: 200ms
        strategies:
          - {type: external, name: outside, symbols: [BTC-USD], \(external)}
          - {type: grid, name: inside, symbols: [ETH-USD], levels: 5, spacing_bps: 7, size_quote: 5, recentre: 1000}
        risk: {price_collar_bps: 9999}
        paper:
          latency: 4ms
          rate_limit: none
          balances: {USD: 100000, BTC: 10, ETH: 100}
        """.write(toFile: arena.directory + "/config.yaml", atomically: true, encoding: .utf8)
    }

    private func strategies(_ arena: Arena) -> (outside: Strategy, inside: Strategy)? {
        guard let result = try? arena.say("strategy", "list", "--json"), result.ending == .exit(0) else {
            return nil
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let list = try? decoder.decode([Strategy].self, from: Data(result.output.utf8)), list.count == 2
        else { return nil }
        return (list[0], list[1])
    }

    private func awaitStrategies(
        _ what: String, _ arena: Arena, _ process: RunningProcess, within limit: Duration = .seconds(40),
        _ fact: ((outside: Strategy, inside: Strategy)) -> Bool
    ) throws {
        try eventually(what, within: limit) {
            _ = process.read()
            if let ending = process.pollEnding() {
                throw SpawnError(description: "ended early: \(ending) \(process.errorText)")
            }
            guard let found = self.strategies(arena) else { return false }
            return fact(found)
        }
    }

    private func pids(_ arena: Arena) -> [pid_t] {
        let text = (try? String(contentsOfFile: arena.directory + "/pids", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { pid_t($0) }
    }

    private func expectNoProgram(_ arena: Arena, _ place: SourceLocation = #_sourceLocation) throws {
        let all = pids(arena)
        #expect(!all.isEmpty, sourceLocation: place)
        try eventually("no program is left of \(all)") { all.allSatisfy { !self.isAlive($0) } }
    }

    /// A zombie whose parent is gone is buried by whoever inherits it, sooner or later.
    private func isAlive(_ pid: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return false }
        return !["Z", "X"].contains(text[text.index(after: end)...].split(separator: " ").first)
    }

    private func stopClean(_ arena: Arena, _ process: RunningProcess) throws {
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        try expectNoProgram(arena)
    }

    // MARK: -

    @Test func tradesBesideAnotherAndLeavesNothing() throws {
        let arena = try arena(Self.script())
        let process = try arena.start(environment: [
            "TRADER247_API_KEY_NAME": "name", "TRADER247_API_PRIVATE_KEY": "s3cret", "OTHER": "secret",
        ])
        try awaitStrategies("it has an order and answers", arena, process) { outside, inside in
            outside.workingOrders == 1 && inside.workingOrders == 10 && outside.program?.state == "running"
                && (outside.program?.answers ?? 0) > 3
        }
        let pid = try #require(strategies(arena)?.outside.program?.pid)
        #expect(pids(arena) == [pid])
        // Nothing of our own environment but what is said, none of our descriptors.
        let environment = try String(contentsOfFile: "/proc/\(pid)/environ", encoding: .utf8)
        #expect(
            environment.contains("PATH=") && !environment.contains("secret")
                && !environment.contains("s3cret"))
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
        #expect(open.compactMap(Int.init).filter { $0 < 10 }.sorted() == [0, 1, 2])
        let table = try arena.say("strategy", "list").output
        #expect(table.contains("program of outside: running, pid \(pid)"), "\(table)")
        try stopClean(arena, process)
    }

    @Test func oneThatEndsIsStartedAgainAndHaltedAfterTooManyFailuresAndResumed() throws {
        let arena = try arena(
            Self.script(#"[ -f "$1/good" ] || [ "$n" -lt 4 ] || { echo 'no more money' >&2; exit 3; }"#))
        let process = try arena.start()
        try awaitStrategies("it is halted, the other one goes on", arena, process) { outside, inside in
            outside.state == "halted" && outside.workingOrders == 0 && inside.workingOrders == 10
        }
        let found = try #require(strategies(arena)?.outside)
        #expect(found.reason?.contains("programFailed") == true)
        #expect(found.reason?.contains("it ended with exit code 3; its last words: no more money") == true)
        #expect(found.program?.starts == 3 && pids(arena).count == 3)
        let journal = try arena.say("journal", "export").output
        #expect(journal.contains("strategy-failed") && journal.contains("strategy-halted"))
        try "".write(toFile: arena.directory + "/good", atomically: true, encoding: .utf8)
        #expect(try arena.say("strategy", "resume", "outside").output == "outside trades\n")
        try awaitStrategies("it trades again", arena, process) { outside, _ in
            outside.state == "trading" && outside.workingOrders == 1 && outside.program?.failures == 0
        }
        try stopClean(arena, process)
    }

    @Test(arguments: [
        (#"[ "$n" -lt 4 ] || sleep 1000"#, "it did not answer view 4 within 1.0 seconds"),
        (
            #"[ "$n" -lt 4 ] || echo 'Traceback (most recent call last)'"#,
            "it said a line that is no JSON: 'Traceback"
        ),
        (#"[ "$n" -lt 4 ] || echo '{"type":"keep","n":3}'"#, "it answered view 3, was shown view 4"),
        (#"[ "$n" -lt 4 ] || echo "{\"type\":\"keep\",\"n\":$n}""#, "and none was asked"),
        (
            #"[ "$n" -lt 4 ] || order='{"symbol":"ETH-USD","side":"buy","type":"market","quantity":"1"}'"#,
            "it wants an order in ETH-USD, which is none of its markets"
        ),
        (
            #"[ "$n" -lt 4 ] || { head -c 600000 /dev/zero | tr '\0' x; sleep 1000; }"#,
            "it said a line of more than 524288 bytes"
        ),
        (#"[ "$n" -lt 4 ] || exec 1>&- "#, "did not answer view"),
        (nesting(500), "it said a line of JSON that nests deeper than 64 levels"),
        (nesting(100_000), "it said a line of JSON that nests deeper than 64 levels"),
        (
            #"[ "$n" -lt 4 ] || printf '{"type":"keep","n":%s,"memory":[0%s]}\n' $n "$(yes ,0 | head -n 99999 | tr -d '\n')""#,
            "its memory has 200"
        ),
        (
            #"[ "$n" -lt 4 ] || printf '{"type":"want","n":%s,"orders":[0%s]}\n' $n "$(yes ,0 | head -n 99999 | tr -d '\n')""#,
            "it said a line with 100000 orders, at most 1000 are allowed"
        ),
    ])
    func whatItDoesWrongTakesItsOrdersAway(_ deed: String, _ words: String) throws {
        // What is long takes a shell its time.
        let isLong = deed.contains("yes ")
        let arena = try arena(Self.script(deed), "restarts: 0", within: isLong ? "30s" : "1s")
        let process = try arena.start()
        try awaitStrategies("it is halted, the other one goes on", arena, process) { outside, inside in
            outside.state == "halted" && outside.workingOrders == 0 && inside.workingOrders == 10
                && outside.program?.state == "off"
        }
        #expect(strategies(arena)?.outside.reason?.contains(words) == true, "\(strategies(arena)!)")
        try expectNoProgram(arena)
        try stopClean(arena, process)
    }

    /// The note of a life that died while an answer of the program was handled.
    private func die(_ arena: Arena, _ process: RunningProcess) throws {
        process.send(SIGKILL)
        _ = try process.end()
        var note = Array("0outside\ninside\n".utf8)
        note += [UInt8](repeating: 0, count: 8_192 - note.count)
        note[8_192 - 256] = 1
        try Data(note).write(to: URL(fileURLWithPath: #require(CrashNote.path(for: arena.state))))
    }

    @Test func oneWhoseAnswersTwoLivesDiedOfIsHaltedAndTheOtherGoesOn() throws {
        let arena = try arena(Self.script())
        for _ in 0..<2 {
            let process = try arena.start()
            try awaitStrategies("both trade", arena, process) { outside, inside in
                outside.workingOrders == 1 && inside.workingOrders == 10
            }
            try die(arena, process)
        }
        let process = try arena.start()
        try awaitStrategies("it is halted, the other one goes on", arena, process) { outside, inside in
            outside.state == "halted" && outside.workingOrders == 0 && inside.workingOrders == 10
        }
        #expect(strategies(arena)?.outside.reason?.contains("twice in a row") == true)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    /// Seconds of processor that a process has taken.
    private func processorTime(_ pid: pid_t) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let end = try #require(text.lastIndex(of: ")"))
        let fields = text[text.index(after: end)...].split(separator: " ")
        let ticks = (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// It is read as much as a second allows, and waits for the rest itself.
    @Test(arguments: [
        "yes 'what a day' >&2 &", "yes '' >&2 &", "yes '' &",
        #"yes '{"type":"log","level":"debug","message":"what a day"}' &"#,
    ])
    func aFloodCostsTheProgramItsTimeAndNotTheBot(_ flood: String) throws {
        let arena = try arena(Self.script(first: flood), within: "1m")
        let process = try arena.start()
        try awaitStrategies("it answers all the same", arena, process, within: .seconds(90)) { outside, _ in
            (outside.program?.answers ?? 0) > 0
        }
        let (began, before) = (ContinuousClock.now, try processorTime(process.pid))
        try awaitStrategies("time passes", arena, process) { _, inside in
            inside.workingOrders == 10 && ContinuousClock.now - began > .seconds(2)
        }
        let took = try processorTime(process.pid) - before
        let passed = Double((ContinuousClock.now - began) / .seconds(1))
        // Without a bound a core is busy all the time. (Without optimization a line costs several times what it should.)
        #expect(took < passed * 0.85, "\(took) s of processor in \(passed) s")
        try stopClean(arena, process)
    }

    @Test func aProgramThatIsNotThereIsAFailureLikeAnyOther() throws {
        let arena = try Arena()
        try write(arena, "command: [no-such-program], restarts: 0")
        let process = try arena.start()
        try awaitStrategies("it is halted, the other one goes on", arena, process) { outside, inside in
            outside.state == "halted" && inside.workingOrders == 10
        }
        #expect(
            strategies(arena)?.outside.reason?.contains("there is no program 'no-such-program' in PATH")
                == true)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    @Test func oneThatIgnoresSignalsHoldsUpNoStop() throws {
        let arena = try arena(Self.script(first: "trap '' TERM HUP INT"))
        let process = try arena.start()
        try awaitStrategies("it has an order", arena, process) { outside, _ in outside.workingOrders == 1 }
        let began = ContinuousClock.now
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        #expect(try arena.report().elapsedMs < 1_000 * Int64(patience))
        #expect(ContinuousClock.now - began < .seconds(5) * patience)
        try expectNoProgram(arena)
    }

    @Test(arguments: [false, true]) func itDiesWithTheTrader(_ ignoresSignals: Bool) throws {
        let arena = try arena(Self.script(first: ignoresSignals ? "trap '' TERM HUP INT PIPE" : ""))
        let process = try arena.start()
        try awaitStrategies("it has an order", arena, process) { outside, _ in outside.workingOrders == 1 }
        process.send(SIGKILL)
        #expect(try process.end() == .signal(SIGKILL))
        try expectNoProgram(arena)
        #expect(arena.working > 0)
        #expect(try arena.trader247(["sweep"] + Array(arena.arguments.dropFirst())).ending == .exit(0))
    }

    @Test func oneThatIsSwitchedOffHasNoProgram() throws {
        let arena = try arena(Self.script())
        let process = try arena.start()
        try awaitStrategies("it has an order", arena, process) { outside, _ in outside.workingOrders == 1 }
        #expect(try arena.say("strategy", "disable", "outside").ending == .exit(0))
        try awaitStrategies("it has none, and no program", arena, process) { outside, inside in
            outside.workingOrders == 0 && outside.program?.state == "off" && inside.workingOrders == 10
        }
        try expectNoProgram(arena)
        #expect(try arena.say("strategy", "enable", "outside").ending == .exit(0))
        try awaitStrategies("it has an order again", arena, process) { outside, _ in
            outside.workingOrders == 1 && outside.program?.failures == 0
        }
        try stopClean(arena, process)
    }

    // MARK: The example

    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let python: String? =
        ["/usr/bin/python3", "/usr/local/bin/python3", "/usr/local/sbin/python3"]
        .first { access($0, X_OK) == 0 } ?? pythonOnPath()

    private static func pythonOnPath() -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/python3" }
            .first { access($0, X_OK) == 0 }
    }

    @Test(.enabled(if: python != nil, "there is no python3 here")) func theExampleTradesAndRemembers() throws
    {
        let arena = try Arena()
        try write(
            arena,
            "command: [python3, \(Self.repository)/examples/python/ema_cross.py], "
                + "settings: {fast: 2, slow: 5, quote_per_market: 250}")
        var process = try arena.start(["--record", arena.directory + "/run.jsonl"])
        try awaitStrategies("it trades", arena, process) { outside, _ in (outside.program?.answers ?? 0) > 5 }
        func orders() throws -> String { try arena.say("orders", "--all", "--json").output }
        try eventually("it has bought, or sold again", within: .seconds(60)) {
            _ = process.read()
            return try orders().contains("\"strategy\":\"outside\"")
        }
        #expect(strategies(arena)?.outside.program?.failures == 0)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        // What it answered is in the recording: no program is needed to decide on it again.
        try FileManager.default.createDirectory(
            atPath: arena.directory + "/elsewhere", withIntermediateDirectories: true)
        let replayed = try Arena.command(
            Arena.binary, ["replay-journal", arena.directory + "/run.jsonl"], arena.directory + "/elsewhere",
            environment: ["PATH": "/nowhere"])
        #expect(replayed.ending == .exit(0) && replayed.output.hasPrefix("equal"), "\(replayed)")
        #expect(try arena.say("journal", "export").output.contains("\"strategyMemory\""))
        process = try arena.start()
        try awaitStrategies("it goes on", arena, process) { outside, _ in (outside.program?.answers ?? 0) > 2
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    // MARK: Backtests

    /// A price that falls and rises by turns, a trade a second.
    private static func trades(_ count: Int = 900) -> String {
        var text = "time,trade_id,side,price,size\n"
        for index in 0..<count {
            let wave = abs(index % 240 - 120) * 2
            let time = String(format: "2026-03-01T12:%02d:%02d.000Z", index / 60, index % 60)
            text += "\(time),\(index + 1),\(index % 2 == 0 ? "sell" : "buy"),\(60_000 - wave).5,0.4\n"
        }
        return text
    }

    private func backtest(_ arena: Arena, _ output: String) throws -> (
        ending: Ending, output: String, errors: String
    ) {
        try Self.trades().write(
            toFile: arena.directory + "/btc-usd-trades.csv", atomically: true, encoding: .utf8)
        return try arena.trader247([
            "backtest", "--config", arena.directory + "/config.yaml", "--strategy", "outside", "--data",
            arena.directory + "/btc-usd-trades.csv", "--set", "interval=5s", "--output",
            arena.directory + "/" + output,
        ])
    }

    @Test(.enabled(if: python != nil, "there is no python3 here"))
    func aBacktestIsInStepWithItAndTheSameEachTime() throws {
        let arena = try Arena()
        try write(
            arena,
            "command: [python3, \(Self.repository)/examples/python/ema_cross.py], settings: {fast: 2, slow: 5}"
        )
        var reports: [String] = []
        for name in ["one.json", "two.json"] {
            let result = try backtest(arena, name)
            #expect(result.ending == .exit(0), "\(result.errors)")
            reports.append(try String(contentsOfFile: arena.directory + "/" + name, encoding: .utf8))
        }
        #expect(reports[0] == reports[1])
        #expect(reports[0].contains("\"side\" : \"buy\"") && reports[0].contains("\"side\" : \"sell\""))
    }

    @Test func aProgramThatFailsEndsTheBacktest() throws {
        let arena = try arena(Self.script(#"[ "$n" -lt 20 ] || { echo 'no more money' >&2; exit 3; }"#))
        let result = try backtest(arena, "report.json")
        #expect(result.ending == .exit(78))
        #expect(
            result.errors.contains(
                "the program of strategy outside failed: it ended with exit code 3; its last words: no more money"
            ),
            "\(result.errors)")
        try expectNoProgram(arena)
    }
}
