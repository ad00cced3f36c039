// Canceling every working order of ours and proving that none is left: the heart of a stop, a halt and a
// recovery. This file says when the exchange's list proves it.

import TradingDomain

/// How often the list is looked at while something works by our books.
private let listingPause: Duration = .seconds(2)

struct Sweep: Sendable {
    let startedAt: MonotonicInstant
    /// Why orders are canceled in it.
    let cause: CancelCause
    /// Since when nothing of ours may be working by our own books; nil while something may.
    var provableSince: MonotonicInstant?
    /// After a listing that disproved it: not before this.
    var retryAt: MonotonicInstant?
    var disproofs = 0
    var isProved = false
}

extension TradingCore {
    /// Every working order gets its cancel, now or as soon as the exchange's id is known.
    mutating func beginSweep(_ cause: CancelCause, _ turn: inout Turn) {
        volatile.sweep = Sweep(startedAt: now.monotonic, cause: cause)
        volatile.sweeps += 1
        requestCancels(durable.ledger.live, cause, &turn)
        cancelUnconfirmed()
    }

    /// Why orders go where a halt or an operator's stop of an earlier life still stands.
    var heldCause: CancelCause { durable.halts.isEmpty ? .standing : .halt }

    /// Nothing of ours may be working as far as our own books know: no working order, no placement without
    /// an outcome, no intent that could still go out.
    var isEmptyByOurBooks: Bool {
        durable.ledger.workingCount == 0 && volatile.unknown.isEmpty && volatile.calls.placements == 0
    }

    /// A listing proves the sweep if it was begun after our own books became empty and shows none of ours.
    /// A proof does not outlive news of a working order: then it begins anew.
    mutating func advanceSweep(_ turn: inout Turn) {
        guard var sweep = volatile.sweep else { return }
        defer { volatile.sweep = sweep }
        guard isEmptyByOurBooks else {
            sweep.provableSince = nil
            sweep.isProved = false
            return
        }
        guard !sweep.isProved else { return }
        if let retryAt = sweep.retryAt, now.monotonic < retryAt { return }
        if let until = volatile.strayRequestsUntil, now.monotonic < until { return }
        let since = sweep.provableSince ?? now.monotonic
        sweep.provableSince = since
        guard let listing = volatile.lastListing,
            tells((listing.startedAt, listing.openSince), since: since, of: sweep)
        else { return }
        if isProof(listing) {
            sweep.isProved = true
            volatile.lastProvedSweep = volatile.sweeps
            switch volatile.lifecycle {
            case .halted: alert("halt-proved", "halted: the exchange's list shows none of our orders", &turn)
            case .idle: inform("swept", "idle: the exchange's list shows none of our orders", &turn)
            default: break
            }
        } else {
            // The list may lag behind, or something lives that our books have ended: look again.
            sweep.disproofs += 1
            sweep.provableSince = nil
            sweep.retryAt =
                now.monotonic + Backoff.urgent.delay(attempt: sweep.disproofs, &volatile.generator)
        }
    }

    /// Whether a listing shows whatever of ours was alive at `since`. Nothing is placed while a sweep runs, so its others may have
    /// been read before that.
    func tells(
        _ beginning: (listing: MonotonicInstant, openOrders: MonotonicInstant), since: MonotonicInstant,
        of sweep: Sweep
    ) -> Bool {
        if beginning.listing >= since { return true }
        // What a lost life sent may have arrived after the others were read.
        guard volatile.strayRequestsUntil == nil else { return false }
        return beginning.listing >= sweep.startedAt && beginning.openOrders >= since
    }

    /// Whether a complete listing shows nothing that the sweep must end. Orders that another instance made under our name
    /// are no part of what a halt promises; of what a stop promises they are.
    private func isProof(_ listing: Listing.Result) -> Bool {
        listing.oursWorking.isEmpty && listing.oursEarlier.allSatisfy(hasEnded) && !straysDisprove
            && (volatile.stop == nil || listing.others.isEmpty)
            && (!configuration.cancelsForeign || listing.foreign.isEmpty)
    }

    /// Whether an order has ended by evidence.
    private func hasEnded(_ id: ClientOrderID) -> Bool { durable.ledger[id]?.state.isTerminal ?? false }

    /// While something works by our books the list is looked at again and again: it may show what the feed does not tell, and
    /// cancels that had no effect.
    var sweepIsListedAgainAt: MonotonicInstant? {
        guard let sweep = volatile.sweep, !sweep.isProved, sweep.provableSince == nil, !isEmptyByOurBooks,
            let last = volatile.lastListing, last.startedAt >= sweep.startedAt
        else { return nil }
        return last.startedAt + listingPause
    }

    /// The start that a complete listing of working orders must have to be of use; nil when none is needed.
    var listingNeededSince: MonotonicInstant? {
        var needed = volatile.reconcileSince
        if let sweep = volatile.sweep, !sweep.isProved {
            // First what the exchange shows beyond our books, now and then again; at the end, the proof.
            var since = sweep.provableSince ?? sweep.startedAt
            if let again = sweepIsListedAgainAt, again <= now.monotonic { since = max(since, again) }
            needed = max(needed ?? since, since)
        }
        if let at = ghostsAreLookedAtAt, at <= now.monotonic { needed = max(needed ?? at, at) }
        if volatile.lifecycle == .recovering {
            var since = volatile.startedAt.monotonic
            // Once more where what a lost life sent may have come after the first.
            if let until = volatile.strayRequestsUntil, until <= now.monotonic { since = max(since, until) }
            needed = max(needed ?? since, since)
        }
        guard let needed else { return nil }
        if let last = volatile.lastListing, last.startedAt >= needed { return nil }
        return needed
    }
}
