// Two of the same bot on one account.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveInstanceTests {
    @Test func aSecondInstanceOnTheSameState() throws {
        try LiveArena.run { live in
            let first = try live.startWorking()
            let second = try live.command(["run"])
            #expect(second.ending == .exit(75))
            #expect(second.text.contains("pid \(first.process.pid)"))
            #expect(try live.command(["sweep", "--exchange-only"]).ending == .exit(75))
            // A plain sweep asks the one that runs, which trades on.
            #expect(try live.command(["sweep"]).ending == .exit(0))
            try live.expectClean(try first.stop())
        }
    }

    /// Neither knows of the other but by what the venue shows. The second takes the orders of the first for leftovers,
    /// and the first places them again until its limit; then the second trades, and that the first sees.
    @Test func aSecondInstanceOnAnotherState() throws {
        try LiveArena.run { live in
            try live.placeForeign(2)
            try live.configure(more: "risk: {max_orders_per_minute: 30}")
            let first = try live.startWorking()
            // Orders of our name that it finds count as placed in the last minute: it needs a limit that has room for its own.
            let second = try live.start(
                ["--set", "risk.max_orders_per_minute=300"], state: live.directory + "/other")
            let words = "another instance of bot test"
            try eventually("one of them halts") { first.text.contains(words) || second.text.contains(words) }
            let halted = first.text.contains(words) ? first : second
            try halted.says("ALERT halt: halted (secondInstance)")
            second.process.send(SIGTERM)
            first.process.send(SIGTERM)
            let endings = [try first.end(), try second.end()]
            #expect(endings == [.exit(0), .exit(0)])
            let book = try live.book()
            #expect(book.working("test-").isEmpty)
            #expect(book.working("foreign-").count == 2)
            try live.expectNoIDTwice()
        }
    }
}
