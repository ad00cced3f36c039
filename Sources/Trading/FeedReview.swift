// Silence is not health. A feed may stay connected, send its heartbeats, and not tell what becomes of our orders. So, where
// a venue's feed can do that, all working orders and the latest fills are looked at once a minute, from requests that
// nobody else wants; at the latest every five minutes, at each difference of the balances, and after each reconnect.
//
// What such a look teaches is booked as always. If the feed does not tell it as well within a while, it is told, and the
// feed is connected anew.

import TradingDomain

private let reviewInterval: Duration = .seconds(60)
/// Nobody's need for requests puts a look off for longer.
private let longestReviewPause: Duration = .seconds(300)
/// How long a feed may take to tell what a list has shown.
private let feedPatience: Duration = .seconds(30)
/// How far back a life looks for fills that an earlier one has missed.
private let pastFillsLookBack: Duration = .seconds(86_400)
/// Fills are asked for from this much before the last look on: clocks differ, and lists lag.
private let fillLeeway: Duration = .seconds(60)

struct FeedReview: Sendable {
    enum Part: Sendable { case listing, fills }

    /// When the next look is due; nil before the first.
    var dueAt: MonotonicInstant?
    /// When the look that is due, or under way, became due; its listing must have begun since.
    var listingSince: MonotonicInstant?
    /// Fills are to be asked for from this venue time on; nil while they are not.
    var fillsFrom: UTCInstant?
    var fillsDueSince: MonotonicInstant?
    var fillsCursor: String?
    var areFillsAsked = false
    /// The venue time at which the last look that was completed began, and at which the one under way did.
    var lookedAt: UTCInstant?
    var beganAt: UTCInstant?
    /// Fills of the life before are still to be looked for: it may have ended before its feed, or a list, told them.
    var isRecovering = false
    /// So often that look failed; trading does not wait for it for ever.
    var failures = 0
    var notBefore: MonotonicInstant?

    var isPastKnown: Bool { !isRecovering || failures >= fillAttemptsAwaited }

    /// What lists or fills have taught of an order while the feed was up, and it has not told yet: since when.
    var debts: [ClientOrderID: MonotonicInstant] = [:]
}

extension TradingCore {
    /// Whether looks are taken at all: where feeds tell everything, as an embedded exchange's do, they would find nothing.
    private var reviewsFeed: Bool {
        guard capabilities.feedCanBeSilent, capabilities.holdsOrders, volatile.stop == nil, isAccountConfirmed
        else { return false }
        switch volatile.lifecycle {
        case .trading: return volatile.sweep == nil
        case .halted, .idle: return volatile.sweep?.isProved ?? true
        // `paused` is a word of the status only: a paused bot's lifecycle is `trading`, so it is looked after there.
        case .starting, .recovering, .paused, .stopping, .ended: return false
        }
    }

    /// The look that a life begins with: at the fills since the newest order of which the store knows, a day at most.
    mutating func beginReviewOfPast() {
        guard capabilities.feedCanBeSilent, capabilities.holdsOrders, durable.ledger.count > 0 else { return }
        volatile.review.isRecovering = true
    }

    private var reviewsPast: Bool {
        volatile.review.isRecovering && volatile.lifecycle == .recovering && volatile.stop == nil
            && isAccountConfirmed
            && (!capabilities.introducesItself || volatile.introduction.knowsTimeWell)
    }

    /// Whether fills of the past are to be asked for now.
    private mutating func isReviewOfPastDue(_ wake: inout Wake) -> Bool {
        guard reviewsPast, !volatile.review.areFillsAsked else { return false }
        if let notBefore = volatile.review.notBefore, notBefore > now.monotonic {
            wake.by(notBefore)
            return false
        }
        if volatile.review.fillsFrom == nil {
            volatile.review.fillsFrom = fillsUnseenSince
            volatile.review.beganAt = venueNow
        }
        return true
    }

    /// From which venue time on fills may be listed that nobody has told: since the last look, or since the newest order of
    /// which the store knows, a day at most.
    var fillsUnseenSince: UTCInstant {
        let here = venueNow
        let newest = min(durable.ledger.newestIntent ?? here, here)
        let last = volatile.review.lookedAt ?? max(newest, here - pastFillsLookBack)
        return last - fillLeeway - capabilities.listLag
    }

    /// A look is due now, whatever the last one saw.
    mutating func reviewSoon() {
        guard capabilities.feedCanBeSilent else { return }
        volatile.review.dueAt = now.monotonic
    }

    /// Begins the look that is due, and says whether this part of it waits to be asked.
    mutating func isReviewDue(_ part: FeedReview.Part, _ wake: inout Wake) -> Bool {
        guard reviewsFeed else { return false }
        beginReview()
        wake.by(volatile.review.dueAt)
        return switch part {
        case .listing: volatile.review.listingSince != nil
        case .fills: volatile.review.fillsFrom != nil && !volatile.review.areFillsAsked
        }
    }

    private mutating func beginReview() {
        // A list that does not come to an end keeps nobody from looking at the fills.
        guard volatile.review.fillsFrom == nil else { return }
        guard let dueAt = volatile.review.dueAt else {
            // The recovery has just looked at everything.
            volatile.review.dueAt = now.monotonic + reviewInterval
            volatile.review.lookedAt = volatile.review.lookedAt ?? venueNow
            return
        }
        guard dueAt <= now.monotonic else { return }
        volatile.review.listingSince = volatile.review.listingSince ?? now.monotonic
        volatile.review.fillsDueSince = now.monotonic
        volatile.review.fillsFrom = fillsUnseenSince
        volatile.review.fillsCursor = nil
        volatile.review.areFillsAsked = false
        volatile.review.beganAt = venueNow
        volatile.review.dueAt = now.monotonic + reviewInterval
    }

