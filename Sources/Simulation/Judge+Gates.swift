import ExchangeModel
import Trading
import TradingDomain

// What may be decided, and what of it may still be sent: limits, rates, prices, feeds and clocks, reckoned from what
// happened to this life and from the exchange's own book.

extension Judge {
    private static let minute = milliseconds(60_000)
    /// A reading of the venue's clock that is older proves nothing.
    private static let clockLife = milliseconds(300_000)
    /// What a core may be wrong by about the venue's time.
    private static let clockSlack = milliseconds(400)

    // MARK: What happens to a life

    /// Feeds, clocks and prices, as they reach it.
    func hear(_ event: Event, _ life: Life, at now: Instant) {
        let view = life.view
        switch event {
        case .quote(let told):
            let quote = onVenuesClock(told)
            view.quotes[quote.symbol] = quote
            view.quotedAt[quote.symbol] = now
        case .answered(_, .told(.quotes(let quotes))):
            for quote in quotes.map(onVenuesClock)
            where view.quotes[quote.symbol].map({ $0.at < quote.at }) ?? true {
                view.quotes[quote.symbol] = quote
                view.quotedAt[quote.symbol] = now
            }
        case .answered(let id, .told(.time(let reading))):
            // One that comes after it was given up tells nobody anything.
            let patience = view.configuration.callTimeout.wholeNanoseconds
            // One that was asked before another that was heard was given up.
            // Of a bad one that came late nobody can say whether it was still awaited: a halt or a stop waits less.
            let isGood = reading.uncertainty <= view.configuration.maximumClockUncertainty
            if let asked = view.clockAsked[id], now - asked < (isGood ? patience : milliseconds(400)),
                asked >= view.clockHeardOf
            {
                view.clockHeardOf = asked
                view.clock = (now, reading.uncertainty)
            }
        case .answered(let id, .told(.permissions)):
            if let asked = view.permissionsAsked[id], now - asked < milliseconds(400) {
                view.isAccountConfirmed = true
            }
        case .answered(let id, .told(.products(let products))):
            // Of one that came late nobody can say whether it was still awaited.
            let isSure = view.productsAsked[id].map { now - $0 < milliseconds(400) } ?? false
            let open = products.filter { $0.status != .cancelOnly && $0.status != .disabled }
            view.open = isSure ? Set(open.map(\.symbol)) : nil
        case .feed(.orders, .lost), .feed(.orders, .silent):
            view.ordersAreHeard = false
            view.isOutdatedBefore = now
        case .feed(.orders, .connected):
            if !view.ordersAreHeard { view.listingNeededSince = now }
            view.ordersAreHeard = true
        case .feed(.orders, .gap): view.listingNeededSince = now
        case .overslept:
            view.listingNeededSince = now
            if asks(.overslept) { view.isOutdatedBefore = now }
        case .order(let snapshot): note(snapshot, isListed: false, view, at: now)
        case .answered(_, .canceled(.unsent(let failure))) where failure.isRateLimit:
            view.isCancelThrottled = true
        case .answered(_, .placed(.accepted(let acceptance))):
            if view.toldAt[acceptance.exchangeOrderID] == nil {
                view.toldAt[acceptance.exchangeOrderID] = now
            }
        case .answered(let id, .fills(.page(let page))):
            // One that comes after it was given up is not booked, and asked for again.
            let patience = view.configuration.callTimeout.wholeNanoseconds
            guard let asked = view.fillsAsked[id], now - asked < patience, !view.isStopping else { break }
            for row in page.fills where row.kind != .trade || row.id.description.contains("-") {
                view.toldRows.insert(row.id)
            }
        case .answered(let id, .orders(.page(let page))):
            // What comes after it was given up is evidence just the same.
            guard let asked = view.listAsked[id], asks(.lateAnswers) || now - asked < milliseconds(400) else {
                break
            }
            for snapshot in page.orders { note(snapshot, isListed: true, view, at: now) }
        default: break
        }
        hearEnd(event, view)
    }

    private func note(_ snapshot: OrderSnapshot, isListed: Bool, _ view: LifeView, at now: Instant) {
        if view.toldAt[snapshot.exchangeOrderID] == nil { view.toldAt[snapshot.exchangeOrderID] = now }
        if Self.isOver(snapshot.status) {
            // What an account shows that is not confirmed ends no order.
            guard view.isAccountConfirmed else { return }
            view.toldEnded.insert(snapshot.exchangeOrderID)
        } else if isListed {
            view.shownAlive.insert(snapshot.exchangeOrderID)
        }
    }

    /// Adapters stamp quotes on the host's clock.
    private func onVenuesClock(_ told: Quote) -> Quote {
        var quote = told
        quote.at = quote.at - .nanoseconds(hostSkew)
        return quote
    }

