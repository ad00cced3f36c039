// The real binary under its guardian, on paper: who dies, who notices, and what the exchange's book says then.

import Foundation
import Glibc
import Testing

/// A run under a guardian, and the processes that it has started.
struct GuardedRun {
    let guardian: RunningProcess

    /// Its child, once there is one that is not `other`.
    func child(not other: pid_t = 0) throws -> pid_t {
        try eventually("the guardian has a child") { Self.children(guardian.pid).first { $0 != other } }
    }

    static func children(_ pid: pid_t) -> [pid_t] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    static func isGone(_ pid: pid_t) -> Bool { kill(pid, 0) != 0 && errno == ESRCH }

    static func words(_ pid: pid_t) -> String {
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        return String(decoding: data.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }
}

@Suite(.serialized) struct GuardianTests {
    private func begin(_ arena: Arena, _ more: [String] = [], orders: Int = 20) throws -> GuardedRun {
        GuardedRun(guardian: try arena.startWorking(orders, more, guarded: true))
    }

    private func working(_ arena: Arena) throws -> Set<String> {
        Set(try arena.bookText().orders.filter { $0.status == "open" }.map(\.clientOrderId))
    }

    /// A trader other than this one trades, and none of these orders works any more.
    private func recovered(_ arena: Arena, _ run: GuardedRun, from dead: pid_t, _ old: Set<String>) throws
        -> pid_t
    {
        let next: pid_t = try eventually("a new trader trades") {
            _ = run.guardian.read()
            // One look: between two of them everything may have been canceled.
            let now = try working(arena)
            guard let pid = GuardedRun.children(run.guardian.pid).first, pid != dead,
                GuardedRun.words(pid).contains("--guarded lifeline="), now.count >= 20,
                now.isDisjoint(with: old)
            else { return nil }
            return pid
        }
        return next
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
    func aSignalToTheGuardianStopsClean(signal: Int32) throws {
        let arena = try Arena()
        let run = try begin(arena)
        let trader = try run.child()
        run.guardian.send(signal)
        try arena.expectClean(try run.guardian.end(), found: 20)
        #expect(GuardedRun.isGone(trader))
    }

    @Test(arguments: [SIGKILL, SIGILL, SIGSEGV])
    func aDeadTraderIsSweptAndStartedAgain(signal: Int32) throws {
        let arena = try Arena()
        let run = try begin(arena)
        let trader = try run.child()
        let old = try working(arena)
        #expect(old.count >= 20)
        kill(trader, signal)
        let next = try recovered(arena, run, from: trader, old)
        // Of the sweep: its report made room for the next life's.
        let reports = try FileManager.default.contentsOfDirectory(atPath: arena.state + "/reports")
        let texts = try reports.map {
            try String(contentsOfFile: arena.state + "/reports/" + $0, encoding: .utf8)
        }
        #expect(texts.contains { $0.contains("sweep after a crash: the trader died of signal \(signal)") })
        let journal = try arena.trader247(["journal", "export"] + arena.arguments.dropFirst())
        #expect(journal.output.contains(#""name":"crash""#))
        run.guardian.send(SIGTERM)
        try arena.expectClean(try run.guardian.end(), found: 20)
        #expect(GuardedRun.isGone(next))
    }

    @Test func aTraderWhoseGuardianDiesStopsClean() throws {
        let arena = try Arena()
        let run = try begin(arena)
        let trader = try run.child()
        run.guardian.send(SIGKILL)
        _ = try run.guardian.end()
        try eventually("the trader is gone") { GuardedRun.isGone(trader) }
        #expect(arena.working == 0)
        let report = try arena.report()
        #expect(report.reason == "the guardian died" && report.verdict == "clean" && report.ordersFound >= 20)
        #expect(report.exitCode == 70, "nobody asked for it")
    }

    @Test func whenBothDieTheNextStartCleansUp() throws {
        let (arena, trader, old) = try bothDead()
        let again = try begin(arena)
        _ = try recovered(arena, again, from: trader, old)
        again.guardian.send(SIGTERM)
        try arena.expectClean(try again.guardian.end(), found: 20)
    }

    /// A guardian and its trader were killed, and the trader's orders are left.
    private func bothDead() throws -> (arena: Arena, trader: pid_t, left: Set<String>) {
        let arena = try Arena()
        let run = try begin(arena)
        let trader = try freeze(try run.child()) { arena.working >= 20 }
        killTogether(guardian: run.guardian.pid, frozen: trader)
        _ = try run.guardian.end()
        try eventually("the trader is gone") { GuardedRun.isGone(trader) }
        return (arena, trader, try working(arena))
    }

    @Test func sweepAndExitLeavesNothingAndSaysSo() throws {
        let arena = try Arena(more: "on_crash: sweep-and-exit")
        let run = try begin(arena)
        kill(try run.child(), SIGKILL)
        #expect(try run.guardian.end() == .exit(70))
        try arena.expectClean(.exit(0), found: 20)
    }

    @Test func adoptAndRestartKeepsTheOrders() throws {
        let arena = try Arena(more: "on_crash: adopt-and-restart")
        let run = try begin(arena)
        let trader = try run.child()
        let old = try working(arena)
        kill(trader, SIGKILL)
        let next = try run.child(not: trader)
        try eventually("the new life is recovered") {
            let log = try String(contentsOfFile: arena.state + "/logs/trader247.log", encoding: .utf8)
            return log.contains("orders adopted") && log.components(separatedBy: "trading begins").count > 2
        }
        #expect(try working(arena).intersection(old).count >= 18, "what rests keeps its place")
        #expect(GuardedRun.words(next).contains("adopt=1"))
        run.guardian.send(SIGTERM)
        try arena.expectClean(try run.guardian.end(), found: 20)
    }

    @Test func aHungTraderIsKilledAndSwept() throws {
        let arena = try Arena(more: "guardian: {hang_limit: 2s}")
        let run = try begin(arena)
        let trader = try run.child()
        let old = try working(arena)
        kill(trader, SIGSTOP)
        _ = try recovered(arena, run, from: trader, old)
        #expect(GuardedRun.isGone(trader))
        run.guardian.send(SIGTERM)
        try arena.expectClean(try run.guardian.end(), found: 20)
    }

    @Test func aTraderThatDiesInItsStopIsSweptWithinTheDeadline() throws {
        let arena = try Arena(latency: "400ms")
        let run = try begin(arena)
        let trader = try run.child()
        run.guardian.send(SIGTERM)
        let began = ContinuousClock.now
        try eventually("the stop has begun") {
            let log = try String(contentsOfFile: arena.state + "/logs/trader247.log", encoding: .utf8)
            return log.contains("SHUTDOWN SIGNAL RECEIVED")
        }
        kill(trader, SIGKILL)
        // A crash stays one, though the account is clean.
        #expect(try run.guardian.end() == .exit(70))
        #expect(ContinuousClock.now - began < .milliseconds(8_500))
        try arena.expectClean(.exit(0))
    }

    @Test func aCrashLoopEndsInAnExit() throws {
        let arena = try Arena(orders: 2)
        let run = GuardedRun(guardian: try arena.start(guarded: true))
        var last: pid_t = 0
        var ending: Ending?
        for _ in 0..<5 where ending == nil {
            let trader: pid_t = try eventually("a trader", within: .seconds(30)) {
                _ = run.guardian.read()
                return GuardedRun.children(run.guardian.pid)
                    .first { $0 != last && GuardedRun.words($0).contains("--guarded lifeline=") }
            }
            kill(trader, SIGKILL)
            last = trader
            ending = run.guardian.pollEnding()
        }
        #expect(try run.guardian.end(within: .seconds(30)) == .exit(70))
        #expect(arena.working == 0)
        #expect(run.guardian.errorText.contains("crash-loop"))
    }

    @Test func nobodyElseMayTradeOrSweepMeanwhile() throws {
        let arena = try Arena()
        let run = try begin(arena)
        // A plain sweep would ask the trader to.
        for command in [arena.arguments, ["sweep", "--exchange-only"] + arena.arguments.dropFirst()] {
            let refused = try arena.trader247(Array(command))
            #expect(refused.ending == .exit(75))
            #expect(refused.errors.contains("pid \(run.guardian.pid)"))
        }
        run.guardian.send(SIGTERM)
        try arena.expectClean(try run.guardian.end(), found: 20)
    }

    @Test func thirdSignalLeavesAtOnce() throws {
        let arena = try Arena(latency: "900ms")
        let run = try begin(arena)
        let began = ContinuousClock.now
        for _ in 0..<3 {
            run.guardian.send(SIGINT)
            let next = ContinuousClock.now + .milliseconds(350)
            try eventually("the window is over") { ContinuousClock.now >= next }
        }
        let ending = try run.guardian.end()
        #expect(ending == .exit(3) || ending == .exit(5))
        #expect(ContinuousClock.now - began < .seconds(3) * patience)
    }

    /// (Another user's memory can't be measured, and not even one's own where it is private.)
    @Test(.enabled(if: geteuid() == 0, "this is not root")) func theGuardianIsSmall() throws {
        let arena = try Arena(orders: 2)
        let run = try begin(arena, orders: 2)
        let text = try String(contentsOfFile: "/proc/\(run.guardian.pid)/smaps_rollup", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Pss:") })
        let kilobytes = try #require(line.split(separator: " ").compactMap { Int($0) }.first)
        // A sanitizer's own memory is none of ours.
        #expect(kilobytes < 15_000 * patience)
        // It holds neither store nor network open.
        let fds = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(run.guardian.pid)/fd")
        let targets = fds.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(run.guardian.pid)/fd/\($0)")
        }
        #expect(!targets.contains { $0.contains("state.db") })
        run.guardian.send(SIGTERM)
        #expect(try run.guardian.end() == .exit(0))
    }
}
