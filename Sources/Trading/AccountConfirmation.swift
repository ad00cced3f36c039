// Whose account this is. Nothing that the exchange shows of orders, fills and balances changes what we know before the key's
// portfolio is confirmed to be the one that the configuration names and that our books are about.
//
// Cancels never wait for it: what bears our bot's name is ours in whichever account it is.

import TradingDomain

/// More ends than these, before it is known whose account it is, are left to the lists that come after.
private let unconfirmedEndsLimit = 4_096

extension TradingCore {
    /// Whether what the account shows counts.
    var isAccountConfirmed: Bool {
        guard asksWhoseKey else { return true }
        guard let shown = volatile.introduction.permissions?.portfolio else { return false }
        return mismatch(of: shown) == nil
    }

    /// Whether there is a portfolio to confirm at all.
    private var asksWhoseKey: Bool {
        capabilities.introducesItself && (configuration.expectedPortfolio != nil || durable.portfolio != nil)
    }

    /// Why this portfolio is not ours; nil where it is.
    private func mismatch(of portfolio: String) -> String? {
        if let expected = configuration.expectedPortfolio, expected != portfolio {
            return "the key belongs to portfolio \(portfolio), the configuration says \(expected)"
        }
        if let known = durable.portfolio, known != portfolio {
            return
                "the key belongs to portfolio \(portfolio), the orders and positions of this state directory to "
                + "\(known): a portfolio has a state directory of its own"
        }
        return nil
    }

    /// The venue said whose key it is.
    /// - Returns: false where it is not ours; the stop that this brings has begun.
    mutating func confirmAccount(_ portfolio: String, wasConfirmed: Bool, _ turn: inout Turn) -> Bool {
        if let words = mismatch(of: portfolio) {
            if volatile.stop == nil { beginStop(words, failure: .configuration, &turn) }
            volatile.stop?.isLookingElsewhere()
            alertOnce("wrong-account", "\(words): nothing is proved by what that account shows", &turn)
            return false
        }
        if durable.portfolio == nil { record(.accountConfirmed(portfolio: portfolio, at: now.utc), &turn) }
        guard !wasConfirmed else { return true }
        // What was shown before is news now.
        for id in volatile.strays.keys.sorted() {
            guard let stray = volatile.strays[id], stray.kind == .unconfirmed else { continue }
            volatile.strays[id] = nil
            absorb(stray.snapshot, isListed: false, &turn)
        }
        for id in volatile.unconfirmedEnds.keys.sorted() {
            if let last = volatile.unconfirmedEnds[id] { absorb(last, isListed: false, &turn) }
        }
        volatile.unconfirmedEnds = [:]
        if let held = volatile.heldListing {
            volatile.heldListing = nil
            for snapshot in held.orders { absorb(snapshot, isListed: true, &turn) }
            book(held.result, &turn)
        } else if volatile.workingList.isRunning {
            abandonWorkingList()
        }
        if volatile.feeds.orders.isUp { volatile.reconcileSince = now.monotonic }
        return true
    }

    /// Of an account that is not confirmed only this is done: what bears our name is remembered and named, and canceled where
    /// our books do not hold it. A sweep cancels all of it.
    mutating func noteUnconfirmed(_ snapshot: OrderSnapshot) {
        guard let id = ownID(snapshot) else { return }
        guard !snapshot.status.isTerminal else {
            if volatile.strays[id]?.kind == .unconfirmed {
                forgetStray(id, endedAs: snapshot.status)
            }
            if volatile.unconfirmedEnds.count < unconfirmedEndsLimit {
                volatile.unconfirmedEnds[id] = snapshot
            }
            return
        }
        guard volatile.unconfirmedEnds[id] == nil else { return }
        noteStray(id, snapshot, .unconfirmed)
    }

    /// A sweep begins: what was shown of an account that is not confirmed waits no longer.
    mutating func cancelUnconfirmed() {
        for id in volatile.strays.keys.sorted() {
            if let stray = volatile.strays[id], stray.kind == .unconfirmed { cancelStray(id, stray.snapshot) }
        }
    }

    /// A listing of an account that is not confirmed: it proves nothing, and is kept until it may count.
    mutating func hold(_ result: Listing.Result) {
        volatile.heldListing = HeldListing(result: result, orders: volatile.heldOrders)
        volatile.heldOrders = []
    }

    /// A stop that looks at another account has nothing more to do there once nothing of our name is left in it.
    var isDoneElsewhere: Bool {
        guard let stop = volatile.stop, stop.isElsewhere, let held = volatile.heldListing else {
            return false
        }
        return held.result.startedAt >= stop.startedAt.monotonic && held.result.oursWorking.isEmpty
            && held.result.oursEarlier.isEmpty
            && volatile.cancelDesk.isEmpty
    }

    /// Whether the life before this one proved that nothing of ours rests, and this one has decided on no order.
    var hasPlacedNothingSinceTheProof: Bool {
        guard let epoch = volatile.epochAfterProof else { return false }
        return durable.ledger.liveOrders.isEmpty && volatile.strays.isEmpty
            && durable.sequences.allSatisfy { $0.key < epoch || $0.value == 0 }
    }

    /// Whether no life of this store has ever decided on an order: nothing of ours can rest anywhere.
    var hasNeverPlaced: Bool {
        durable.ledger.count == 0 && durable.found.isEmpty && durable.sequences.values.allSatisfy { $0 == 0 }
    }
}

/// A complete listing that waits until it is known whose account it shows.
struct HeldListing: Sendable {
    let result: Listing.Result
    /// Those of our name.
    let orders: [OrderSnapshot]
}
