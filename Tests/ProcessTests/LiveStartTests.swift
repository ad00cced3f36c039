// Live beginnings: a venue that is down, gates that are required.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveStartTests {
    @Test func aVenueThatIsDownAtTheStart() throws {
        try LiveArena.run { live in
            try live.venue.stop()
            let dead = try DeadPort(live.venue.port)
            try live.configure(deadline: "3s")
            let first = try live.start()
            try first.says("recovery begins")
            let stopped = ContinuousClock.now
            #expect(try first.stop() == .exit(3), "nothing could be seen")
            #expect(ContinuousClock.now - stopped < .milliseconds(3_500))
            let report = try live.arena.report()
            #expect(report.verdict == "unproved" && report.remaining.isEmpty && !report.verifiedEmpty)

            // Another life meets the same, and then the venue comes.
            let second = try live.start()
            try second.says("asking on")
            #expect(second.process.pollEnding() == nil, "it stays up")
            live.venue = try SandboxProcess(
                in: live.directory, port: live.venue.port, key: live.venue.keyFile)
            try live.works(second)
            withExtendedLifetime(dead) {}
            try live.expectClean(try second.stop())
        }
    }

    /// Refused before the venue hears of it; without the demand the same start is told and goes on.
    @Test func gatesThatAreRequiredAreAskedBeforeAnythingStarts() throws {
        try LiveArena.run { live in
            let refused = try live.start(["--set", "gates.require=true"])
            #expect(try refused.end() == .exit(78))
            #expect(refused.text.contains("kill-drill (not known)"), "\(refused.text)")
            #expect(refused.text.contains("nothing was started"))
            #expect(try live.requests().isEmpty)

            let told = try live.startWorking()
            #expect(told.text.contains("gates before live that are not passed"))
            try live.expectClean(try told.stop())
        }
    }

    /// Whoever demands gates while it trades does not keep the next trader from the orders of the one that died.
    @Test func aTraderThatIsStartedAgainIsNotAskedForGates() throws {
        try LiveArena.run { live in
            let run = try live.startWorking(guarded: true)
            try live.configure(more: "gates: {require: true}")
            let first = try #require(live.arena.status()).pid
            kill(first, SIGKILL)
            try eventually("another trader answers", within: .seconds(40)) {
                _ = run.text
                return live.arena.status().map { $0.pid != first } ?? false
            }
            try live.works(run)
            try live.expectNoIDTwice()
            #expect(try run.stop() == .exit(0))
            #expect(try live.venue.working("test-") == 0)
        }
    }
}
