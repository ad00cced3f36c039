// Where a pruned journal begins: the last row that is gone, and the state that all rows up to it made, as text. Whoever
// verifies starts from its hash; whoever rebuilds starts from its state. A seal over all of it shows a changed anchor.

import FoundationEssentials
import GRDB
import Trading
import TradingDomain

package struct JournalAnchor: Equatable, Sendable {
    /// The last row that was removed.
    package let seq: Int64
    package let hash: [UInt8]
    package let prunedAt: UTCInstant
    /// How much of the journal was to stay.
    package let keep: Duration
    /// Canonical JSON of a `Checkpoint`.
    let state: String

    var head: ChainHead { ChainHead(seq: seq, hash: hash) }

    /// SHA-256 of row number, hash, time and retention (8 bytes each, most significant first), then the state's UTF-8.
    var seal: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ value: Int64) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
        add(seq)
        bytes += hash
        add(prunedAt.nanoseconds)
        add(keep.wholeNanoseconds)
        bytes += state.utf8
        return SHA256Digest.of(bytes)
    }

    /// The anchor of this store; nil where nothing was ever pruned.
    /// - Throws: `RowError` when it is not what was sealed.
    static func read(_ db: Database) throws -> JournalAnchor? {
        guard try db.tableExists("anchor"),
            let row = try Row.fetchOne(db, sql: "SELECT seq, hash, state, pruned_at, keep, seal FROM anchor")
        else { return nil }
        let column = ColumnReader(table: "anchor", key: "1", row: row)
        let anchor = JournalAnchor(
            seq: try column.integer(0), hash: try column.bytes(1), prunedAt: try column.instant(3),
            keep: .nanoseconds(try column.integer(4)), state: try column.text(2))
        guard try column.bytes(5) == anchor.seal else {
            throw RowError(table: "anchor", key: "1", column: "seal", value: "not that of its content")
        }
        return anchor
    }

    func write(_ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO anchor (id, seq, hash, state, pruned_at, keep, seal) "
                + "VALUES (1, ?, ?, ?, ?, ?, ?)",
            arguments: [
                seq, Data(hash), state, prunedAt.nanoseconds, keep.wholeNanoseconds, Data(seal),
            ])
    }
}

/// The durable state as text.
struct Checkpoint: Codable {
    struct Entry: Codable {
        var order: Order
        var fills: [FillID]
    }
    struct Epoch: Codable {
        var epoch: Int64
        var sequence: Int64
    }
    struct Market: Codable {
        var symbol: Symbol
        var position: Position
    }
    struct Memory: Codable {
        var strategy: String
        var memory: String
    }
    struct Book: Codable {
        var strategy: String
        var symbol: Symbol
        var position: Position
    }
    struct FillDay: Codable {
        var strategy: String
        var day: StrategyBooks.Day
    }
    /// Done ones in the order in which they ended, then the others by id.
    var orders: [Entry]
    var found: [ClientOrderID]
    var markets: [Market]
    var epoch: Int64
    var isRecovered: Bool
    var epochs: [Epoch]
    var halts: [Halt]
    var standing: Standing?
    var memories: [Memory]
    /// Nil in anchors from before there were any.
    var once: OnceOrders?
    var day: TradingDay?
    var holdings: [Holding]
    var stopped: StopMarker?
    /// Nil in an anchor of a version that kept no books per strategy.
    var books: [Book]?
    var fillDays: [FillDay]?
    var strategyHalts: [StrategyHalt]?
    var switchesOff: [StrategySwitch]?
    var diedDeciding: String?
    /// Nil in an anchor of a version that did not keep it, too.
    var portfolio: String?

    init(_ state: DurableState) {
        orders = state.ledger.all.map { Entry(order: $0, fills: state.ledger.fills(of: $0.id)) }
        found = state.found.sorted()
        markets = state.ledger.positions.pairs.map {
            Market(symbol: $0.key, position: $0.value)
        }
        epoch = state.epoch
        isRecovered = state.isRecovered
        epochs = state.sequences.sorted { $0.key < $1.key }.map { Epoch(epoch: $0.key, sequence: $0.value) }
        halts = state.halts
        standing = state.standing
        memories = state.memories.sorted { $0.key < $1.key }.map {
            Memory(strategy: $0.key, memory: $0.value)
        }
        once = state.once
        day = state.day
        holdings = state.holdings
        stopped = state.stopped
        let books = state.ledger.books
        self.books = books.strategies.flatMap { strategy in
            books.symbols(of: strategy).map {
                Book(strategy: strategy, symbol: $0, position: books.position(strategy, $0))
            }
        }
        fillDays = books.days.sorted { $0.key < $1.key }.map { FillDay(strategy: $0.key, day: $0.value) }
        strategyHalts = state.strategyHalts
        switchesOff = state.switchesOff
        diedDeciding = state.diedDeciding
        portfolio = state.portfolio
    }

    func state() throws -> DurableState {
        var state = DurableState()
        for entry in orders { try state.restore(entry.order, fills: entry.fills) }
        state.restore(found: found)
        for market in markets { state.restore(market.position, of: market.symbol) }
        state.epoch = epoch
        state.isRecovered = isRecovered
        for entry in epochs { state.sequences[entry.epoch] = entry.sequence }
        state.halts = halts
        state.standing = standing
        for entry in memories { state.memories[entry.strategy] = entry.memory }
        if let once { state.restore(once) }
        state.day = day
        state.restore(holdings)
        state.stopped = stopped
        var books = StrategyBooks()
        for book in self.books ?? [] { books.restore(book.position, of: book.strategy, book.symbol) }
        for entry in fillDays ?? [] { books.restore(entry.day, of: entry.strategy) }
        state.restore(books)
        state.strategyHalts = strategyHalts ?? []
        state.switchesOff = switchesOff ?? []
        state.diedDeciding = diedDeciding
        state.portfolio = portfolio
        return state
    }
}
