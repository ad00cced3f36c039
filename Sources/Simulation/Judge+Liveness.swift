import ExchangeModel
import Trading
import TradingDomain

// What must happen where nothing goes wrong: strategies are asked, what they want rests, what they do not want is gone, and
// nothing is done that nobody asked for. Reckoned from the strategies' own answers, the exchange's book and the requests.

extension Judge {
    /// Within this what is wanted is done: the slowest scenario has ten requests a second for some thirty orders.
    static let calmBound = milliseconds(5_000)
    private static let askBound = milliseconds(700)

    // MARK: After each turn

    /// What strategies were asked in this turn, and what was decided on it.
    func judgeCalm(_ turn: Turn, _ life: Life, _ exchange: SimulatedExchange, at now: Instant) {
        guard asks(.liveness), life.view.calm != nil else { return }
        let view = life.view
        let isAsked = noteWishes(view, at: now)
        for record in turn.records { judgeCalm(record, view, exchange, at: now) }
        countCalls(turn, view)
        for command in turn.commands { judgeReason(command, life, exchange, at: now) }
        if view.isStopping { return }
        for command in turn.commands {
            if case .place(let approved) = command.command { judgeNeed(approved, view, exchange, at: now) }
        }
        if isAsked { noteServed(view, exchange, at: now) }
    }

    private func judgeCalm(
        _ record: Record, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        switch record {
        case .recovered:
            view.calm?.recoveredAt = now
            view.calm?.disturbedAt = now
        case .intent(let order):
            view.calm?.open.insert(order.id)
            owned[order.id] = (order.strategy, order.terms)
            judgeStrategyLimits(order.id, view, exchange, at: now)
            judgeWanted(order, view)
        case .discovered(let order): fail("\(order.id) was not known")
        case .cancelRequested(let ids, _, _): for id in ids { judgeCancel(id, view, at: now) }
        case .leaseEnding(let ids, _): for id in ids { judgeRenewal(id, view, exchange, at: now) }
        case .changed(let change):
            if Self.isOver(change.state) { view.calm?.open.remove(change.id) }
            knownFilled[change.id] = max(knownFilled[change.id] ?? 0, change.filledQuantity?.raw ?? 0)
            judgeEnd(change, view, exchange, at: now)
        case .alert(let alert): noteCalm(alert, view, exchange, at: now)
        case .strategyHalted(let halt):
            demand(
                view.calm?.slowDecisions[halt.strategy]?.isEmpty == false && halt.cause == .tooSlow,
                "strategy \(halt.strategy) is halted (\(halt.cause)) for no reason")
        case .fill(let id, _) where view.isStopping && view.calm?.canceling[id] != nil:
            view.calm?.lateFills += 1
        default: break
        }
    }

    private func noteWishes(_ view: LifeView, at now: Instant) -> Bool {
        guard var calm = view.calm else { return false }
        var hasChanged = false
        for index in calm.books.indices {
            let page = calm.books[index].book.now
            guard page.asks != calm.books[index].asks else { continue }
            let isAsked = page.asks - calm.books[index].asks
            demand(isAsked <= 2, "\(calm.books[index].name) is asked \(isAsked) times in one turn")
            hasChanged = true
            calm.books[index].asks = page.asks
            calm.books[index].askedAt = now
            let name = calm.books[index].name
            let wanted = page.wanted.map { CalmView.Wish(strategy: name, terms: $0.terms, key: $0.once) }
            var since: [CalmView.Wish: Instant] = [:]
            for wish in wanted { since[wish] = calm.books[index].wanted[wish] ?? now }
            calm.books[index].wanted = since
        }
        if hasChanged { view.calm = calm }
        return hasChanged
    }

    private func wishes(_ view: LifeView) -> [(wish: CalmView.Wish, since: Instant)] {
        guard let calm = view.calm else { return [] }
        return calm.books.flatMap { book in
            view.disabled.contains(book.name) || view.haltedStrategies.contains(book.name)
                ? [] : book.wanted.map { ($0.key, $0.value) }
        }
    }

    /// Nothing is decided that no strategy wants, except to close a position.
    private func judgeWanted(_ order: Order, _ view: LifeView) {
        guard let decision = view.decisions[order.id] else { return }
        if view.calm?.flattensSince != nil {
            var rests = true
            if case .limit(_, .immediateOrCancel, _) = decision.terms.type { rests = false }
            return demand(!rests, "\(order.id) is decided while everything is closed, and would rest")
        }
        let before = view.calm?.books.flatMap { $0.before } ?? []
        let wish =
            wishes(view).first { $0.wish.asksFor(decision) }?.wish ?? before.first { $0.asksFor(decision) }
        view.calm?.serves[order.id] = wish
        if let key = decision.key { decidedKeys.insert(key) }
        demand(wish != nil, "\(order.id) is decided, nobody wants it")
    }

    /// One wish, one order.
    private func judgeNeed(
        _ approved: RiskApproved, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        let id = approved.clientOrderID
        guard let calm = view.calm, calm.flattensSince == nil, let wish = calm.serves[id] else { return }
        view.calm?.servedAt[wish] = now
        let same = exchange.working.map(\.id).filter {
            $0 != id && calm.canceling[$0] == nil && calm.open.contains($0) && calm.serves[$0] == wish
        }
        demand(same.isEmpty, "\(id) is placed, and \(same) rest for the same wish")
    }

