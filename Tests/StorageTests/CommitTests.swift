import Foundation
import GRDB
import Storage
import Testing
import Trading
import TradingDomain

@Suite struct CommitTests {
    @Test func synchronousReadsBackFull() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        #expect(try store.synchronousSetting() == 2)
        try store.close()
        let again = try StateStore.open(at: directory.path, bot: try bot())
        #expect(try again.synchronousSetting() == 2)
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func whatIsLoadedEqualsWhatWasLived(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var store = try StateStore.open(at: directory.path, bot: try bot())
        var stream = try LawfulStream(seed: seed)
        #expect(try store.load() == DurableState())
        for round in 0..<60 {
            var turns: [TurnEntry] = []
            for _ in 0...(round % 7) { turns.append(try stream.next()) }
            let result = store.commit(
                Transaction(number: Int64(round), turns: turns, checkpoint: round % 20 == 0))
            #expect(result == .committed(checkpointed: round % 20 == 0 ? true : nil))
            if round % 10 == 9 {
                #expect(try store.load() == stream.state)
                try store.close()
                store = try StateStore.open(at: directory.path, bot: try bot())
            }
        }
        #expect(try store.load() == stream.state)
        #expect(try store.rebuildFromJournal() == stream.state)
        #expect(stream.state.ledger.count > 50)
        #expect(!stream.state.ledger.positions.isEmpty)
        guard case .intact = try store.verifyJournal() else {
            Issue.record("the journal of a lawful life is not intact")
            return
        }
    }

    @Test func aFillCountsOnce() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let order = try restingOrder(1)
        let exchangeID = ExchangeOrderID("x")
        let fill = Fill(
            id: FillID("f1"), exchangeOrderID: exchangeID, symbol: order.terms.symbol, side: .buy,
            price: Price(10), quantity: try #require(Quantity("0.001")), fee: .zero, liquidity: .maker,
            at: stamp(2).utc)
        try store.mustCommit(
            entry(
                1, .intent(order),
                .changed(
                    OrderChange(id: order.id, state: .open, exchangeOrderID: exchangeID, at: stamp(1).utc))))
        try store.mustCommit(entry(2, .fill(order.id, fill), .fill(order.id, fill)))
        try store.mustCommit(entry(3, .fill(order.id, fill)))
        // The same fill id at another order is another fill: both sides of one trade may be ours.
        let other = try restingOrder(2)
        try store.mustCommit(entry(4, .intent(other), .fill(other.id, fill)))
        let state = try store.load()
        #expect(state.ledger[order.id]?.bookedQuantity == fill.quantity)
        #expect(state.ledger.fills(of: order.id) == [fill.id])
        #expect(state.ledger.position(order.terms.symbol).quantity == Quantity("0.002"))
        #expect(try StateReader(at: directory.path).fills().count == 2)
    }

    @Test func onlyTheNewestDoneOrdersAreLoadedAndAllWorkingOnes() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let count = Int64(StateStore.finishedLimit + 50)
        let working = try restingOrder(1)
        var records: [Trading.Record] = [
            .lifeBegan(epoch: 7, mode: .paper, at: stamp(0).utc), .intent(working),
        ]
        for sequence in 2...(count + 1) {
            let order = try restingOrder(sequence)
            records.append(.intent(order))
            records.append(.changed(OrderChange(id: order.id, state: .rejected, at: stamp(1).utc)))
        }
        let turn = TurnEntry(number: 1, stamp: stamp(1), event: nil, records: records, commands: [])
        try store.mustCommit(turn)
        let state = try store.load()
        #expect(state.ledger.count == StateStore.finishedLimit + 1)
        #expect(state.ledger[working.id] == working)
        #expect(state.ledger[try orderID(51)] == nil)
        #expect(state.ledger[try orderID(52)] != nil)
        #expect(state.sequences == [7: count + 1])
        #expect(try StateReader(at: directory.path).orders().count == Int(count) + 1)
        #expect(try store.rebuildFromJournal() == state)
        // The next life does not know the forgotten ones, so news of them changes nothing, there as here.
        try store.close()
        let next = try StateStore.open(at: directory.path, bot: try bot())
        let filled: Quantity = try #require(Quantity("0.01"))
        let ghost = OrderChange(
            id: try orderID(2), state: .canceled, filledQuantity: filled, at: stamp(3).utc)
        try next.mustCommit(entry(1, .lifeBegan(epoch: 8, mode: .paper, at: stamp(2).utc), .changed(ghost)))
        #expect(try next.load() == next.rebuildFromJournal())
        #expect(try next.load().ledger.count == StateStore.finishedLimit + 1)
    }

    @Test func ordersForgottenWithinOneTransactionAreStillWritten() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let count = Int64(OrderLedger.finishedLimit * 2 + 100)
        var records: [Trading.Record] = []
        for sequence in 1...count { records.append(.intent(try restingOrder(sequence))) }
        try store.mustCommit(
            TurnEntry(number: 1, stamp: stamp(1), event: nil, records: records, commands: []))
        records = try (1...count).map {
            .changed(OrderChange(id: try orderID($0), state: .canceled, at: stamp(2).utc))
        }
        try store.mustCommit(
            TurnEntry(number: 2, stamp: stamp(2), event: nil, records: records, commands: []))
        let orders = try StateReader(at: directory.path).orders()
        #expect(orders.count == Int(count))
        #expect(orders.allSatisfy { $0.state == .canceled })
    }

    @Test func afterAFailureNothingIsCommitted() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .intent(try restingOrder(1))))
        // Somebody removes the order's row behind our back: the update finds nothing.
        let queue = try DatabaseQueue(path: directory.store)
        try queue.writeWithoutTransaction { try $0.execute(sql: "DELETE FROM orders") }
        try queue.close()
        let first = store.commit(
            Transaction(
                number: 2, turns: [entry(2, .sent(try orderID(1), at: stamp(2).utc))], checkpoint: false))
        guard case .failed(let reason) = first else {
            Issue.record("an update of nothing was called \(first)")
            return
        }
        #expect(reason.contains(directory.store) && reason.contains("grid-7-1"))
        let second = store.commit(
            Transaction(number: 3, turns: [entry(3, .intent(try restingOrder(2)))], checkpoint: true))
        guard case .failed(let later) = second else {
            Issue.record("a commit after a failure was called \(second)")
            return
        }
        #expect(later.contains(reason))
        #expect(try StateReader(at: directory.path).orders().isEmpty)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and the right to mount"))
    func aFullDiskFailsTheCommitForGood() throws {
        let disk = try SmallDisk(kilobytes: 1_024)
        var stream = try LawfulStream(seed: 5)
        var durable = stream.state
        var reason: String?
        do {
            let store = try StateStore.open(at: disk.path, bot: try bot())
            for number in 1...10_000 as ClosedRange<Int64> {
                let turn = try stream.next()
                let result = store.commit(Transaction(number: number, turns: [turn], checkpoint: false))
                if case .failed(let text) = result {
                    reason = text
                    break
                }
                durable = stream.state
            }
            let text = try #require(reason)
            #expect(text.contains("no space for \(disk.path)/state.db"))
            disk.remount("size=4096k")
            let later = store.commit(Transaction(number: 0, turns: [try stream.next()], checkpoint: true))
            guard case .failed = later else {
                Issue.record("a commit after a full disk was called \(later)")
                return
            }
        }
        let store = try StateStore.open(at: disk.path, bot: try bot())
        #expect(try store.load() == durable)
        #expect(try store.rebuildFromJournal() == durable)
    }
}

