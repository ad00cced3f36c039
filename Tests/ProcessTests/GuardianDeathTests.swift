// Deaths that come from within, under the guardian: the instruction of a Swift trap in the midst of the trader's own
// code, and the kernel's choice when memory is short.

import Foundation
import Glibc
import Testing

/// A group of processes with little memory, of either version of control groups.
final class MemoryGroup {
    private let directory: String

    init?(bytes: Int) {
        let name = "/trader247-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        for (parent, limit) in [
            ("/sys/fs/cgroup/memory", "/memory.limit_in_bytes"), ("/sys/fs/cgroup", "/memory.max"),
        ] {
            let path = parent + name
            guard mkdir(path, 0o755) == 0 else { continue }
            if access(path + limit, W_OK) == 0,
                (try? "\(bytes)\n".write(toFile: path + limit, atomically: false, encoding: .utf8)) != nil
            {
                directory = path
                return
            }
            rmdir(path)
        }
        return nil
    }

    deinit { rmdir(directory) }

    static let canBeHad: Bool = MemoryGroup(bytes: 64 << 20) != nil

    /// What makes a shell start a program in the group.
    var prefix: [String] { ["-c", "echo $$ > \(directory)/cgroup.procs && exec \"$@\"", "sh"] }
}

@Suite(.serialized, .enabled(if: DiskShim.library != nil, "needs a C compiler")) struct GuardianDeathTests {
    /// Sets the rule while orders are being placed, so that the next record meets it; then expects the sweep, a new
    /// trader with its orders, and a clean stop.
    private func expectRecovery(_ arena: Arena, _ disk: DiskShim, _ process: RunningProcess, rule: String)
        throws
    {
        let run = GuardedRun(guardian: process)
        try eventually("the first orders rest") {
            _ = process.read()
            return arena.working > 5
        }
        let trader = try run.child()
        try disk.set(rule + "\nonce")
        try eventually("the trader is gone") { GuardedRun.isGone(trader) }
        #expect(disk.befell > 0)
        let dead = Set(try arena.bookText().orders.map(\.clientOrderId))
        try eventually("nothing of it works", within: .seconds(40)) {
            _ = process.read()
            return try arena.bookText().orders
                .allSatisfy { $0.status != "open" || !dead.contains($0.clientOrderId) }
        }
        try eventually("a new trader trades", within: .seconds(60)) {
            _ = process.read()
            return arena.working >= 100
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 100)
    }

    @Test func aTrapInTheTraderIsSwept() throws {
        let arena = try Arena(orders: 100, latency: "40ms")
        let disk = try DiskShim(arena)
        try disk.heal()
        let process = try arena.start(guarded: true, environment: disk.environment)
        try expectRecovery(arena, disk, process, rule: "write trap")
        let journal = try arena.trader247(["journal", "export"] + arena.arguments.dropFirst())
        let signals = ["the trader died of signal \(SIGILL)", "the trader died of signal \(SIGTRAP)"]
        #expect(signals.contains { journal.output.contains($0) })
    }

    @Test(.enabled(if: MemoryGroup.canBeHad, "needs a control group for memory that may be made here"))
    func whatTheKernelKillsForMemoryIsSwept() throws {
        let arena = try Arena(orders: 100, latency: "40ms")
        let disk = try DiskShim(arena)
        try disk.heal()
        let group = try #require(MemoryGroup(bytes: 384 << 20))
        let words = [Arena.binary] + arena.arguments
        let process = try RunningProcess(
            "/bin/sh", group.prefix + words, in: arena.directory, environment: disk.environment)
        try expectRecovery(arena, disk, process, rule: "write eat")
        let journal = try arena.trader247(["journal", "export"] + arena.arguments.dropFirst())
        #expect(journal.output.contains("the trader died of signal \(SIGKILL)"))
    }
}
