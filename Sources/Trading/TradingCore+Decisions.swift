// Strategies at their turn: what they want is compared with what rests, and the difference becomes cancels
// and unmet wishes.

import TradingDomain

/// Changes of orders come in crowds; strategies hear of them at most this often.
private let decisionPause: Duration = .milliseconds(100)

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
            volatile.calls.placements == 0, !volatile.slots.contains(where: isAwaited)
        else { return }
        beginStop("ran as many cycles as asked (\(volatile.cycles))", &turn)
    }

    /// Whether the program of this strategy has not said what it wants of the last cycle.
    private func isAwaited(_ slot: StrategySlot) -> Bool {
        slot.program?.isAwaited == true && rest(of: slot.strategy) == nil
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

    /// The UTC day by the venue's clock. Before that was read the day that was begun last goes on, and none begins: our clock
    /// may be wrong.
    var tradingDayNumber: Int64? {
        if capabilities.introducesItself, !volatile.introduction.knowsTimeWell {
            return durable.day?.number
        }
        return venueNow.dayNumber
    }

    /// The daily loss is measured from the result at 00:00 UTC. Clocks that jump back do not begin a day.
    private mutating func beginDay(_ turn: inout Turn) {
        guard volatile.unquoted.isEmpty, let number = tradingDayNumber else { return }
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
            guard let order = durable.ledger[id], venueNow - order.createdAt >= limit else { break }
            if order.cancelRequestedAt == nil { aged.append(id) }
        }
        requestCancels(aged, .age, &turn)
    }

    /// Written without closures, which would copy the whole core for every quote.
    func view(of strategy: AnyStrategy, _ trigger: StrategyView.Trigger) -> StrategyView {
        var markets: [MarketView] = []
        markets.reserveCapacity(strategy.symbols.count)
        for symbol in strategy.symbols {
            guard let product = products[symbol], let currencies = currencies[symbol] else { continue }
            var market = MarketView(
                product: product, quote: volatile.quotes[symbol],
                position: position(of: symbol),
                strategyPosition: position(of: symbol, strategy.name),
                baseFunds: Quantity(raw: volatile.funds?[currencies.base]?.raw ?? 0),
                quoteFunds: volatile.funds?[currencies.quote] ?? .zero,
                statistics: volatile.marketRecords[symbol]?.statistics(at: now.utc))
            market.mayEnter = mayEnter(symbol, strategy)
            markets.append(market)
        }
        return StrategyView(
            now: now.utc, trigger: trigger, markets: markets, onceOrders: onceOrders(of: strategy.name))
    }

    /// Orders that were adopted can't be judged before their market's first quote: a strategy that sees no
    /// price wants nothing, and all of them would be canceled. A market that stays silent holds up nobody for
    /// longer than a quote may be old.
    func awaitsFirstQuote(_ symbols: [Symbol]) -> Bool {
        guard now.monotonic - volatile.startedAt.monotonic < configuration.risk.maximumQuoteAge else {
            return false
        }
        for symbol in symbols
        where volatile.quotes[symbol] == nil && durable.ledger.working(symbol).orders > 0 {
            return true
        }
        return false
    }

    mutating func decide(slot index: Int, _ trigger: StrategyView.Trigger, _ turn: inout Turn) {
        guard !isResting(slot: index), !awaitsFirstQuote(volatile.slots[index].strategy.symbols) else {
            return
        }
        // A program outside is shown it as soon as it has answered what it was shown before.
        guard volatile.slots[index].program == nil else {
            volatile.slots[index].program?.want(trigger)
            return
        }
        if case .quote(let symbol) = trigger, !volatile.slots[index].mustCompare,
            let quote = volatile.quotes[symbol], volatile.slots[index].runner.ignores(quote)
        {
            return
        }
        let strategy = volatile.slots[index].strategy
        let view = view(of: strategy, trigger)
        let (decision, memory) = volatile.slots[index].runner.decide(view)
        if let memory {
            record(.strategyMemory(strategy: strategy.name, memory: memory), &turn)
        }
        take(decision, slot: index, trigger, seen: nil, &turn)
    }

    /// What a strategy wants from now on. `seen` is what that rests on, where it is not what is true now.
    mutating func take(
        _ decision: Decision, slot index: Int, _ trigger: StrategyView.Trigger, seen: DecisionView?,
        _ turn: inout Turn
    ) {
        let mustCompare = volatile.slots[index].mustCompare
        switch decision {
        case .keep: guard mustCompare else { return }
        case .want(let asked):
            volatile.slots[index].asked = asked
            let wanted = self.wanted(asked, by: volatile.slots[index].strategy)
            if wanted == volatile.slots[index].desired, !mustCompare {
                if case .quote = trigger { return }
                // Nothing was to be done, and nothing has changed since: nothing is to be done.
                if volatile.slots[index].settledAt == volatile.records { return }
            }
            volatile.slots[index].desired = wanted
        }
        compare(slot: index, &turn)
        if let seen { volatile.slots[index].seen = seen } else { noteView(of: index, trigger) }
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
        var resting = RestingOrders(expected: desired.count)
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
            if isRenewing { renewing.append((id, terms)) } else { resting.add(id, terms) }
        }
        for order in renewing { resting.add(order.id, order.terms) }
        var unmet: [WantedOrder] = []
        for wanted in desired {
            if let key = wanted.once {
                if durable.once.order(key, of: name) == nil { unmet.append(wanted) }
            } else if !resting.take(wanted.terms) {
                unmet.append(wanted)
            }
        }
        for id in resting.untaken {
            unwanted.append(id)
            volatile.leases.renewing.remove(id)
        }
        volatile.leases.keepRemainders(of: name, for: unmet)
        volatile.slots[index].unmet = unmet.reversed()
        requestCancels(unwanted, cause, &turn)
        volatile.slots[index].settledAt = unmet.isEmpty && unwanted.isEmpty ? volatile.records : nil
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
        volatile.slots[index].program?.outdate()
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
}
