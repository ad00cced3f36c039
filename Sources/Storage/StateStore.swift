// The durable home of orders, fills, positions, halts, strategy memories and the journal: one SQLite database
// in the state directory, written by one thread.
//
// A transaction is on the disk when `commit` says so (WAL with synchronous=FULL), and after one that failed
// nothing is ever committed again: Linux reports a failed fsync once, so what the disk holds is unknown.
// The store decides nothing about orders, retries nothing, and never makes a new file over a damaged one.

import GRDB
import GRDBSQLite
import Synchronization
import Trading
import TradingDomain

package final class StateStore: Sendable {
    /// Done orders that `load` brings back, newest first.
    package static let finishedLimit = 2_000
    /// An idle store checkpoints a log of more pages than this.
    package static let idleCheckpointPages = 1_000
    /// A log of more pages than this (64 MB) is checkpointed even when the store is never idle.
    package static let busyCheckpointPages = 16_384

    package let file: String
    package let bot: BotID
    private let queue: DatabaseQueue
    private let life = Mutex(Life())
    /// Of the outbox, to be written with the next commit.
    private let marks = Mutex(Marks())

    private struct Marks: Sendable {
        var waiting: [AlertMark] = []
        var areBeingWritten = false
    }

    private struct Life: Sendable {
        /// Made by the first load or commit.
        var writer: TableWriter?
        /// The first failure, final.
        var failure: String?
        var pagesAtCheckpoint: Int32 = 0
    }

    /// Takes over a database that `StoreOpening` has checked and set up.
    init(file: String, bot: BotID, queue: DatabaseQueue) {
        self.file = file
        self.bot = bot
        self.queue = queue
    }

    /// Where the database lies in a state directory.
    package static func file(in directory: String) -> String { "\(directory)/state.db" }

    /// Opens the store of this bot in this mode, or makes it if the directory has none. The caller holds the
    /// bot's lock. Modes never share a store: orders and positions on paper are not real ones.
    package static func open(at directory: String, bot: BotID, mode: Mode = .paper) throws(StoreError)
        -> StateStore
    {
        try StoreOpening.open(at: directory, bot: bot, mode: mode)
    }

    /// The state that the tables hold.
    package func load() throws(StoreError) -> DurableState {
        try StoreError.naming(file, "reading the state") {
            try life.withLock { life in
                let fresh = try queue.writeWithoutTransaction { try makeWriter($0) }
                if life.writer == nil { life.writer = fresh }
                return fresh.state
            }
        }
    }

    private func makeWriter(_ db: Database) throws -> TableWriter {
        TableWriter(
            bot: bot, state: try TableReader.state(db, bot: bot, finishedLimit: Self.finishedLimit),
            head: try TableReader.chainHead(db), lastFinish: try TableReader.lastFinish(db))
    }

    /// Writes all of it durably, or nothing. Called by the commit thread only; waits for the disk.
    package func commit(_ transaction: Transaction) -> CommitResult {
        life.withLock { life in
            if let failure = life.failure {
                return .failed("nothing is committed after a failure: \(failure)")
            }
            do {
                return try queue.writeWithoutTransaction { db in
                    let marks = takeMarks()
                    if !transaction.turns.isEmpty || !marks.isEmpty {
                        try write(transaction.turns, marks, db, &life)
                        marksAreWritten()
                    }
                    guard transaction.checkpoint else {
                        if pages(db, life) > Self.busyCheckpointPages { _ = checkpoint(db, &life) }
                        return .committed(checkpointed: nil)
                    }
                    return .committed(checkpointed: checkpoint(db, &life))
                }
            } catch {
                let failure = StoreError(error, file: file, tried: "commit \(transaction.number)").description
                life.failure = failure
                life.writer = nil
                return .failed(failure)
            }
        }
    }

    private func write(_ turns: [TurnEntry], _ marks: [AlertMark], _ db: Database, _ life: inout Life) throws
    {
        if life.writer == nil { life.writer = try makeWriter(db) }
        try db.inTransaction(.immediate) {
            if !turns.isEmpty { try life.writer?.write(turns, db) }
            for mark in marks { try AlertTables.write(mark, db) }
            return .commit
        }
    }

    /// Writes what waits of the outbox, and moves a long log into the database. For the commit thread, when it has
    /// nothing else to do.
    package func rest() {
        life.withLock { life in
            guard life.failure == nil else { return }
            do {
                try queue.writeWithoutTransaction { db in
                    let marks = takeMarks()
                    if !marks.isEmpty { try write([], marks, db, &life) }
                    marksAreWritten()
                    if pages(db, life) > Self.idleCheckpointPages { _ = checkpoint(db, &life) }
                }
            } catch {
                // As final as any other.
                life.failure = StoreError(error, file: file, tried: "writing the outbox").description
                life.writer = nil
            }
        }
    }

    // MARK: The outbox of alerts

    /// Everything that the outbox holds, oldest first.
    package func outbox() throws(StoreError) -> Outbox {
        try StoreError.naming(file, "reading the outbox") {
            try queue.writeWithoutTransaction { try AlertTables.read($0) }
        }
    }

    /// Takes note of what became of alerts. Returns at once: it is written with the next commit, or by `rest`.
    package func mark(_ new: [AlertMark]) { marks.withLock { $0.waiting += new } }

    /// Whether all that was noted of the outbox is written.
    package var hasWrittenMarks: Bool { marks.withLock { $0.waiting.isEmpty && !$0.areBeingWritten } }

    private func takeMarks() -> [AlertMark] {
        marks.withLock { marks in
            defer { marks.waiting = [] }
            marks.areBeingWritten = !marks.waiting.isEmpty
            return marks.waiting
        }
    }

    private func marksAreWritten() { marks.withLock { $0.areBeingWritten = false } }

    /// Whether all of the log is in the database now. A reader in the middle of an old snapshot holds the
    /// checkpoint back; that harms nothing. A failed sync is as final here as in a commit.
    private func checkpoint(_ db: Database, _ life: inout Life) -> Bool {
        do {
            let (frames, moved) = try db.checkpoint(.passive)
            life.pagesAtCheckpoint = written(db)
            return frames == moved
        } catch {
            if let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR {
                life.failure = StoreError(error, file: file, tried: "checkpoint").description
            }
            return false
        }
    }

    /// Pages in the log since the last checkpoint, about.
    private func pages(_ db: Database, _ life: Life) -> Int { Int(written(db) &- life.pagesAtCheckpoint) }

    /// Pages that this connection has written.
    private func written(_ db: Database) -> Int32 {
        var count: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(db.sqliteConnection, SQLITE_DBSTATUS_CACHE_WRITE, &count, &highest, 0)
        return count
    }

    /// The state that the journal's records make, applied from the first to the last; equal to what `load`
    /// reads. Commits wait meanwhile: beside a running daemon, ask a `StateReader`.
    package func rebuildFromJournal(progress: (Int64, Int64) -> Void = { _, _ in }) throws(StoreError)
        -> DurableState
    {
        try StoreError.naming(file, "rebuilding the state from the journal") {
            try queue.writeWithoutTransaction { try JournalAudit.rebuild($0, progress: progress) }
        }
    }

    /// The first bad row of the journal, if there is one. Commits wait meanwhile.
    package func verifyJournal(progress: (Int64, Int64) -> Void = { _, _ in }) throws(StoreError)
        -> JournalVerdict
    {
        try StoreError.naming(file, "verifying the journal") {
            try queue.writeWithoutTransaction { try JournalAudit.verify($0, progress: progress) }
        }
    }

    /// What SQLite says `synchronous` is: 2 is FULL.
    package func synchronousSetting() throws(StoreError) -> Int {
        try StoreError.naming(file, "reading PRAGMA synchronous") {
            try queue.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
        }
    }

    /// Closes the database; the last one to close it moves the log into it. Nothing can follow.
    package func close() throws(StoreError) {
        try StoreError.naming(file, "closing") {
            life.withLock { $0.failure = $0.failure ?? "the store \(file) is closed" }
            try queue.close()
        }
    }
}
