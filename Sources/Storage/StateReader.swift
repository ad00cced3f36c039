// Reads a store beside a running daemon, or one that nobody has open. It never creates or changes a file,
// not even the index beside the log, and sees only what is committed.

import GRDB
import Synchronization
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
    private let opened: Mutex<Opened>

    private struct Opened: Sendable {
        let queue: DatabaseQueue
        let bot: BotID
        /// Set when the file is read without locks, because nobody has it open: what it looked like then.
        let unlocked: ReaderAddress.Fingerprint?
    }

    /// Opens the store of a state directory for reading.
    package convenience init(at directory: String) throws(StoreError) {
        try self.init(file: StateStore.file(in: directory), acceptsOlder: false)
    }

    /// An older version's tables can be copied as they are; to read orders and fills they must be ours.
    init(file: String, acceptsOlder: Bool) throws(StoreError) {
        let opened = try Self.open(file, acceptsOlder: acceptsOlder)
        self.file = file
        self.opened = Mutex(opened)
        bot = opened.bot
    }

    /// A daemon that opens or closes the store meanwhile moves the files under our hands; then it is
    /// opened again by what they are now.
    private static func open(_ file: String, acceptsOlder: Bool) throws(StoreError) -> Opened {
        var last = StoreError.changedWhileReading(file: file)
        for _ in 0..<ReaderAddress.patience {
            let address = try ReaderAddress.settled(of: file)
            do throws(StoreError) {
                let opened = try open(file, at: address, acceptsOlder: acceptsOlder)
                // What was read without a lock counts only if nobody wrote meanwhile.
                guard address.unlocked != nil else { return opened }
                if try ReaderAddress(of: file) == address { return opened }
                last = .changedWhileReading(file: file)
            } catch {
                if try ReaderAddress(of: file) == address { throw error }
                last = error
            }
        }
        throw last
    }

    private static func open(_ file: String, at address: ReaderAddress, acceptsOlder: Bool)
        throws(StoreError) -> Opened
    {
        var configuration = StoreOpening.configuration("trader247 reader")
        configuration.readonly = true
        return try StoreError.naming(file, "opening for reading") {
            let copy = address.lacksIndex ? try ReaderCopy(of: file) : nil
            defer { copy?.remove() }
            let queue = try DatabaseQueue(path: copy?.file ?? address.uri, configuration: configuration)
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
                return Opened(queue: queue, bot: try TableReader.bot(db), unlocked: address.unlocked)
            }
        }
    }

    /// One consistent look at the database, taken again when it was written to meanwhile; so `body` must
    /// only read.
    private func reading<T>(_ tried: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        for _ in 1..<ReaderAddress.patience {
            do throws(StoreError) {
                return try readingOnce(tried, body)
            } catch .changedWhileReading {
                continue
            }
        }
        return try readingOnce(tried, body)
    }

    /// One consistent look by a body that cannot be called twice.
    private func readingOnce<T>(_ tried: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        let opened = try current()
        let result: Result<T, StoreError>
        do throws(StoreError) {
            result = .success(try StoreError.naming(file, tried) { try opened.queue.read { try body($0) } })
        } catch {
            result = .failure(error)
        }
        // Half of a change looks like damage: that it changed is the cause to name.
        if let unlocked = opened.unlocked, try ReaderAddress.fingerprint(file) != unlocked {
            throw .changedWhileReading(file: file)
        }
        return try result.get()
    }

    /// The store as it was opened, or opened again when it was written to since.
    private func current() throws(StoreError) -> Opened {
        let opened = opened.withLock { $0 }
        guard let unlocked = opened.unlocked, try ReaderAddress.fingerprint(file) != unlocked else {
            return opened
        }
        let again = try Self.open(file, acceptsOlder: true)
        guard again.bot == bot else { throw .changedWhileReading(file: file) }
        self.opened.withLock { $0 = again }
        return again
    }

    func look<T>(_ tried: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
        try readingOnce(tried, body)
    }

    /// Copies the whole database as it is at one moment.
    func copy(to target: DatabaseQueue, pagesAtOnce: CInt, _ progress: @escaping (Int, Int) -> Void) throws {
        try readingOnce("copying") { db in
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
        try readingOnce("reading the journal") { try JournalAudit.rows($0, from: first, body) }
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
        try readingOnce("verifying the journal") { try JournalAudit.verify($0, progress: progress) }
    }

    /// The state that the journal's records make, applied from the first to the last.
    package func rebuildFromJournal(progress: (Int64, Int64) -> Void = { _, _ in }) throws(StoreError)
        -> DurableState
    {
        try readingOnce("rebuilding the state from the journal") {
            try JournalAudit.rebuild($0, progress: progress)
        }
    }
}
