// A store that is older than the exchange's memory: restored from a backup, or lost. Its life lists what was created
// since the newest order that the store itself intended, so that orders which only the exchange remembers are booked,
// fills and all, before anything is decided. This file says from when to list, and what somebody is told.
//
// It asks once in a life (again only where a life was lost that may have died just now), and together with the search for placements without an outcome where there are any.

import TradingDomain

/// Clocks of ours and of the exchange may differ by this when orders are listed by creation time.
let searchLeeway: Duration = .seconds(60)
/// How far back a store is completed that knows no order of its own.
private let blindLookBack: Duration = .seconds(86_400)
/// No listing reaches back further, whatever the store knows: an account may have a long history.
private let longestLookBack: Duration = .seconds(30 * 86_400)

struct PastOrders: Sendable {
    /// A complete listing is still to show it.
    var isWanted = false
    /// As the store had it when the life began.
    var newestIntent: UTCInstant?
    var firstEpoch: Int64?
    /// From when on it is listed, once that is settled.
    var since: UTCInstant?
    /// The life before found such orders and ended before it told of them.
    var wasInterrupted = false
    /// Orders of ours that the store did not know.
    var found: Set<ClientOrderID> = []
}

extension TradingCore {
    /// Called before the new life is recorded.
    mutating func beginPastOrders() {
        guard capabilities.holdsOrders else { return }
        volatile.past.newestIntent = durable.ledger.newestIntent
        // Also for a store that a life began anew and left before it had listed anything, however long ago.
        volatile.past.firstEpoch = durable.sequences.keys.min()
        volatile.past.wasInterrupted = !durable.isRecovered
        volatile.past.isWanted = true
    }

    /// From when on the past is listed, on the venue's clock: ours may be wrong, and may have been then.
    private var pastOrdersSince: UTCInstant {
        let here = venueNow
        let newest: UTCInstant
        if let intent = volatile.past.newestIntent {
            newest = intent
        } else {
            let first = min(volatile.past.firstEpoch ?? .max, here.secondsSince1970)
            newest = UTCInstant(seconds: max(0, first)) - blindLookBack
        }
        return max(here - longestLookBack, min(newest, here) - searchLeeway)
    }

    /// Settles from when on the past is listed, as soon as the venue's clock is known well.
    mutating func settlePastOrders() {
        guard volatile.past.isWanted, volatile.past.since == nil,
            !capabilities.introducesItself || volatile.introduction.knowsTimeWell
        else { return }
        volatile.past.since = pastOrdersSince
    }

    /// What the listing of past orders still needs; nothing once a stop began, whose proof is not about the past.
    var pastOrdersWanted: UTCInstant? {
        guard volatile.lifecycle == .recovering, volatile.stop == nil, volatile.past.isWanted else {
            return nil
        }
        return volatile.past.since
    }

    /// A complete listing of orders by creation time came.
    mutating func bookPastOrders(_ listing: Listing.Result) {
        guard let since = pastOrdersWanted, case .createdSince(let from, _) = listing.scope, from <= since
        else {
            return
        }
        if volatile.past.wasInterrupted {
            volatile.past.found.formUnion(listing.ours.filter { durable.found.contains($0) })
        }
        if !volatile.past.found.isEmpty, volatile.strayRequestsUntil == nil {
            // The life that the store has lost may have died just now: what it sent last may still take effect.
            volatile.strayRequestsUntil = volatile.startedAt.monotonic + capabilities.requestLife
            volatile.sweep?.provableSince = nil
            volatile.sweep?.isProved = false
        }
        if let until = volatile.strayRequestsUntil, listing.startedAt < until { return }
        volatile.past.isWanted = false
    }

    /// Said in the turn that ends recovery: a life that dies before leaves it to the next one.
    mutating func tellPastOrders(_ turn: inout Turn) {
        guard let newest = volatile.past.found.max() else { return }
        alert(
            "store-behind",
            "the exchange knows \(volatile.past.found.count) orders of bot \(configuration.bot) that the store did not, "
                + "the newest is \(newest) (epoch \(newest.epoch)); they and their fills are booked now. Was an older "
                + "backup restored, or the state directory lost? Halts, pauses and strategy memories are those of the "
                + "store", &turn)
        volatile.past.found = []
    }
}
