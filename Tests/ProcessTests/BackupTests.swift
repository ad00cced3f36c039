// A backup made while the daemon trades, and what happens when it is restored after later lives.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct BackupTests {
    private struct Line: Decodable {
        let path: String
        let rows: Int64
        let epoch: Int64
    }

    private func command(_ arena: Arena, _ words: [String], _ more: [String] = []) -> [String] {
        words + ["--config", arena.directory + "/config.yaml", "--state-dir", arena.state] + more
    }

    @Test func aRestoredBackupIsSaidAndNoIDIsUsedTwice() throws {
        let arena = try Arena(orders: 20)
        let first = try arena.startWorking(20)
        let backup = try arena.trader247(command(arena, ["backup"], ["--json"]))
        #expect(backup.ending == .exit(0), "\(backup.errors)")
        let line = try JSONDecoder().decode(Line.self, from: Data(backup.output.utf8))
        #expect(line.path.hasPrefix(arena.state + "/backups/state-"))
        #expect(line.rows > 0)
        first.send(SIGTERM)
        try arena.expectClean(try first.end(), found: 20)
        // A later life, of which the backup knows nothing.
        let second = try arena.startWorking(20)
        second.send(SIGTERM)
        try arena.expectClean(try second.end(), found: 20)
        let placed = try arena.bookText().orders.count
        for file in ["state.db", "state.db-wal", "state.db-shm"] {
            try? FileManager.default.removeItem(atPath: arena.state + "/" + file)
        }
        try FileManager.default.copyItem(atPath: line.path, toPath: arena.state + "/state.db")

        let third = try arena.startWorking(20)
        third.send(SIGTERM)
        try arena.expectClean(try third.end(), found: 20)
        let log = try String(contentsOfFile: arena.state + "/logs/trader247.log", encoding: .utf8)
        let alerts = log.split(separator: "\n").filter { $0.contains("\"store-behind\"") }
        #expect(alerts.count == 1)
        let ids = try arena.bookText().orders.map(\.clientOrderId)
        #expect(ids.count > placed)
        #expect(Set(ids).count == ids.count, "an id was used twice")
        #expect(arena.working == 0)
        let verdict = try arena.trader247(command(arena, ["journal", "verify"]))
        #expect(verdict.ending == .exit(0), "\(verdict.errors)")
    }

    @Test func theJournalIsPrunedOnlyWithoutADaemon() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        let prune = command(arena, ["journal", "prune"], ["--keep", "0m"])
        #expect(try arena.trader247(prune).ending == .exit(75))
        #expect(try arena.trader247(prune + ["--dry-run"]).output.contains("would remove"))
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
        let result = try arena.trader247(prune)
        #expect(result.ending == .exit(0), "\(result.errors)")
        #expect(result.output.contains("the journal begins after row"))
        let verdict = try arena.trader247(command(arena, ["journal", "verify"]))
        #expect(verdict.output.contains("after the anchor"))
        let again = try arena.startWorking(20)
        again.send(SIGTERM)
        try arena.expectClean(try again.end(), found: 20)
        #expect(
            try arena.trader247(command(arena, ["journal", "prune"], ["--keep", "soon"])).ending == .exit(64))
    }
}
