// Wishes become intents, behind the risk gate, only as fast as they can be sent: an intent that waits in a queue is an
// intent that grows stale. Intents that are on disk are handed over.

import TradingDomain

private let refusalPause: Duration = .seconds(60)

extension TradingCore {
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
        // What the gate saw is what the order rests on.
        let exposure = exposure(of: terms.symbol)
        switch check(id, terms, strategy: strategy, exposure) {
        case .failure(let refused):
            refuse(refused, wanted, strategy: strategy, &turn)
            return false
        case .success(let approved):
            volatile.sequence += 1
            var order = Order(id: id, terms: approved.terms, strategy: strategy, createdAt: venueNow)
            order.basis = seen.basis(of: terms.symbol, exposure, at: now.utc)
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

    private mutating func check(
        _ id: ClientOrderID, _ terms: OrderTerms, strategy: String, _ seen: RiskExposure
    ) -> Result<RiskApproved, RiskGate.Refused> {
        var exposure = seen
        do throws(ArithmeticError) {
            guard try fitsUniverse(terms, strategy) else {
                return .failure(
                    RiskGate.Refused(
                        .notInUniverse,
                        "\(terms.symbol) is not in the universe, and this would be more than closing"))
            }
            exposure.strategy = try strategyExposure(strategy, terms.symbol)
        } catch {
            return .failure(RiskGate.Refused(.arithmetic, error.description))
        }
        let (reducesOnly, now) = (reducesOnly, now.utc)
        return riskGate.check(
            id, terms, strategy: strategy, exposure: exposure, reducesOnly: reducesOnly, at: now)
    }

    /// The last quote of a market, as old as it is by our clock of now.
    func lastQuote(of symbol: Symbol) -> Quote? {
        guard var quote = volatile.quotes[symbol] else { return nil }
        guard let heardAt = volatile.marketRecords[symbol]?.heardAt else { return quote }
        quote.at = now.utc - age(of: quote, heardAt: heardAt)
        return quote
    }

    /// How old a quote is: by our clock when it was heard, since adapters stamp quotes on that, and by monotonic time since: our
    /// clock may have been set meanwhile. No quote is younger than its way to us.
    func age(of quote: Quote, heardAt: Stamp) -> Duration {
        max(.zero, heardAt.utc - quote.at) + (now.monotonic - heardAt.monotonic)
    }

    private mutating func exposure(of symbol: Symbol) -> RiskExposure {
        while let first = volatile.recentIntents.first, now.monotonic - first >= .seconds(60) {
            _ = volatile.recentIntents.popFirst()
        }
        let totals = durable.ledger.working(symbol)
        return RiskExposure(
            product: products[symbol], quote: lastQuote(of: symbol),
            workingOrders: durable.ledger.workingCount, workingOrdersOfSymbol: totals.orders,
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
