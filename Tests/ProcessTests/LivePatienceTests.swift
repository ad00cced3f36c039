// Venues that turn placements away for long, and that refuse whole batches of cancels: cancels go on.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LivePatienceTests {
    /// One placement is told to wait for ten minutes.
    private func turnPlacementsAway(_ live: LiveArena, _ run: LiveRun) throws {
        try live.fault("POST /orders", "tooMany429", #","retry_after":600"#)
        let gone = try #require(try live.book().working("test-").first)
        try live.venue.control("POST", "/cancel", #"{"client_order_id":"\#(gone.clientOrderId)"}"#)
        try eventually("a placement is turned away") {
            _ = run.text
            return try live.requests().contains { $0.isCreate && $0.fault == "tooMany429" }
        }
    }

    @Test func aHaltCancelsThoughPlacementsMustWait() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try turnPlacementsAway(live, run)
            let begun = ContinuousClock.now
            let halted = try live.arena.trader247(["halt", "test", "--state-dir", live.arena.state])
            #expect(halted.ending == .exit(0), "\(halted.errors)")
            #expect(try live.venue.working("test-") == 0)
            #expect(ContinuousClock.now - begun < .seconds(5) * patience)
            try live.expectClean(try run.stop())
        }
    }

    @Test func aStopCancelsThoughPlacementsMustWait() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try turnPlacementsAway(live, run)
            let before = try live.requests().last?.number ?? 0
            try live.expectClean(try run.stop())
            let cancels = try live.requests().filter { $0.number > before && $0.isCancel }
            #expect(!cancels.isEmpty && cancels.count <= 3)
            #expect(try live.arena.report().elapsedMs < Int64(3_000 * patience))
        }
    }

    /// Cancels themselves are told to wait for ten minutes, once. A stop has no ten minutes.
    @Test func aCancelIsTriedAgainSoonWhateverTheVenueWants() throws {
        try LiveArena.run { live in
            let run = try live.startWorking()
            try live.fault("POST /orders/batch_cancel", "tooMany429", #","retry_after":600,"count":1"#)
            try live.expectClean(try run.stop())
        }
    }

    /// One refused batch is a fact about that batch: once its culprit is found, batches are as large as before.
    @Test func aRefusedBatchDoesNotMakeTheNextOnesSmall() throws {
        try LiveArena.run { live in
            try live.configure(orders: 40, exchange: "cancel_batch: 20")
            let run = try live.startWorking(40)
            let culprit = try #require(try live.book().working("test-").dropFirst(17).first?.clientOrderId)
            try live.fault("POST /orders/batch_cancel", "refuseBatch", #","order_ids":["\#(culprit)"]"#)
            let halt = try RunningProcess(
                Arena.binary, ["halt", "test", "--state-dir", live.arena.state], in: live.directory)
            try eventually("the culprit is alone") {
                _ = run.text
                return try live.requests().contains { $0.isCancel && $0.status == 400 && $0.cancelCount == 1 }
            }
            try live.venue.control("DELETE", "/faults")
            #expect(try halt.end() == .exit(0), "\(halt.errorText)")
            let resumed = try live.arena.trader247(["resume", "--confirm", "--state-dir", live.arena.state])
            #expect(resumed.ending == .exit(0), "\(resumed.errors)")
            try live.works(run, 40)
            let before = try live.requests().last?.number ?? 0
            try live.expectClean(try run.stop())
            let sizes = try live.requests().filter { $0.number > before && $0.isCancel }.map(\.cancelCount)
            #expect(sizes.prefix(2) == [20, 20], "\(sizes)")
        }
    }

    /// It is found by halves; everything else goes at once.
    @Test func theOneThatSpoilsItsBatchIsFound() throws {
        try LiveArena.run { live in
            try live.configure(orders: 40)
            let run = try live.startWorking(40)
            let culprit = try #require(try live.book().working("test-").dropFirst(17).first?.clientOrderId)
            try live.fault("POST /orders/batch_cancel", "refuseBatch", #","order_ids":["\#(culprit)"]"#)
            #expect(try run.stop() == .exit(3))
            #expect(try live.book().working("test-").map(\.clientOrderId) == [culprit])
            #expect(try live.arena.report().remaining.map(\.clientOrderId) == [culprit])
            let cancels = try live.requests().filter(\.isCancel)
            // Six halvings, and its own attempts.
            #expect(cancels.filter { $0.cancelCount > 1 }.count <= 13, "\(cancels.map(\.cancelCount))")
        }
    }

    @Test func aVenueThatTakesFewerIdsThanItSays() throws {
        try LiveArena.run { live in
            try live.configure(orders: 40)
            let run = try live.startWorking(40)
            try live.fault("POST /orders/batch_cancel", "refuseBatch", #","more_than":7"#)
            try live.expectClean(try run.stop())
        }
    }
}
