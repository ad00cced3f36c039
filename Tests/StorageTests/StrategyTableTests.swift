import FoundationEssentials
import GRDB
import Testing
import Trading
import TradingDomain

@testable import Storage

@Suite("Strategies in the store")
struct StrategyTableTests {
    /// Makes a store what it was before it knew of strategies.
    static let without =
        "DROP TABLE strategy_positions; DROP TABLE strategy_days; DROP TABLE strategy_halts; "
        + "DROP TABLE strategies_off; ALTER TABLE life DROP COLUMN day_strategies; "
        + "ALTER TABLE life DROP COLUMN died_deciding; ALTER TABLE life DROP COLUMN portfolio; ALTER TABLE orders DROP COLUMN awaits_size; "
        + "ALTER TABLE orders DROP COLUMN basis; ALTER TABLE orders DROP COLUMN cancel_cause; "
        + "DROP INDEX orders_once; ALTER TABLE orders DROP COLUMN once_key; "

    private static let older =
        without
        + "PRAGMA user_version = 5; DELETE FROM grdb_migrations WHERE identifier > '5'"

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func anOlderStoreGetsItsBooksFromItsFills(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        var stream = try LawfulStream(seed: seed)
        for number in 0..<400 {
            _ = store.commit(
                Transaction(number: Int64(number), turns: [try stream.next()], checkpoint: false))
        }
        try store.close()
        try directory.tamper(Self.older)
        let again = try StateStore.open(at: directory.path, bot: try bot())
        let books = try again.load().ledger.books
        #expect(books == stream.state.ledger.books)
        #expect(books.strategies.count >= 3)
    }

    private func makeAnchorOlder(_ directory: TemporaryDirectory) throws {
        let queue = try DatabaseQueue(path: directory.store)
        try queue.writeWithoutTransaction { db in
            let anchor = try #require(try JournalAnchor.read(db))
            var state = try JSONDecoder().decode(Checkpoint.self, from: Data(anchor.state.utf8))
            state.books = nil
            state.fillDays = nil
            try JournalAnchor(
                seq: anchor.seq, hash: anchor.hash, prunedAt: anchor.prunedAt, keep: anchor.keep,
                state: String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
            ).write(db)
        }
        try queue.close()
    }

    /// The journal of an older version was pruned, and its anchor knows of no books: they are made from those fills
    /// that no row tells of.
    @Test func booksBeforeAnOlderAnchorAreMadeFromFills() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        func trade(_ sequence: Int64, turn: Int64) throws -> [TurnEntry] {
            let order = try restingOrder(sequence)
            let exchangeID = ExchangeOrderID("x\(sequence)")
            let fill = Fill(
                id: FillID("f\(sequence)"), exchangeOrderID: exchangeID, symbol: order.terms.symbol,
                side: .buy,
                price: Price(10), quantity: order.terms.quantity, fee: .zero, liquidity: .maker,
                at: stamp(turn).utc)
            return [
                entry(turn, .intent(order)),
                entry(
                    turn + 1,
                    .changed(
                        OrderChange(
                            id: order.id, state: .filled, exchangeOrderID: exchangeID,
                            filledQuantity: order.terms.quantity, at: stamp(turn).utc)),
                    .fill(order.id, fill)),
            ]
        }
        for turn in try trade(1, turn: 1) + trade(2, turn: 3) { try store.mustCommit(turn) }
        try store.close()
        let pruned = try JournalPruning.prune(
            at: directory.path, keep: .seconds(0), now: UTCInstant(seconds: 4_000_000_000))
        #expect(pruned.removed == 3)
        try makeAnchorOlder(directory)
        let again = try StateStore.open(at: directory.path, bot: try bot())
        for turn in try trade(3, turn: 5) { try again.mustCommit(turn) }
        let state = try again.load()
        #expect(state.ledger.books.position("grid", try symbol()).quantity == Quantity("0.0375"))
        #expect(try again.rebuildFromJournal() == state)
    }
}
