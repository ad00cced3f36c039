// Disks that fail. The book lies on a healthy one: an exchange does not share our disk.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct DiskTests {
    /// Nothing is traded on a store that cannot be read, and what is left at the exchange is canceled.
    @Test func aCorruptDatabaseIsSweptByClientOrderID() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        try freeze(process.pid) { arena.working >= 20 }
        process.send(SIGKILL)
        _ = try process.end()
        try Data(repeating: 0x5A, count: 8_192).write(to: URL(fileURLWithPath: arena.state + "/state.db"))
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: arena.state + "/state.db" + suffix)
        }
        let before = try arena.bookText()
        #expect(before.working >= 20)
        let next = try arena.start()
        #expect(try next.end() == .exit(4))
        let after = try arena.bookText()
        #expect(after.working == 0)
        #expect(after.orders.count == before.orders.count)
        let report = try arena.report()
        #expect(report.verdict == "state-not-flushed")
        #expect(report.verifiedEmpty && !report.stateFlushed)
        #expect(next.errorText.contains("ALERT store-unreadable"))
    }

    @Test(.enabled(if: Arena.canMount, "needs the right to mount")) func theStatesDiskIsFull() throws {
        let arena = try Arena()
        _ = try arena.mount(["-t", "tmpfs", "-o", "size=6m", "tmpfs"], at: "state")
        let process = try arena.startWorking(20)
        let filler = open(arena.state + "/filler", O_WRONLY | O_CREAT, 0o600)
        let block = [UInt8](repeating: 1, count: 4_096)
        while write(filler, block, block.count) > 0 {}
        close(filler)
        // The next thing to be stored fails, and that stops it; a signal makes sure that there is one.
        process.send(SIGTERM)
        #expect(try process.end() == .exit(4))
        #expect(try arena.bookText().working == 0)
    }

    @Test(.enabled(if: Arena.canMount, "needs the right to mount")) func theStatesDiskIsReadOnly() throws {
        let arena = try Arena()
        _ = try arena.mount(["-t", "tmpfs", "-o", "size=1m,ro", "tmpfs"], at: "state")
        let process = try arena.start()
        #expect(try process.end() == .exit(78))
        #expect(process.errorText.contains(arena.state))
        #expect(!FileManager.default.fileExists(atPath: arena.book))
    }

    @Test(.enabled(if: Arena.canMount, "needs the right to mount")) func theStatesDiskHangs() throws {
        let arena = try Arena()
        let image = arena.directory + "/disk.img"
        _ = try Arena.command("/usr/bin/truncate", ["-s", "64M", image])
        guard try Arena.command("/sbin/mkfs.ext4", ["-q", image]).ending == .exit(0) else {
            throw SpawnError(description: "no file system")
        }
        let point = try arena.mount(["-o", "loop"] + [image], at: "state")
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        let cycles = try #require(arena.status()?.core?.cycles)
        let frozen = try Arena.command("/sbin/fsfreeze", ["-f", point]).ending == .exit(0)
        #expect(frozen)
        defer { _ = try? Arena.command("/sbin/fsfreeze", ["-u", point]) }
        // The loop waits for no disk: it goes on deciding.
        try eventually("three decisions more") { (arena.status()?.core?.cycles ?? 0) > cycles + 3 }
        process.send(SIGTERM)
        try eventually("no order of ours is left", within: .seconds(10)) {
            _ = process.read()
            return arena.working == 0
        }
        // The last words come by the deadline, on stderr, because no file can be written.
        try eventually("the last words", within: .seconds(12)) {
            _ = process.read()
            return process.errorText.contains(#""state_flushed""#)
        }
        // The kernel keeps a process whose thread waits for a frozen file system until that thaws.
        _ = try Arena.command("/sbin/fsfreeze", ["-u", point])
        #expect(try process.end(within: .seconds(5)) == .exit(4))
    }
}
