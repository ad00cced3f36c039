// What a report needs of the store: every fill with what its order says of why, the orders of a time, and the last prices
// that were known before it.

import GRDB
import Trading
import TradingDomain

extension StateReader {
    /// Every fill, in the order in which they were booked.
    package func attributedFills() throws(StoreError) -> [AttributedFill] {
        try look("reading fills") { db in
            let columns = FillRow.columns.split(separator: ",").map {
                "f." + $0.trimmingPrefix { $0.isWhitespace }
            }
            let cursor = try Row.fetchCursor(
                db,
                sql: "SELECT \(columns.joined(separator: ", ")), o.strategy, o.basis FROM fills f "
                    + "LEFT JOIN orders o ON o.epoch = f.epoch AND o.sequence = f.sequence ORDER BY f.n")
            var fills: [AttributedFill] = []
            while let row = try cursor.next() {
                let booked = try FillRow.read(row, bot: bot)
                let column = ColumnReader(table: "orders", key: "\(booked.order)", row: row)
                fills.append(
                    AttributedFill(
                        order: booked.order, strategy: try column.optionalText(columns.count) ?? "",
                        mid: try Self.basis(column, columns.count + 1)?.mid, fill: booked.fill))
            }
            return fills
        }
    }

    private static func basis(_ column: ColumnReader, _ index: Int) throws(RowError) -> OrderBasis? {
        guard let text = try column.optionalText(index) else { return nil }
        guard let basis = OrderBasis(text) else { throw column.bad(index) }
        return basis
    }

    /// Orders that were wanted in this time, oldest first.
    package func orders(wantedFrom since: UTCInstant, to until: UTCInstant) throws(StoreError) -> [Order] {
        try look("reading orders") { db in
            try Row.fetchAll(
                db,
                sql: "SELECT \(OrderRow.columns) FROM orders WHERE created_at >= ? AND created_at < ? "
                    + "ORDER BY epoch, sequence", arguments: [since.nanoseconds, until.nanoseconds]
            ).map { try OrderRow.read($0, bot: bot) }
        }
    }

    /// Of each market that was ever filled, the last order before this moment that knows the prices it was decided on.
    package func lastDecisions(before moment: UTCInstant) throws(StoreError) -> [Order] {
        try look("reading orders") { db in
            let symbols = try String.fetchAll(db, sql: "SELECT symbol FROM positions ORDER BY symbol")
            return try symbols.compactMap { symbol in
                try Row.fetchOne(
                    db,
                    sql: "SELECT \(OrderRow.columns) FROM orders WHERE symbol = ? AND created_at < ? "
                        + "AND basis IS NOT NULL ORDER BY epoch DESC, sequence DESC LIMIT 1",
                    arguments: [symbol, moment.nanoseconds]
                ).map { try OrderRow.read($0, bot: bot) }
            }
        }
    }

    /// When the first order was wanted or the first fill executed; nil for a store without any.
    package func tradingBegan() throws(StoreError) -> UTCInstant? {
        try look("reading orders") { db in
            try Int64.fetchOne(
                db,
                sql:
                    "SELECT MIN(t) FROM (SELECT MIN(created_at) t FROM orders UNION SELECT MIN(at) FROM fills)"
            ).map { UTCInstant(nanoseconds: $0) }
        }
    }

    /// Rows of a time whose records tell of lives, stops, halts, operators and refusals, oldest first.
    package func landmarks(since: UTCInstant, until: UTCInstant? = nil) throws(StoreError) -> [JournaledTurn]
    {
        let names = [
            "lifeBegan", "stopBegan", "stopped", "halted", "resumed", "refused", "recovered", "operatorSaid",
        ]
        return try turns(
            holding: names.map { "{\"\($0)\":" }, since: since, until: until)
    }
}
