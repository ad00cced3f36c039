// Ends that are told before their fills, feeds that keep quiet, news in the last moment.

import Foundation
import Glibc
import Testing
import TradingDomain

@Suite(.serialized) struct LiveSilenceTests {
    private func fill(_ live: LiveArena, _ id: String, _ permille: Int = 1000) throws {
        try live.venue.control("POST", "/fill", #"{"client_order_id":"\#(id)","permille":\#(permille)}"#)
    }

    private func hears(_ run: LiveRun, of fills: Int, within limit: Duration = .seconds(20)) throws {
        try eventually("it books \(fills) fills", within: limit) {
            if let ending = run.process.pollEnding() { throw SpawnError(description: "ended: \(ending)") }
            return run.text.components(separatedBy: "filled BTC-USD").count > fills
        }
    }

    /// Every fill of ours is in our books. What a busy machine found no time for within the stop must be named.
    private func expectNoFillLost(_ live: LiveArena) throws {
        let truth = try live.truePosition()
        #expect(!truth.isZero)
        guard try live.arena.report().fillsIncomplete.isEmpty else { return }
        #expect(try live.position() == truth)
    }

    // MARK: Ends before sizes

    /// FILLED, of which nothing is filled yet.
    @Test func anOrderThatIsFilledBeforeItsSizeIsTold() throws {
        try LiveArena.run { live in
            try live.configure(listLag: "1500ms", deadline: "\(8 * patience)s")
            let run = try live.startWorking()
            try live.venue.control("POST", "/lag", #"{"sizes_ms":1000,"fills_ms":1000}"#)
            let order = try #require(try live.book().working("test-").first)
            try fill(live, order.clientOrderId)
            try live.expectClean(try run.stop())
            try expectNoFillLost(live)
        }
    }

    /// A fill comes between a cancel and its effect, and the venue tells CANCELLED first.
    @Test(arguments: [1000, 400]) func anOrderThatIsCanceledBeforeItsSizeIsTold(permille: Int) throws {
        try LiveArena.run { live in
            try live.configure(listLag: "1500ms", deadline: "\(8 * patience)s")
            let run = try live.startWorking()
            try live.venue.control("POST", "/lag", #"{"sizes_ms":1000,"fills_ms":1000}"#)
            try live.fault(
                "POST /orders/batch_cancel", "fillDuringCancel", #","permille":\#(permille)"#)
            let ending = try run.stop()
            #expect(ending == .exit(0), "\(run.text.suffix(2_000))")
            try expectNoFillLost(live)
        }
    }

    /// With nothing of that kind a stop waits for nothing.
    @Test func aStopWithoutSuchOrdersWaitsForNoSizes() throws {
        try LiveArena.run { live in
            try live.configure(listLag: "2s")
            let run = try live.startWorking()
            try live.expectClean(try run.stop())
            let report = try live.arena.report()
            #expect(report.elapsedMs < Int64(1_500 * patience), "\(report.elapsedMs) ms")
            #expect(!run.text.contains("not-settled"))
        }
    }

    // MARK: A feed that keeps quiet

    /// Heartbeats come, news do not. A new connection shows nothing either; the lists do.
    @Test func aReconnectLooksAtTheListsThoughTheFeedIsQuiet() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try live.venue.control("POST", "/user_channel", #"{"withhold":true}"#)
            let orders = try live.book().working("test-")
            try fill(live, orders[0].clientOrderId)
            try fill(live, orders[1].clientOrderId)
            try live.venue.control("POST", "/sockets", #"{"action":"close_abnormal"}"#)
            try hears(run, of: 2)
            try live.expectClean(try run.stop())
            try expectNoFillLost(live)
        }
    }

    /// Nothing happens but that the feed keeps quiet: within a minute the lists are looked at.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["TRADER247_SLOW_TESTS"] != nil,
            "takes more than a minute: set TRADER247_SLOW_TESTS"))
    func aQuietFeedIsFoundOutWithinAMinute() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try live.venue.control("POST", "/user_channel", #"{"withhold":true}"#)
            let order = try #require(try live.book().working("test-").first)
            try fill(live, order.clientOrderId)
            try hears(run, of: 1, within: .seconds(75))
            try run.says("ALERT feed-silent", within: .seconds(75))
            try live.expectClean(try run.stop())
            try expectNoFillLost(live)
        }
    }

    // MARK: The last moment

    /// The list was proved empty, the last words are being written, and an order of ours from a life of long ago shows itself.
    /// It is canceled and proved gone, or, where its cancel takes too long, named.
    @Test(.enabled(if: DiskShim.library != nil, "no C compiler"), arguments: [false, true])
    func newsDuringTheFlush(isCancelSlow: Bool) throws {
        try LiveArena.run { live in
            let shim = try DiskShim(live.arena)
            let run = try live.startWorking(environment: shim.environment)
            // The proof is three readings; nothing of ours works when they are answered.
            try live.venue.control(
                "POST", "/orders",
                #"{"client_order_ids":["test-1-1"],"price":"1000","size":"0.001","after":{"prefix":"test-","lists":3,"ms":30}}"#
            )
            if isCancelSlow {
                // The first call is that of the orders that rest.
                try live.fault("POST /orders/batch_cancel", "slowCancel", #","ms":60000,"nth":2"#)
            }
            try shim.set("sync delay 200")
            let ending = try run.stop()
            let book = try live.book()
            #expect(book.orders.contains { $0.clientOrderId == "test-1-1" }, "it never came")
            if isCancelSlow {
                #expect(ending == .exit(3))
                #expect(book.working("test-").map(\.clientOrderId) == ["test-1-1"])
                let report = try live.arena.report()
                #expect(report.remaining.map(\.clientOrderId) == ["test-1-1"])
                #expect(report.verdict == "orders-remain")
            } else {
                try live.expectClean(ending)
            }
        }
    }
}
