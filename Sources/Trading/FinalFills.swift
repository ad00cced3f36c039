// The last look at the fills. A feed that went silent, and a list that told an order's end with too small a size, leave fills
// unbooked of which nobody will tell. So a stop asks once for all of the account's fills since the last look, beside the
// listing that proves. Where the balances then say that something is missing, or can't be had, it looks once more, when the
// lists can't lag any more.

import TradingDomain

struct FinalFills: Sendable {
    /// Looks that were begun.
    var looks = 0
    /// The page that is awaited.
    var call: CommandID?
    var cursor: String?
    /// From which venue time on.
    var from: UTCInstant?
    /// A second look is wanted, not before this.
    var againAt: MonotonicInstant?
    /// Why the last look brought nothing.
    var failure: String?

    var isUnderWay: Bool { call != nil || cursor != nil }

    /// Waits are cut.
    mutating func hurry(at now: MonotonicInstant) { againAt = againAt.map { min($0, now) } }
}

extension TradingCore {
    private var isFinalLookWanted: Bool {
        guard let stop = volatile.stop, !stop.flushBegan, capabilities.feedCanBeSilent,
            capabilities.holdsOrders,
            isAccountConfirmed, durable.ledger.count > 0, volatile.sweep?.provableSince != nil
        else { return false }
        return volatile.finalFills.looks < (volatile.finalFills.againAt == nil ? 1 : 2)
    }

    /// Whether a stop still waits for fills that nobody may have told.
    var awaitsFinalFills: Bool { volatile.finalFills.isUnderWay || isFinalLookWanted }

    /// What the balances, or their absence, make worth another look.
    mutating func lookAgainAtFinalFills() {
        guard capabilities.feedCanBeSilent, volatile.finalFills.againAt == nil else { return }
        volatile.finalFills.againAt = now.monotonic + capabilities.listLag
    }

    mutating func requestFinalFills(_ lane: RateBudget.Lane, _ turn: inout Turn, _ wake: inout Wake) {
        guard volatile.finalFills.call == nil else { return }
        if volatile.finalFills.cursor == nil {
            guard isFinalLookWanted else { return }
            if let againAt = volatile.finalFills.againAt, againAt > now.monotonic { return wake.by(againAt) }
        }
        guard canTake(lane, &wake) else { return }
        if volatile.finalFills.cursor == nil {
            volatile.finalFills.looks += 1
            volatile.finalFills.from = volatile.finalFills.from ?? fillsUnseenSince
        }
        guard let from = volatile.finalFills.from else { return }
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
            lookAgainAtFinalFills()
        case .page(let page):
            for fill in page.fills { absorb(fill, &turn) }
            let next = page.nextCursor.flatMap { $0.isEmpty ? nil : $0 }
            volatile.finalFills.cursor = next
            if next == nil { volatile.finalFills.failure = nil }
        }
    }

    /// What a report says of a look that brought nothing.
    var finalFillsErrors: [String] {
        guard let failure = volatile.finalFills.failure else { return [] }
        return ["the account's latest fills could not be read (\(failure)): some may be missing"]
    }
}
