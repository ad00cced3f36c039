// The last look at the fills. A feed that went silent, and a list that told an order's end with too small a size, leave fills
// unbooked of which nobody will tell. A stop sees that by its balances. Where these differ, or can't be had, all fills of the
// account since the last look are asked for, when the lists can't lag any more; all other stops need none.

import TradingDomain

/// A look that failed is taken once more.
private let mostLooks = 2

struct FinalFills: Sendable {
    /// A look is wanted, not before this.
    var wantedAt: MonotonicInstant?
    /// Looks that were begun.
    var looks = 0
    /// The page that is awaited, and the next one to ask for.
    var call: CommandID?
    var cursor: String?
    /// From which venue time on.
    var from: UTCInstant?
    /// Why the last look brought nothing.
    var failure: String?

    var isUnderWay: Bool { call != nil || cursor != nil }
    var isWanted: Bool { wantedAt != nil && (looks == 0 || failure != nil) && looks < mostLooks }

    /// Waits are cut.
    mutating func hurry(at now: MonotonicInstant) { wantedAt = wantedAt.map { min($0, now) } }
}

extension TradingCore {
    /// Whether a stop still waits for fills that nobody may have told.
    var awaitsFinalFills: Bool {
        guard volatile.stop?.flushBegan == false else { return false }
        return volatile.finalFills.isUnderWay || volatile.finalFills.isWanted
    }

    /// The balances say that something is missing, or nobody tells them.
    mutating func lookAtFinalFills() {
        guard capabilities.feedCanBeSilent, volatile.stop != nil, volatile.finalFills.wantedAt == nil,
            durable.ledger.count > 0
        else { return }
        volatile.finalFills.wantedAt = now.monotonic + capabilities.listLag
    }

    mutating func requestFinalFills(_ lane: RateBudget.Lane, _ turn: inout Turn, _ wake: inout Wake) {
        guard volatile.finalFills.call == nil, awaitsFinalFills else { return }
        if volatile.finalFills.cursor == nil, let at = volatile.finalFills.wantedAt, at > now.monotonic {
            return wake.by(at)
        }
        guard canTake(lane, &wake) else { return }
        if volatile.finalFills.cursor == nil { volatile.finalFills.looks += 1 }
        let from = volatile.finalFills.from ?? fillsUnseenSince
        volatile.finalFills.from = from
        volatile.finalFills.call = command(
            .listFills(FillQuery(.since(from), cursor: volatile.finalFills.cursor)), for: .finalFills,
            patience: attemptPatience, &turn)
        volatile.stop?.countAttempt(in: .verify)
    }

    mutating func book(finalFills outcome: FillsOutcome, _ turn: inout Turn) {
        volatile.finalFills.call = nil
        switch outcome {
        case .failed(let failure):
            heed(failure, of: .query, &turn)
            volatile.finalFills.cursor = nil
            volatile.finalFills.failure = failure.reason
        case .page(let page):
            for fill in page.fills { absorb(fill, &turn) }
            let next = page.nextCursor.flatMap { $0.isEmpty ? nil : $0 }
            volatile.finalFills.cursor = next
            if next == nil { volatile.finalFills.failure = nil }
        }
    }

    /// What a report says of a look that brought nothing.
    var finalFillsErrors: [String] {
        let looks = volatile.finalFills
        let failure = looks.failure ?? (looks.isUnderWay || looks.isWanted ? "there was no time" : nil)
        guard let failure else { return [] }
        return ["the account's latest fills could not be read (\(failure)): some may be missing"]
    }
}
