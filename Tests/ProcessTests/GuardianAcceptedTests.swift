// Somebody changes what the bot is configured by while its orders rest, and then its trader dies: they are swept as they
// were placed. The sandbox's book judges.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct GuardianAcceptedTests {
    private static let mistake = "mode: live\nbot: test\nrisk: {max_working_orders: many}\n"

    private func old(_ live: LiveArena) throws -> Set<String> {
        Set(try live.book().working("test-").map(\.clientOrderId))
    }

    private func rewrite(_ live: LiveArena, _ change: (String) -> String) throws {
        let file = live.directory + "/live.yaml"
        try change(try String(contentsOfFile: file, encoding: .utf8))
            .write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// The trader is killed after `harm`; none of its orders works on, and another trader places as it did.
    private func expectRecovery(
        _ live: LiveArena, orders: Int = 10, after harm: (GuardedRun) throws -> Void
    ) throws -> LiveRun {
        let run = try live.startWorking(guarded: true)
        let guarded = GuardedRun(guardian: run.process)
        let trader = try guarded.child()
        let old = try old(live)
        #expect(old.count >= 10)
        try harm(guarded)
        kill(trader, SIGKILL)
        try eventually("a new trader trades", within: .seconds(40)) {
            _ = run.text
            if let ending = run.process.pollEnding() {
                throw SpawnError(description: "the guardian left: \(ending)")
            }
            let now = try self.old(live)
            return now.count >= orders && now.isDisjoint(with: old)
        }
        return run
    }

    @Test func aMistakeInTheFileKeepsNobodyFromTheOrders() throws {
        try LiveArena.run { live in
            let run = try expectRecovery(live) { _ in try rewrite(live) { _ in Self.mistake } }
            try run.says("can't be used as it is now")
            try live.expectClean(try run.stop())
        }
    }

    @Test func aMistakeBeforeASweepThatIsTheLast() throws {
        try LiveArena.run { live in
            try live.configure(more: "on_crash: sweep-and-exit")
            let run = try live.startWorking(guarded: true)
            let trader = try GuardedRun(guardian: run.process).child()
            try rewrite(live) { _ in "[" }
            kill(trader, SIGKILL)
            #expect(try run.end() == .exit(70))
            #expect(try live.venue.working("test-") == 0)
            #expect(try live.arena.report().verdict == "clean")
        }
    }

    @Test func aFileThatIsGoneKeepsNobodyFromTheOrders() throws {
        try LiveArena.run { live in
            let run = try expectRecovery(live) { _ in unlink(live.directory + "/live.yaml") }
            try live.expectClean(try run.stop())
        }
    }

    @Test func anotherNameInTheFileIsNotTheOneThatIsSwept() throws {
        try LiveArena.run { live in
            let run = try expectRecovery(live) { _ in
                try rewrite(live) { $0.replacing("bot: test", with: "bot: other") }
            }
            try run.says("the configuration has changed since it was accepted (bot)")
            #expect(try live.book().orders.allSatisfy { $0.clientOrderId.hasPrefix("test-") })
            try live.expectClean(try run.stop())
        }
    }

    @Test func aKeyFileThatWasMovedIsNotMissed() throws {
        try LiveArena.run { live in
            let run = try expectRecovery(live) { guarded in
                #expect(rename(live.venue.keyFile, live.venue.keyFile + ".moved") == 0)
                try expectHidden(guarded, live)
            }
            try live.expectClean(try run.stop())
        }
    }

    /// The key is in no argument and no variable, and what the guardian has of it is sealed and not mapped.
    private func expectHidden(_ guarded: GuardedRun, _ live: LiveArena) throws {
        let key = try String(contentsOfFile: live.venue.keyFile + ".moved", encoding: .utf8)
        let parts: [Substring] = key.split(whereSeparator: { "\"\\\n".contains($0) })
        let lines = parts.filter { $0.count > 40 }
        #expect(!lines.isEmpty)
        for pid in [guarded.guardian.pid, try guarded.child()] {
            for name in ["cmdline", "environ"] {
                let data = FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data()
                for line in lines {
                    #expect(data.firstRange(of: Data(line.utf8)) == nil, "\(name) of \(pid)")
                }
            }
        }
        let guardian = guarded.guardian.pid
        guard geteuid() == 0 else {
            // Whoever is not root can't even look.
            return #expect(FileManager.default.contents(atPath: "/proc/\(guardian)/maps") == nil)
        }
        let maps = try String(contentsOfFile: "/proc/\(guardian)/maps", encoding: .utf8)
        #expect(!maps.contains("trader247-accepted"))
        let path = try #require(memory(of: guardian).first)
        let descriptor = open(path, O_RDWR)
        #expect(descriptor >= 0 && write(descriptor, "x", 1) == -1 && errno == EPERM)
        #expect(ftruncate(descriptor, 0) == -1)
        close(descriptor)
        #expect(memory(of: try guarded.child()).isEmpty, "a trader has read it and closed it")
    }

    private func memory(of pid: pid_t) -> [String] {
        let directory = "/proc/\(pid)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.map { directory + "/" + $0 }.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: $0))?.contains("trader247-accepted")
                ?? false
        }
    }

    @Test func aKeyThatIsRefusedIsReplacedByTheFilesOwn() throws {
        try LiveArena.run { live in
            // The venue does not know this one, so that the trader asks on; orders of an earlier life rest.
            let stranger = try SandboxProcess.makeKey(in: live.directory)
            try live.configure(key: stranger)
            try live.venue.control(
                "POST", "/orders",
                #"{"count":4,"product":"BTC-USD","side":"BUY","price":"100","step":"1","size":"0.1","prefix":"test-1-"}"#
            )
            #expect(try live.venue.working("test-") == 4)
            let run = try live.start(guarded: true)
            try run.says("asking on")
            let trader = try GuardedRun(guardian: run.process).child()
            try Data(contentsOf: URL(fileURLWithPath: live.venue.keyFile))
                .write(to: URL(fileURLWithPath: stranger))
            kill(trader, SIGKILL)
            try live.works(run)
            try run.says("going on with what")
            #expect(
                try live.book().orders.filter { $0.clientOrderId.hasPrefix("test-1-") }.allSatisfy {
                    !$0.working
                })
            // And it is what the next one has from the beginning.
            let next = try GuardedRun(guardian: run.process).child(not: trader)
            unlink(stranger)
            let before = try old(live)
            kill(next, SIGKILL)
            try eventually("the one after it trades", within: .seconds(40)) {
                _ = run.text
                let now = try self.old(live)
                return now.count >= 10 && now.isDisjoint(with: before)
            }
            try live.expectClean(try run.stop())
        }
    }

    /// The venue does not say whose a key is, and there is another one on the disk: no cancel waits for the choice.
    @Test func noCancelWaitsForTheChoiceOfAKey() throws {
        try LiveArena.run { live in
            try live.configure(more: "on_crash: sweep-and-exit")
            let run = try live.startWorking(guarded: true)
            let trader = try GuardedRun(guardian: run.process).child()
            let other = try SandboxProcess.makeKey(in: live.directory)
            try Data(contentsOf: URL(fileURLWithPath: other))
                .write(to: URL(fileURLWithPath: live.venue.keyFile))
            try live.fault("GET /key_permissions", "hangBefore")
            kill(trader, SIGKILL)
            // One attempt at one key takes as long.
            try eventually("the book is empty", within: .seconds(2)) {
                _ = run.text
                return try live.venue.working("test-") == 0
            }
            try live.venue.control("DELETE", "/faults")
            #expect(try run.end(within: .seconds(90)) == .exit(70), "\(run.text)")
        }
    }

    /// Without it the files or the defaults would say whose orders are looked for.
    @Test(arguments: ["after-crash", "exchange-only"])
    func aSweepThatLostWhatWasAcceptedRefuses(_ kind: String) throws {
        let arena = try Arena()
        // The lock that a guardian would hand down is of no interest: it refuses before.
        for accepted in ["accepted=-1,", "accepted=0,", ""] {
            let sweep = try arena.trader247(
                ["sweep"] + arena.arguments.dropFirst()
                    + ["--guarded", "lock=0,\(accepted)sweep=\(kind),limit=5000"])
            #expect(sweep.ending == .exit(78))
            #expect(sweep.errors.contains("what the guardian handed down"), "\(sweep.errors)")
        }
    }

    @Test func aReloadReplacesWhatTookEffectAndNothingElse() throws {
        try LiveArena.run { live in
            let run = try expectRecovery(live, orders: 4) { guarded in
                try rewrite(live) {
                    $0.replacing("bot: test", with: "bot: other") + "\nrisk: {max_working_orders: 4}\n"
                }
                guarded.guardian.send(SIGHUP)
                try eventually("it was reloaded") {
                    self.said(live).contains("reloaded risk.max_working_orders")
                }
                try rewrite(live) { _ in Self.mistake }
            }
            #expect(try live.venue.working("test-") == 4, "as reloaded, not as at the start")
            #expect(try live.book().orders.allSatisfy { $0.clientOrderId.hasPrefix("test-") })
            try live.expectClean(try run.stop())
        }
    }

    private func said(_ live: LiveArena) -> String {
        (try? String(contentsOfFile: live.arena.state + "/logs/trader247.log", encoding: .utf8)) ?? ""
    }

    @Test(.enabled(if: Arena.canMount, "needs to mount"))
    func aReadOnlyStateDirectoryKeepsNobodyFromTheOrders() throws {
        try LiveArena.run { live in
            let run = try live.startWorking(guarded: true)
            let trader = try GuardedRun(guardian: run.process).child()
            let state = live.arena.state
            #expect(try Arena.command("/bin/mount", ["-o", "bind,ro", state, state]).ending == .exit(0))
            defer { _ = try? Arena.command("/bin/umount", ["-l", state]) }
            kill(trader, SIGKILL)
            try eventually("the book is empty") {
                _ = run.text
                return try live.venue.working("test-") == 0
            }
            #expect(run.process.pollEnding() == nil)
            _ = try Arena.command("/bin/umount", ["-l", state])
            try live.works(run)
            try live.expectClean(try run.stop())
        }
    }

    @Test(.enabled(if: Arena.canMount, "needs to mount"))
    func aSweepByHandNeedsNoWritableDirectory() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try run.kill()
            let state = live.arena.state
            #expect(try Arena.command("/bin/mount", ["-o", "bind,ro", state, state]).ending == .exit(0))
            defer { _ = try? Arena.command("/bin/umount", ["-l", state]) }
            let sweep = try live.command(["sweep", "--exchange-only"])
            #expect(sweep.ending == .exit(4), "\(sweep.text)")
            #expect(try live.venue.working("test-") == 0)
        }
    }
}
