// Reads the tables back into the state that wrote them.

import GRDB
import Trading
import TradingDomain

enum TableReader {
    /// Everything durable: all orders that are not done, the newest done ones up to the limit, and the rest.
    static func state(_ db: Database, bot: BotID, finishedLimit: Int) throws -> DurableState {
        var state = DurableState()
        let finished = try Row.fetchAll(
            db,
            sql: "SELECT \(OrderRow.columns) FROM orders WHERE finished IS NOT NULL "
                + "ORDER BY finished DESC LIMIT ?", arguments: [finishedLimit])
        for row in finished.reversed() { try restore(row, &state, db, bot) }
        let unfinished = try Row.fetchAll(
            db,
            sql: "SELECT \(OrderRow.columns) FROM orders WHERE finished IS NULL ORDER BY epoch, sequence")
        for row in unfinished { try restore(row, &state, db, bot) }
        for row in try Row.fetchAll(db, sql: "SELECT \(PositionRow.columns) FROM positions") {
            let (symbol, position) = try PositionRow.read(row)
            state.restore(position, of: symbol)
        }
        state.restore(
            try Row.fetchAll(db, sql: "SELECT currency, noted, flow FROM holdings").map { row in
                let column = ColumnReader(table: "holdings", key: "\(row[0] as DatabaseValue)", row: row)
                return Holding(
                    currency: try column.text(0), noted: try column.decimal(1), flow: try column.decimal(2))
            }.sorted { $0.currency < $1.currency })
        for row in try Row.fetchAll(db, sql: "SELECT strategy, memory FROM memories") {
            let column = ColumnReader(table: "memories", key: "\(row[0] as DatabaseValue)", row: row)
            state.memories[try column.text(0)] = try column.text(1)
        }
        try StrategyTables.read(db, &state)
        for row in try Row.fetchAll(db, sql: "SELECT cause, detail, at, n FROM halts ORDER BY n") {
            let column = ColumnReader(table: "halts", key: "\(row[3] as DatabaseValue)", row: row)
            state.halts.append(
                Halt(cause: try column.value(0), detail: try column.text(1), at: try column.instant(2)))
        }
        if let row = try Row.fetchOne(db, sql: "SELECT kind, said_by, at FROM standing") {
            let column = ColumnReader(table: "standing", key: "1", row: row)
            state.standing = Standing(
                kind: try column.value(0), by: try column.text(1), at: try column.instant(2))
        }
        try readOnceOrders(db, bot, &state)
        try readSequences(db, &state)
        try readFound(db, bot, &state)
        try readLife(db, &state)
        return state
    }

    private static func restore(_ row: Row, _ state: inout DurableState, _ db: Database, _ bot: BotID) throws
    {
        let order = try OrderRow.read(row, bot: bot)
        let fills = try db.cachedStatement(
            sql: "SELECT id FROM fills WHERE epoch = ? AND sequence = ? ORDER BY n")
        let ids = try String.fetchAll(fills, arguments: [order.id.epoch, order.id.sequence])
        try state.restore(order, fills: ids.map { FillID($0) })
    }

    /// In the order in which they were intended.
    private static func readOnceOrders(_ db: Database, _ bot: BotID, _ state: inout DurableState) throws {
        var once = OnceOrders()
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT epoch, sequence, strategy, once_key FROM orders WHERE once_key IS NOT NULL "
                + "ORDER BY epoch, sequence")
        for row in rows {
            let column = ColumnReader(table: "orders", key: "\(row[0] as DatabaseValue)", row: row)
            guard
                let id = ClientOrderID(
                    bot: bot, epoch: try column.integer(0), sequence: try column.integer(1))
            else { throw column.bad(1) }
            once.note(try column.text(3), id, of: try column.text(2))
        }
        state.restore(once)
    }

    /// The highest sequence that each life intended. Discovered orders do not count, as in `apply`.
    private static func readSequences(_ db: Database, _ state: inout DurableState) throws {
        let highest = try db.cachedStatement(
            sql: "SELECT sequence FROM orders WHERE epoch = ? AND discovered = 0 "
                + "ORDER BY sequence DESC LIMIT 1")
        for epoch in try Int64.fetchAll(db, sql: "SELECT epoch FROM epochs") {
            state.sequences[epoch] = try Int64.fetchOne(highest, arguments: [epoch]) ?? 0
        }
    }

    /// Orders that no life of this store intended.
    private static func readFound(_ db: Database, _ bot: BotID, _ state: inout DurableState) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT epoch, sequence FROM orders WHERE discovered = 1")
        state.restore(
            found: try rows.map { row in
                let column = ColumnReader(table: "orders", key: "\(row[0] as DatabaseValue)", row: row)
                let (epoch, sequence) = (try column.integer(0), try column.integer(1))
                guard let id = ClientOrderID(bot: bot, epoch: epoch, sequence: sequence) else {
                    throw column.bad(1)
                }
                return id
            })
    }

    /// How the last life ended by its own sequence; nil where it did not, or has not.
    static func lastStop(_ db: Database) throws -> StopMarker? {
        var state = DurableState()
        try readLife(db, &state)
        return state.stopped
    }

    private static func readLife(_ db: Database, _ state: inout DurableState) throws {
        guard
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT epoch, recovered, day, day_baseline, stop_epoch, stop_verdict, stop_remaining, \
                    stop_at, day_strategies, died_deciding, portfolio FROM life
                    """)
        else { throw RowError(table: "life", key: "1", column: "row", value: "missing") }
        let column = ColumnReader(table: "life", key: "1", row: row)
        state.epoch = try column.integer(0)
        state.isRecovered = try column.integer(1) != 0
        if let day = try column.optionalInteger(2) {
            state.day = TradingDay(
                number: day, baseline: try column.decimal(3),
                strategies: try StrategyTables.baselines(column, 8))
        }
        state.diedDeciding = try column.optionalText(9)
        state.portfolio = try column.optionalText(10)
        if let epoch = try column.optionalInteger(4) {
            let ids = try column.text(6).split(separator: " ").map { text throws(RowError) in
                guard let id = ClientOrderID(String(text)) else { throw column.bad(6) }
                return id
            }
            state.stopped = StopMarker(
                epoch: epoch, verdict: try column.value(5), remaining: ids, at: try column.instant(7))
        }
    }

    /// The highest number given to a done order.
    static func lastFinish(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT MAX(finished) FROM orders") ?? 0
    }

    static func bot(_ db: Database) throws -> BotID {
        guard let row = try Row.fetchOne(db, sql: "SELECT bot FROM meta") else {
            throw RowError(table: "meta", key: "1", column: "row", value: "missing")
        }
        let column = ColumnReader(table: "meta", key: "1", row: row)
        guard let bot = BotID(try column.text(0)) else { throw column.bad(0) }
        return bot
    }

    /// The mode whose orders the store holds, as it was written.
    static func mode(_ db: Database) throws -> String {
        guard let row = try Row.fetchOne(db, sql: "SELECT mode FROM meta") else {
            throw RowError(table: "meta", key: "1", column: "row", value: "missing")
        }
        return try ColumnReader(table: "meta", key: "1", row: row).text(0)
    }

    /// The recorded head of the chain.
    static func chainHead(_ db: Database) throws -> ChainHead {
        guard let row = try Row.fetchOne(db, sql: "SELECT seq, hash FROM chain") else {
            throw RowError(table: "chain", key: "1", column: "row", value: "missing")
        }
        let column = ColumnReader(table: "chain", key: "1", row: row)
        return ChainHead(seq: try column.integer(0), hash: try column.bytes(1))
    }
}
