// Strategies at their turn: what they want is compared with what rests, and the difference becomes cancels
// and unmet wishes. Wishes become intents, behind the risk gate, only as fast as they can be sent: an intent
// that waits in a queue is an intent that grows stale.

import TradingDomain

/// Changes of orders come in crowds; strategies hear of them at most this often.
private let decisionPause: Duration = .milliseconds(100)
private let refusalPause: Duration = .seconds(60)

extension TradingCore {
    /// Cycles, day changes, ages, and decisions that changes of orders made due.
    mutating func decide(_ turn: inout Turn) {
        guard volatile.lifecycle == .trading else { return }
        beginDay(&turn)
        guard isGateOpen, volatile.flatten == nil else { return }
        if let at = volatile.nextCycleAt, at <= now.monotonic {
            beginCycle(&turn)
        }
        for index in volatile.slots.indices {
            guard let at = volatile.slots[index].decideAt, at <= now.monotonic else { continue }
            volatile.slots[index].decideAt = nil
            let symbol = volatile.slots[index].changedSymbol ?? volatile.slots[index].strategy.symbols.first
            guard let symbol else { continue }
            decide(slot: index, .order(symbol), &turn)
        }
        stopAfterCycles(&turn)
    }

    /// A run of so many cycles is over when what the last one wanted is placed, or could not be.
    private mutating func stopAfterCycles(_ turn: inout Turn) {
        guard let limit = configuration.maximumCycles, volatile.cycles >= limit,
            volatile.slots.allSatisfy({ $0.unmet.isEmpty }), volatile.awaitingCommit.isEmpty,
            volatile.calls.placements == 0
        else { return }
        beginStop("ran as many cycles as asked (\(volatile.cycles))", &turn)
    }

    private mutating func beginCycle(_ turn: inout Turn) {
        let jitter = configuration.cycleInterval * configuration.cycleJitter
        volatile.nextCycleAt =
            now.monotonic + configuration.cycleInterval + volatile.generator.duration(upTo: jitter)
        cancelAged(&turn)
        if durable.standing?.kind == .reduceOnly { cancelEntries(&turn) }
        for index in volatile.slots.indices {
            volatile.slots[index].decideAt = nil
            decide(slot: index, .cycle, &turn)
        }
        // Nothing could be decided before the first price.
        if !volatile.quotes.isEmpty || volatile.slots.isEmpty { volatile.cycles += 1 }
    }

    /// The daily loss is measured from the result at 00:00 UTC. Clocks that jump back do not begin a day.
    private mutating func beginDay(_ turn: inout Turn) {
        let number = now.utc.dayNumber
        guard volatile.unquoted.isEmpty else { return }
        if let day = durable.day, number <= day.number {
            // A day of a version that kept no books per strategy: theirs begins here.
            guard day.strategies == nil else { return }
            record(
                .dayBegan(TradingDay(number: day.number, baseline: day.baseline, strategies: baselines)),
                &turn
            )
        } else {
            record(
                .dayBegan(
                    TradingDay(number: number, baseline: volatile.markedResult, strategies: baselines)), &turn
            )
        }
    }

    /// Orders that have worked for longer than the configured age are canceled.
    private mutating func cancelAged(_ turn: inout Turn) {
        guard let limit = configuration.orderMaximumAge else { return }
        var aged: [ClientOrderID] = []
        for id in durable.ledger.live {
            guard let order = durable.ledger[id], now.utc - order.createdAt >= limit else { break }
            if order.cancelRequestedAt == nil { aged.append(id) }
        }
        requestCancels(aged, .age, &turn)
    }

