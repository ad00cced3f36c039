// Disks that fail under the real binary and SQLite, call by call: whatever the disk does, the account is left empty,
// the exit code says what is not on disk, and the next start finds a store that it can read.

import Foundation
import Glibc
import Testing

@Suite(.serialized, .enabled(if: DiskShim.library != nil, "needs a C compiler")) struct DiskShimTests {
    /// A bot whose disk fails when told to, with its orders at the exchange.
    private func begin(_ more: String = "") throws -> (Arena, DiskShim, RunningProcess) {
        let arena = try Arena(more: more)
        let disk = try DiskShim(arena)
        try disk.heal()
        let process = try arena.start(environment: disk.environment)
        try eventually("20 orders rest", within: .seconds(40)) {
            _ = process.read()
            if let ending = process.pollEnding() {
                throw SpawnError(description: "ended early: \(ending) \(process.errorText)")
            }
            return arena.working >= 20
        }
        return (arena, disk, process)
    }

    /// With the disk well again: the journal is intact, and the next life starts, trades and stops clean.
    private func expectRecovery(_ arena: Arena, _ place: SourceLocation = #_sourceLocation) throws {
        let options = Array(arena.arguments.dropFirst())
        let verified = try arena.trader247(["journal", "verify"] + options)
        #expect(verified.ending == .exit(0), "\(verified.output) \(verified.errors)", sourceLocation: place)
        let next = try arena.startWorking(20)
        next.send(SIGTERM)
        try arena.expectClean(try next.end(), found: 20, place)
        let again = try arena.trader247(["journal", "verify"] + options)
        #expect(again.ending == .exit(0), "\(again.output) \(again.errors)", sourceLocation: place)
    }

    /// The disk fails while nobody asks for anything but the stop.
    @Test(arguments: [
        "sync EIO", "write EIO", "write ENOSPC", "write torn", "write torn\nonly -wal", "write EIO\nsync EIO",
    ])
    func theDiskFailsDuringTheStop(rules: String) throws {
        let (arena, disk, process) = try begin()
        try disk.set(rules)
        process.send(SIGTERM)
        let ending = try process.end()
        #expect(ending == .exit(4), "\(process.errorText.suffix(400))")
        #expect(disk.befell > 0)
        #expect(try arena.bookText().working == 0)
        // Where the disk takes no report either, it goes to stderr.
        let verdict = "state-not-flushed"
        #expect(process.errorText.contains(verdict) || (try? arena.report())?.verdict == verdict)
        try disk.heal()
        try expectRecovery(arena)
    }

    /// Nobody asks for a stop: the first record that can't be stored is the reason for one.
    @Test(arguments: ["sync EIO", "write ENOSPC", "write torn"])
    func theDiskFailsWhileTrading(rules: String) throws {
        let arena = try Arena(orders: 200, latency: "40ms")
        let disk = try DiskShim(arena)
        try disk.heal()
        let process = try arena.start(environment: disk.environment)
        try eventually("the first order rests") {
            _ = process.read()
            return arena.working > 0
        }
        // Answers of the other placements come after this, and each is a record.
        try disk.set(rules)
        let ending = try process.end(within: .seconds(40))
        #expect(ending == .exit(4), "\(process.errorText.suffix(400))")
        #expect(disk.befell > 0)
        #expect(try arena.bookText().working == 0)
        try disk.heal()
        try expectRecovery(arena)
    }

    /// A call that never returns: orders are canceled without the disk, and the exit is not late.
    @Test(arguments: ["sync hang", "write hang"])
    func theDiskHangsDuringTheStop(rules: String) throws {
        let (arena, disk, process) = try begin("stop: {deadline: 4s}")
        try disk.set(rules)
        process.send(SIGTERM)
        let started = ContinuousClock.now
        let ending = try process.end()
        #expect(ContinuousClock.now - started < .seconds(6))
        #expect(ending == .exit(4), "\(process.errorText.suffix(400))")
        #expect(disk.befell > 0)
        #expect(try arena.bookText().working == 0)
        try disk.heal()
        try expectRecovery(arena)
    }

    /// Slow, short and lying disks are met without a word: nothing was lost while the machine is up.
    @Test(arguments: ["sync delay 100", "write short", "sync lie"])
    func theDiskIsSlowShortOrLies(rules: String) throws {
        let (arena, disk, process) = try begin()
        try disk.set(rules)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
        #expect(disk.befell > 0)
        try disk.heal()
        try expectRecovery(arena)
    }
}