    /// Who asked for the end, or what brought it.
    private func hearEnd(_ event: Event, _ view: LifeView) {
        switch event {
        case .signal(.guardianLost), .commitOverdue, .storeFailed, .shellFailed: view.isEndUnasked = true
        case .signal, .endOfRun, .operatorRequest(.stop): view.isEndAsked = true
        case .operatorRequest(.said(let order)):
            switch order.word {
            case .stop: view.isEndAsked = true
            case .flatten(let wish) where wish.next == .stop: view.isEndAsked = true
            default: break
            }
        default: break
        }
    }

    // MARK: Decided

    func judgeDecision(_ order: Order, _ life: Life, _ exchange: SimulatedExchange, at now: Instant) {
        let view = life.view
        let quote = view.quotes[order.terms.symbol]
        view.decisions[order.id] = LifeView.Decision(
            at: now, strategy: order.strategy, terms: order.terms,
            key: order.onceKey.map { "\(order.strategy) \($0)" },
            risk: view.configuration.risk,
            mid: quote.map(Self.middle) ?? 0,
            surplus: exchange.surplus(order.terms.symbol, booked: view.bookedRows))
        if let open = view.open, asks(.openMarkets) {
            demand(
                open.contains(order.terms.symbol),
                "\(order.id) is decided in \(order.terms.symbol), where the venue takes no orders")
        }
        if asks(.staleQuote) {
            var age = quote.map { (exchange.utc(now) - $0.at).wholeNanoseconds }
            if !capabilities.introducesItself, let told = view.quotedAt[order.terms.symbol] {
                // The stamps of such a venue jump with our clock. What is true is when it was told.
                age = age.map { min($0, now - told) }
            }
            let limit = view.configuration.risk.maximumQuoteAge.wholeNanoseconds
            demand(
                age.map { $0 <= limit + Self.clockSlack } ?? false,
                "\(order.id) is decided on a price of \(order.terms.symbol) that is "
                    + "\(age.map { "\($0 / 1_000_000) ms old" } ?? "not known")")
        }
        demand(
            !view.disabled.contains(order.strategy) && !view.haltedStrategies.contains(order.strategy),
            "\(order.id) is decided for \(order.strategy), which an operator or the core has taken out")
    }

    // MARK: Sent

    func judgeGates(_ approved: RiskApproved, _ life: Life, _ exchange: SimulatedExchange, at now: Instant) {
        let view = life.view
        let id = approved.clientOrderID
        guard let decision = view.decisions[id] else {
            return fail("\(id) is placed, and this life has not decided on it")
        }
        view.placedNow.append(id)
        if asks(.once), let key = decision.key {
            demand(
                onceKeys.insert(key).inserted || isMemoryLost,
                "\(id) is the second order of the key '\(key)', which is wanted once")
        }
        if asks(.feedGate) {
            demand(view.ordersAreHeard, "\(id) is placed while the order feed is down")
            demand(
                view.provedSince >= view.listingNeededSince,
                "\(id) is placed before a listing that was begun after the order feed came back")
        }
        demand(
            decision.at >= view.isOutdatedBefore,
            "\(id) was decided before the feed was lost or the loop overslept, and is placed after")
        if asks(.clockGate), capabilities.introducesItself { judgeClock(id, view, at: now) }
        if asks(.staleQuote) {
            let limit = view.configuration.risk.maximumQuoteAge.wholeNanoseconds
            demand(
                now - decision.at <= limit,
                "\(id) is placed \((now - decision.at) / 1_000_000) ms after it was decided")
        }
        judgeLimits(id, decision, view, exchange)
        if asks(.orderRate) { judgeRate(id, decision) }
        if asks(.dailyLoss) { judgeLoss(id, decision, view) }
    }

    private func judgeClock(_ id: ClientOrderID, _ view: LifeView, at now: Instant) {
        guard let clock = view.clock else {
            return fail("\(id) is placed before the venue's clock was ever read")
        }
        demand(
            now - clock.readAt <= Self.clockLife
                && clock.uncertainty <= view.configuration.maximumClockUncertainty,
            "\(id) is placed by a clock that was read \((now - clock.readAt) / 1_000_000) ms ago, "
                + "to within \(clock.uncertainty)")
    }

