// Live stops: clean ones, and ones against a venue that is not well.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveStopTests {
    @Test func aStopLeavesNothingOfOursAndTouchesNothingElse() throws {
        try LiveArena.run { live in
            // A machine that is busy for seconds between signature and sending is no refused token.
            try live.configure(tokenLife: 5)
            try live.placeForeign(2)
            let run = try live.startWorking()
            try live.expectClean(try run.stop())
            #expect(try live.book().working("foreign-").map(\.status) == ["OPEN", "OPEN"])
            let requests = try live.requests()
            let cancel = try #require(requests.firstIndex { $0.isCancel })
            #expect(requests[cancel...].contains { $0.isCreate } == false, "placed after the gate")
            #expect(requests[cancel...].contains { $0.isList }, "proved by the venue's list")
            #expect(requests.allSatisfy { $0.status != 401 })
            try live.expectNoIDTwice()
        }
    }

    /// Nothing answers from before the signal until after the exit.
    @Test(arguments: [false, true]) func aVenueThatIsDownForTheWholeStop(hangs: Bool) throws {
        try LiveArena.run { live in
            try live.configure(deadline: "3s")
            let run = try live.startWorking()
            let resting = Set(try live.book().working("test-").map(\.clientOrderId))
            #expect(resting.count == 10)
            if hangs { live.venue.send(SIGSTOP) } else { try live.cutVenueOff() }
            let ending = try run.stop(within: .seconds(4))
            #expect(ending == .exit(3))
            let report = try live.arena.report()
            #expect(Set(report.remaining.map(\.clientOrderId)) == resting)
            #expect(report.verdict == "orders-remain" && !report.verifiedEmpty)
            #expect(run.text.contains("GRACEFUL SHUTDOWN INCOMPLETE"))
            if hangs {
                // What lay in its sockets it carries out when it wakes.
                live.venue.send(SIGCONT)
            } else {
                #expect(Set(try live.book().working("test-").map(\.clientOrderId)) == resting)
                try live.venue.control("DELETE", "/faults")
            }
            // The next life cleans up before it does anything else.
            let next = try live.start(["--once"])
            try live.expectClean(try next.end(within: .seconds(30)))
            for order in try live.book().orders where resting.contains(order.clientOrderId) {
                #expect(order.status == "CANCELLED")
            }
            try live.expectNoIDTwice()
        }
    }

    @Test func aRedirectedCreateIsNeverFollowed() throws {
        try LiveArena.run { live in
            try live.fault(
                "POST /orders", "redirect307", #","count":1,"location":"/api/v3/brokerage/elsewhere""#)
            let run = try live.startWorking()
            let requests = try live.requests()
            let redirected = try #require(requests.first { $0.fault == "redirect307" })
            #expect(!requests.contains { $0.path.hasSuffix("/elsewhere") }, "the redirect was followed")
            #expect(requests.contains { $0.isList && $0.number > redirected.number }, "it was looked for")
            let id = try #require(redirected.clientOrderID)
            #expect(try live.book().orders.contains { $0.clientOrderId == id } == false)
            try live.expectClean(try run.stop())
            try live.expectNoIDTwice()
        }
    }

    /// The venue does what it is asked, and its answer breaks: once on a create, a list and a cancel.
    @Test(arguments: ["dropAfter", "truncate", "stallBody"])
    func anAnswerThatBreaks(_ action: String) throws {
        try LiveArena.run { live in
            try live.fault("POST /orders", action, #","nth":3"#)
            try live.fault("GET /orders/historical/batch", action, #","count":1"#)
            let run = try live.startWorking()
            try live.venue.control("DELETE", "/faults")
            let early = try live.requests().filter { $0.fault == action }
            #expect(early.count == 2, "a create and a list")
            try live.fault("POST /orders/batch_cancel", action, #","count":1"#)
            try live.fault("GET /orders/historical/batch", action, #","count":1"#)
            let before = try live.requests().last?.number ?? 0
            let ending = try run.stop()
            let faulty = try live.requests().filter { $0.fault == action && $0.number > before }
            #expect(faulty.map(\.isCancel).contains(true))
            #expect(faulty.map(\.isList).contains(true))
            try live.expectHonest(ending)
            #expect(ending == .exit(0), "one lost answer of a kind leaves time enough")
            try live.expectNoIDTwice()
        }
    }
}
