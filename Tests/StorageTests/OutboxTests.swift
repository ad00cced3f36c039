// The outbox of alerts: written with what it tells or not at all, bounded, and read by the next life.

import Foundation
import Storage
import Testing
import Trading
import TradingDomain

@Suite struct OutboxTests {
    private func alert(_ name: String, _ number: Int64, level: Notice.Level? = nil) -> Trading.Record {
        .alert(Alert(name: name, message: "of turn \(number)", at: stamp(number).utc, level: level))
    }

    @Test func anAlertIsInTheTransactionOfWhatItTells() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let halt = Halt(cause: .killSwitch, detail: "by hand", at: stamp(2).utc)
        try store.mustCommit(entry(1, .lifeBegan(epoch: 7, mode: .paper, at: stamp(1).utc)))
        try store.mustCommit(entry(2, .halted(halt), alert("halt", 2), .recovered(at: stamp(2).utc)))
        let outbox = try store.outbox()
        #expect(outbox.entries.map(\.alert.id) == ["grid-7-2-1", "grid-7-2-2"])
        #expect(outbox.entries.map(\.alert.name) == ["halt", "started"])
        #expect(outbox.entries.map(\.alert.level) == [.alert, .info])
        // Memory derives the same ids from the same records.
        let derived = OutgoingAlert.of(
            [.halted(halt), alert("halt", 2), .recovered(at: stamp(2).utc)], bot: try bot(), epoch: 7,
            turn: 2,
            at: stamp(2).utc)
        #expect(derived.map(\.alert) == outbox.entries.map(\.alert))
        #expect(try store.rebuildFromJournal() == store.load())
    }

    @Test func ofATransactionThatFailsNoAlertIsLeft() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .lifeBegan(epoch: 7, mode: .paper, at: stamp(1).utc)))
        // Tampered with behind its back: the row of the order that changes is gone.
        let order = try restingOrder(1)
        try store.mustCommit(entry(2, .intent(order)))
        try directory.tamper("DELETE FROM orders")
        let result = store.commit(
            Transaction(
                number: 3, turns: [entry(3, alert("halt", 3), .sent(order.id, at: stamp(3).utc))],
                checkpoint: false))
        guard case .failed = result else {
            Issue.record("a change of a missing row was committed")
            return
        }
        try store.close()
        #expect(try StateReader(at: directory.path).outbox().entries.isEmpty)
    }

    @Test func whatBecameOfThemIsWrittenWithTheNextCommitOrInSpareTime() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(
            entry(1, .lifeBegan(epoch: 7, mode: .paper, at: stamp(1).utc), alert("crash", 1)))
        #expect(store.hasWrittenMarks)
        store.mark([
            .sink(name: "pager", since: stamp(1).utc),
            .ended(
                id: "grid-7-1-1", sink: "pager", .delivered, attempts: 2, at: stamp(3).utc,
                words: "status 200"),
        ])
        #expect(!store.hasWrittenMarks)
        #expect(try store.outbox().sinks.isEmpty)
        try store.mustCommit(entry(2, alert("crash", 2)))
        #expect(store.hasWrittenMarks)
        let extra = OutgoingAlert(
            id: "grid-7-2-1-e", name: "crash", level: .alert, message: "still", at: stamp(4).utc)
        store.mark([.suppressed(id: "grid-7-2-1"), .added(extra), .added(extra)])
        store.rest()
        #expect(store.hasWrittenMarks)
        try store.close()
        let outbox = try StateReader(at: directory.path).outbox()
        #expect(outbox.entries.map(\.isSuppressed) == [false, true, false])
        #expect(outbox.entries.last?.alert == extra)
        #expect(outbox.entries.first?.deliveries.map(\.words) == ["status 200"])
        #expect(outbox.sinks == [Outbox.Sink(name: "pager", since: stamp(1).utc, dropped: 0)])
    }

    @Test func theOldestMakeRoomAndWhatWasNotDeliveredOfThemIsCounted() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        store.mark([.sink(name: "pager", since: stamp(0).utc)])
        try store.mustCommit(entry(1, .lifeBegan(epoch: 7, mode: .paper, at: stamp(1).utc)))
        for first in stride(from: Int64(2), to: 1_102, by: 100) {
            let turns = (first..<first + 100).map { entry($0, alert("overfill", $0)) }
            guard
                case .committed = store.commit(
                    Transaction(number: first, turns: turns, checkpoint: false))
            else {
                Issue.record("not committed")
                return
            }
            if first == 2 {
                store.mark(
                    (2..<42).map {
                        .ended(
                            id: "grid-7-\($0)-1", sink: "pager", .delivered, attempts: 1, at: stamp(3).utc,
                            words: "")
                    })
            }
        }
        let outbox = try store.outbox()
        #expect(outbox.entries.count == 1_000)
        #expect(outbox.entries.first?.alert.id == "grid-7-102-1")
        #expect(outbox.sinks.first?.dropped == 60)
    }

    @Test func aStoreOfTheVersionBeforeGetsAnOutbox() throws {
        let directory = try TemporaryDirectory()
        try StateStore.open(at: directory.path, bot: try bot()).close()
        try directory.tamper(
            "DROP TABLE alerts; DROP TABLE alert_deliveries; DROP TABLE alert_sinks; PRAGMA user_version = 4; "
                + StrategyTableTests.without + "DELETE FROM grdb_migrations WHERE identifier > '4'")
        let store = try StateStore.open(at: directory.path, bot: try bot())
        #expect(try store.outbox() == Outbox())
    }
}