    /// What may work, now that this order is on its way: everything that lives or may still arrive.
    private func judgeLimits(
        _ id: ClientOrderID, _ decision: LifeView.Decision, _ view: LifeView, _ exchange: SimulatedExchange
    ) {
        let (terms, limits) = (decision.terms, decision.risk)
        let price = terms.type.limitPrice?.raw ?? decision.mid
        let notional = Self.value(price, terms.quantity.raw)
        if asks(.orderNotional) {
            demand(
                notional <= limits.maximumOrderNotional.raw,
                "\(id) is worth \(Money(raw: notional)), allowed are \(limits.maximumOrderNotional)")
        }
        var count = 0
        var countOfSymbol = 0
        var reach = terms.side == .buy ? terms.quantity.raw : -terms.quantity.raw
        func add(_ other: OrderTerms, _ left: Int128) {
            count += 1
            guard other.symbol == terms.symbol else { return }
            countOfSymbol += 1
            if other.side == terms.side { reach += other.side == .buy ? left : -left }
        }
        for order in exchange.working where knows(order.id, view) { add(order.terms, order.left) }
        for other in exchange.arriving {
            if let terms = exchange.coming[other] { add(terms, terms.quantity.raw) }
        }
        for other in view.placedNow where other != id && !exchange.arriving.contains(other) {
            if let terms = view.decisions[other]?.terms { add(terms, terms.quantity.raw) }
        }
        if asks(.workingLimits) {
            demand(
                count < limits.maximumWorkingOrders,
                "\(id) is placed beside \(count) working orders, allowed are \(limits.maximumWorkingOrders)")
            demand(
                countOfSymbol < limits.maximumWorkingOrdersPerSymbol,
                "\(id) is placed beside \(countOfSymbol) working orders of \(terms.symbol), allowed are "
                    + "\(limits.maximumWorkingOrdersPerSymbol)")
        }
        // What was filled too much may be known and not booked yet; and of a trade that was taken back and booked anew one row
        // may be listed without the other.
        let isUnclear = exchange.odd.rows.contains {
            $0.symbol == terms.symbol && !view.bookedRows.contains($0.id)
                && ($0.kind == .trade || $0.kind == .correction)
        }
        // Nor can be counted what a lost store does not know and nobody can read.
        let isUnreadable =
            isMemoryLost
            && exchange.rows.contains {
                $0.symbol == terms.symbol && exchange.odd.termless.contains($0.exchangeOrderID)
                    && !view.bookedRows.contains($0.id)
            }
        // Nor can a size that the venue has not told yet be counted.
        let isUntold = exchange.fillsOfStale.contains {
            $0.symbol == terms.symbol && !view.bookedRows.contains($0.id)
        }
        // What filled too much between the decision and the placement nobody could reckon with.
        let hasGrown = exchange.surplus(terms.symbol, booked: view.bookedRows) != decision.surplus
        guard asks(.positionLimit), !isUnclear, !isUnreadable, !isUntold, !hasGrown else { return }
        reach += exchange.position(terms.symbol, booked: view.bookedRows)
        let worth = Self.value(decision.mid, Int128(reach.magnitude))
        let reduces = terms.side == .buy ? reach <= 0 : reach >= 0
        demand(
            reduces || worth <= limits.maximumPositionNotional.raw,
            "with \(id) the position of \(terms.symbol) could reach \(Quantity(raw: reach)), worth "
                + "\(Money(raw: worth)), allowed are \(limits.maximumPositionNotional)")
    }

    /// Whether this life can know that the order is there.
    func knows(_ id: ClientOrderID, _ view: LifeView) -> Bool {
        view.states[id].map { !Self.isOver($0) } ?? false
    }

    /// Within any minute, counted by when orders that were placed had been decided on, whichever life did it.
    private func judgeRate(_ id: ClientOrderID, _ decision: LifeView.Decision) {
        if decision.at > undatableBefore { placedAt.append(decision.at) }
        placedAt.removeAll { $0 <= decision.at - Self.minute * 2 }
        let count = placedAt.count { $0 > decision.at - Self.minute && $0 <= decision.at }
        demand(
            count <= decision.risk.maximumOrdersPerMinute,
            "\(id) is order number \(count) within a minute, allowed are "
                + "\(decision.risk.maximumOrdersPerMinute)")
    }

    // MARK: The day's loss

    func judgeDay(
        _ day: TradingDay, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        let own = result(view)
        if let old = view.day, old >= day.number {
            demand(
                view.mayMeasureAnew || view.baseline == day.baseline.raw,
                "the day's result is measured anew from \(day.baseline) on, and nobody resumed from a daily loss"
            )
        } else if asks(.tradingDay) {
            let number = exchange.utc(now).secondsSince1970 / 86_400
            demand(
                day.number == number, "day \(day.number) begins, at the venue it is day \(number)")
        }
        if view.baseline != day.baseline.raw, asks(.dailyLoss) {
            demand(
                (own - day.baseline.raw).magnitude < 1_000_000_000_000,
                "the day begins with a result of \(day.baseline), fills and prices make \(Money(raw: own))")
        }
    }

    /// After the day's loss is over its limit nothing goes out that could make it larger.
    private func judgeLoss(_ id: ClientOrderID, _ decision: LifeView.Decision, _ view: LifeView) {
        let limit = decision.risk.maximumDailyLoss.raw
        guard limit > 0, let baseline = view.baseline else { return }
        let loss = baseline - result(view)
        guard loss > limit + 1_000_000_000_000 else { return }
        let held = view.books[decision.terms.symbol]?.quantity ?? 0
        let isOpposite = decision.terms.side == .sell ? held > 0 : held < 0
        demand(
            isOpposite && decision.terms.quantity.raw <= Int128(held.magnitude),
            "\(id) is placed after a loss of \(Money(raw: loss)) today, allowed are \(Money(raw: limit))")
    }
}
