// What is due is asked of the exchange, as far as the rate budget goes: cancels first, then what settles and
// proves, then everything else. It looks at the state only, so it does not matter which event made a thing
// due; and it ends by saying when it wants to look again.

import TradingDomain

private let fundsInterval: Duration = .seconds(60)

extension TradingCore {
    /// Issues what is due. Returns when the core must be woken if nothing happens before.
    mutating func request(_ turn: inout Turn) -> MonotonicInstant? {
        var wake = Wake(after: now.monotonic)
        reconnectFeeds(&turn, &wake)
        // (Whether there is a stop is asked first: a look into one that may be there makes room for it.)
        if volatile.lifecycle != .starting, capabilities.holdsOrders {
            // What became known after the proof is canceled as long as we live, also while the disk has our last words.
            let cancelsWait = requestCancelBatches(&turn, &wake)
            if volatile.stop == nil || volatile.stop?.flushBegan == false {
                // While a stop runs, what proves may use the reserve as soon as no cancel waits for it.
                let lane: RateBudget.Lane = volatile.sweep != nil && !cancelsWait ? .proof : .query
                requestProof(lane, &turn, &wake)
            }
        }
        requestIntroduction(&turn, &wake)
        requestFunds(&turn, &wake)
        wake.by(handOver(&turn))
        wake.by(makeIntents(&turn))
        tellPrograms(&turn, &wake)
        addTimers(&wake)
        return wake.instant
    }

    /// What settles orders and proves that none is left. Nothing but the list is asked of an account that is not known to
    /// be ours: all else would prove nothing.
    private mutating func requestProof(_ lane: RateBudget.Lane, _ turn: inout Turn, _ wake: inout Wake) {
        guard isAccountConfirmed else { return requestWorkingList(lane, &turn, &wake) }
        requestEvidence(lane, &turn, &wake)
        requestHistory(lane, &turn, &wake)
        requestWorkingList(lane, &turn, &wake)
        requestFills(lane, &turn, &wake)
        requestRecentFills(&turn, &wake)
        requestFinalFills(lane, &turn, &wake)
        requestFinalBalances(&turn, &wake)
    }

    /// The earliest of many instants, never in the past.
    struct Wake {
        let now: MonotonicInstant
        private(set) var instant: MonotonicInstant?
        init(after now: MonotonicInstant) { self.now = now }
        mutating func by(_ other: MonotonicInstant?) {
            guard let other, other != .distantFuture else { return }
            // What is due and was not done waits for an answer, not for time: nothing can spin.
            let later = other > now ? other : now + .milliseconds(100)
            instant = min(instant ?? later, later)
        }
    }

    private func addTimers(_ wake: inout Wake) {
        wake.by(volatile.calls.nextGiveUp)
        if let stop = volatile.stop {
            wake.by(stop.nextDeadline)
        } else if volatile.lifecycle == .trading, isGateOpen {
            wake.by(volatile.nextCycleAt)
            for index in volatile.slots.indices { wake.by(volatile.slots[index].decideAt) }
            wake.by(nextRenewalAt)
        }
        if let at = ghostsAreLookedAtAt, at > now.monotonic { wake.by(at) }
        if let flatten = volatile.flatten {
            wake.by(flatten.until)
            if isGateOpen { wake.by(flatten.retryAt) }
        }
        if let sweep = volatile.sweep, !sweep.isProved {
            if let at = sweepIsListedAgainAt, at > now.monotonic { wake.by(at) }
            wake.by(sweep.retryAt)
            if let until = volatile.strayRequestsUntil, until > now.monotonic { wake.by(until) }
        }
    }

    /// How long one attempt is awaited: while trading as configured, in a stop a share of what remains. What an
    /// operator wants gone is asked for again soon, then ever more patiently: a venue may just be slow.
    var attemptPatience: Duration {
        guard let stop = volatile.stop else {
            guard let sweep = volatile.sweep, volatile.lifecycle != .recovering else {
                return configuration.callTimeout
            }
            let elapsed = now.monotonic - sweep.startedAt
            return min(configuration.callTimeout, max(configuration.stop.attempt, elapsed / 2))
        }
        let remaining = stop.workDeadline - now.monotonic
        return max(.milliseconds(50), min(configuration.stop.attempt, remaining / 4))
    }

    /// Calls that can be under way at once beside placements.
    private var callLimit: Int {
        let limit = configuration.rate.maximumInFlight
        return max(1, min(limit, capabilities.callsAtOnce ?? limit))
    }

    /// Questions that hang leave a quarter of the calls to cancels.
    private var mayAsk: Bool { volatile.calls.queries < callLimit - callLimit / 4 }

    var mayCancel: Bool { volatile.calls.queries < callLimit }

    // MARK: Cancels

