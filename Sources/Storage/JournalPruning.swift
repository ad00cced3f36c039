// Removes old rows of the journal and leaves an anchor in their place, in one transaction: a crash in the middle loses
// nothing. Rows that tell of an order which is not done yet stay, from its intent on, however old they are; so does the
// last row. A journal that does not verify up to the cut is not touched.

import FoundationEssentials
import GRDB
import Trading
import TradingDomain

/// What a pruning removed, or would remove.
package struct PruneResult: Equatable, Sendable {
    package var removed: Int64
    package var kept: Int64
    /// The last row that is gone, now or from earlier; 0 when none is.
    package var anchor: Int64
    /// Set when an unfinished order kept rows that were old enough.
    package var heldBackBy: UTCInstant?

    package init(removed: Int64, kept: Int64, anchor: Int64, heldBackBy: UTCInstant? = nil) {
        self.removed = removed
        self.kept = kept
        self.anchor = anchor
        self.heldBackBy = heldBackBy
    }
}

/// Why nothing was pruned.
private struct BrokenJournal: Error, CustomStringConvertible {
    let seq: Int64
    let problem: String
    var description: String { "the journal is broken at row \(seq) (\(problem)); nothing was removed" }
}

package enum JournalPruning {
    /// The caller holds the locks of the bot.
    package static func prune(
        at directory: String, keep: Duration, now: UTCInstant, progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws(StoreError) -> PruneResult {
        let file = StateStore.file(in: directory)
        let queue = try StoreOpening.openExisting(at: directory)
        let result = try StoreError.naming(file, "pruning the journal") {
            try queue.writeWithoutTransaction { db in
                var result = PruneResult(removed: 0, kept: 0, anchor: 0)
                try db.inTransaction(.immediate) {
                    let plan = try plan(db, keep: keep, now: now)
                    result = plan.result
                    guard result.removed > 0 else { return .rollback }
                    let anchor = try anchor(db, through: plan.last, keep: keep, now: now, progress: progress)
                    try anchor.write(db)
                    try db.execute(sql: "DELETE FROM journal WHERE seq <= ?", arguments: [plan.last])
                    return .commit
                }
                _ = try db.checkpoint(.truncate)
                return result
            }
        }
        try StoreError.naming(file, "closing") { try queue.close() }
        return result
    }

    static func plan(_ db: Database, keep: Duration, now: UTCInstant) throws
        -> (last: Int64, result: PruneResult)
    {
        let head = try TableReader.chainHead(db)
        let before = try JournalAnchor.read(db)?.seq ?? 0
        let age = now - max(keep, .zero)
        let oldest = try Int64.fetchOne(db, sql: "SELECT MIN(created_at) FROM orders WHERE finished IS NULL")
        let unfinished = oldest.map { UTCInstant(nanoseconds: $0) }
        let cut = min(age, unfinished ?? age)
        // All before the first row that must stay: a clock that went backwards removes less, never more.
        let firstKept = try Int64.fetchOne(
            db, sql: "SELECT MIN(seq) FROM journal WHERE utc >= ?", arguments: [cut.nanoseconds])
        let last = max(before, min((firstKept ?? .max) - 1, head.seq - 1))
        let result = PruneResult(
            removed: last - before, kept: head.seq - last, anchor: last,
            heldBackBy: unfinished.flatMap { $0 < age ? $0 : nil })
        return (last, result)
    }

    /// The anchor after the row `last`; every row up to it is checked on the way.
    private static func anchor(
        _ db: Database, through last: Int64, keep: Duration, now: UTCInstant,
        progress: (Int64, Int64) -> Void
    ) throws -> JournalAnchor {
        var head = try JournalAnchor.read(db)?.head ?? ChainHead()
        var state = try JournalAudit.beginning(db)
        try JournalAudit.rows(db) { row in
            if let problem = JournalAudit.problem(of: row, after: head) {
                throw BrokenJournal(seq: head.seq + 1, problem: problem)
            }
            try JournalAudit.apply(row, to: &state)
            head = ChainHead(seq: row.seq, hash: row.hash)
            if row.seq % JournalAudit.progressInterval == 0 { progress(row.seq, last) }
            return row.seq < last
        }
        guard head.seq == last else { throw BrokenJournal(seq: head.seq + 1, problem: "missing") }
        return JournalAnchor(
            seq: last, hash: head.hash, prunedAt: now, keep: keep,
            state: try CanonicalJSON.text(of: Checkpoint(state)))
    }
}
