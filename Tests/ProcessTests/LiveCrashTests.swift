// Live traders that are killed, and what the next life, or a sweep, makes of it.

import Foundation
import Glibc
import Testing
import TradingDomain

@Suite(.serialized) struct LiveCrashTests {
    private struct PositionText: Decodable {
        let symbol: String
        let quantity: String
        let fees: String
    }

    private func position(_ live: LiveArena) throws -> PositionText? {
        let said = try live.arena.trader247(["positions", "--json"] + live.arguments())
        guard said.ending == .exit(0) else { return nil }
        return try SandboxProcess.decode([PositionText].self, Data(said.output.utf8)).first
    }

    /// What the sandbox's fills of our orders add up to.
    private func truth(_ book: LiveBook) throws -> (quantity: Quantity, fees: Money) {
        var quantity = Quantity(0)
        var fees = Money(0)
        for fill in book.fills where fill.clientOrderId.hasPrefix("test-") {
            let size = try #require(Quantity(fill.size))
            quantity = Quantity(raw: quantity.raw + (fill.side == "BUY" ? size.raw : -size.raw))
            fees = Money(raw: fees.raw + (try #require(Money(fill.commission))).raw)
        }
        return (quantity, fees)
    }

    private func fill(_ order: LiveBook.Order, _ permille: Int, _ live: LiveArena) throws {
        try live.venue.control(
            "POST", "/fill", #"{"client_order_id":"\#(order.clientOrderId)","permille":\#(permille)}"#)
    }

    @Test func killedAndStartedAgain() throws {
        try LiveArena.run { live in
            try live.placeForeign(2)
            let first = try live.startWorking()
            // Filled while it looks, and while nobody does.
            let orders = try live.book().working("test-")
            try fill(orders[0], 1000, live)
            try fill(orders[4], 400, live)
            try first.kill()
            let left = try live.book().working("test-")
            #expect(left.count >= 9)
            let dark = try #require(left.first { $0.filledSize == "0" })
            try fill(dark, 1000, live)
            let beforeRestart = try live.requests().last?.number ?? 0

            let second = try live.start()
            try second.says("trading begins")
            try live.works(second)
            let old = Set(left.map(\.clientOrderId))
            let book = try live.book()
            #expect(book.orders.filter { old.contains($0.clientOrderId) }.allSatisfy { !$0.working })
            let requests = try live.requests().filter { $0.number > beforeRestart }
            let firstCreate = try #require(requests.firstIndex { $0.isCreate })
            #expect(requests[..<firstCreate].contains { $0.isCancel })
            #expect(
                requests[firstCreate...].allSatisfy { request in
                    !request.isCancel || !left.contains { request.body.contains($0.orderId) }
                }, "leftovers go before anything new comes")
            try live.expectNoIDTwice()

            try live.expectClean(try second.stop())
            let end = try live.book()
            #expect(end.working("foreign-").count == 2)
            let truth = try truth(end)
            let position = try #require(try position(live))
            #expect(Quantity(position.quantity) == truth.quantity)
            #expect(Money(position.fees) == truth.fees)
            #expect(end.fills.count >= 3)
        }
    }

    /// From another machine: nothing but the configuration and the key.
    @Test func aSweepNeedsNothingOfTheLostState() throws {
        try LiveArena.run { live in
            try live.placeForeign(2)
            try live.startWorking().kill()
            let placed = try live.book().ordersEver
            let other = live.directory + "/other-machine"
            #expect(try live.command(["sweep"], state: other).ending == .exit(0))
            var book = try live.book()
            #expect(book.working("test-").isEmpty && book.working("foreign-").count == 2)
            #expect(try live.command(["sweep", "--all", "--yes"], state: other).ending == .exit(0))
            book = try live.book()
            #expect(book.working("").isEmpty)
            #expect(book.ordersEver == placed, "a sweep places nothing")
        }
    }
}
