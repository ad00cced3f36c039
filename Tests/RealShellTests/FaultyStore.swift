// The real store on a disk that fills up, lies, tears and dies. It keeps a mirror of what it knows to be on the
// disk, so that what a later life reads can be compared.

import Daemon
import Foundation
import Storage
import Synchronization
import Trading
import TradingDomain

/// What this life's disk does, by the number of the commit.
struct DiskPlan: Equatable, Sendable {
    /// Commits fail from here on.
    var failsFrom: Int?
    /// The first that fails is on the disk all the same: its sync failed.
    var failedIsThere = false
    /// The process dies in the middle of this one: its log is cut short.
    var tornAt: Int?
    /// The process dies when this one is durable, before it is told.
    var crashAfter: Int?
    /// This one takes longer than a commit may.
    var overdueAt: Int?
    /// This one never ends.
    var hungAt: Int?
}

final class FaultyStore: TransactionStore {
    private struct State: Sendable {
        var commits = 0
        var mirror: DurableState
        /// Every intent of this life that is on the disk.
        var intents: Set<ClientOrderID> = []
        var isCrashed = false
        /// What a torn commit left of the log, in bytes.
        var logCut: Int?
        var isIntact = true
    }

    let directory: String
    private let store: StateStore
    private let plan: DiskPlan
    private let chronicle: Chronicle
    private let cut: UInt64
    private let state: Mutex<State>

    init(
        _ store: StateStore, at directory: String, loaded: DurableState, plan: DiskPlan, cut: UInt64,
        chronicle: Chronicle
    ) {
        self.store = store
        self.directory = directory
        self.plan = plan
        self.cut = cut
        self.chronicle = chronicle
        state = Mutex(State(mirror: loaded))
    }

    /// The process died with a commit.
    var isCrashed: Bool { state.withLock { $0.isCrashed } }
    var logCut: Int? { state.withLock { $0.logCut } }
    /// What is on the disk.
    var mirror: DurableState { state.withLock { $0.mirror } }
    func has(_ id: ClientOrderID) -> Bool { state.withLock { $0.intents.contains(id) } }

    func commit(_ transaction: Trading.Transaction) -> CommitResult {
        let number = state.withLock { state in
            state.commits += 1
            return state.commits
        }
        guard !isCrashed else { return .failed("dead") }
        if let from = plan.failsFrom, number >= from {
            if number == from {
                chronicle.note(plan.failedIsThere ? .failedCommitThere : .failedCommit)
                if plan.failedIsThere { _ = write(transaction) }
            }
            return .failed("database or disk is full")
        }
        if number == plan.tornAt {
            chronicle.note(.tornCommit)
            tear(transaction)
            return .failed("dead")
        }
        let result = write(transaction)
        if number == plan.crashAfter {
            chronicle.note(.crashAfterCommit)
            state.withLock { $0.isCrashed = true }
        }
        return result
    }

    private func write(_ transaction: Trading.Transaction) -> CommitResult {
        let result = store.commit(transaction)
        guard case .committed = result else {
            chronicle.find("the real store refused transaction \(transaction.number): \(result)")
            return result
        }
        state.withLock { state in
            for record in transaction.turns.flatMap(\.records) {
                if case .intent(let order) = record { state.intents.insert(order.id) }
                do throws(IntegrityError) {
                    try state.mirror.apply(record)
                } catch {
                    chronicle.find("a committed record does not fit: \(error)")
                }
            }
        }
        return result
    }

    /// Commits, and cuts what that added to the log at some byte: as if the power went in the middle.
    private func tear(_ transaction: Trading.Transaction) {
        let before = logSize
        var torn = transaction
        // A checkpoint would carry it into the database.
        torn.checkpoint = false
        _ = store.commit(torn)
        let after = logSize
        state.withLock { state in
            state.isCrashed = true
            state.logCut = before + Int(cut % UInt64(max(1, after - before)))
            // A log that begins anew in its old space does not grow: then nothing tells the two apart.
            state.isIntact = after > before
        }
    }

    /// Whether what is on the disk is what the mirror says; not when a tear hit a log that was begun anew.
    var isKnown: Bool { state.withLock { $0.isIntact } }

    private var logSize: Int {
        let facts = try? FileManager.default.attributesOfItem(atPath: StateStore.file(in: directory) + "-wal")
        return (facts?[.size] as? NSNumber)?.intValue ?? 0
    }
}
