// `trader247 gates`: what is open at first, and what each drill passes.

import Foundation
import Testing

@Suite struct GatesTests {
    struct Text: Decodable {
        struct Gate: Decodable {
            let name: String
            let verdict: String
            let evidence: String
            let seq: Int64?
            let todo: String?
        }
        let passed: Bool
        let gates: [Gate]

        subscript(_ name: String) -> Gate? { gates.first { $0.name == name } }
    }

    private func ask(_ arena: Arena, _ more: [String] = []) throws -> (ending: Ending, says: Text) {
        let result = try arena.trader247(
            [
                "gates", "--json", "--config", arena.directory + "/config.yaml", "--state-dir", arena.state,
                "--paper-book", arena.book,
            ] + more)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (result.ending, try decoder.decode(Text.self, from: Data(result.output.utf8)))
    }

    @Test func atFirstNothingIsPassedThatMustBeTried() throws {
        let arena = try Arena()
        let (ending, says) = try ask(arena)
        #expect(ending == .exit(1) && !says.passed)
        for name in ["paper-days", "clean-stops", "kill-drill", "halt-drill", "guardian"] {
            #expect(says[name]?.verdict == "not-known", "\(name)")
            #expect(says[name]?.todo != nil)
        }
        #expect(says["alerts"]?.verdict == "open")
        #expect(says["backup"]?.verdict == "open")
        #expect(says["state-directory"]?.verdict == "passed")
        #expect(says["clock"]?.verdict == "not-known")
        #expect(says["configuration"]?.evidence.contains("exchange.portfolio") == true)
        #expect(!FileManager.default.fileExists(atPath: arena.state), "it makes nothing")
    }

    @Test func drillsPassTheirGates() throws {
        let arena = try Arena(more: "alerts: [{type: command, name: pager, command: [/bin/true]}]")
        let store = ["--config", arena.directory + "/config.yaml", "--state-dir", arena.state]
        // Halt and resume, while it runs.
        let process = try arena.startWorking(20, guarded: true)
        #expect(try arena.trader247(["halt", "smoke"] + store).ending == .exit(0))
        #expect(try arena.trader247(["resume", "--confirm"] + store).ending == .exit(0))
        let running = try ask(arena)
        #expect(running.says["halt-drill"]?.verdict == "passed", "\(running.says.gates)")
        #expect(running.says["halt-drill"]?.seq != nil)
        #expect(running.says["guardian"]?.verdict == "passed")
        // What is told of alerts and backups by who tried them.
        #expect(try arena.trader247(["alerts", "test"] + store).ending == .exit(0))
        #expect(try arena.trader247(["backup"] + store).ending == .exit(0))
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        let (ending, says) = try ask(arena, ["--set", "gates.days=0"])
        #expect(ending == .exit(1))
        for name in ["paper-days", "clean-stops", "halt-drill", "alerts", "backup"] {
            #expect(says[name]?.verdict == "passed", "\(String(describing: says[name]))")
        }
        #expect(says["kill-drill"]?.verdict == "open")
        #expect(try ask(arena).says["paper-days"]?.todo?.contains("another 6 d") == true)
    }

    @Test func aCrashThatWasSweptPassesTheKillDrill() throws {
        let arena = try Arena()
        let process = try arena.startWorking(
            20, ["--set", "on_crash=sweep-and-exit"], guarded: true)
        // As the open gate says it.
        let pid = try arena.say("status", "--pid")
        let trader = try #require(pid_t(pid.output.dropLast()), "\(pid.output)\(pid.errors)")
        #expect(try arena.say("status", "--guardian-pid").output == "\(process.pid)\n")
        #expect(trader != process.pid)
        kill(trader, SIGKILL)
        _ = try process.end()
        let (_, says) = try ask(arena)
        #expect(says["kill-drill"]?.verdict == "passed", "\(String(describing: says["kill-drill"]))")
        #expect(says["kill-drill"]?.seq != nil)
        #expect(says["guardian"]?.verdict == "passed")
        let gone = try arena.say("status", "--pid")
        #expect(gone.ending == .exit(69) && gone.output.isEmpty, "\(gone.output)")
    }

    @Test func itIsForPeopleToo() throws {
        let arena = try Arena()
        let store = ["--state-dir", arena.state, "--config", arena.directory + "/config.yaml"]
        let text = try arena.trader247(["gates", "--offline"] + store)
        #expect(text.ending == .exit(1))
        #expect(text.output.contains("OPEN       alerts: no alert sink is configured"), "\(text.output)")
        #expect(text.output.contains("-> "))
        #expect(text.output.contains("gates are not passed; docs/going-live.md"))
        #expect(try arena.trader247(["gates", "--bogus"] + store).ending == .exit(64))
        #expect(try arena.trader247(["gates", "--set", "gates.days=40"] + store).ending == .exit(78))
    }
}