    /// Whether cancels are due that could not be sent yet.
    private mutating func requestCancelBatches(_ turn: inout Turn, _ wake: inout Wake) -> Bool {
        while volatile.cancelDesk.hasDue(at: now.monotonic) {
            guard mayCancel else { return true }
            guard volatile.budget.take(.cancel, at: now.monotonic) else {
                wake.by(volatile.budget.nextAvailable(.cancel, at: now.monotonic))
                return true
            }
            let batch = volatile.cancelDesk.nextBatch(at: now.monotonic)
            command(
                .cancel(batch.map(\.exchangeOrderID)), for: .cancel(batch), patience: attemptPatience,
                &turn)
            volatile.stop?.countAttempt(in: .cancel)
            tell(
                .debug, "cancel", "canceling \(batch.count) orders, call \(volatile.commands)",
                orders: batch.map(\.id), &turn)
        }
        wake.by(volatile.cancelDesk.nextDue)
        return requestForeignCancels(&turn, &wake)
    }

    // MARK: What settles and proves

    mutating func canTake(_ lane: RateBudget.Lane, _ wake: inout Wake) -> Bool {
        guard mayAsk else { return false }
        if volatile.budget.take(lane, at: now.monotonic) { return true }
        wake.by(volatile.budget.nextAvailable(lane, at: now.monotonic))
        return false
    }

    private mutating func requestEvidence(
        _ lane: RateBudget.Lane, _ turn: inout Turn, _ wake: inout Wake
    ) {
        while volatile.evidenceDesk.hasDue(at: now.monotonic) {
            guard canTake(lane, &wake) else { return }
            let ids = volatile.evidenceDesk.nextBatch(
                limit: capabilities.queryIDLimit, at: now.monotonic)
            command(
                .listOrders(OrderQuery(.ids(ids))), for: .evidence(ids), patience: attemptPatience, &turn)
            volatile.stop?.countAttempt(in: .verify)
        }
        wake.by(volatile.evidenceDesk.nextDue)
    }

    /// The search for placements without an outcome, and in recovery for what the store does not know.
    private mutating func requestHistory(
        _ lane: RateBudget.Lane, _ turn: inout Turn, _ wake: inout Wake
    ) {
        settlePastOrders()
        let past = pastOrdersWanted
        // Most turns end here.
        guard past != nil || volatile.unknown.nextSearchAt != nil else { return }
        let pastDueAt = past == nil ? nil : max(now.monotonic, volatile.strayRequestsUntil ?? now.monotonic)
        guard let dueAt = [volatile.unknown.nextSearchAt, pastDueAt].compactMap({ $0 }).min() else { return }
        let search = volatile.unknown.isEmpty ? nil : volatile.unknown.searchFrom(leeway: searchLeeway)
        guard let from = [search, past].compactMap({ $0 }).min() else { return }
        abandonPastListing(from)
        if !volatile.history.isRunning, dueAt > now.monotonic { return wake.by(dueAt) }
        guard volatile.history.canAsk(at: now.monotonic) else {
            return wake.by(volatile.history.nextAttemptAt)
        }
        guard canTake(lane, &wake) else { return }
        let plan = volatile.history.isRunning ? nil : historyPlan(from)
        let query = volatile.history.ask(plan ?? Listing.Plan([.createdSince(from)]), at: now.monotonic)
        volatile.historyCall = command(
            .listOrders(query), for: .history, patience: attemptPatience, &turn)
        volatile.stop?.countAttempt(in: .settle)
    }

    /// A stop that began while the past was listed has a search of its own, and no time for a long one.
    private mutating func abandonPastListing(_ from: UTCInstant) {
        guard volatile.stop != nil, case .createdSince(let begun, _)? = volatile.history.scope, begun < from
        else { return }
        volatile.history.abandon()
        if let call = volatile.historyCall { _ = volatile.calls.end(call) }
        volatile.historyCall = nil
    }

    private mutating func requestWorkingList(
        _ lane: RateBudget.Lane, _ turn: inout Turn, _ wake: inout Wake
    ) {
        abandonUselessListing()
        let isNeeded = listingNeededSince != nil
        guard volatile.workingList.isRunning || isNeeded || isReviewDue(.listing, &wake) else { return }
        guard volatile.workingList.canAsk(at: now.monotonic) else {
            return wake.by(volatile.workingList.nextAttemptAt)
        }
        guard canTake(isNeeded ? lane : reviewLane(.listing), &wake) else { return }
        let plan = volatile.workingList.isRunning ? nil : workingListPlan
        let query = volatile.workingList.ask(plan ?? Listing.Plan([.working()]), at: now.monotonic)
        volatile.workingListCall = command(
            .listOrders(query), for: .workingList, patience: attemptPatience, &turn)
        volatile.stop?.countAttempt(in: .verify)
    }