    /// From requests that nobody else wants, unless the look has waited too long for them.
    func reviewLane(_ part: FeedReview.Part) -> RateBudget.Lane {
        let dueSince = part == .listing ? volatile.review.listingSince : volatile.review.fillsDueSince
        guard let since = dueSince else { return .spare }
        return now.monotonic - since >= longestReviewPause - reviewInterval ? .query : .spare
    }

    mutating func requestRecentFills(_ turn: inout Turn, _ wake: inout Wake) {
        let isOfPast = isReviewOfPastDue(&wake)
        guard isOfPast || isReviewDue(.fills, &wake), let from = volatile.review.fillsFrom,
            canTake(isOfPast ? .query : reviewLane(.fills), &wake)
        else { return }
        volatile.review.areFillsAsked = true
        command(
            .listFills(FillQuery(.since(from), cursor: volatile.review.fillsCursor)), for: .recentFills,
            patience: attemptPatience, &turn)
    }

    // MARK: What it teaches

    mutating func book(recentFills outcome: FillsOutcome, _ turn: inout Turn) {
        volatile.review.areFillsAsked = false
        switch outcome {
        case .failed(let failure):
            heed(failure, of: .query, &turn)
            if volatile.review.isRecovering {
                // Where trading begins without them, its first look begins here.
                volatile.review.lookedAt = volatile.review.fillsFrom.map {
                    $0 + fillLeeway + capabilities.listLag
                }
                volatile.review.failures += 1
                if volatile.review.failures == fillAttemptsAwaited {
                    alert(
                        "fills-unread",
                        "the venue does not tell the account's latest fills (\(failure.reason)); what the life before "
                            + "this one missed is looked for while trading", &turn)
                }
                volatile.review.notBefore =
                    now.monotonic + backoff.delay(attempt: volatile.review.failures, &volatile.generator)
            }
            // The next look asks from where this one did.
            volatile.review.fillsFrom = nil
            volatile.review.fillsCursor = nil
            volatile.review.beganAt = nil
            endReview(&turn)
        case .page(let page):
            for fill in page.fills { review(fill, &turn) }
            volatile.review.fillsCursor = page.nextCursor
            guard page.nextCursor?.isEmpty ?? true else { return }
            volatile.review.fillsFrom = nil
            volatile.review.isRecovering = false
            volatile.review.lookedAt = volatile.review.beganAt ?? volatile.review.lookedAt
            endReview(&turn)
        }
    }

    private mutating func review(_ fill: Fill, _ turn: inout Turn) {
        guard let order = durable.ledger.order(fill.exchangeOrderID),
            !durable.ledger.fills(of: order.id).contains(fill.id)
        else { return }
        // What the feed has told of its size covers this fill, or it owes the news. (A sum that does not fit is none.)
        if let told = try? order.bookedQuantity + fill.quantity,
            told > max(order.filledQuantity, volatile.overclaims[order.id]?.quantity ?? .zero)
        {
            oweNews(of: order.id)
        }
        absorb(fill, &turn)
        // The size that the feed did not tell, and whether it works on, the order itself must say.
        volatile.evidenceDesk.want(fill.exchangeOrderID, at: now.monotonic)
    }

    /// A complete listing came, for whatever reason.
    mutating func endReviewListing(_ listing: Listing.Result, _ turn: inout Turn) {
        guard let since = volatile.review.listingSince, listing.startedAt >= since else { return }
        volatile.review.listingSince = nil
        endReview(&turn)
    }

    private mutating func endReview(_ turn: inout Turn) {
        guard volatile.review.fillsFrom == nil else { return }
        judgeFeed(&turn)
    }

    /// An answer to a question of ours, or the feed, shows an order that changes what we know of it. What the feed has not
    /// told it owes.
    mutating func noteNews(
        _ id: ClientOrderID, _ order: Order, _ snapshot: OrderSnapshot, isListed: Bool
    ) {
        guard capabilities.feedCanBeSilent else { return }
        guard isListed else {
            volatile.review.debts[id] = nil
            return
        }
        guard
            snapshot.filledQuantity > order.filledQuantity
                || (snapshot.status.isTerminal && !order.state.isTerminal)
        else { return }
        oweNews(of: id)
    }

    private mutating func oweNews(of id: ClientOrderID) {
        guard volatile.feeds.orders.isUp, volatile.review.debts[id] == nil else { return }
        volatile.review.debts[id] = now.monotonic
    }

    /// Whether the feed has told in time what lists have shown.
    private mutating func judgeFeed(_ turn: inout Turn) {
        let owed = volatile.review.debts.filter { now.monotonic - $0.value >= feedPatience }.keys.sorted()
        guard let first = owed.first else { return }
        volatile.review.debts = [:]
        guard volatile.feeds.orders.isUp else { return }
        alert(
            "feed-silent",
            "the order feed is connected and has not told what became of \(owed.count) orders, the first is \(first); "
                + "the exchange's lists have, and it is booked. The feed is connected anew", order: first,
            &turn)
        loseFeed(.orders, "it does not tell what happens", &turn)
    }
}
