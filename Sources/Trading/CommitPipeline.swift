// Groups turns into transactions and tells the core, in order, which turns are durable. Pure, and driven by
// the loop and by the simulation alike, so that "durable before wire" is tested where it is decided.
//
// One transaction is under way at a time; what comes meanwhile forms the next one. A failed commit is final:
// nothing is committed after it, and every flush says so.

import TradingDomain

/// One turn as the journal keeps it.
package struct TurnEntry: Sendable {
    package var number: TurnNumber
    package var stamp: Stamp
    /// Nil for one that is not journaled (`Event.isJournaled`).
    package var event: Event?
    package var records: [Record]
    package var commands: [NumberedCommand]

    package init(
        number: TurnNumber, stamp: Stamp, event: Event?, records: [Record], commands: [NumberedCommand]
    ) {
        self.number = number
        self.stamp = stamp
        self.event = event
        self.records = records
        self.commands = commands
    }
}

/// What the store commits atomically.
package struct Transaction: Sendable {
    package var number: Int64
    package var turns: [TurnEntry]
    /// Checkpoint the write-ahead log after the commit.
    package var checkpoint: Bool

    package init(number: Int64, turns: [TurnEntry], checkpoint: Bool) {
        self.number = number
        self.turns = turns
        self.checkpoint = checkpoint
    }
}

package enum CommitResult: Equatable, Sendable {
    /// Durable. `checkpointed` is nil when no checkpoint was asked.
    case committed(checkpointed: Bool?)
    case failed(String)
}

package struct CommitPipeline: Sendable {
    /// A commit that takes longer than this is overdue.
    package static let overdueLimit: Duration = .seconds(2)
    /// Turns in one transaction.
    package static let transactionLimit = 1_024

    private var waiting: [TurnEntry] = []
    private var underWay: UnderWay?
    private var transactionNumber: Int64 = 0
    /// Flushes that wait for the turns in `waiting`.
    private var flushes: [CommandID] = []
    private var failure: String?
    private var overdueSaid = false

    private struct UnderWay: Sendable {
        var lastTurn: TurnNumber?
        /// Answered when this transaction is.
        var flushes: [CommandID]
        var since: MonotonicInstant
    }

    package init() {}

    /// Whether a transaction is at the store now.
    package var isBusy: Bool { underWay != nil }
    /// Whether everything handed in is durable.
    package var isIdle: Bool { underWay == nil && (waiting.isEmpty || failure != nil) }
    /// Whether the transaction at the store answers a flush.
    package var answersFlush: Bool { underWay.map { !$0.flushes.isEmpty } ?? false }
    package var waitingTurns: Int { waiting.count }
    /// Whether somebody waits for a flush.
    package var awaitsFlush: Bool { !flushes.isEmpty }

    /// Takes a turn in. Turns that hold nothing for the journal are only counted.
    package mutating func add(_ entry: TurnEntry) {
        guard failure == nil else { return }
        guard entry.event != nil || !entry.records.isEmpty || !entry.commands.isEmpty else { return }
        waiting.append(entry)
    }

    /// A `Command.flush` of the turn that was added last.
    package mutating func flush(_ id: CommandID) { flushes.append(id) }

    /// The next transaction, if the store is free and there is something to do. Call after `add`, `flush`
    /// and `finished`.
    package mutating func next(at now: MonotonicInstant) -> Transaction? {
        guard failure == nil, underWay == nil, !waiting.isEmpty || !flushes.isEmpty else { return nil }
        let turns = Array(waiting.prefix(Self.transactionLimit))
        waiting.removeFirst(turns.count)
        transactionNumber += 1
        var answered: [CommandID] = []
        if waiting.isEmpty { swap(&answered, &flushes) }
        underWay = UnderWay(lastTurn: turns.last?.number, flushes: answered, since: now)
        overdueSaid = false
        return Transaction(number: transactionNumber, turns: turns, checkpoint: !answered.isEmpty)
    }

    /// The store answered. The events are for the core, in this order.
    package mutating func finished(_ result: CommitResult) -> [Event] {
        guard let done = underWay else { return [] }
        underWay = nil
        switch result {
        case .failed(let reason):
            failure = reason
            waiting = []
            let unflushed = done.flushes + flushes
            flushes = []
            return [.storeFailed(reason)] + unflushed.map { .answered($0, .flushed(.failed(reason))) }
        case .committed(let checkpointed):
            return (done.lastTurn.map { [.committed(through: $0)] } ?? [])
                + done.flushes.map { .answered($0, .flushed(.flushed(checkpointed: checkpointed ?? false))) }
        }
    }

    /// Events that time or a failure brought: an overdue commit (once per transaction), or flushes that can
    /// no longer happen.
    package mutating func tick(at now: MonotonicInstant) -> [Event] {
        if let failure, !flushes.isEmpty {
            defer { flushes = [] }
            return flushes.map { .answered($0, .flushed(.failed(failure))) }
        }
        if let underWay, !overdueSaid, now - underWay.since >= Self.overdueLimit {
            overdueSaid = true
            return [.commitOverdue]
        }
        return []
    }

    /// When `tick` has something to say next.
    package var nextTick: MonotonicInstant? {
        guard let underWay, !overdueSaid else { return nil }
        return underWay.since + Self.overdueLimit
    }
}
