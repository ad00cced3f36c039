// Why an order was wanted and why it was canceled, on the disk: new rows, and stores of before.

import Foundation
import Storage
import Testing
import Trading
import TradingDomain

@Suite struct OrderBasisStorageTests {
    private func basis() throws -> OrderBasis {
        OrderBasis(
            trigger: .quote, bid: Price("61234.57"), ask: Price("61234.58"),
            waited: .milliseconds(3), position: try #require(Quantity("-0.25")), workingOrders: 20,
            workingOrdersOfSymbol: 10, ordersInLastMinute: 14)
    }

    @Test func whatWasDecidedOnIsReadBack() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        var order = try restingOrder(1)
        order.basis = try basis()
        try store.mustCommit(
            entry(1, .intent(order), .sent(order.id, at: stamp(2).utc)),
            entry(
                2,
                .changed(
                    OrderChange(
                        id: order.id, state: .open, exchangeOrderID: ExchangeOrderID("X1"), at: stamp(3).utc))
            ),
            entry(3, .cancelRequested([order.id], at: stamp(4).utc, why: .age)),
            // The first wish counts.
            entry(4, .cancelRequested([order.id], at: stamp(5).utc, why: .stop)))
        let read = try #require(try StateReader(at: directory.path).order(order.id))
        #expect(read.basis == order.basis)
        #expect(read.cancelCause == .age)
        #expect(read.cancelRequestedAt == stamp(4).utc)
        #expect(try store.rebuildFromJournal() == store.load())
    }

    @Test func aStoreOfTheVersionBeforeIsBroughtUpToDate() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .intent(try restingOrder(1))))
        try store.close()
        try directory.tamper(
            "ALTER TABLE orders DROP COLUMN basis; ALTER TABLE orders DROP COLUMN cancel_cause; "
                + "DROP INDEX orders_once; ALTER TABLE orders DROP COLUMN once_key; "
                + "ALTER TABLE life DROP COLUMN portfolio; ALTER TABLE orders DROP COLUMN awaits_size; "
                + "PRAGMA user_version = 6; DELETE FROM grdb_migrations WHERE identifier > '6'")
        let again = try StateStore.open(at: directory.path, bot: try bot())
        #expect(try again.load().ledger[try orderID(1)] == restingOrder(1))
        var order = try restingOrder(2)
        order.basis = try basis()
        try again.mustCommit(entry(2, .intent(order)))
        #expect(try again.load().ledger[order.id]?.basis == order.basis)
    }

    /// Rows as version 6 wrote them.
    @Test func recordsOfBeforeAreRead() throws {
        let intent =
            #"{"intent":{"_0":{"bookedQuantity":"0","createdAt":"2027-01-15T08:00:01Z","filledQuantity":"0","#
            + #""id":"grid-7-1","reason":"","state":"new","strategy":"grid","terms":{"quantity":"0.0125","#
            + #""side":"buy","symbol":"BTC-USD","type":{"limit":{"postOnly":true,"price":"61234.56","#
            + #""timeInForce":{"goodTillCanceled":{}}}}}}}}"#
        let read = try JSONDecoder().decode(Trading.Record.self, from: Data(intent.utf8))
        #expect(read == .intent(try restingOrder(1)))
        let cancel = #"{"cancelRequested":{"_0":["grid-7-1"],"at":"2027-01-15T08:00:01Z"}}"#
        #expect(
            try JSONDecoder().decode(Trading.Record.self, from: Data(cancel.utf8))
                == .cancelRequested([try orderID(1)], at: UTCInstant(seconds: 1_800_000_001)))
    }

    @Test func oneLineOfTextHoldsIt() throws {
        let basis = try basis()
        #expect("\(basis)" == "quote 61234.57 61234.58 3000000 -0.25 20 10 14")
        #expect(OrderBasis("\(basis)") == basis)
        #expect(OrderBasis("\(basis) more of a later version") == basis)
        #expect(OrderBasis("cycle - - 0 0 0 0 0")?.bid == nil)
        for text in ["", "quote", "whim 1 2 0 0 0 0 0", "quote x 2 0 0 0 0 0", "quote 1 2 0 0 0 0"] {
            #expect(OrderBasis(text) == nil, "\(text)")
        }
    }

    /// The store grows by this much for each order that knows why.
    @Test func itIsSmall() throws {
        var sizes: [Int] = []
        for knowsWhy in [false, true] {
            let directory = try TemporaryDirectory()
            let store = try StateStore.open(at: directory.path, bot: try bot())
            for number in 1...500 as ClosedRange<Int64> {
                var order = try restingOrder(number)
                if knowsWhy { order.basis = try basis() }
                try store.mustCommit(
                    entry(number * 2, .intent(order)),
                    entry(
                        number * 2 + 1,
                        .cancelRequested([order.id], at: stamp(number).utc, why: knowsWhy ? .unwanted : nil)))
            }
            try store.close()
            sizes.append(try Data(contentsOf: URL(fileURLWithPath: directory.store)).count)
        }
        let perOrder = (sizes[1] - sizes[0]) / 500
        #expect(perOrder > 0 && perOrder <= 200, "\(perOrder) bytes an order; \(sizes)")
        print("bytes of the store per order: \(sizes[0] / 500) before, \(sizes[1] / 500) now")
    }
}
