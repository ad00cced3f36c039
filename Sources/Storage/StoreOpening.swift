// Everything that is checked before a store is used, in the order in which it is checked.
//
// A new database is made under another name, whole and synced, and then given its own: so a file by that
// name which is empty or has no tables was damaged, and is refused.

import GRDB
import Trading
import TradingDomain

enum StoreOpening {
    /// A database up to this size (64 MB) is checked page by page at every start; a larger one by
    /// what the start reads, and by `journal verify`.
    static let quickCheckLimit: Int64 = 64 << 20
    static let busyTimeout: Double = 5

    static func open(at directory: String, bot: BotID, mode: Mode) throws(StoreError) -> StateStore {
        let file = StateStore.file(in: directory)
        try checkDirectory(directory)
        if try !exists(file) { try create(file, directory, bot, mode) }
        let queue = try queue(file)
        try checkContent(queue, file, bot, mode)
        return StateStore(file: file, bot: bot, queue: queue)
    }

    /// Opens a store that must be there, whoever it belongs to. The caller holds its locks.
    static func openExisting(at directory: String) throws(StoreError) -> DatabaseQueue {
        let file = StateStore.file(in: directory)
        guard try exists(file) else { throw .notFound(file: file) }
        try checkDirectory(directory)
        return try queue(file)
    }

    private static func queue(_ file: String) throws(StoreError) -> DatabaseQueue {
        let queue = try StoreError.naming(file, "opening") {
            try DatabaseQueue(path: file, configuration: configuration("trader247 store"))
        }
        try checkIdentity(queue, file)
        try StoreError.naming(file, "setting up") { try queue.writeWithoutTransaction { try setUp($0) } }
        try StoreError.naming(file, "migrating") { try Schema.migrator.migrate(queue) }
        return queue
    }

    static func configuration(_ label: String) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeout)
        configuration.foreignKeysEnabled = false
        configuration.label = label
        return configuration
    }

    private static func checkDirectory(_ directory: String) throws(StoreError) {
        let type: String?
        do throws(FileError) {
            try Filesystem.makeDirectory(directory)
            type = try Filesystem.networkFilesystem(at: directory)
            try Filesystem.checkWritable(directory)
        } catch {
            throw StoreError(error)
        }
        if let type { throw .networkFilesystem(directory: directory, type: type) }
    }

    /// Whether there is a database; its traces without it are damage.
    private static func exists(_ file: String) throws(StoreError) -> Bool {
        do throws(FileError) {
            if let size = try Filesystem.size(of: file) {
                guard size > 0 else {
                    throw FileError("the file is empty", file, code: 0)
                }
                try Filesystem.checkWritable(file)
                return true
            }
            if try Filesystem.size(of: file + "-wal") != nil {
                throw FileError("its log \(file)-wal is there, the database is not", file, code: 0)
            }
            return false
        } catch {
            if error.code == 0 { throw .corrupt(file: file, tried: "opening", cause: error.operation) }
            throw StoreError(error)
        }
    }

    private static func create(_ file: String, _ directory: String, _ bot: BotID, _ mode: Mode)
        throws(StoreError)
    {
        let draft = file + ".new"
        do throws(FileError) {
            for leftover in [draft, draft + "-journal", draft + "-wal", draft + "-shm"] {
                try Filesystem.removeIfPresent(leftover)
            }
        } catch {
            throw StoreError(error)
        }
        try StoreError.naming(draft, "creating") {
            let queue = try DatabaseQueue(path: draft, configuration: configuration("trader247 new store"))
            try Schema.migrator.migrate(queue)
            try queue.write { db in
                try db.execute(
                    sql: "INSERT INTO meta (id, bot, mode) VALUES (1, ?, ?)",
                    arguments: [bot.description, mode.rawValue])
                try db.execute(sql: "INSERT INTO life (id, epoch, recovered) VALUES (1, 0, 0)")
                try db.execute(sql: "INSERT INTO chain (id, seq, hash) VALUES (1, 0, zeroblob(32))")
            }
            try queue.close()
        }
        do throws(FileError) {
            try Filesystem.rename(draft, to: file)
            try Filesystem.syncDirectory(directory)
        } catch {
            throw StoreError(error)
        }
    }

    /// Ours, not newer than we are, and whole.
    private static func checkIdentity(_ queue: DatabaseQueue, _ file: String) throws(StoreError) {
        try StoreError.naming(file, "reading its version") {
            try queue.writeWithoutTransaction { db in
                try checkVersion(db, file: file)
                let size =
                    try (Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0)
                    * (Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
                guard size <= quickCheckLimit else { return }
                let answer = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
                guard answer == "ok" else {
                    throw StoreError.corrupt(file: file, tried: "quick_check", cause: answer)
                }
            }
        }
    }

    static func checkVersion(_ db: Database, file: String) throws {
        guard try Int64.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
            throw StoreError.foreign(file: file)
        }
        let version = try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version <= Schema.version else {
            throw StoreError.newerSchema(file: file, found: version, known: Schema.version)
        }
    }

    /// Durability as the design wants it. GRDB would set `synchronous` to NORMAL if it were asked for WAL,
    /// so it is not asked, and what we set is read back.
    private static func setUp(_ db: Database) throws {
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") ?? "no answer"
        guard mode == "wal" else { throw SettingError(name: "journal_mode", value: mode, wanted: "wal") }
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try db.execute(sql: "PRAGMA secure_delete = OFF")
        try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
        _ = try Int64.fetchOne(db, sql: "PRAGMA wal_autocheckpoint = 0")
        for (name, wanted) in [("synchronous", "2"), ("wal_autocheckpoint", "0")] {
            let value = try String.fetchOne(db, sql: "PRAGMA \(name)") ?? "no answer"
            guard value == wanted else { throw SettingError(name: name, value: value, wanted: wanted) }
        }
    }

    private struct SettingError: Error, CustomStringConvertible {
        let name: String
        let value: String
        let wanted: String
        var description: String { "\(name) reads back \(value) instead of \(wanted)" }
    }

    private static func checkContent(
        _ queue: DatabaseQueue, _ file: String, _ bot: BotID, _ mode: Mode
    )
        throws(StoreError)
    {
        try StoreError.naming(file, "reading what it holds") {
            try queue.writeWithoutTransaction { db in
                let owner = try TableReader.bot(db)
                guard owner == bot else {
                    throw StoreError.otherBot(
                        file: file, found: owner.description, expected: bot.description)
                }
                let found = try TableReader.mode(db)
                guard found == mode.rawValue else {
                    throw StoreError.otherMode(file: file, found: found, expected: mode.rawValue)
                }
                if let problem = try JournalAudit.tailProblem(db) {
                    throw StoreError.corrupt(file: file, tried: "reading the journal's end", cause: problem)
                }
            }
        }
    }
}
