// Operators' commands against a running bot, judged by the exchange's book.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct ControlTests {
    @Test func everyCommandIsObeyedByARunningBot() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        let status = try arena.say("status")
        #expect(status.ending == .exit(0))
        #expect(status.output.hasPrefix("trading, "))
        for probe in ["livez", "readyz", "startupz"] {
            #expect(try arena.say("probe", probe).output == "\(probe): ok\n")
        }

        // What rests stays while it is paused; with --reduce-only it goes.
        #expect(try arena.say("pause").ending == .exit(0))
        #expect(arena.status()?.lifecycle == "paused")
        #expect(arena.working > 0)
        #expect(try arena.say("pause", "--reduce-only").ending == .exit(0))
        try eventually("no order rests") {
            _ = process.read()
            return arena.working == 0
        }
        #expect(try arena.say("resume").output == "trading goes on\n")
        try eventually("orders rest again") {
            _ = process.read()
            return arena.working >= 20
        }

        let swept = try arena.say("sweep")
        #expect(swept.ending == .exit(0), "\(swept.errors)")
        #expect(swept.output.contains("swept: the exchange's list showed none"))
        try eventually("and trades on") {
            _ = process.read()
            return arena.working >= 20
        }

        let halted = try arena.say("halt", "smoke")
        #expect(halted.ending == .exit(0), "\(halted.errors)")
        #expect(halted.output.contains("proved empty"))
        #expect(arena.working == 0)
        // Alive, and not ready: nobody has to restart it.
        #expect(try arena.say("probe", "livez").ending == .exit(0))
        let unready = try arena.say("probe", "readyz")
        #expect(unready.ending == .exit(1))
        #expect(unready.errors.contains("smoke"))
        let refused = try arena.say("resume")
        #expect(refused.ending == .exit(1))
        #expect(refused.errors.contains("smoke") && refused.errors.contains("--confirm"))
        #expect(try arena.say("pause").ending == .exit(1))
        #expect(try arena.say("resume", "--confirm").ending == .exit(0))
        try eventually("orders rest once more") {
            _ = process.read()
            return arena.working >= 20
        }
        let journal = try arena.say("journal", "export")
        for word in ["pause", "resume", "sweep", "halt"] {
            #expect(journal.output.contains("\"word\":{\"\(word)\""), "\(word) is in the journal")
        }
        #expect(journal.output.contains("socket uid \(geteuid())"))
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    @Test func aStopIsDurableAndTheNextLifeWaits() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20, guarded: true)
        try arena.awaitLifecycle("trading", process)
        let stopped = try arena.say("stop")
        #expect(stopped.ending == .exit(0), "\(stopped.errors)")
        #expect(stopped.output.contains("stopped clean"))
        // The guardian leaves with it: a service manager sees a stop that was wanted.
        try arena.expectClean(try process.end(), found: 20)
        #expect(try arena.say("status").ending == .exit(69))
        #expect(try arena.say("last-stop").output.hasPrefix("stopped clean"))

        let next = try arena.start(guarded: true)
        try arena.awaitLifecycle("idle", next)
        try eventually("it is proved empty") { arena.status()?.core?.isProvedEmpty == true }
        #expect(try arena.ask("GET", "/livez").status == 200)
        #expect(try arena.ask("GET", "/startupz").status == 200)
        let ready = try arena.ask("GET", "/readyz")
        #expect(ready.status == 503 && ready.text.contains("stopped by socket"))
        #expect(arena.working == 0)
        #expect(try arena.say("resume").ending == .exit(0))
        try eventually("it trades") {
            _ = next.read()
            return arena.working >= 20
        }
        next.send(SIGTERM)
        try arena.expectClean(try next.end())
        // A signal is not durable.
        let third = try arena.startWorking(20)
        third.send(SIGTERM)
        try arena.expectClean(try third.end())
    }

    @Test func aHaltOutlivesAKill() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        #expect(try arena.say("halt").ending == .exit(0))
        process.send(SIGKILL)
        _ = try process.end()
        let next = try arena.start()
        try arena.awaitLifecycle("halted", next)
        #expect(arena.working == 0)
        next.send(SIGTERM)
        try arena.expectClean(try next.end())
    }

    @Test func aHaltFileHaltsAndItsRemovalResumesNothing() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        let file = arena.state + "/halt"
        try Data().write(to: URL(fileURLWithPath: file))
        try eventually("it is halted and empty") {
            _ = process.read()
            return arena.status()?.core?.isProvedEmpty == true
        }
        #expect(arena.working == 0)
        let refused = try arena.say("resume", "--confirm")
        #expect(refused.ending == .exit(1))
        #expect(refused.errors.contains("remove it"))
        try FileManager.default.removeItem(atPath: file)
        #expect(arena.status()?.lifecycle == "halted")
        #expect(try arena.say("resume", "--confirm").ending == .exit(0))
        try eventually("it trades") {
            _ = process.read()
            return arena.working >= 20
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end())

        // There at the start: nothing is traded at all.
        try Data().write(to: URL(fileURLWithPath: file))
        let placed = try arena.bookText().orders.count
        let next = try arena.start()
        try arena.awaitLifecycle("halted", next)
        #expect(try arena.bookText().orders.count == placed)
        next.send(SIGTERM)
        try arena.expectClean(try next.end())
    }

    @Test func withoutADaemonEveryCommandSaysSo() throws {
        let arena = try Arena()
        for words in [
            ["pause"], ["resume"], ["stop"], ["flatten"], ["reload"], ["status"], ["last-stop"], ["logs"],
            ["probe", "livez"],
        ] {
            let result = try arena.trader247(words + ["--state-dir", arena.state])
            #expect(result.ending == .exit(69), "\(words)")
            #expect(!(result.errors + result.output).isEmpty)
        }
        #expect(try arena.say("pause").errors.contains("no daemon runs here"))
        // The kill switch works all the same: on whatever starts next.
        let halt = try arena.say("halt")
        #expect(halt.ending == .exit(69))
        #expect(halt.errors.contains("the halt file"))
        let process = try arena.start()
        try arena.awaitLifecycle("halted", process)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    @Test func aFlattenClosesThePositionThenStops() throws {
        let arena = try Arena(orders: 40)
        let process = try arena.startWorking(40)
        // The simulated market comes to one of the orders.
        try eventually("something is bought or sold", within: .seconds(120)) {
            _ = process.read()
            return arena.status()?.core?.markets.contains { $0.position != "0" } ?? false
        }
        let result = try arena.say("flatten", "--slippage-bps", "500", "--then", "stop", "--timeout", "30s")
        #expect(result.ending == .exit(0), "\(result.output) \(result.errors)")
        try arena.expectClean(try process.end())
        let positions = try arena.say("positions")
        let quantity = positions.output.split(separator: "\n").last?.split(separator: " ").dropFirst().first
        #expect(quantity == "0", "\(positions.output)")
        try expectOneAttribution(arena)
        let next = try arena.start()
        try arena.awaitLifecycle("idle", next)
        next.send(SIGTERM)
        try arena.expectClean(try next.end())
    }

    /// The report says of each strategy what its books say, and nothing is open that is closed.
    private func expectOneAttribution(_ arena: Arena) throws {
        struct Line: Decodable { let strategy: String, symbol: String, netRealised: String, fees: String }
        struct Open: Decodable, Equatable { let strategy: String, symbol: String, quantity: String }
        struct Report: Decodable {
            let rows: [Line]
            let open: [Open]
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let told = try arena.say("report", "--since", "all", "--by", "strategy,symbol", "--format", "json")
        let books = try arena.say("positions", "--by-strategy", "--json")
        let report = try decoder.decode(Report.self, from: Data(told.output.utf8))
        let lines = try decoder.decode([Line].self, from: Data(books.output.utf8))
        #expect(!lines.isEmpty)
        for line in lines {
            let row = report.rows.first { $0.strategy == line.strategy && $0.symbol == line.symbol }
            #expect(row?.netRealised == line.netRealised, "\(told.output)\n\(books.output)")
            #expect(row?.fees == line.fees, "\(told.output)\n\(books.output)")
        }
        let open = try decoder.decode([Open].self, from: Data(books.output.utf8)).filter {
            $0.quantity != "0"
        }
        #expect(report.open == open, "\(told.output)\n\(books.output)")
    }

    @Test func aReloadTakesWhatItCanAllOrNothing() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20, guarded: true)
        try arena.awaitLifecycle("trading", process)
        let file = arena.directory + "/config.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        func limit(_ name: String) -> String? {
            arena.status()?.core?.limits.first { $0.name == name }?.limit
        }
        #expect(limit("working_orders") == "2000")

        try text.replacing("max_working_orders: 2000", with: "max_working_orders: 1500")
            .replacing("burst: 5000", with: "burst: 4000")
            .write(toFile: file, atomically: true, encoding: .utf8)
        process.send(SIGHUP)
        try eventually("the new limit holds") {
            _ = process.read()
            return limit("working_orders") == "1500"
        }
        let again = try arena.say("reload")
        #expect(
            again.output.contains(
                "\"needs_restart\":[{\"from\":\"5000\",\"key\":\"rate.burst\",\"to\":\"4000\"}]"))

        try text.replacing("max_working_orders: 2000", with: "max_working_orders: 1000")
            .replacing("interval: 200ms", with: "interval: soon")
            .write(toFile: file, atomically: true, encoding: .utf8)
        let refused = try arena.say("reload")
        #expect(refused.ending == .exit(1))
        #expect(refused.errors.contains("interval") && refused.errors.contains("nothing was changed"))
        #expect(limit("working_orders") == "1500")
        #expect(process.pollEnding() == nil)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    @Test func listenersSeeAStopToItsEnd() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        let listener = try RawConnection(socket: arena.socket)
        listener.send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        var seen = ""
        try eventually("the first status") {
            seen += listener.read() ?? ""
            return seen.contains("event: status")
        }
        process.send(SIGTERM)
        seen += try listener.readToEnd()
        try arena.expectClean(try process.end())
        #expect(seen.contains("event: stop\n"))
        #expect(seen.contains("\"state\":\"canceled\""))
        #expect(seen.contains("\"lifecycle\":\"stopping\""))
        let report = seen.range(of: "event: report\n").map { seen[$0.upperBound...] }
        #expect(report?.contains("\"verdict\":\"clean\"") == true)
        // It closes last: nothing is told after the report.
        #expect(report?.contains("event:") == false)
        #expect(!FileManager.default.fileExists(atPath: arena.socket))
    }

    @Test func logsFollowTheFile() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        let logs = try RunningProcess(
            Arena.binary, ["logs", "-f", "-n", "1", "--state-dir", arena.state], in: arena.directory)
        try arena.awaitLifecycle("trading", process)
        _ = try arena.say("pause")
        var text = ""
        try eventually("the pause is told") {
            text += logs.read()
            return text.contains("pause, by socket uid")
        }
        logs.send(SIGKILL)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }
}