    /// How the venue's lists are to be read so that together they leave out no order that is not done. Where open orders are
    /// listed alone, one may move from the others to the open ones between two readings, or back: the others are read before
    /// and after.
    private var workingListPlan: Listing.Plan {
        Listing.Plan(
            capabilities.listsOpenAlone
                ? [.working(.besideOpen), .working(.open), .working(.besideOpen)] : [.working()],
            openLimit: capabilities.openListLimit,
            markets: capabilities.openListLimit == nil || volatile.isStoreDoubtful ? nil : listedMarkets)
    }

    /// The search for what was created since then.
    private func historyPlan(_ from: UTCInstant) -> Listing.Plan {
        Listing.Plan(
            [.createdSince(from)], openLimit: capabilities.openListLimit,
            markets: capabilities.openListLimit == nil || volatile.isStoreDoubtful ? nil : listedMarkets)
    }

    /// The markets in which orders of ours can be, as far as a store tells that was not lost.
    private var listedMarkets: [Symbol] {
        var symbols = durable.ledger.symbols.union(strategySymbols)
        for stray in volatile.strays.values {
            if let terms = stray.snapshot.terms { symbols.insert(terms.symbol) }
        }
        return symbols.sorted()
    }

    /// A listing that began before our own books were empty can't prove a sweep, and what its last pages would
    /// show, the proof shows too: the proof does not wait for it. Of several readings the first may be older, unless what a
    /// lost life sent may have arrived after it.
    private mutating func abandonUselessListing() {
        guard let sweep = volatile.sweep, !sweep.isProved, let since = sweep.provableSince,
            let began = volatile.workingList.startedAt, let openSince = volatile.workingList.openSince,
            !tells((began, openSince), since: since, of: sweep)
        else { return }
        guard volatile.strayRequestsUntil == nil, began >= sweep.startedAt else {
            return abandonWorkingList()
        }
        guard volatile.workingList.beginAnew() else { return }
        dropWorkingListCall()
    }

    mutating func abandonWorkingList() {
        volatile.workingList.abandon()
        volatile.heldOrders = []
        dropWorkingListCall()
    }

    private mutating func dropWorkingListCall() {
        if let call = volatile.workingListCall { _ = volatile.calls.end(call) }
        volatile.workingListCall = nil
    }

    private mutating func requestFills(
        _ lane: RateBudget.Lane, _ turn: inout Turn, _ wake: inout Wake
    ) {
        while let page = volatile.fillPages.first {
            guard canTake(lane, &wake) else { return }
            _ = volatile.fillPages.popFirst()
            askFills(page.orders, cursor: page.cursor, &turn)
        }
        while volatile.fillDesk.hasDue(at: now.monotonic) {
            guard canTake(lane, &wake) else { return }
            let orders = volatile.fillDesk.nextBatch(
                limit: capabilities.queryIDLimit, at: now.monotonic)
            askFills(orders, cursor: nil, &turn)
        }
        wake.by(volatile.fillDesk.nextDue)
    }

    private mutating func askFills(_ orders: [ClientOrderID], cursor: String?, _ turn: inout Turn) {
        let ids = orders.compactMap { durable.ledger[$0]?.exchangeOrderID }
        command(
            .listFills(FillQuery(orders: ids, cursor: cursor)), for: .fills(orders),
            patience: attemptPatience, &turn)
        volatile.stop?.countAttempt(in: .verify)
    }

    // MARK: Housekeeping

    private mutating func requestFunds(_ turn: inout Turn, _ wake: inout Wake) {
        guard volatile.lifecycle == .recovering || volatile.lifecycle == .trading, volatile.stop == nil,
            isAccountConfirmed
        else { return }
        let isCompared = accountIsDue(&wake)
        guard volatile.fundsAreStale || isCompared else { return }
        if !isCompared || volatile.funds == nil, let askedAt = volatile.fundsAskedAt {
            let pause: Duration =
                volatile.funds == nil
                ? min(.milliseconds(200) * (1 << min(volatile.fundsFailures, 6)), .seconds(10))
                : fundsInterval
            guard now.monotonic - askedAt >= pause else { return wake.by(askedAt + pause) }
        }
        guard canTake(.query, &wake) else { return }
        volatile.fundsAskedAt = now.monotonic
        // Not again while this answer is awaited.
        volatile.account.dueAt = now.monotonic + attemptPatience
        command(.listBalances, for: .balances, patience: attemptPatience, &turn)
    }

    private mutating func reconnectFeeds(_ turn: inout Turn, _ wake: inout Wake) {
        for feed in Feed.allCases {
            guard let at = volatile.feeds[feed].reconnectAt else { continue }
            guard at <= now.monotonic else {
                wake.by(at)
                continue
            }
            // Until the attempt is answered; `.feed(connected)` clears the whole state.
            volatile.feeds[feed].reconnectAt = now.monotonic + .seconds(15)
            command(.connect(feed), for: .connect(feed), patience: configuration.callTimeout, &turn)
        }
    }
}
