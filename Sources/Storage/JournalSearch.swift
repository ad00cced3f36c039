// Finds rows of the journal that speak of something, without reading the others: the text itself is searched, since
// what a row says is JSON in one canonical spelling.

import FoundationEssentials
import GRDB
import Trading
import TradingDomain

enum JournalSearch {
    /// Rows from `first` to `last` that hold any of these texts, oldest first.
    static func turns(_ db: Database, holding texts: [String], from first: Int64, through last: Int64) throws
        -> [JournaledTurn]
    {
        guard !texts.isEmpty else { return [] }
        let rule = texts.map { _ in "instr(payload, ?) > 0" }.joined(separator: " OR ")
        let bounds: [any DatabaseValueConvertible] = [first, last]
        let cursor = try Row.fetchCursor(
            db,
            sql: "SELECT seq, epoch, turn, utc, payload, hash FROM journal "
                + "WHERE seq >= ? AND seq <= ? AND (\(rule)) ORDER BY seq",
            arguments: StatementArguments(bounds + texts))
        var turns: [JournaledTurn] = []
        while let row = try cursor.next() { turns.append(try turn(of: try JournalAudit.read(row))) }
        return turns
    }

    private static func turn(of row: JournalRow) throws -> JournaledTurn {
        do {
            let payload = try JSONDecoder().decode(Payload.self, from: Data(row.payload.utf8))
            return JournaledTurn(
                seq: row.seq, epoch: row.epoch, at: row.utc, event: payload.event, records: payload.records,
                commands: payload.commands)
        } catch {
            throw RowError(table: "journal", key: "\(row.seq)", column: "payload", value: "\(error)")
        }
    }

    private struct Payload: Decodable {
        var event: Event?
        var records: [Trading.Record]
        var commands: [SentCommand]
    }

    /// The first row at or after this moment, by halving; one past the last where all are older. Clocks that jumped
    /// back are the caller's to allow for.
    static func firstRow(_ db: Database, at moment: UTCInstant) throws -> Int64 {
        guard
            let ends = try Row.fetchOne(db, sql: "SELECT MIN(seq), MAX(seq) FROM journal"),
            var low = Int64.fromDatabaseValue(ends[0]), let last = Int64.fromDatabaseValue(ends[1])
        else { return 1 }
        var high = last + 1
        while low < high {
            let middle = low + (high - low) / 2
            let utc = try Int64.fetchOne(
                db, sql: "SELECT utc FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1", arguments: [middle])
            if let utc, utc < moment.nanoseconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension StateReader {
    /// Clocks that jumped back by more than this are not allowed for.
    private static let clockSlack: Duration = .seconds(600)

    /// Rows of a time that hold any of these texts, oldest first. Without an end, to the last row.
    package func turns(holding texts: [String], since: UTCInstant, until: UTCInstant? = nil)
        throws(StoreError) -> [JournaledTurn]
    {
        try look("searching the journal") { db in
            let first = try JournalSearch.firstRow(db, at: since - Self.clockSlack)
            let last = try until.map { try JournalSearch.firstRow(db, at: $0 + Self.clockSlack) }
            return try JournalSearch.turns(db, holding: texts, from: first, through: last ?? .max)
        }
    }

    /// Every row that speaks of this order: of its own id, of the exchange's, and the answers to its commands.
    package func turns(of order: Order) throws(StoreError) -> [JournaledTurn] {
        var texts = ["\"\(order.id)\""]
        if let id = order.exchangeOrderID { texts.append("\"\(id)\"") }
        // Late news of an order that is done comes soon, if at all; its fills are in their table anyway.
        let until = order.isDone ? (order.endedAt ?? order.createdAt) + .seconds(3_600) : nil
        var turns = try turns(holding: texts, since: order.createdAt, until: until)
        let known = Set(turns.map(\.seq))
        let calls = turns.flatMap { turn in
            turn.commands.compactMap { command -> (epoch: Int64, id: CommandID)? in
                switch command.what {
                case .place(order.id): (turn.epoch, command.id)
                case .cancel(let ids):
                    ids.contains { $0 == order.exchangeOrderID } ? (turn.epoch, command.id) : nil
                default: nil
                }
            }
        }
        for batch in stride(from: 0, to: calls.count, by: 32).map({ calls[$0..<min($0 + 32, calls.count)] }) {
            let answers = try self.turns(
                holding: batch.map { #"{"answered":{"_0":\#($0.id),"# }, since: order.createdAt, until: until)
            turns += answers.filter { turn in
                guard !known.contains(turn.seq), case .answered(let id, _)? = turn.event else { return false }
                return batch.contains { $0.epoch == turn.epoch && $0.id == id }
            }
        }
        return turns.sorted { $0.seq < $1.seq }
    }

    /// The order that the exchange knows by this name.
    package func order(_ id: ExchangeOrderID) throws(StoreError) -> Order? {
        try look("reading an order") { db in
            try Row.fetchOne(
                db, sql: "SELECT \(OrderRow.columns) FROM orders WHERE exchange_id = ?",
                arguments: [id.description]
            ).map { try OrderRow.read($0, bot: bot) }
        }
    }

    /// What is booked of one order, in the order in which it was booked.
    package func fills(of order: ClientOrderID) throws(StoreError) -> [Fill] {
        try look("reading fills") { db in
            try Row.fetchAll(
                db,
                sql: "SELECT \(FillRow.columns) FROM fills WHERE epoch = ? AND sequence = ? ORDER BY n",
                arguments: [order.epoch, order.sequence]
            ).map { try FillRow.read($0, bot: bot).fill }
        }
    }

    /// Where the journal begins: nil for one that was never pruned.
    package func anchor() throws(StoreError) -> JournalAnchor? {
        try look("reading the journal's anchor") { try JournalAnchor.read($0) }
    }

    /// When the first row that is there was written; nil for an empty journal.
    package func journalBegins() throws(StoreError) -> UTCInstant? {
        try look("reading the journal") { db in
            try Int64.fetchOne(db, sql: "SELECT utc FROM journal ORDER BY seq LIMIT 1").map {
                UTCInstant(nanoseconds: $0)
            }
        }
    }

    /// What the store's bot does with its orders.
    package func mode() throws(StoreError) -> Mode {
        try look("reading what the store is for") { db in
            let text = try String.fetchOne(db, sql: "SELECT mode FROM meta") ?? ""
            guard let mode = Mode(rawValue: text) else {
                throw RowError(table: "meta", key: "1", column: "mode", value: text)
            }
            return mode
        }
    }
}
