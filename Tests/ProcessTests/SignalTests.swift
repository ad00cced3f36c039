// The real binary, real signals. Judged by the exchange's book after the exit.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct SignalTests {
    @Test func terminatedWhileIdle() throws {
        let arena = try Arena(orders: 0)
        let process = try arena.start()
        try eventually("the book is there") {
            FileManager.default.fileExists(atPath: arena.book + "/snapshot.json")
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    @Test(arguments: [1, 50, 500]) func terminatedWithWorkingOrders(_ orders: Int) throws {
        let arena = try Arena(orders: orders)
        let process = try arena.startWorking(orders)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: orders)
        #expect(try arena.bookText().count("canceled") >= orders)
        #expect(try arena.report().pid == process.pid)
    }

    @Test(arguments: [SIGINT, SIGQUIT]) func otherSignalsStopToo(_ signal: Int32) throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        process.send(signal)
        try arena.expectClean(try process.end(), found: 20)
    }

    /// Before its first statement a process dies of the signal, having done nothing; from then on it obeys.
    @Test(arguments: [0, 2, 5, 10, 20, 40, 80, 160]) func terminatedInStartUp(_ milliseconds: UInt32) throws {
        let arena = try Arena()
        let process = try arena.start()
        usleep(milliseconds * 1_000)
        process.send(SIGTERM)
        let ending = try process.end()
        if ending == .signal(SIGTERM) {
            #expect(!FileManager.default.fileExists(atPath: arena.book))
        } else {
            try arena.expectClean(ending)
        }
    }

    @Test func terminatedDuringAPlacement() throws {
        let arena = try Arena(latency: "600ms")
        let process = try arena.start()
        try eventually("orders are on their way") {
            let log = (try? String(contentsOfFile: arena.book + "/entries.log", encoding: .utf8)) ?? ""
            _ = process.read()
            return log.contains("place")
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        #expect(try arena.report().placementsSettled > 0)
        #expect(try arena.bookText().orders.count > 0)
    }

    @Test func twoSignalsHurry() throws {
        let arena = try Arena(latency: "300ms")
        let process = try arena.startWorking(20)
        process.send(SIGTERM)
        usleep(350_000)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
        #expect(try arena.report().elapsedMs < 4_000)
    }

    /// A third signal leaves at once and names what is left; the next life cleans it up.
    @Test func threeSignalsLeaveAtOnceAndNameWhatIsLeft() throws {
        let arena = try Arena(latency: "1500ms")
        let process = try arena.startWorking(20)
        for _ in 1...2 {
            process.send(SIGTERM)
            usleep(350_000)
        }
        let third = ContinuousClock.now
        process.send(SIGTERM)
        #expect(try process.end() == .exit(3))
        #expect(ContinuousClock.now - third < .seconds(1) * patience)
        let report = try arena.report()
        #expect(report.exitCode == 3)
        #expect(report.remaining.count == 20)
        // What was asked for still takes effect at the exchange; a next life, on a better network, proves it.
        let next = try arena.start(["--once", "--set", "paper.latency=4ms"])
        try arena.expectClean(try next.end(within: .seconds(40)))
    }

    @Test func killedAndStartedAgain() throws {
        let arena = try Arena(orders: 50)
        let process = try arena.startWorking(50)
        process.send(SIGKILL)
        #expect(try process.end() == .signal(SIGKILL))
        let left = try arena.bookText()
        #expect(left.working >= 50)
        let before = Set(left.orders.map(\.clientOrderId))
        let next = try arena.start()
        try eventually("the orders of the killed life are gone and new ones rest") {
            _ = next.read()
            let orders = try arena.bookText().orders
            return orders.filter { before.contains($0.clientOrderId) }.allSatisfy { $0.status != "open" }
                && orders.contains { !before.contains($0.clientOrderId) && $0.status == "open" }
        }
        next.send(SIGTERM)
        try arena.expectClean(try next.end())
    }

    @Test func killedInTheMiddleOfPlacing() throws {
        let arena = try Arena(orders: 200, latency: "100ms")
        let process = try arena.start()
        try eventually("some orders rest") {
            _ = process.read()
            return arena.working > 0
        }
        process.send(SIGKILL)
        _ = try process.end()
        let next = try arena.start(["--once"])
        try arena.expectClean(try next.end(within: .seconds(40)))
    }

    @Test func aSecondInstanceNamesTheFirst() throws {
        let arena = try Arena()
        let first = try arena.startWorking(20)
        let second = try arena.trader247(arena.arguments)
        #expect(second.ending == .exit(75))
        #expect(second.errors.contains("pid \(first.pid)"))
        first.send(SIGTERM)
        try arena.expectClean(try first.end(), found: 20)
    }

    @Test func aSecondBotOnTheSameBookIsRefused() throws {
        let arena = try Arena()
        let first = try arena.startWorking(20)
        let second = try arena.trader247(arena.arguments + ["--state-dir", arena.directory + "/other"])
        #expect(second.ending == .exit(75))
        #expect(second.errors.contains("pid \(first.pid)"))
        first.send(SIGTERM)
        try arena.expectClean(try first.end(), found: 20)
    }

    @Test func aHaltStandsUntilItIsResumed() throws {
        // The first fee is more than the loss that is allowed. Fills come quickly at this speed.
        let arena = try Arena(more: "  maker_fee: 0.01")
        let limited = ["--set", "risk.max_daily_loss=0.000001"]
        let first = try arena.start(limited + ["--speed", patience == 1 ? "50" : "10"])
        var said = ""
        try eventually("a loss halts", within: .seconds(60)) {
            said += first.read()
            return said.contains("halt-proved")
        }
        #expect(try arena.bookText().working == 0)
        first.send(SIGTERM)
        #expect(try first.end() == .exit(0))
        let second = try arena.start(limited)
        said = ""
        try eventually("the halt still stands") {
            said += second.read()
            return said.contains("halt-proved")
        }
        #expect(try arena.bookText().working == 0)
        second.send(SIGTERM)
        #expect(try second.end() == .exit(0))
        let third = try arena.startWorking(20, ["--resume"])
        third.send(SIGTERM)
        #expect(try third.end() == .exit(0))
    }

    @Test func aStoreOfAnotherModeIsRefused() throws {
        let arena = try Arena()
        let first = try arena.start(["--once"])
        #expect(try first.end() == .exit(0))
        let second = try arena.trader247(arena.arguments + ["--mode", "dry-run"])
        #expect(second.ending == .exit(78))
        #expect(second.errors.contains("orders of mode paper"))
    }

    @Test func yesterdaysReportMovesAway() throws {
        let arena = try Arena(orders: 0)
        let first = try arena.start(["--once"])
        try arena.expectClean(try first.end())
        let process = try arena.start()
        try eventually("the older report has moved") {
            _ = process.read()
            let names = try? FileManager.default.contentsOfDirectory(atPath: arena.state + "/reports")
            return names?.count == 1
        }
        process.send(SIGKILL)
        _ = try process.end()
        #expect(throws: (any Error).self) { try arena.report() }
    }
}
