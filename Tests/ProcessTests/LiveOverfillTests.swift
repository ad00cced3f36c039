// A venue that says of orders that more of them was filled than was ordered, against the real binary.

import Foundation
import Glibc
import Testing
import TradingDomain

@Suite(.serialized) struct LiveOverfillTests {
    private struct Strategy: Decodable {
        struct Holding: Decodable { let quantity: String }
        let positions: [Holding]
    }

    /// What the strategies' limits count, and `flatten` would sell.
    private func seenPosition(_ live: LiveArena) throws -> Quantity {
        let said = try live.command(["strategy", "list", "--json"])
        guard said.ending == .exit(0) else { throw SpawnError(description: said.text) }
        return try SandboxProcess.decode([Strategy].self, Data(said.text.utf8)).flatMap(\.positions)
            .compactMap { Quantity($0.quantity) }.first { !$0.isZero } ?? .zero
    }

    @Test func whatTheUserChannelClaimsOfOpenOrdersIsNoPosition() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            let order = try #require(try live.book().working("test-").first)
            let before = try live.requests().count
            try live.venue.control(
                "POST", "/claims", #"{"client_order_ids":["\#(order.clientOrderId)"],"filled":"15"}"#)
            try run.says("overfill")
            try eventually("it is asked for by its id, and so are its fills") {
                let asked = try live.requests().dropFirst(before)
                return asked.contains { $0.query.contains("order_ids=") && $0.isList }
                    && asked.contains { $0.path.hasSuffix("/fills") && $0.query.contains("order_ids=") }
            }
            #expect(try seenPosition(live) == .zero)
            #expect(!run.text.contains("idCollision"))
            try live.venue.control("POST", "/claims", #"{"client_order_ids":["\#(order.clientOrderId)"]}"#)
            try live.expectClean(try run.stop())
            #expect(try live.arena.report().fillsIncomplete == [])
            #expect(try live.position() ?? .zero == .zero)
        }
    }

    /// It was filled, and twice that much is claimed of it for good, by the lists as well: what its trades say counts.
    @Test func whatIsClaimedOfAFilledOrderCountsToItsTrades() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            // (One that is being replaced at that moment can't be filled.)
            try eventually("an order is filled, and claimed to be filled more than it can be") {
                guard let order = try live.book().working("test-").first else { return false }
                try live.venue.control(
                    "POST", "/claims",
                    #"{"client_order_ids":["\#(order.clientOrderId)"],"filled":"15","listed":true}"#)
                try live.venue.control("POST", "/fill", #"{"client_order_id":"\#(order.clientOrderId)"}"#)
                return try !live.truePosition().isZero
            }
            try run.says("overfill")
            try eventually("what was traded is booked, and no more") {
                try self.seenPosition(live) == live.truePosition()
            }
            _ = try run.stop()
            #expect(try live.venue.working("test-") == 0)
            #expect(try live.position() ?? .zero == live.truePosition())
        }
    }
}
