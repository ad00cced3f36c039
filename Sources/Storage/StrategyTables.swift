// What the store holds of strategies: their books, how many fills each had on its last day, which are halted or
// switched off. The books of an older store are made from its fills and the orders that they belong to.

import FoundationEssentials
import GRDB
import Trading
import TradingDomain

enum StrategyTables {
    static let version6 = """
        CREATE TABLE strategy_positions (
            strategy TEXT NOT NULL,
            symbol TEXT NOT NULL,
            quantity TEXT NOT NULL,
            cost_basis TEXT NOT NULL,
            realised TEXT NOT NULL,
            fees TEXT NOT NULL,
            cash TEXT NOT NULL,
            PRIMARY KEY (strategy, symbol)
        ) WITHOUT ROWID;
        CREATE TABLE strategy_days (
            strategy TEXT PRIMARY KEY,
            day INTEGER NOT NULL,
            fills INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE strategy_halts (
            n INTEGER PRIMARY KEY,
            strategy TEXT NOT NULL UNIQUE,
            cause TEXT NOT NULL,
            detail TEXT NOT NULL,
            at INTEGER NOT NULL
        );
        CREATE TABLE strategies_off (
            n INTEGER PRIMARY KEY,
            strategy TEXT NOT NULL UNIQUE,
            said_by TEXT NOT NULL,
            at INTEGER NOT NULL
        );
        ALTER TABLE life ADD COLUMN day_strategies TEXT;
        ALTER TABLE life ADD COLUMN died_deciding TEXT;
        """

    /// One row of `strategy_positions`.
    struct Book: Hashable, Comparable {
        let strategy: String
        let symbol: Symbol
        static func < (a: Self, b: Self) -> Bool { (a.strategy, a.symbol) < (b.strategy, b.symbol) }
    }

    /// The books that a fill may change.
    static func books(of fill: Fill, _ id: ClientOrderID, _ state: DurableState) -> [Book] {
        guard let order = state.ledger[id] else { return [] }
        return state.ledger.books.names(for: order.strategy, fill.symbol).map {
            Book(strategy: $0, symbol: fill.symbol)
        }
    }

    // MARK: Writing

    static func write(_ book: Book, _ books: StrategyBooks, _ db: Database) throws {
        // The day may have counted a fill that left no position of its own.
        if let day = books.days[book.strategy] {
            try db.run(
                "INSERT OR REPLACE INTO strategy_days (strategy, day, fills) VALUES (?, ?, ?)",
                [book.strategy, day.number, day.fills])
        }
        guard let position = books.positions[book.strategy]?[book.symbol] else { return }
        try db.run(
            "INSERT OR REPLACE INTO strategy_positions (strategy, \(PositionRow.columns)) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                book.strategy, book.symbol.description, position.quantity.description,
                position.costBasis.description, position.realised.description, position.fees.description,
                position.cash.description,
            ])
    }

    static func writeHolds(_ state: DurableState, _ db: Database) throws {
        try db.run("DELETE FROM strategy_halts", [])
        for halt in state.strategyHalts {
            try db.run(
                "INSERT INTO strategy_halts (strategy, cause, detail, at) VALUES (?, ?, ?, ?)",
                [halt.strategy, halt.cause.rawValue, halt.detail, halt.at.nanoseconds])
        }
        try db.run("DELETE FROM strategies_off", [])
        for off in state.switchesOff {
            try db.run(
                "INSERT INTO strategies_off (strategy, said_by, at) VALUES (?, ?, ?)",
                [off.strategy, off.by, off.at.nanoseconds])
        }
    }

    /// JSON, as it lies in `life.day_strategies`.
    static func text(of baselines: [StrategyBaseline]?) throws -> String? {
        guard let baselines else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(baselines), as: UTF8.self)
    }

    // MARK: Reading

    static func read(_ db: Database, _ state: inout DurableState) throws {
        var books = StrategyBooks()
        for (strategy, symbol, position) in try positions(db) {
            books.restore(position, of: strategy, symbol)
        }
        for row in try Row.fetchAll(db, sql: "SELECT strategy, day, fills FROM strategy_days") {
            let column = ColumnReader(table: "strategy_days", key: "\(row[0] as DatabaseValue)", row: row)
            books.restore(
                .init(number: try column.integer(1), fills: Int(try column.integer(2))),
                of: try column.text(0))
        }
        state.restore(books)
        for row in try Row.fetchAll(
            db, sql: "SELECT strategy, cause, detail, at FROM strategy_halts ORDER BY n")
        {
            let column = ColumnReader(table: "strategy_halts", key: "\(row[0] as DatabaseValue)", row: row)
            state.strategyHalts.append(
                StrategyHalt(
                    strategy: try column.text(0), cause: try column.value(1), detail: try column.text(2),
                    at: try column.instant(3)))
        }
        for row in try Row.fetchAll(db, sql: "SELECT strategy, said_by, at FROM strategies_off ORDER BY n") {
            let column = ColumnReader(table: "strategies_off", key: "\(row[0] as DatabaseValue)", row: row)
            state.switchesOff.append(
                StrategySwitch(
                    strategy: try column.text(0), by: try column.text(1), at: try column.instant(2)))
        }
    }

    /// By strategy, then symbol.
    static func positions(_ db: Database) throws -> [(strategy: String, symbol: Symbol, position: Position)] {
        try Row.fetchAll(
            db,
            sql: "SELECT \(PositionRow.columns), strategy FROM strategy_positions ORDER BY strategy, symbol"
        ).map { row in
            let (symbol, position) = try PositionRow.read(row)
            let column = ColumnReader(table: "strategy_positions", key: "\(symbol)", row: row)
            return (try column.text(6), symbol, position)
        }
    }

    static func baselines(_ column: ColumnReader, _ index: Int) throws -> [StrategyBaseline]? {
        guard let text = try column.optionalText(index) else { return nil }
        guard let baselines = try? JSONDecoder().decode([StrategyBaseline].self, from: Data(text.utf8))
        else { throw column.bad(index) }
        return baselines
    }

    // MARK: Older stores

    /// Makes the books of a store that had none.
    static func fill(_ db: Database) throws {
        let books = try books(fromFills: db) { _ in true }
        for strategy in books.strategies {
            for symbol in books.symbols(of: strategy) {
                try write(Book(strategy: strategy, symbol: symbol), books, db)
            }
        }
    }

    /// The books that the fills in the table make, in the order in which they were booked.
    static func books(fromFills db: Database, _ counts: (BookedFill) -> Bool) throws -> StrategyBooks {
        var books = StrategyBooks()
        guard try Int64.fetchOne(db, sql: "SELECT n FROM fills LIMIT 1") != nil else { return books }
        let bot = try TableReader.bot(db)
        let of = FillRow.columns.split(separator: ",").map { "f.\($0.trimmingPrefix(while: { $0 == " " }))" }
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT \(of.joined(separator: ", ")), COALESCE(o.strategy, '') FROM fills f "
                + "LEFT JOIN orders o ON o.epoch = f.epoch AND o.sequence = f.sequence ORDER BY f.n")
        while let row = try rows.next() {
            let booked = try FillRow.read(row, bot: bot)
            guard counts(booked) else { continue }
            let strategy = try ColumnReader(table: "fills", key: "\(booked.fill.id)", row: row).text(12)
            try books.book(booked.fill, strategy: strategy)
        }
        return books
    }
}
