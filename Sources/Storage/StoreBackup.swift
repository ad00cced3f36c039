// Copies a store while it is written to: SQLite's online backup from one snapshot of it, so that no commit waits and
// none starts the copy over. The copy is made under another name, synced and checked before it gets its own; a file
// that is there already is not replaced unless that is asked for.

import GRDB
import Glibc
import Trading
import TradingDomain

package struct BackupResult: Equatable, Sendable {
    package let path: String
    /// Rows of the journal that the copy holds.
    package let rows: Int64
    /// The journal's last row.
    package let lastRow: Int64
    package let epoch: Int64
}

package enum StoreBackup {
    private static let pagesAtOnce: CInt = 256

    /// Where a backup goes that was not told where: by the second, in the state directory.
    package static func defaultPath(in directory: String, at now: UTCInstant) -> String {
        let whole = UTCInstant(seconds: now.secondsSince1970)
        return "\(directory)/backups/state-\(whole.description.replacing(":", with: "")).db"
    }

    /// `progress` is called with pages copied and pages in all.
    package static func make(
        of directory: String, to target: String, replaces: Bool = false,
        progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws(StoreError) -> BackupResult {
        let source = StateStore.file(in: directory)
        let parent = Filesystem.directory(of: target)
        let draft = "\(target).\(getpid()).tmp"
        let reader = try StateReader(file: source, acceptsOlder: true)
        do throws(FileError) {
            if parent == "\(directory)/backups" { try Filesystem.makeDirectory(parent) }
            try checkTarget(target, source, replaces: replaces)
            try remove(draft)
        } catch {
            throw StoreError(error)
        }
        do throws(StoreError) {
            try StoreError.naming(draft, "copying \(source)") {
                let copy = try DatabaseQueue(
                    path: draft, configuration: StoreOpening.configuration("trader247 backup"))
                try reader.copy(to: copy, pagesAtOnce: pagesAtOnce, progress)
                try copy.close()
            }
            let (rows, lastRow, epoch) = try check(draft)
            do throws(FileError) {
                try AtomicFile.sync(path: draft)
                try name(draft, target, parent, replaces: replaces)
            } catch {
                throw StoreError(error)
            }
            return BackupResult(path: target, rows: rows, lastRow: lastRow, epoch: epoch)
        } catch {
            // The error that is told is the one that matters.
            try? remove(draft)
            throw error
        }
    }

    private static func checkTarget(_ target: String, _ source: String, replaces: Bool) throws(FileError) {
        guard let old = try Filesystem.status(of: target) else { return }
        guard replaces else { throw FileError("back up to", target, code: EEXIST) }
        // The store itself, by whatever name.
        for own in [source, source + "-wal", source + "-shm"] {
            guard let info = try Filesystem.status(of: own) else { continue }
            if info.st_ino == old.st_ino, info.st_dev == old.st_dev {
                throw FileError("back the store up onto itself,", target, code: EINVAL)
            }
        }
        guard old.st_mode & S_IFMT == S_IFREG else {
            throw FileError("back up to", target, code: S_IFDIR == old.st_mode & S_IFMT ? EISDIR : EINVAL)
        }
    }

    /// Whole, and its journal ends where its last commit says.
    private static func check(_ draft: String) throws(StoreError) -> (Int64, Int64, Int64) {
        let reader = try StateReader(file: draft, acceptsOlder: true)
        return try reader.look("checking the copy") { db in
            let answer = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? "no answer"
            guard answer == "ok" else {
                throw StoreError.corrupt(file: draft, tried: "integrity_check", cause: answer)
            }
            if let problem = try JournalAudit.tailProblem(db) {
                throw StoreError.corrupt(file: draft, tried: "reading the journal's end", cause: problem)
            }
            return (
                try Int64.fetchOne(db, sql: "SELECT COUNT(*) FROM journal") ?? 0,
                try TableReader.chainHead(db).seq,
                try Int64.fetchOne(db, sql: "SELECT epoch FROM life") ?? 0
            )
        }
    }

    private static func name(_ draft: String, _ target: String, _ parent: String, replaces: Bool)
        throws(FileError)
    {
        if replaces {
            try Filesystem.rename(draft, to: target)
        } else {
            // Fails where somebody else was faster, which a rename would not.
            guard link(draft, target) == 0 else { throw FileError("give the backup its name", target) }
            try Filesystem.removeIfPresent(draft)
        }
        try Filesystem.syncDirectory(parent)
    }

    private static func remove(_ draft: String) throws(FileError) {
        for path in [draft, draft + "-journal", draft + "-wal", draft + "-shm"] {
            try Filesystem.removeIfPresent(path)
        }
    }
}
