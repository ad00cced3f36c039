// Reads the journal from its first row to its last: to find the first bad row, to rebuild the state, to
// export it. It only reads; what it finds is for an operator to judge.

import FoundationEssentials
import GRDB
import Trading
import TradingDomain

/// What `verify` found.
package enum JournalVerdict: Equatable, Sendable, CustomStringConvertible {
    /// Every row is as it was written, and none is missing; after the anchor, where the journal was pruned.
    case intact(rows: Int64, after: JournalAnchor? = nil)
    /// The first bad row, and what is wrong with it.
    case broken(seq: Int64, problem: String)

    package var description: String {
        switch self {
        case .intact(let rows, nil): "journal intact: \(rows) rows"
        case .intact(let rows, let anchor?):
            "journal intact: \(rows) rows, after the anchor at row \(anchor.seq); what came before was pruned at "
                + "\(anchor.prunedAt)"
        case .broken(let seq, let problem): "journal broken at row \(seq): \(problem)"
        }
    }
}

enum JournalAudit {
    /// Rows between two calls of a progress callback.
    static let progressInterval: Int64 = 4_096

    /// Every row from `first` on, in order, until `body` returns false.
    static func rows(_ db: Database, from first: Int64 = .min, _ body: (JournalRow) throws -> Bool) throws {
        let cursor = try Row.fetchCursor(
            db,
            sql: "SELECT seq, epoch, turn, utc, payload, hash FROM journal WHERE seq >= ? ORDER BY seq",
            arguments: [first])
        while let row = try cursor.next() {
            guard try body(try read(row)) else { return }
        }
    }

    /// The newest rows, newest first.
    static func latest(_ db: Database, _ limit: Int) throws -> [JournalRow] {
        try Row.fetchAll(
            db,
            sql: "SELECT seq, epoch, turn, utc, payload, hash FROM journal ORDER BY seq DESC LIMIT ?",
            arguments: [limit]
        ).map { try read($0) }
    }

    static func read(_ row: Row) throws -> JournalRow {
        let column = ColumnReader(table: "journal", key: "\(row[0] as DatabaseValue)", row: row)
        return JournalRow(
            seq: try column.integer(0), epoch: try column.integer(1), turn: try column.integer(2),
            utc: try column.instant(3), payload: try column.text(4), hash: try column.bytes(5))
    }

    /// `progress` is called with rows read and rows in all.
    static func verify(_ db: Database, progress: (Int64, Int64) -> Void) throws -> JournalVerdict {
        let recorded = try TableReader.chainHead(db)
        let anchor: JournalAnchor?
        do {
            anchor = try JournalAnchor.read(db)
            if let anchor { _ = try readCheckpoint(anchor).state() }
        } catch let error as RowError {
            return .broken(seq: 1, problem: error.description)
        }
        var head = anchor?.head ?? ChainHead()
        var broken: JournalVerdict?
        do {
            try rows(db) { row in
                if let problem = problem(of: row, after: head) {
                    broken = .broken(seq: head.seq + 1, problem: problem)
                    return false
                }
                head = ChainHead(seq: row.seq, hash: row.hash)
                if row.seq % progressInterval == 0 { progress(row.seq, recorded.seq) }
                return true
            }
        } catch let error as RowError {
            return .broken(seq: head.seq + 1, problem: error.description)
        }
        if let broken { return broken }
        progress(head.seq, recorded.seq)
        if head.seq < recorded.seq {
            return .broken(
                seq: head.seq + 1, problem: "the tail is missing: rows \(head.seq + 1) to \(recorded.seq)")
        }
        if head != recorded {
            return .broken(
                seq: recorded.seq + 1,
                problem: "the journal does not end where it was last committed, at row \(recorded.seq)")
        }
        return .intact(rows: head.seq - (anchor?.seq ?? 0), after: anchor)
    }

    private static func readCheckpoint(_ anchor: JournalAnchor) throws -> Checkpoint {
        do {
            let checkpoint = try JSONDecoder().decode(Checkpoint.self, from: Data(anchor.state.utf8))
            _ = try checkpoint.state()
            return checkpoint
        } catch {
            throw RowError(table: "anchor", key: "1", column: "state", value: "\(error)")
        }
    }

    static func problem(of row: JournalRow, after head: ChainHead) -> String? {
        guard row.seq == head.seq + 1 else {
            return row.seq > head.seq + 1 ? "missing; the next row is \(row.seq)" : "row number \(row.seq)"
        }
        let expected = head.next(epoch: row.epoch, turn: row.turn, utc: row.utc, payload: row.payload)
        guard row.hash == expected.hash else {
            return "its hash does not follow from the row before it and its own content"
        }
        do {
            _ = try JournalPayload.read(row.payload)
            return nil
        } catch {
            return "its payload cannot be read: \(error)"
        }
    }

    /// The state that the records of all rows make, in order. Each life knew only those done orders that it
    /// had loaded, so the rest are forgotten where a life begins, and at the end: what remains is what
    /// `TableReader.state` reads.
    static func rebuild(_ db: Database, progress: (Int64, Int64) -> Void) throws -> DurableState {
        let last = try TableReader.chainHead(db).seq
        var state = try beginning(db)
        try rows(db) { row in
            try apply(row, to: &state)
            if row.seq % progressInterval == 0 { progress(row.seq, last) }
            return true
        }
        state.ledger.keepFinished(StateStore.finishedLimit)
        progress(last, last)
        return state
    }

    /// What the rows that are there begin with: the state at the anchor, or nothing.
    static func beginning(_ db: Database) throws -> DurableState {
        guard let anchor = try JournalAnchor.read(db) else { return DurableState() }
        let checkpoint = try readCheckpoint(anchor)
        var state = try checkpoint.state()
        if checkpoint.books == nil { state.restore(try booksBeforeTheJournal(db)) }
        return state
    }

    /// For an anchor of a version without books: of all fills in the table, those that no row tells of.
    private static func booksBeforeTheJournal(_ db: Database) throws -> StrategyBooks {
        struct Key: Hashable {
            let order: ClientOrderID
            let fill: FillID
        }
        var told: Set<Key> = []
        try rows(db) { row in
            guard row.payload.contains("\"fill\"") else { return true }
            for record in (try? JournalPayload.read(row.payload).records) ?? [] {
                if case .fill(let order, let fill) = record { told.insert(Key(order: order, fill: fill.id)) }
            }
            return true
        }
        return try StrategyTables.books(fromFills: db) {
            !told.contains(Key(order: $0.order, fill: $0.fill.id))
        }
    }

    static func apply(_ row: JournalRow, to state: inout DurableState) throws {
        do {
            for record in try JournalPayload.read(row.payload).records {
                if case .lifeBegan = record { state.ledger.keepFinished(StateStore.finishedLimit) }
                try state.apply(record)
            }
        } catch {
            throw RowError(table: "journal", key: "\(row.seq)", column: "payload", value: "\(error)")
        }
    }

    /// A cheap look at the end of the chain: nil when the last row is the recorded head.
    static func tailProblem(_ db: Database) throws -> String? {
        let recorded = try TableReader.chainHead(db)
        let row = try Row.fetchOne(db, sql: "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
        guard let row else { return recorded.seq == 0 ? nil : "all \(recorded.seq) journal rows are missing" }
        let column = ColumnReader(table: "journal", key: "\(row[0] as DatabaseValue)", row: row)
        let last = ChainHead(seq: try column.integer(0), hash: try column.bytes(1))
        return last == recorded
            ? nil : "the journal ends at row \(last.seq), row \(recorded.seq) was committed last"
    }
}
