// A host that is lost: trader and guardian are gone at once, and nobody comes. The leases alone end the orders.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LeaseLapseTests {
    /// The venue's clock is half a minute behind ours. A date on our clock would keep the orders half as long again.
    @Test func theBookBecomesEmptyByTheLeaseAlone() throws {
        try LiveArena.run { live in
            try live.venue.control("POST", "/clock", #"{"skew_ms":-30000}"#)
            try live.configure(more: "orders: {lease: 1m}\nrisk: {max_working_orders: 100}")
            let began = ContinuousClock.now
            let run = try live.startWorking(guarded: true)
            let trader = try GuardedRun(guardian: run.process).child()
            // The guardian must not see the death, and the trader not the guardian's.
            run.process.send(SIGSTOP)
            kill(trader, SIGKILL)
            try run.kill()
            let rested = try live.book().working("test-")
            #expect(rested.count == 10)
            try eventually("the leases have ended", within: .seconds(75)) {
                try live.venue.working("test-") == 0
            }
            let lasted = ContinuousClock.now - began
            #expect(lasted > .seconds(55) && lasted < .seconds(80), "\(lasted)")
            let ended = try live.book().orders.filter { $0.clientOrderId.hasPrefix("test-") }
            #expect(ended.allSatisfy { $0.status == "EXPIRED" }, "\(ended)")
            #expect(try live.requests().contains { $0.isCancel } == false)

            // Whoever comes then books them as what they are.
            #expect(try live.command(["sweep"]).ending == .exit(0))
            let orders = try live.arena.trader247(["orders", "--all", "--json"] + live.arguments())
            #expect(orders.output.contains("expired"), "\(orders.output.prefix(500)) \(orders.errors)")
        }
    }
}
