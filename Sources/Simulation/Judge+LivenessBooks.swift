import ExchangeModel
import Trading
import TradingDomain

// In calm what the core knows is what is, within a bound; and what rests is what should.

extension Judge {
    /// News of an order are known, and fills are booked.
    func judgeKnown(_ life: Life, _ exchange: SimulatedExchange, at now: Instant) {
        let view = life.view
        guard let calm = view.calm, view.ordersAreHeard, now - calm.disturbedAt > Self.calmBound else {
            return
        }
        for fill in exchange.rows where exchange.isOlder(fill, than: now - Self.calmBound) {
            guard view.bookedRows.contains(fill.id) else { return fail("fill \(fill.id) is not booked") }
        }
        var known = 0
        for (id, state) in view.states where !Self.isOver(state) {
            known += 1
            guard let changed = exchange.changedAt(id), now - changed > Self.calmBound,
                let truth = exchange.truth(id)
            else { continue }
            demand(!Self.isOver(truth.status), "\(id) is \(state), and is \(truth.status) at the exchange")
            demand(state != .new, "\(id) is on its way, and rests at the exchange")
            demand(
                truth.filledQuantity.isPositive == (state == .partiallyFilled),
                "\(id) is \(state) with \(truth.filledQuantity) filled")
        }
        demand(
            life.status.workingOrders == known,
            "\(life.status.workingOrders) orders are said to work, by the records it is \(known)")
    }

    /// What rests and should not is gone within the bound.
    func judgeRest(_ view: LifeView, _ exchange: SimulatedExchange, at now: Instant) {
        guard let calm = view.calm, view.ordersAreHeard else { return }
        var odd: [ClientOrderID: Instant] = [:]
        for order in exchange.working {
            guard let why = whyNot(order, view, exchange, at: now) else { continue }
            let since = calm.oddSince[order.id] ?? now
            odd[order.id] = since
            demand(
                now - max(since, calm.disturbedAt) <= Self.calmBound,
                "\(order.id) has rested for \((now - since) / 1_000_000) ms, and \(why)")
        }
        view.calm?.oddSince = odd
    }

    /// Why an order should not rest; nil where it may.
    private func whyNot(
        _ order: (id: ClientOrderID, terms: OrderTerms, left: Int128), _ view: LifeView,
        _ exchange: SimulatedExchange, at now: Instant
    ) -> String? {
        guard let calm = view.calm else { return nil }
        if view.isHalted { return "the bot is halted" }
        if view.standing == .stopped { return "the bot is stopped" }
        if calm.flattensSince != nil { return "everything is to be closed" }
        if view.standing == .reduceOnly {
            let held = exchange.position(order.terms.symbol, booked: view.bookedRows)
            let closes = order.terms.side == .sell ? held > 0 : held < 0
            if !closes || order.left > Int128(held.magnitude) { return "only what closes may" }
        }
        if let limit = view.configuration.orderMaximumAge, let since = view.decisions[order.id]?.at,
            now - since > limit.wholeNanoseconds
        {
            return "orders end at an age of \(limit)"
        }
        guard let decision = view.decisions[order.id], let wish = calm.serves[order.id] else { return nil }
        let isOut =
            view.disabled.contains(decision.strategy) || view.haltedStrategies.contains(decision.strategy)
        if isOut { return "its strategy is taken out" }
        let isWanted = calm.books.contains { $0.wanted[wish] != nil }
        return isWanted ? nil : "nobody wants it"
    }

    // MARK: Requests

    func countCalls(_ turn: Turn, _ view: LifeView) {
        for command in turn.commands where Self.isCall(command.command) {
            if view.isStopping {
                view.calm?.callsOfStop += 1
            } else if case .place = command.command {
                continue
            } else {
                view.calm?.questions += 1
            }
        }
    }
}
