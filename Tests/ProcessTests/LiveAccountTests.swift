// Keys of another portfolio, and venues that do not say whose key it is.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveAccountTests {
    /// A crash with placements whose outcome nobody knows; they rest.
    private func crashInTheDark(_ live: LiveArena) throws {
        try live.configure(orders: 4)
        try live.venue.control("POST", "/user_channel", #"{"withhold":true}"#)
        try live.fault("POST /orders", "hangAfter")
        let run = try live.start()
        try eventually("placements rest without an answer", within: .seconds(30)) {
            _ = run.text
            return try live.venue.working("test-") == 4
        }
        try run.kill()
        try live.venue.control("DELETE", "/faults")
        try live.venue.control("POST", "/user_channel", "{}")
    }

    /// The list of the other account is empty, and says nothing of our placements. With the right key they are found.
    @Test(arguments: [false, true]) func aKeyOfAnotherPortfolioTeachesNothing(isConfigured: Bool) throws {
        try LiveArena.run(twoKeys: true) { live in
            let other = try live.moveOtherKey()
            try crashInTheDark(live)
            try live.configure(
                orders: 4, key: live.otherKey, portfolio: isConfigured ? other : nil, deadline: "3s")
            let wrong = try live.start(confirmation: isConfigured ? other : nil)
            #expect(try wrong.end(within: .seconds(30)) == .exit(3), "\(wrong.text.suffix(2_000))")
            let report = try live.arena.report()
            #expect(!report.verifiedEmpty && report.verdict != "clean")
            #expect(try live.venue.working("test-") == 4)
            #expect(report.remaining.count == 4, "what may rest is named")

            try live.configure(orders: 4)
            let right = try live.command(["sweep"])
            #expect(right.ending == .exit(0), "\(right.text.suffix(2_000))")
            let book = try live.book()
            #expect(book.working("test-").isEmpty)
            #expect(book.orders.count { $0.status == "CANCELLED" } == 4, "none of them never arrived")
        }
    }

    /// With nothing of ours in the dark the refusal is a matter of the configuration alone.
    @Test func aFirstStartWithTheWrongKeyIsAMistakeInTheConfiguration() throws {
        try LiveArena.run(twoKeys: true) { live in
            _ = try live.moveOtherKey()
            try live.configure(key: live.otherKey)
            let run = try live.start()
            #expect(try run.end() == .exit(78))
            #expect(try live.book().ordersEver == 0)
        }
    }

    /// Whoever's account it is: what bears our name is canceled, and not called proved.
    @Test func cancelsDoNotWaitForTheVenuesWordOnWhoseKeyItIs() throws {
        try LiveArena.run { live in
            try live.configure(orders: 4)
            try live.startWorking(4).kill()
            try live.fault("GET /key_permissions", "status5xxBefore")
            let other = live.directory + "/other-machine"
            let swept = try live.command(["sweep", "--deadline", "4s"], state: other)
            #expect(swept.ending == .exit(3), "\(swept.text.suffix(2_000))")
            let report = try live.arena.report(state: other)
            #expect(report.errors.contains { $0.hasPrefix("account not confirmed") }, "\(report.errors)")
            #expect(try live.venue.working("test-") == 0)
        }
    }
}
