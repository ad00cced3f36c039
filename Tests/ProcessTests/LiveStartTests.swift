// Live beginnings against a venue that is down.

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
}