    func view(of slot: StrategySlot, _ trigger: StrategyView.Trigger) -> StrategyView {
        let markets = slot.strategy.symbols.compactMap { symbol -> MarketView? in
            guard let product = products[symbol] else { return nil }
            var market = MarketView(
                product: product, quote: volatile.quotes[symbol],
                position: position(of: symbol),
                strategyPosition: position(of: symbol, slot.strategy.name),
                baseFunds: Quantity(raw: volatile.funds?[symbol.base]?.raw ?? 0),
                quoteFunds: volatile.funds?[symbol.quote] ?? .zero,
                statistics: volatile.marketRecords[symbol]?.statistics(at: now.utc))
            market.mayEnter = mayEnter(symbol, slot.strategy)
            return market
        }
        return StrategyView(
            now: now.utc, trigger: trigger, markets: markets,
            onceOrders: onceOrders(of: slot.strategy.name))
    }

    /// Orders that were adopted can't be judged before their market's first quote: a strategy that sees no
    /// price wants nothing, and all of them would be canceled. A market that stays silent holds up nobody for
    /// longer than a quote may be old.
    private func awaitsFirstQuote(_ symbols: [Symbol]) -> Bool {
        now.monotonic - volatile.startedAt.monotonic < configuration.risk.maximumQuoteAge
            && symbols.contains { volatile.quotes[$0] == nil && durable.ledger.working($0).orders > 0 }
    }

    mutating func decide(slot index: Int, _ trigger: StrategyView.Trigger, _ turn: inout Turn) {
        guard rest(of: volatile.slots[index].strategy) == nil,
            !awaitsFirstQuote(volatile.slots[index].strategy.symbols)
        else { return }
        let view = view(of: volatile.slots[index], trigger)
        let (decision, memory) = volatile.slots[index].runner.decide(view)
        if let memory {
            record(
                .strategyMemory(strategy: volatile.slots[index].strategy.name, memory: memory), &turn)
        }
        let mustCompare = volatile.slots[index].mustCompare
        switch decision {
        case .keep: guard mustCompare else { return }
        case .want(let asked):
            volatile.slots[index].asked = asked
            let wanted = self.wanted(asked, by: volatile.slots[index])
            if case .quote = trigger, wanted == volatile.slots[index].desired, !mustCompare { return }
            volatile.slots[index].desired = wanted
        }
        compare(slot: index, &turn)
        noteView(of: index, trigger)
    }

    /// What new wishes rest on. Most quotes bring none, and cost nothing here.
    private mutating func noteView(of index: Int, _ trigger: StrategyView.Trigger) {
        guard !volatile.slots[index].unmet.isEmpty else { return }
        var view = DecisionView(trigger: OrderBasis.Trigger(trigger), at: now.utc)
        for wanted in volatile.slots[index].unmet where view.quotes[wanted.terms.symbol] == nil {
            view.quotes[wanted.terms.symbol] = volatile.quotes[wanted.terms.symbol]
        }
        volatile.slots[index].seen = view
    }

    /// What rests and is still wanted stays where it is; the rest is canceled, what is missing is unmet.
    mutating func compare(slot index: Int, because cause: CancelCause = .unwanted, _ turn: inout Turn) {
        guard capabilities.holdsOrders else { return imagine(slot: index) }
        volatile.slots[index].mustCompare = false
        let name = volatile.slots[index].strategy.name
        let desired = volatile.slots[index].desired
        var resting: [OrderTerms: Int] = [:]
        var mine: [(id: ClientOrderID, terms: OrderTerms)] = []
        var renewing: [(id: ClientOrderID, terms: OrderTerms)] = []
        let keys = Set(desired.compactMap(\.once))
        var unwanted: [ClientOrderID] = []
        for id in durable.ledger.live {
            guard let order = durable.ledger[id], order.strategy == name else { continue }
            // One that is being renewed serves its wish until it has ended.
            let isRenewing = volatile.leases.renewing.contains(id)
            guard order.cancelRequestedAt == nil || isRenewing else { continue }
            // What was wanted once is known by its key, whatever its price was.
            if let key = order.onceKey {
                if !keys.contains(key) { unwanted.append(id) }
                continue
            }
            let terms = wish(of: order, among: desired)
            if isRenewing { renewing.append((id, terms)) } else { mine.append((id, terms)) }
            resting[terms, default: 0] += 1
        }
        var kept: [OrderTerms: Int] = [:]
        var unmet: [WantedOrder] = []
        for wanted in desired {
            if let key = wanted.once {
                if durable.once.order(key, of: name) == nil { unmet.append(wanted) }
            } else if let count = resting[wanted.terms], count > 0 {
                resting[wanted.terms] = count - 1
                kept[wanted.terms, default: 0] += 1
            } else {
                unmet.append(wanted)
            }
        }
        // The oldest of equals keeps its place in the exchange's queue.
        for order in mine + renewing {
            if let count = kept[order.terms], count > 0 {
                kept[order.terms] = count - 1
            } else {
                unwanted.append(order.id)
                volatile.leases.renewing.remove(order.id)
            }
        }
        volatile.leases.keepRemainders(of: name, for: unmet)
        volatile.slots[index].unmet = unmet.reversed()
        requestCancels(unwanted, cause, &turn)
    }

