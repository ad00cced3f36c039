// A venue whose clock is not ours.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveClockTests {
    /// Three times a token's life off: measured, corrected, nothing refused. A life of a second would be too short on a
    /// busy machine.
    @Test(arguments: [9_000, -9_000]) func aClockThatIsOff(by skew: Int) throws {
        try LiveArena.run { live in
            try live.configure(tokenLife: 3)
            try live.venue.control("POST", "/clock", #"{"skew_ms":\#(skew * patience)}"#)
            let run = try live.startWorking()
            try live.expectClean(try run.stop())
            #expect(try live.requests().contains { $0.status == 401 } == false)
            try live.expectNoIDTwice()
        }
    }

    /// The venue takes no token any more. What a stop can't do it must not claim.
    @Test func aClockThatJumpsWhileItTrades() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try live.venue.control("POST", "/clock", #"{"skew_ms":200000}"#)
            try live.expectHonest(try run.stop())
            #expect(try live.requests().contains { $0.status == 401 })
            #expect(try live.command(["sweep"]).ending == .exit(0))
            #expect(try live.venue.working("test-") == 0)
        }
    }
}
