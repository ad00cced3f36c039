// `trader247 sweep`: cleans an account that no daemon looks after, or refuses.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct SweepTests {
    /// The arguments of a sweep of the arena's account, by its own bot or another one.
    private func sweep(_ arena: Arena, bot: String? = nil) -> [String] {
        guard let bot else { return ["sweep"] + arena.arguments.dropFirst() }
        return [
            "sweep", "--config", arena.directory + "/config.yaml", "--set", "bot=\(bot)", "--state-dir",
            arena.directory + "/state-\(bot)", "--paper-book", arena.book,
        ]
    }

    private func killed(_ orders: Int) throws -> Arena {
        let arena = try Arena(orders: orders)
        let process = try arena.startWorking(orders)
        process.send(SIGKILL)
        _ = try process.end()
        #expect(arena.working >= orders)
        return arena
    }

    @Test func whatAKilledTraderLeftIsCanceledAndProved() throws {
        let arena = try killed(20)
        let placed = try arena.bookText().orders.count
        let result = try arena.trader247(sweep(arena))
        try arena.expectClean(result.ending, found: 20)
        #expect(try arena.report().reason == "sweep")
        #expect(try arena.bookText().orders.count == placed, "a sweep places nothing")
        // And once more: nothing to do is clean, too.
        try arena.expectClean(try arena.trader247(sweep(arena)).ending)
    }

    /// One that leaves the store alone is for a trader that is gone: it needs the locks.
    @Test func aRunningTraderIsLeftAlone() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        let result = try arena.trader247(sweep(arena) + ["--exchange-only"])
        #expect(result.ending == .exit(75))
        #expect(result.errors.contains("pid \(process.pid)"))
        #expect(arena.working >= 20)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
    }

    @Test func ordersOfOthersAreLeftAlone() throws {
        let arena = try killed(20)
        #expect(try arena.trader247(sweep(arena, bot: "other")).ending == .exit(0))
        #expect(arena.working >= 20)
    }

    @Test func allNeedsConfirmation() throws {
        let arena = try killed(20)
        let command = sweep(arena, bot: "other") + ["--all"]
        let refused = try arena.trader247(command)
        #expect(refused.ending == .exit(78))
        #expect(refused.errors.contains("--yes"))
        #expect(arena.working >= 20)
        #expect(try arena.trader247(command + ["--yes"]).ending == .exit(0))
        #expect(arena.working == 0)
        #expect(try arena.trader247(sweep(arena) + ["--yes"]).ending == .exit(64))
    }

    @Test func allIsConfirmedAtATerminal() throws {
        let arena = try killed(20)
        func answer(_ words: String) throws -> (ending: Ending, text: String) {
            let process = try RunningProcess(
                Arena.binary, sweep(arena, bot: "other") + ["--all"], in: arena.directory, terminal: .own)
            var text = ""
            try eventually("it asks") {
                text += process.read()
                return text.contains("Type `sweep all`")
            }
            process.type(words)
            let ending = try eventually("it ends") {
                text += process.read()
                return process.pollEnding()
            }
            return (ending, text + process.read())
        }
        let mistyped = try answer("sweep\n")
        #expect(mistyped.ending == .exit(78))
        #expect(mistyped.text.contains("EVERY working order"))
        #expect(try answer("\u{3}").ending == .exit(78))
        #expect(arena.working >= 20)
        #expect(try answer("sweep all\n").ending == .exit(0))
        #expect(arena.working == 0)
    }
}