    /// A dry run has nothing that rests: each wish is told once, as long as it stays the same.
    private mutating func imagine(slot index: Int) {
        var known = volatile.slots[index].imagined
        var imagined: [OrderTerms: Int] = [:]
        var unmet: [WantedOrder] = []
        let name = volatile.slots[index].strategy.name
        for wanted in volatile.slots[index].desired {
            if let key = wanted.once {
                if durable.once.order(key, of: name) == nil { unmet.append(wanted) }
                continue
            }
            imagined[wanted.terms, default: 0] += 1
            if let count = known[wanted.terms], count > 0 {
                known[wanted.terms] = count - 1
            } else {
                unmet.append(wanted)
            }
        }
        volatile.slots[index].imagined = imagined
        volatile.slots[index].unmet = unmet.reversed()
    }

    mutating func scheduleDecision(for order: Order) {
        guard volatile.lifecycle == .trading, !order.strategy.isEmpty, order.state != .rejected,
            let index = volatile.slots.firstIndex(where: { $0.strategy.name == order.strategy })
        else { return }
        volatile.slots[index].changedSymbol = order.terms.symbol
        if volatile.slots[index].decideAt == nil {
            volatile.slots[index].decideAt = now.monotonic + decisionPause
        }
    }

    /// Asks for the cancel of these orders. The fact is durable; the asking goes from memory at once.
    mutating func requestCancels(_ ids: [ClientOrderID], _ cause: CancelCause, _ turn: inout Turn) {
        var fresh: [ClientOrderID] = []
        for id in ids {
            // One look at each: with 5,000 orders this is what a stop's first cancel waits for.
            guard let order = durable.ledger[id] else { continue }
            if order.cancelRequestedAt == nil, !order.state.isTerminal { fresh.append(id) }
            guard order.isWorking, let exchangeID = order.exchangeOrderID else { continue }
            volatile.cancelDesk.want(id, exchangeID)
        }
        if !fresh.isEmpty { record(.cancelRequested(fresh, at: now.utc, why: cause), &turn) }
    }

    // MARK: Intents

    /// Turns unmet wishes into intents while requests and places in flight are left. Returns when to look
    /// again, if something waits for the rate budget.
    mutating func makeIntents(_ turn: inout Turn) -> MonotonicInstant? {
        guard isGateOpen else { return nil }
        if let until = volatile.placementPause, until > now.monotonic { return until }
        for index in volatile.slots.indices {
            while let wanted = volatile.slots[index].unmet.last {
                guard volatile.calls.placements + volatile.awaitingCommit.count < placementLimit else {
                    return nil
                }
                // Each intent on its way to the disk will want a request when it is handed over.
                let reserved = volatile.awaitingCommit.count
                let available = volatile.budget.nextAvailable(
                    .placement, beyond: reserved, at: now.monotonic)
                guard available <= now.monotonic else { return reserved == 0 ? available : nil }
                volatile.slots[index].unmet.removeLast()
                _ = intend(
                    wanted, strategy: volatile.slots[index].strategy.name, seen: volatile.slots[index].seen,
                    &turn)
            }
        }
        return nil
    }