@Suite struct AccountTests {
    @Test func whatTheAccountShouldHoldAndKindsOfFillsAreKept() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let order = try restingOrder(1)
        let holdings = [
            Holding(currency: "BTC", noted: Money(2)), Holding(currency: "EUR", noted: Money(5)),
            Holding(currency: "USD", noted: Money(1_000)),
        ]
        let fill = Fill(
            id: FillID("f1"), exchangeOrderID: ExchangeOrderID("x"), symbol: order.terms.symbol, side: .buy,
            price: Price(100), quantity: Quantity(1), fee: Money(1), liquidity: .maker, at: stamp(2).utc)
        var reversal = fill
        reversal.id = FillID("r1")
        reversal.kind = .reversal
        reversal.quantity = try #require(Quantity("0.5"))
        try store.mustCommit(entry(1, .intent(order), .balancesNoted(holdings, at: stamp(1).utc)))
        try store.mustCommit(entry(2, .fill(order.id, fill), .fill(order.id, reversal)))
        let state = try store.load()
        #expect(
            state.holdings == [
                Holding(currency: "BTC", noted: Money(2), flow: try #require(Money("0.5"))), holdings[1],
                Holding(currency: "USD", noted: Money(1_000), flow: Money(-50)),
            ])
        #expect(try StateReader(at: directory.path).fills().map(\.fill.kind) == [.reversal, .trade])
        #expect(try store.rebuildFromJournal() == state)
        try store.mustCommit(
            entry(3, .balancesNoted([Holding(currency: "USD", noted: Money(950))], at: stamp(3).utc)))
        #expect(try store.load().holdings == [Holding(currency: "USD", noted: Money(950))])
    }

    @Test func aStoreOfTheFirstVersionIsBroughtUpToDate() throws {
        let directory = try TemporaryDirectory()
        try StateStore.open(at: directory.path, bot: try bot()).close()
        try directory.tamper(
            "DROP TABLE holdings; ALTER TABLE fills DROP COLUMN kind; "
                + "PRAGMA user_version = 1; "
                + "DROP TABLE anchor; DROP INDEX orders_found; DROP TABLE standing; "
                + "DROP TABLE alerts; DROP TABLE alert_deliveries; DROP TABLE alert_sinks; "
                + StrategyTableTests.without
                + "DELETE FROM grdb_migrations WHERE identifier > '1'")
        #expect(throws: StoreError.self) { try StateReader(at: directory.path) }
        let store = try StateStore.open(at: directory.path, bot: try bot())
        #expect(try store.load() == DurableState())
        _ = try StateReader(at: directory.path).fills()
    }
}
