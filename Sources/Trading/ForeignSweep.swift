// Canceling what is not ours: only when an operator asks for a sweep of the whole account, and then by the exchange's
// own list alone, since our books know nothing of these orders. What a list shows is asked to be canceled; what the
// next one no longer shows is gone.

import TradingDomain

extension TradingCore {
    /// A complete listing of working orders came.
    mutating func sweepForeign(_ listing: Listing.Result) {
        guard configuration.cancelsForeign, volatile.sweep != nil else { return }
        let shown = Set(listing.foreign)
        for id in volatile.foreignDesk.ids where !shown.contains(id) {
            volatile.foreignDesk.forget(id)
            volatile.stop?.foreignEnded += 1
        }
        for id in listing.foreign {
            volatile.foreignDesk.want(id, id)
            volatile.foreignDesk.askAgain(id, at: now.monotonic, &volatile.generator)
        }
    }

    /// Whether cancels are due that could not be sent yet.
    mutating func requestForeignCancels(_ turn: inout Turn, _ wake: inout Wake) -> Bool {
        guard configuration.cancelsForeign else { return false }
        while volatile.foreignDesk.hasDue(at: now.monotonic) {
            guard mayCancel else { return true }
            guard volatile.budget.take(.cancel, at: now.monotonic) else {
                wake.by(volatile.budget.nextAvailable(.cancel, at: now.monotonic))
                return true
            }
            let batch = volatile.foreignDesk.nextBatch(at: now.monotonic)
            command(
                .cancel(batch.map(\.exchangeOrderID)), for: .cancelForeign(batch), patience: attemptPatience,
                &turn)
            volatile.stop?.countAttempt(in: .cancel)
        }
        wake.by(volatile.foreignDesk.nextDue)
        return false
    }

    mutating func book(
        foreign outcome: CancelOutcome, of batch: [CancelDesk<ExchangeOrderID>.Target], _ turn: inout Turn
    ) {
        if case .unsent(let failure) = outcome { heed(failure, of: .cancel, &turn) }
        if case .ambiguous(let failure) = outcome { heed(failure, of: .cancel, &turn) }
        let verdict = volatile.foreignDesk.answered(
            batch, outcome, at: now.monotonic, &volatile.generator)
        volatile.stop?.cancelErrors += verdict.errors
        for (target, reason) in verdict.notAllowed {
            alertOnce(
                "cancel-not-allowed",
                "the exchange will not let us cancel order_id=\(target.exchangeOrderID): \(reason)", &turn)
        }
    }

    /// Names the orders of others that a sweep of the whole account left.
    var foreignErrors: [String] {
        guard configuration.cancelsForeign,
            let left = volatile.lastListing?.foreign, !left.isEmpty, volatile.sweep?.isProved != true
        else { return [] }
        return ["orders of others remain: " + left.map(\.description).joined(separator: ", ")]
    }
}
