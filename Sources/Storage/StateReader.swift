// Reads a store beside a running daemon, or one that nobody has open. It never creates or changes a file,
// not even the index beside the log, and sees only what is committed.

import GRDB
import Glibc
import Trading
import TradingDomain

/// Which orders to list.
package struct OrderFilter: Equatable, Sendable {
    /// Only those that may be alive at the exchange.
    package var workingOnly: Bool
    package var symbol: Symbol?
    /// At most this many, newest first; nil for all.
    package var limit: Int?

    package init(workingOnly: Bool = false, symbol: Symbol? = nil, limit: Int? = nil) {
        self.workingOnly = workingOnly
        self.symbol = symbol
        self.limit = limit
    }
}

package final class StateReader: Sendable {
    package let file: String
    package let bot: BotID
    private let queue: DatabaseQueue
    /// Set when the file is read without locks, because nobody has it open: what it looked like then.
    private let unlocked: Fingerprint?

    private struct Fingerprint: Equatable, Sendable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    /// Opens the store of a state directory for reading.
    package convenience init(at directory: String) throws(StoreError) {
        try self.init(file: StateStore.file(in: directory), acceptsOlder: false)
    }

    /// An older version's tables can be copied as they are; to read orders and fills they must be ours.
    init(file: String, acceptsOlder: Bool) throws(StoreError) {
        let (address, unlocked) = try Self.address(of: file)
        var configuration = StoreOpening.configuration("trader247 reader")
        configuration.readonly = true
        self.file = file
        self.unlocked = unlocked
        (queue, bot) = try StoreError.naming(file, "opening for reading") {
            let queue = try DatabaseQueue(path: address, configuration: configuration)
            return try queue.read { db in
                try StoreOpening.checkVersion(db, file: file)
                let version = try Int64.fetchOne(db, sql: "PRAGMA user_version")
                guard acceptsOlder || version == Schema.version else {
                    throw StoreError.failed(
                        file: file, tried: "opening for reading",
                        cause:
                            "an older version wrote it; start trader247 on it once, which brings it up to date"
                    )
                }
                return (queue, try TableReader.bot(db))
            }
        }
    }

    /// The address that makes SQLite read without writing. With a log beside it, the log's index must not be
    /// touched; without one, the file alone is the truth, and opening it the usual way would make a log.
    private static func address(of file: String) throws(StoreError) -> (String, Fingerprint?) {
        let log: Int64?
        let index: Int64?
        let found: Fingerprint?
        do throws(FileError) {
            found = try fingerprint(file)
            log = try Filesystem.size(of: file + "-wal")
            index = try Filesystem.size(of: file + "-shm")
        } catch {
            throw StoreError(error)
        }
        guard let found else { throw .notFound(file: file) }
        guard found.size > 0 else {
            throw .corrupt(file: file, tried: "opening for reading", cause: "the file is empty")
        }
        let path = "file:" + escaped(file) + "?mode=ro"
        if log != nil, index != nil { return (path + "&readonly_shm=1", nil) }
        if (log ?? 0) == 0 { return (path + "&immutable=1", found) }
        throw .failed(
            file: file, tried: "opening for reading",
            cause: "its log was copied without the index \(file)-shm; start trader247 on it once")
    }

    private static func fingerprint(_ file: String) throws(FileError) -> Fingerprint? {
        guard let info = try Filesystem.status(of: file) else { return nil }
        return Fingerprint(
            inode: UInt64(info.st_ino), size: Int64(info.st_size), seconds: info.st_mtim.tv_sec,
            nanoseconds: info.st_mtim.tv_nsec)
    }

    /// The path as a URI wants it: everything but plain characters as %XX.
    private static func escaped(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// One consistent look at the database.
    private func reading<T>(_ tried: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        let result = try StoreError.naming(file, tried) { try queue.read { try body($0) } }
        if let unlocked {
            let now: Fingerprint?
            do throws(FileError) { now = try Self.fingerprint(file) } catch { throw StoreError(error) }
            if now != unlocked { throw .changedWhileReading(file: file) }
        }
        return result
    }

    func look<T>(_ tried: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try reading(tried, body)
    }

    /// Copies the whole database as it is at one moment.
    func copy(to target: DatabaseQueue, pagesAtOnce: CInt, _ progress: @escaping (Int, Int) -> Void) throws {
        try reading("copying") { db in
            try target.writeWithoutTransaction { copy in
                try db.backup(to: copy, pagesPerStep: pagesAtOnce) {
                    progress($0.completedPageCount, $0.totalPageCount)
                }
            }
        }
    }

    /// What `journal prune` would remove now.
    package func pruningPlan(keep: Duration, now: UTCInstant) throws(StoreError) -> PruneResult {
        try reading("looking what can be pruned") {
            try JournalPruning.plan($0, keep: keep, now: now).result
        }
    }

    /// Orders, newest first.
    package func orders(_ filter: OrderFilter = OrderFilter()) throws(StoreError) -> [Order] {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        if filter.workingOnly {
            // Not done, so found by the index; then as `Order.isWorking` says.
            conditions += [
                "finished IS NULL", "state IN ('new', 'open', 'partiallyFilled')",
                "(state <> 'new' OR sent_at IS NOT NULL)",
            ]
        }
        if let symbol = filter.symbol {
            conditions.append("symbol = ?")
            arguments += [symbol.description]
        }
        arguments += [filter.limit ?? -1]
        let rule = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try reading("reading orders") { db in
            try Row.fetchAll(
                db,
                sql: "SELECT \(OrderRow.columns) FROM orders \(rule) "
                    + "ORDER BY epoch DESC, sequence DESC LIMIT ?", arguments: arguments
            ).map { try OrderRow.read($0, bot: bot) }
        }
    }

    /// One order; nil for one that the store does not know.
    package func order(_ id: ClientOrderID) throws(StoreError) -> Order? {
        guard id.bot == bot else { return nil }
        return try reading("reading an order") { db in
            try Row.fetchOne(
                db, sql: "SELECT \(OrderRow.columns) FROM orders WHERE epoch = ? AND sequence = ?",
                arguments: [id.epoch, id.sequence]
            ).map { try OrderRow.read($0, bot: bot) }
        }
    }

    /// Fills in the order in which they were booked, newest first.
    package func fills(of symbol: Symbol? = nil, limit: Int? = nil) throws(StoreError) -> [BookedFill] {
        try reading("reading fills") { db in
            try Row.fetchAll(
                db,
                sql: "SELECT \(FillRow.columns) FROM fills WHERE ?1 IS NULL OR symbol = ?1 "
                    + "ORDER BY n DESC LIMIT ?2", arguments: [symbol?.description, limit ?? -1]
            ).map { try FillRow.read($0, bot: bot) }
        }
    }

    /// Positions by symbol.
    package func positions() throws(StoreError) -> [(symbol: Symbol, position: Position)] {
        try reading("reading positions") { db in
            try Row.fetchAll(db, sql: "SELECT \(PositionRow.columns) FROM positions ORDER BY symbol")
                .map { try PositionRow.read($0) }
        }
    }

    /// Positions of each strategy, by its name, then by symbol.
    package func strategyPositions() throws(StoreError) -> [(
        strategy: String, symbol: Symbol, position: Position
    )] {
        try reading("reading positions") { try StrategyTables.positions($0) }
    }

    /// The alerts that are kept, oldest first, and what became of each.
    package func outbox() throws(StoreError) -> Outbox {
        try reading("reading the outbox") { try AlertTables.read($0) }
    }

    /// The state that the tables hold, as the daemon would load it.
    package func load() throws(StoreError) -> DurableState {
        try reading("reading the state") {
            try TableReader.state($0, bot: bot, finishedLimit: StateStore.finishedLimit)
        }
    }

    /// Journal rows from `first` on, oldest first, until `body` returns false. What `body` throws ends it
    /// and comes out as `StoreError.failed`.
    package func journal(from first: Int64 = 1, _ body: (JournalRow) throws -> Bool) throws(StoreError) {
        try reading("reading the journal") { try JournalAudit.rows($0, from: first, body) }
    }

    /// The newest rows of the journal, newest first.
    package func latestJournal(_ limit: Int) throws(StoreError) -> [JournalRow] {
        try reading("reading the journal") { try JournalAudit.latest($0, limit) }
    }

    /// The journal as lines of JSON, without their line ends.
    package func exportJournal(from first: Int64 = 1, _ line: (String) throws -> Void) throws(StoreError) {
        try journal(from: first) { row in
            try line(row.line)
            return true
        }
    }

    /// The journal's first bad row, if there is one; `progress` is called with rows read and rows in all.
    package func verifyJournal(progress: (Int64, Int64) -> Void = { _, _ in }) throws(StoreError)
        -> JournalVerdict
    {
        try reading("verifying the journal") { try JournalAudit.verify($0, progress: progress) }
    }

    /// The state that the journal's records make, applied from the first to the last.
    package func rebuildFromJournal(progress: (Int64, Int64) -> Void = { _, _ in }) throws(StoreError)
        -> DurableState
    {
        try reading("rebuilding the state from the journal") {
            try JournalAudit.rebuild($0, progress: progress)
        }
    }
}