    private var placementLimit: Int {
        let limit = configuration.rate.maximumInFlight / 2
        return max(1, min(limit, capabilities.placementsAtOnce ?? limit))
    }

    /// One wish through the gate. False when it was refused.
    mutating func intend(
        _ wanted: WantedOrder, strategy: String, seen: DecisionView, _ turn: inout Turn
    ) -> Bool {
        guard
            let id = ClientOrderID(
                bot: configuration.bot, epoch: durable.epoch, sequence: volatile.sequence + 1)
        else {
            volatile.pendingHalt = Halt(
                cause: .integrity, detail: "no client order ids are left in epoch \(durable.epoch); restart",
                at: now.utc)
            return false
        }
        // The same key twice in one set; the first one was placed.
        if let key = wanted.once, durable.once.order(key, of: strategy) != nil { return false }
        var terms = leased(wanted.terms)
        let remainder = wanted.once == nil ? remainder(of: wanted.terms, strategy: strategy) : nil
        if let (remainder, left) = remainder {
            // Filled after all, or too little of it left to be placed.
            guard isWorthPlacing(terms, left) else {
                volatile.leases.take(remainder)
                return false
            }
            terms.quantity = left
        }
        switch check(id, terms, strategy: strategy) {
        case .failure(let refused):
            refuse(refused, wanted, strategy: strategy, &turn)
            return false
        case .success(let approved):
            volatile.sequence += 1
            var order = Order(id: id, terms: approved.terms, strategy: strategy, createdAt: now.utc)
            order.basis = seen.basis(of: terms.symbol, exposure(of: terms.symbol), at: now.utc)
            order.onceKey = wanted.once
            if approved.terms != wanted.terms, wanted.once == nil {
                volatile.leases.wishes[id] = wanted.terms
            }
            if let (remainder, _) = remainder {
                order.reason = Order.reason(continuing: remainder.ended)
                volatile.leases.take(remainder)
            }
            record(.intent(order), &turn)
            if configuration.tellsOrders {
                tell(.debug, "intent", "wanted by \(strategy)", order: id, &turn)
            }
            volatile.awaitingCommit.append((turn.number, approved, now.monotonic))
            volatile.recentIntents.append(now.monotonic)
            if let index = slotIndex(strategy) { volatile.slots[index].recentIntents.append(now.monotonic) }
            return true
        }
    }

    /// What we hold, fills that are known and not booked yet included.
    func position(of symbol: Symbol) -> Quantity {
        let booked = durable.ledger.position(symbol).quantity
        return (try? booked + durable.ledger.working(symbol).unbooked) ?? booked
    }

    private mutating func check(_ id: ClientOrderID, _ terms: OrderTerms, strategy: String)
        -> Result<RiskApproved, RiskGate.Refused>
    {
        var exposure = exposure(of: terms.symbol)
        do throws(ArithmeticError) {
            if let index = slotIndex(strategy), !mayEnter(terms.symbol, volatile.slots[index].strategy),
                try !closes(terms, strategy)
            {
                return .failure(
                    RiskGate.Refused(
                        .notInUniverse,
                        "\(terms.symbol) is not in the universe, and this would be more than closing"))
            }
            exposure.strategy = try strategyExposure(strategy, terms.symbol)
        } catch {
            return .failure(RiskGate.Refused(.arithmetic, error.description))
        }
        return riskGate.check(
            id, terms, strategy: strategy, exposure: exposure, reducesOnly: reducesOnly, at: now.utc)
    }

