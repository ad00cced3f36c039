// Things that must be asked of the exchange, each by its key, in batches, until somebody says that they are
// known: orders whose evidence is missing, orders whose fills do not add up.

import TradingDomain

package struct QueryDesk<Key: Hashable & Comparable & Sendable>: Sendable {
    private enum Stage: Equatable {
        case ready
        case waiting(UInt64)
        case inFlight
    }
    private struct Entry {
        var stage: Stage
        var attempts = 0
        var dueAt: MonotonicInstant
    }

    private var entries: [Key: Entry] = [:]
    private var ready = Fifo<Key>()
    private var schedule = TimerHeap<(key: Key, ticket: UInt64)>()
    private var tickets: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }
    package func contains(_ key: Key) -> Bool { entries[key] != nil }
    /// Fewest attempts among all keys; nil when there are none. Walks all: for rare questions.
    package var fewestAttempts: Int? { entries.values.map(\.attempts).min() }
    package func attempts(of key: Key) -> Int { entries[key]?.attempts ?? 0 }
    package var keys: [Key] { entries.keys.sorted() }

    /// Asks for the key at `due` or, if it is asked already, no later than that.
    package mutating func want(_ key: Key, at due: MonotonicInstant) {
        if let entry = entries[key] {
            guard case .waiting = entry.stage, due < entry.dueAt else { return }
        }
        wait(key, until: due)
    }

    /// The answer is known, or no longer matters.
    package mutating func forget(_ key: Key) { entries[key] = nil }

    /// The keys that came back, or failed to, without their answer: each again after its backoff.
    package mutating func again(
        _ keys: [Key], at now: MonotonicInstant, backoff: Backoff, patience: Duration? = nil,
        _ generator: inout SeededGenerator
    ) {
        var delay: Duration?
        for key in keys {
            guard let entry = entries[key], entry.stage == .inFlight else { continue }
            let wait =
                delay ?? max(backoff.delay(attempt: entry.attempts, &generator), patience ?? .zero)
            delay = wait
            self.wait(key, until: now + wait)
        }
    }

    package mutating func hurry(at now: MonotonicInstant) {
        for key in entries.keys.sorted() where entries[key]?.stage != .inFlight { want(key, at: now) }
    }

    /// Everything is due now, and what was asked in vain before does not count.
    package mutating func beginAnew(at now: MonotonicInstant) {
        for key in entries.keys.sorted() { entries[key]?.attempts = 0 }
        hurry(at: now)
    }

    package mutating func hasDue(at now: MonotonicInstant) -> Bool {
        while let due = schedule.popDue(at: now) {
            if entries[due.key]?.stage == .waiting(due.ticket) {
                entries[due.key]?.stage = .ready
                ready.append(due.key)
            }
        }
        while let key = ready.first, entries[key]?.stage != .ready { _ = ready.popFirst() }
        return !ready.isEmpty
    }

    package mutating func nextBatch(limit: Int, at now: MonotonicInstant) -> [Key] {
        guard hasDue(at: now) else { return [] }
        var batch: [Key] = []
        while batch.count < limit, let key = ready.popFirst() {
            guard entries[key]?.stage == .ready else { continue }
            entries[key]?.stage = .inFlight
            entries[key]?.attempts += 1
            batch.append(key)
        }
        return batch
    }

    package var nextDue: MonotonicInstant? { schedule.nextDue }

    private mutating func wait(_ key: Key, until due: MonotonicInstant) {
        tickets += 1
        let attempts = entries[key]?.attempts ?? 0
        entries[key] = Entry(stage: .waiting(tickets), attempts: attempts, dueAt: due)
        schedule.add((key, tickets), at: due)
    }
}
