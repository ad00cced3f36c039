// The outbox's tables: one row per alert, written in the transaction of the record that it tells of; one per alert and
// sink once that is done with. Bounded: the oldest rows go, and what was not delivered of them is counted.

import GRDB
import Trading
import TradingDomain

enum AlertTables {
    /// Alerts that are kept.
    static let limit: Int64 = 1_000

    static let version5 = """
        CREATE TABLE alerts (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            level TEXT NOT NULL,
            message TEXT NOT NULL,
            at INTEGER NOT NULL,
            suppressed INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE alert_deliveries (
            id TEXT NOT NULL,
            sink TEXT NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            at INTEGER NOT NULL,
            words TEXT NOT NULL,
            PRIMARY KEY (id, sink)
        ) WITHOUT ROWID;
        CREATE TABLE alert_sinks (
            name TEXT PRIMARY KEY,
            since INTEGER NOT NULL,
            dropped INTEGER NOT NULL
        ) WITHOUT ROWID;
        """

    // MARK: Writing, inside the caller's transaction

    static func insert(_ alert: OutgoingAlert, _ db: Database) throws {
        try run(
            db, "INSERT OR IGNORE INTO alerts (id, name, level, message, at) VALUES (?, ?, ?, ?, ?)",
            [alert.id, alert.name, alert.level.rawValue, alert.message, alert.at.nanoseconds])
        guard db.changesCount > 0 else { return }
        try removeOldest(before: db.lastInsertedRowID - limit, db)
    }

    static func remove(_ id: String, _ db: Database) throws {
        try run(db, "DELETE FROM alerts WHERE id = ?", [id])
        try run(db, "DELETE FROM alert_deliveries WHERE id = ?", [id])
    }

    static func write(_ mark: AlertMark, _ db: Database) throws {
        switch mark {
        case .added(let alert): try insert(alert, db)
        case .suppressed(let id): try run(db, "UPDATE alerts SET suppressed = 1 WHERE id = ?", [id])
        case .ended(let id, let sink, let state, let attempts, let at, let words):
            try run(
                db,
                "INSERT OR REPLACE INTO alert_deliveries (id, sink, state, attempts, at, words) "
                    + "VALUES (?, ?, ?, ?, ?, ?)",
                [id, sink, state.rawValue, attempts, at.nanoseconds, words])
            if state == .dropped { try count(1, sink, db) }
        case .sink(let name, let since):
            try run(
                db, "INSERT OR IGNORE INTO alert_sinks (name, since, dropped) VALUES (?, ?, 0)",
                [name, since.nanoseconds])
        case .lost(let sink, let count): try Self.count(count, sink, db)
        }
    }

    private static func count(_ dropped: Int, _ sink: String, _ db: Database) throws {
        try run(db, "UPDATE alert_sinks SET dropped = dropped + ? WHERE name = ?", [dropped, sink])
    }

    /// One row for each that comes, so that no insert has much to do.
    private static func removeOldest(before last: Int64, _ db: Database) throws {
        guard last > 0 else { return }
        // What goes undelivered, sink by sink.
        try run(
            db,
            """
            UPDATE alert_sinks SET dropped = dropped + (
                SELECT COUNT(*) FROM alerts a WHERE a.seq <= ? AND a.suppressed = 0 AND a.at >= alert_sinks.since
                AND NOT EXISTS (
                    SELECT 1 FROM alert_deliveries d WHERE d.id = a.id AND d.sink = alert_sinks.name))
            """, [last])
        try run(
            db, "DELETE FROM alert_deliveries WHERE id IN (SELECT id FROM alerts WHERE seq <= ?)", [last])
        try run(db, "DELETE FROM alerts WHERE seq <= ?", [last])
    }

    private static func run(_ db: Database, _ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws
    {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(StatementArguments(values))
        try statement.execute()
    }

    // MARK: Reading

    static func read(_ db: Database) throws -> Outbox {
        var outbox = Outbox()
        var deliveries: [String: [Outbox.Delivery]] = [:]
        let rows = try Row.fetchAll(
            db, sql: "SELECT id, sink, state, attempts, at, words FROM alert_deliveries ORDER BY id, sink")
        for row in rows {
            let column = ColumnReader(table: "alert_deliveries", key: "\(row[0] as DatabaseValue)", row: row)
            deliveries[try column.text(0), default: []].append(
                Outbox.Delivery(
                    sink: try column.text(1), state: try column.value(2), attempts: row[3],
                    at: try column.instant(4), words: try column.text(5)))
        }
        let alerts = try Row.fetchAll(
            db, sql: "SELECT id, name, level, message, at, suppressed FROM alerts ORDER BY seq")
        for row in alerts {
            let column = ColumnReader(table: "alerts", key: "\(row[0] as DatabaseValue)", row: row)
            let alert = OutgoingAlert(
                id: try column.text(0), name: try column.text(1), level: try column.value(2),
                message: try column.text(3), at: try column.instant(4))
            outbox.entries.append(
                Outbox.Entry(
                    alert: alert, isSuppressed: row[5] as Int != 0, deliveries: deliveries[alert.id] ?? []))
        }
        for row in try Row.fetchAll(db, sql: "SELECT name, since, dropped FROM alert_sinks ORDER BY name") {
            let column = ColumnReader(table: "alert_sinks", key: "\(row[0] as DatabaseValue)", row: row)
            outbox.sinks.append(
                Outbox.Sink(name: try column.text(0), since: try column.instant(1), dropped: row[2]))
        }
        return outbox
    }
}