    private mutating func exposure(of symbol: Symbol) -> RiskExposure {
        while let first = volatile.recentIntents.first, now.monotonic - first >= .seconds(60) {
            _ = volatile.recentIntents.popFirst()
        }
        let ledger = durable.ledger
        let totals = ledger.working(symbol)
        return RiskExposure(
            product: products[symbol], quote: volatile.quotes[symbol], workingOrders: ledger.workingCount,
            workingOrdersOfSymbol: totals.orders,
            position: position(of: symbol),
            workingBuys: totals.buys, workingSells: totals.sells,
            ordersInLastMinute: volatile.recentIntents.count, freeBase: free(symbol.base),
            freeQuote: free(symbol.quote))
    }

    /// Funds that no working order holds; nil while the exchange has not told them.
    private func free(_ currency: String) -> Money? {
        guard let funds = volatile.funds else { return nil }
        let hold = durable.ledger.hold(currency)
        // The exchange holds what a buy may cost with the dearer fee.
        let fees = worstFee[currency].flatMap { try? hold.times($0, .up) } ?? .zero
        return (try? ((funds[currency] ?? .zero) - hold) - fees) ?? .zero
    }

    /// A refusal is journaled; one that repeats, once a minute.
    private mutating func refuse(
        _ refused: RiskGate.Refused, _ wanted: WantedOrder, strategy: String, _ turn: inout Turn
    ) {
        turn.refusals.append(refused.rule)
        if let index = slotIndex(strategy) {
            volatile.slots[index].lastRefusal = StrategyStatus.Refusal(
                rule: refused.rule, symbol: wanted.terms.symbol, detail: refused.detail, at: now.utc)
        }
        let key = "\(strategy) \(wanted.terms.symbol) \(wanted.terms.side.rawValue) \(refused.rule.rawValue)"
        if let told = volatile.refusalsTold[key], now.monotonic - told < refusalPause { return }
        volatile.refusalsTold[key] = now.monotonic
        record(
            .refused(
                RiskRefusal(
                    rule: refused.rule, strategy: strategy, terms: wanted.terms, detail: refused.detail)),
            &turn)
        tell(
            .info, "risk-refused",
            "\(strategy): \(wanted.terms.symbol) \(wanted.terms.side.wire) \(wanted.terms.quantity) refused "
                + "(\(refused.rule.rawValue)): \(refused.detail)", &turn)
    }

    /// Intents that are on disk go now, in their order and only if the gate is still open, each with a request of
    /// the rate budget: what is sent obeys it, however long the disk took. Returns when to look again, if one
    /// waits for a request.
    mutating func handOver(_ turn: inout Turn) -> MonotonicInstant? {
        while let waiting = volatile.awaitingCommit.first, waiting.turn <= volatile.durableThrough {
            let id = waiting.order.clientOrderID
            guard isGateOpen, durable.ledger[id]?.cancelRequestedAt == nil else {
                _ = volatile.awaitingCommit.popFirst()
                learn(.neverSent("no longer wanted when it was durable"), of: id, &turn)
                continue
            }
            // A price that was decided on long ago is not what the strategy would want now.
            guard now.monotonic - waiting.decidedAt < configuration.risk.maximumQuoteAge else {
                _ = volatile.awaitingCommit.popFirst()
                learn(.neverSent("no request was free before it was stale"), of: id, &turn)
                continue
            }
            guard volatile.budget.take(.placement, at: now.monotonic) else {
                return volatile.budget.nextAvailable(.placement, at: now.monotonic)
            }
            _ = volatile.awaitingCommit.popFirst()
            record(.sent(id, at: now.utc), &turn)
            command(.place(waiting.order), for: .place(id), patience: attemptPatience, &turn)
            if configuration.tellsOrders {
                let terms = waiting.order.terms
                let price = terms.type.limitPrice.map { " @ \($0)" } ?? " at market"
                tell(
                    .info, "place", "placing \(terms.symbol) \(terms.side.wire) \(terms.quantity)\(price)",
                    order: id, &turn)
            }
        }
        return nil
    }
}