    /// What is wanted stays where it is.
    private func judgeCancel(_ id: ClientOrderID, _ view: LifeView, at now: Instant) {
        view.calm?.canceling[id] = now
        guard let calm = view.calm, let decision = view.decisions[id], !view.isGated,
            let wish = calm.serves[id],
            view.standing == nil || view.standing == .paused, view.sweepAskedAt == nil,
            calm.flattensSince == nil
        else { return }
        if let limit = view.configuration.orderMaximumAge {
            if now - decision.at >= limit.wholeNanoseconds { return }
        }
        // Which of its answers was taken only the core knows.
        if decision.strategy == World.programName { return }
        demand(!wishes(view).contains { $0.wish == wish }, "\(id) is canceled, and is wanted")
    }

    // MARK: Now and then

    /// What rests, and what is asked, while nothing happens but the market.
    func judgeLiveness(_ life: Life, _ exchange: SimulatedExchange, at now: Instant) {
        guard asks(.liveness), let calm = life.view.calm else { return }
        let view = life.view
        judgeOwed(view, at: now)
        guard calm.recoveredAt != nil else {
            // What an earlier life did is read page by page.
            let pages = milliseconds(200) * Int64(exchange.ourOrders.count + exchange.ourFills.count)
            let bound = capabilities.requestLife.wholeNanoseconds + Self.calmBound + pages
            return demand(
                now - calm.beganAt <= bound, "recovery takes \((now - calm.beganAt) / 1_000_000) ms")
        }
        guard !view.isStopping else { return }
        judgeKnown(life, exchange, at: now)
        judgeAskedEnough(view, at: now)
        judgeRest(view, exchange, at: now)
        let trades =
            !view.isGated && view.sweepAskedAt == nil && calm.flattensSince == nil && view.ordersAreHeard
        guard trades else { return }
        if now - calm.disturbedAt > Self.calmBound { judgeAsked(view, at: now) }
        guard view.standing == nil else { return }
        noteServed(view, exchange, at: now)
        for (wish, since) in wishes(view) {
            let last = max(since, view.calm?.servedAt[wish] ?? 0, calm.disturbedAt)
            demand(
                now - last <= Self.calmBound,
                "\(wish.strategy) wants \(wish.terms) and has got no order for \((now - last) / 1_000_000) ms"
            )
        }
    }

    /// Every strategy at each cycle.
    private func judgeAsked(_ view: LifeView, at now: Instant) {
        guard let calm = view.calm else { return }
        let interval = view.configuration.cycleInterval.wholeNanoseconds * 11 / 10 + Self.askBound
        for book in calm.books
        where !view.disabled.contains(book.name) && !view.haltedStrategies.contains(book.name) {
            demand(
                now - book.askedAt <= interval,
                "\(book.name) has not been asked for \((now - book.askedAt) / 1_000_000) ms")
        }
    }

    /// For which wishes an order rests, and which a limit forbids, as things are after this turn.
    private func noteServed(_ view: LifeView, _ exchange: SimulatedExchange, at now: Instant) {
        guard let calm = view.calm else { return }
        var open: [(terms: OrderTerms, left: Int128)] = []
        var served: Set<CalmView.Wish> = []
        var adopted: [OrderTerms] = []
        for id in calm.open {
            let truth = exchange.truth(id)
            guard let terms = view.decisions[id]?.terms ?? truth?.terms else { continue }
            open.append((terms, terms.quantity.raw - (truth?.filledQuantity.raw ?? 0)))
            if let wish = calm.serves[id] { served.insert(wish) } else { adopted.append(terms) }
        }
        for (wish, _) in wishes(view) {
            let isServed =
                served.contains(wish) || adopted.contains { wish.asksFor($0) }
                || wish.key.map { decidedKeys.contains("\(wish.strategy) \($0)") } ?? false
                || isForbidden(wish, open, view, exchange, at: now)
            if isServed { view.calm?.servedAt[wish] = now }
        }
    }

    /// Whether calls take what the rate budget gives beside the reserve of cancels.
    private func isBusy(_ view: LifeView, at now: Instant) -> Bool {
        let rate = configuration.rate
        let interval = 1_000_000_000 / Int64(rate.perSecond)
        let tokens = view.tokens + (now - (view.tokensAt ?? now))
        return tokens <= Int64(rate.cancelReserve + 4) * interval
    }

    /// Whether no more orders may be decided on for a while: those that were dropped unsent count, too.
    func isRateUsed(_ limits: RiskLimits, at now: Instant) -> Bool {
        let count = placedAt.count { $0 > now - milliseconds(62_000) }
        return count * 100 >= limits.maximumOrdersPerMinute * 85
    }

    /// Whether a limit stands in the way of one more order.
    private func isForbidden(
        _ wish: CalmView.Wish, _ open: [(terms: OrderTerms, left: Int128)], _ view: LifeView,
        _ exchange: SimulatedExchange, at now: Instant
    ) -> Bool {
        let (terms, limits) = (wish.terms, view.configuration.risk)
        guard let quote = view.quotes[terms.symbol] else { return true }
        let value = Self.value(terms.type.limitPrice?.raw ?? 0, terms.quantity.raw)
        let ofSymbol = open.filter { $0.terms.symbol == terms.symbol }
        if value > limits.maximumOrderNotional.raw || open.count >= limits.maximumWorkingOrders
            || ofSymbol.count >= limits.maximumWorkingOrdersPerSymbol
        {
            return true
        }
        if isRateUsed(limits, at: now) || isBusy(view, at: now) { return true }
        if isForbiddenToStrategy(wish, quote, view, exchange, at: now) { return true }
        var reach = exchange.position(terms.symbol, booked: view.bookedRows)
        for order in ofSymbol where order.terms.side == terms.side {
            reach += order.terms.side == .buy ? order.left : -order.left
        }
        reach += terms.side == .buy ? terms.quantity.raw : -terms.quantity.raw
        let worth = Self.value(Self.middle(quote), Int128(reach.magnitude))
        return worth * 100 > limits.maximumPositionNotional.raw * 97
    }
}
