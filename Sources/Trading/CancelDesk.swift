// Which orders shall be canceled, and how the asking goes: batches as large as the exchange takes, a failed
// call again as a batch, an order that its own result refused alone. It judges the asking only; whether an
// order is canceled is for evidence to say, which is when `forget` is called. Orders have the id that the owner
// knows them by: the client's for ours, the exchange's for those of others.

import TradingDomain

package struct CancelDesk<ID: Hashable & Comparable & Sendable>: Sendable {
    package struct Target: Equatable, Sendable {
        package let id: ID
        package let exchangeOrderID: ExchangeOrderID
    }

    /// What an answer asks of the core.
    package struct Verdict: Equatable, Sendable {
        /// Cancel calls or results that failed.
        package var errors = 0
        /// Accepted: their evidence usually comes by itself.
        package var accepted: [Target] = []
        /// Maybe carried out: the answer is lost, or says nothing of them. They are asked again, and evidence may
        /// show that they need not be.
        package var unknown: [Target] = []
        /// Final or unknown, says the exchange: to be looked up now.
        package var lookUp: [Target] = []
        /// What a human must know.
        package var notAllowed: [(Target, String)] = []

        package static func == (a: Verdict, b: Verdict) -> Bool {
            a.errors == b.errors && a.accepted == b.accepted && a.unknown == b.unknown
                && a.lookUp == b.lookUp
                && a.notAllowed.elementsEqual(b.notAllowed) { $0.0 == $1.0 && $0.1 == $1.1 }
        }
    }

    private enum Stage: Equatable {
        case ready
        case waiting(UInt64)
        case inFlight, asked
    }

    private struct Entry {
        let exchangeOrderID: ExchangeOrderID
        var stage: Stage = .ready
        var failures = 0
        var alone = false
        /// A call with it alone was refused as such.
        var isCulprit = false
        /// When the exchange took its cancel, or said something of it.
        var askedAt: MonotonicInstant?
        /// The refused batch that it was part of, while that is being divided.
        var division: Int?
    }
    /// A batch that the exchange refused as such, sent again in parts until the order is found that it refuses. Only its
    /// own orders go in smaller batches.
    private struct Division {
        /// Orders in the next part at most.
        var partLimit: Int
        /// A part was refused, too: the fault is one of its orders', not the size.
        var hasRefusedPart = false
    }

    private var entries: [ID: Entry] = [:]
    private var ready = Fifo<ID>()
    private var readyAlone = Fifo<ID>()
    private var schedule = TimerHeap<(id: ID, ticket: UInt64)>()
    private var tickets: UInt64 = 0
    private let batchLimit: Int
    /// The size that the exchange took where it had refused twice as many orders though none of them alone; nil for any.
    private var sizeLimit: (orders: Int, until: MonotonicInstant)?
    private var divisions: [Int: Division] = [:]
    private var divided = 0
    /// Orders that were refused alone since a call was taken; some of them may be gone.
    private var culprits = 0

    /// However long the exchange wants to be left alone, a cancel is not put off for longer.
    private static var longestRetryAfter: Duration { .seconds(2) }
    /// What is refused of fewer orders than twice this says nothing of the size.
    private static var smallestSizeLimit: Int { 10 }
    /// So many orders that were refused alone, whatever was asked, are no culprits.
    private static var mostCulprits: Int { 10 }
    /// A size that was too large is tried again after this.
    private static var sizeLimitLife: Duration { .seconds(60) }

    package init(batchLimit: Int) { self.batchLimit = max(1, batchLimit) }

    package var isEmpty: Bool { entries.isEmpty }
    package var ids: [ID] { entries.keys.sorted() }
    package var count: Int { entries.count }
    package func contains(_ id: ID) -> Bool { entries[id] != nil }

    /// Asks for a cancel, once: asking again while one is on its way changes nothing.
    package mutating func want(_ id: ID, _ exchangeOrderID: ExchangeOrderID) {
        guard entries[id] == nil else { return }
        entries[id] = Entry(exchangeOrderID: exchangeOrderID)
        ready.append(id)
    }

    /// Evidence that was asked for at `seen` shows the order still working after its cancel was taken: ask again, a little
    /// later.
    package mutating func askAgain(
        _ id: ID, seen: MonotonicInstant? = nil, at now: MonotonicInstant, _ generator: inout SeededGenerator
    ) {
        guard let entry = entries[id], entry.stage == .asked else { return }
        if let seen, let askedAt = entry.askedAt, seen < askedAt { return }
        fail([id], alone: false, at: now, &generator, patience: nil)
    }

    /// The order is terminal, by evidence.
    package mutating func forget(_ id: ID) { entries[id] = nil }

    /// Nothing waits any more: everything that is not on its way is due now.
    package mutating func hurry() {
        for id in entries.keys.sorted() where entries[id]?.stage != .inFlight { makeReady(id) }
    }

    /// Whether a batch could go out now. The cheap half of `nextBatch`.
    package mutating func hasDue(at now: MonotonicInstant) -> Bool {
        while let due = schedule.popDue(at: now) {
            if entries[due.id]?.stage == .waiting(due.ticket) { makeReady(due.id) }
        }
        // Heads that were forgotten or are no longer ready.
        while let id = ready.first, entries[id]?.stage != .ready { _ = ready.popFirst() }
        while let id = readyAlone.first, entries[id]?.stage != .ready { _ = readyAlone.popFirst() }
        return !ready.isEmpty || !readyAlone.isEmpty
    }

    /// The next call's orders, at most the batch limit; empty when none is due.
    package mutating func nextBatch(at now: MonotonicInstant) -> [Target] {
        guard hasDue(at: now) else { return [] }
        if let limit = sizeLimit, limit.until <= now { sizeLimit = nil }
        let usual = min(batchLimit, sizeLimit?.orders ?? batchLimit)
        var batch: [Target] = []
        // The parts of a refused batch go by themselves, so that their answers tell of them alone.
        let division = ready.first.flatMap { entries[$0]?.division }
        let limit = division.flatMap { divisions[$0]?.partLimit } ?? usual
        while batch.count < limit, let id = ready.first {
            if entries[id]?.stage == .ready, entries[id]?.division != division { break }
            _ = ready.popFirst()
            take(id, into: &batch)
        }
        if batch.isEmpty, let id = readyAlone.popFirst() { take(id, into: &batch) }
        return batch
    }

    package var nextDue: MonotonicInstant? { schedule.nextDue }

    /// Books what came back for a batch. A target that the answer does not name is unknown and asked again.
    package mutating func answered(
        _ batch: [Target], _ outcome: CancelOutcome, at now: MonotonicInstant,
        _ generator: inout SeededGenerator
    ) -> Verdict {
        var verdict = Verdict()
        switch outcome {
        case .answered(let results):
            endPart(batch, at: now)
            endSpell()
            judge(batch, results, at: now, &generator, &verdict)
        case .refused:
            verdict.errors = 1
            divide(batch)
            if let culprit = batch.first, batch.count == 1 {
                if entries[culprit.id]?.isCulprit == false {
                    entries[culprit.id]?.isCulprit = true
                    culprits += 1
                }
                fail([culprit.id], alone: true, at: now, &generator, patience: nil)
            }
        case .unsent(let failure), .ambiguous(let failure):
            verdict.errors = 1
            if case .ambiguous = outcome { verdict.unknown = batch.filter { entries[$0.id] != nil } }
            let patience = failure.retryAfter.map { min($0, Self.longestRetryAfter) }
            fail(batch.map(\.id), alone: false, at: now, &generator, patience: patience)
        }
        return verdict
    }

    // MARK: Refused batches

    /// The exchange refused this call as such. Its orders are asked for again in two parts; one alone is the culprit.
    private mutating func divide(_ batch: [Target]) {
        for number in numbers(of: batch) { divisions[number]?.hasRefusedPart = true }
        for target in batch { entries[target.id]?.division = nil }
        dropDivisions()
        guard batch.count > 1 else { return }
        divided += 1
        divisions[divided] = Division(partLimit: (batch.count + 1) / 2)
        for target in batch where entries[target.id] != nil {
            entries[target.id]?.division = divided
            makeReady(target.id)
        }
    }

    /// A call was taken. Where very many orders had been refused alone, it was not their fault: they go together again.
    private mutating func endSpell() {
        guard culprits > Self.mostCulprits else { return }
        culprits = 0
        for id in entries.keys.sorted() where entries[id]?.isCulprit == true {
            entries[id]?.isCulprit = false
            entries[id]?.alone = false
            if entries[id]?.stage == .ready { ready.append(id) }
        }
    }

    /// A part of a refused batch was taken. Where all parts were, the exchange minded the size and nothing else.
    private mutating func endPart(_ batch: [Target], at now: MonotonicInstant) {
        let numbers = numbers(of: batch)
        guard !numbers.isEmpty else { return }
        for target in batch { entries[target.id]?.division = nil }
        let before = divisions
        dropDivisions()
        for number in numbers where divisions[number] == nil {
            guard let division = before[number], !division.hasRefusedPart,
                division.partLimit >= Self.smallestSizeLimit
            else { continue }
            sizeLimit = (division.partLimit, now + Self.sizeLimitLife)
        }
    }

    private func numbers(of batch: [Target]) -> [Int] {
        guard !divisions.isEmpty else { return [] }
        return Set(batch.compactMap { entries[$0.id]?.division }).sorted()
    }

    /// Forgets those of which no order waits any more. Walks all: refused batches are rare.
    private mutating func dropDivisions() {
        guard !divisions.isEmpty else { return }
        let open = Set(entries.values.compactMap(\.division))
        divisions = divisions.filter { open.contains($0.key) }
    }

    private mutating func judge(
        _ batch: [Target], _ results: [CancelResult], at now: MonotonicInstant,
        _ generator: inout SeededGenerator, _ verdict: inout Verdict
    ) {
        var byID: [ExchangeOrderID: CancelResult.Verdict] = [:]
        for result in results { byID[result.exchangeOrderID] = result.verdict }
        for target in batch {
            guard entries[target.id] != nil else { continue }
            switch byID[target.exchangeOrderID] {
            case .accepted, .duplicateRequest:
                entries[target.id]?.stage = .asked
                entries[target.id]?.askedAt = now
                verdict.accepted.append(target)
            case .alreadyFinal, .unknownOrder:
                entries[target.id]?.stage = .asked
                entries[target.id]?.askedAt = now
                verdict.lookUp.append(target)
            case .refused:
                verdict.errors += 1
                fail([target.id], alone: true, at: now, &generator, patience: nil)
            case .notAllowed(let reason):
                verdict.errors += 1
                verdict.notAllowed.append((target, reason))
                fail([target.id], alone: true, at: now, &generator, patience: nil)
            case nil:
                verdict.errors += 1
                verdict.unknown.append(target)
            }
        }
        fail(verdict.unknown.map(\.id), alone: false, at: now, &generator, patience: nil)
    }

    /// Sets these to be asked again, together, after one backoff.
    private mutating func fail(
        _ ids: [ID], alone: Bool, at now: MonotonicInstant, _ generator: inout SeededGenerator,
        patience: Duration?
    ) {
        var delay: Duration?
        for id in ids {
            guard var entry = entries[id] else { continue }
            entry.failures += 1
            entry.alone = alone
            let wait =
                delay
                ?? max(
                    Backoff.urgent.delay(attempt: entry.failures, &generator), patience ?? .zero)
            delay = wait
            tickets += 1
            entry.stage = .waiting(tickets)
            entries[id] = entry
            schedule.add((id, tickets), at: now + wait)
        }
    }

    private mutating func makeReady(_ id: ID) {
        guard let entry = entries[id], entry.stage != .ready else { return }
        entries[id]?.stage = .ready
        if entry.alone { readyAlone.append(id) } else { ready.append(id) }
    }

    private mutating func take(_ id: ID, into batch: inout [Target]) {
        guard let entry = entries[id], entry.stage == .ready else { return }
        entries[id]?.stage = .inFlight
        batch.append(Target(id: id, exchangeOrderID: entry.exchangeOrderID))
    }
}
