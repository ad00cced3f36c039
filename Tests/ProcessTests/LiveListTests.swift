// Lists that the venue cuts off, orders that move while they are read, orders that nobody can read or that somebody else
// placed under our name.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveListTests {
    /// Four orders rest and nobody looks after them.
    private func orphan(_ live: LiveArena) throws {
        try live.configure(orders: 4)
        try live.startWorking(4).kill()
        #expect(try live.venue.working("test-") == 4)
    }

    private func limit(_ live: LiveArena, _ orders: Int) throws {
        try live.venue.control("POST", "/lists", #"{"open_limit":\#(orders),"open_alone":true}"#)
        try live.configure(orders: 4, exchange: "open_list_limit: \(orders)")
    }

    // MARK: The venue's limit

    /// 1,100 newer orders of others: no list shows ours, and nothing of ours is known.
    @Test func beyondTheVenuesLimitNothingIsProvedWithoutAState() throws {
        try LiveArena.run { live in
            try orphan(live)
            try live.crowd("BTC-USD", 1_100)
            let other = live.directory + "/other-machine"
            let swept = try live.command(["sweep", "--deadline", "4s"], state: other)
            #expect(swept.ending == .exit(3))
            #expect(swept.text.contains("1000"), "it says what the list is worth")
            #expect(try live.book().working("foreign-").count == 1_100)
        }
    }

    /// What our books know is canceled by its id. That there is nothing else only a list could prove.
    @Test func aCrowdedMarketProvesNothing() throws {
        try LiveArena.run { live in
            try orphan(live)
            try limit(live, 20)
            try live.crowd("BTC-USD", 30)
            #expect(try live.command(["sweep", "--deadline", "4s"]).ending == .exit(3))
            let report = try live.arena.report()
            #expect(!report.verifiedEmpty)
            let book = try live.book()
            #expect(book.working("test-").isEmpty)
            #expect(book.working("foreign-").count == 30)
            // Fewer, and the same list proves it.
            try live.venue.control(
                "POST", "/cancel", #"{"client_order_id":"\#(book.working("foreign-")[0].clientOrderId)"}"#)
            for order in book.working("foreign-").dropFirst().prefix(14) {
                try live.venue.control("POST", "/cancel", #"{"client_order_id":"\#(order.clientOrderId)"}"#)
            }
            #expect(try live.command(["sweep"]).ending == .exit(0))
        }
    }

    @Test func aCrowdInAnotherMarketIsNoHindrance() throws {
        try LiveArena.run { live in
            try orphan(live)
            try limit(live, 20)
            try live.crowd("ETH-USD", 30)
            let swept = try live.command(["sweep"])
            #expect(swept.ending == .exit(0), "\(swept.text.suffix(2_000))")
            #expect(try live.venue.working("test-") == 0)
            #expect(try live.arena.report().verifiedEmpty)
            #expect(try live.requests().contains { $0.isList && $0.query.contains("product_ids=BTC-USD") })
        }
    }

    @Test func theDoctorWarnsOfACrowd() throws {
        try LiveArena.run { live in
            try limit(live, 20)
            try live.crowd("ETH-USD", 30)
            let account = try live.command(["doctor", "--json"])
            #expect(account.ending == .exit(0))
            var says = try DoctorText(account.text)
            #expect(says["working orders"]?.verdict == "warn")
            #expect(says["working orders"]?.detail.contains("the account has 20 open orders") == true)
            try live.crowd("BTC-USD", 20)
            says = try DoctorText(try live.command(["doctor", "--json"]).text)
            #expect(says["working orders"]?.verdict == "warn")
            #expect(says["working orders"]?.detail.contains("BTC-USD alone") == true)
            try live.venue.control("POST", "/cancel", #"{"all":true}"#)
            says = try DoctorText(try live.command(["doctor", "--json"]).text)
            #expect(says["working orders"]?.verdict == "ok")
        }
    }

    @Test func openOrdersAreAskedForAlone() throws {
        try LiveArena.run { live in
            try live.venue.control("POST", "/lists", #"{"open_alone":true}"#)
            let run = try live.startWorking()
            try live.expectClean(try run.stop())
            let requests = try live.requests()
            #expect(!requests.contains { $0.isList && $0.status == 400 })
            #expect(requests.contains { $0.isList && $0.query.contains("order_status=OPEN") })
        }
    }

    // MARK: Orders that move, that can't be read, that others made

    /// An order of an earlier life that nobody told of: open while the others are listed, and queued while the open ones
    /// are. One reading of each status misses it however often it begins.
    @Test func anOrderThatMovesWhileTheListsAreRead() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try live.venue.control("POST", "/user_channel", #"{"client_order_ids":["test-1-1"]}"#)
            try live.venue.control(
                "POST", "/moves", #"{"next":1,"statuses":["OPEN","CANCEL_QUEUED","OPEN","CANCEL_QUEUED"]}"#)
            try live.venue.control(
                "POST", "/orders", #"{"client_order_ids":["test-1-1"],"price":"1000","size":"0.001"}"#)
            try live.expectClean(try run.stop())
        }
    }

    private func hide(_ live: LiveArena, _ id: String) throws {
        try live.venue.control(
            "POST", "/disguise",
            #"{"client_order_ids":["\#(id)"],"order_configuration":{"peg_limit_gtc":{"offset":{"bps":1}}},"order_type":"PEG","hide_product":true}"#
        )
    }

    @Test func oneThatCannotBeReadIsCanceledAllTheSame() throws {
        try LiveArena.run { live in
            try orphan(live)
            for order in try live.book().working("test-").prefix(2) { try hide(live, order.clientOrderId) }
            let other = live.directory + "/other-machine"
            let swept = try live.command(["sweep"], state: other)
            #expect(swept.ending == .exit(0), "\(swept.text.suffix(2_000))")
            #expect(try live.venue.working("test-") == 0)
        }
    }

    @Test func oneThatCannotBeReadNorCanceledIsNamed() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try live.venue.control("POST", "/user_channel", #"{"withhold":true}"#)
            try live.venue.control(
                "POST", "/orders", #"{"client_order_ids":["test-1-1"],"price":"1000","size":"0.001"}"#)
            try hide(live, "test-1-1")
            try live.fault(
                "POST /orders/batch_cancel", "partialCancelFailure",
                #","failure_reason":"NOT_ALLOWED_TO_CANCEL","order_ids":["test-1-1"]"#)
            let ending = try run.stop()
            #expect(ending == .exit(3))
            #expect(try live.book().working("test-").map(\.clientOrderId) == ["test-1-1"])
            #expect(try live.arena.report().remaining.map(\.clientOrderId) == ["test-1-1"])
        }
    }

    /// It may be that another host trades with our name: its order is not passed over.
    @Test func oneOfAHigherEpochIsNamed() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try live.venue.control("POST", "/user_channel", #"{"withhold":true}"#)
            try live.venue.control(
                "POST", "/orders", #"{"client_order_ids":["test-zzzzzz-1"],"price":"1000","size":"0.001"}"#)
            let ending = try run.stop()
            #expect(ending == .exit(3))
            let report = try live.arena.report()
            #expect(report.remaining.map(\.clientOrderId) == ["test-zzzzzz-1"])
            #expect(try live.book().working("test-").map(\.clientOrderId) == ["test-zzzzzz-1"])
            #expect(run.text.contains("test-zzzzzz-1"))
        }
    }
}
