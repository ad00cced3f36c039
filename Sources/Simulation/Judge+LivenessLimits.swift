import ExchangeModel
import Trading
import TradingDomain

// Limits of single strategies, reckoned from their orders and from what was told of their fills.

extension Judge {
    /// What its strategy may have beside it.
    func judgeStrategyLimits(
        _ id: ClientOrderID, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        guard let decision = view.decisions[id], decision.strategy != Flatten.strategy else { return }
        let limits = strategyLimits
        decidedBy[decision.strategy, default: []].append(now)
        decidedBy[decision.strategy]?.removeAll { $0 <= now - milliseconds(60_000) }
        let recent = decidedBy[decision.strategy]?.count ?? 0
        demand(
            limits.maximumOrdersPerMinute.map { recent <= $0 } ?? true,
            "\(id) is the \(recent)th order of \(decision.strategy) within a minute")
        let count = ofStrategy(decision.strategy, view).count
        demand(
            limits.maximumWorkingOrders.map { count <= $0 } ?? true,
            "\(id) is the \(count)th working order of \(decision.strategy)")
        guard let budget = limits.budget, !hasFlattened, let quote = view.quotes[decision.terms.symbol] else {
            return
        }
        let (reach, isNearer) = reach(decision.terms, decision.strategy, view, without: id)
        let worth = Self.value(Self.middle(quote), reach)
        demand(
            isNearer || worth <= budget.raw,
            "with \(id) the position of \(decision.strategy) could be worth \(Money(raw: worth))")
    }

    /// Orders of a strategy without an end.
    private func ofStrategy(_ name: String, _ view: LifeView) -> [ClientOrderID] {
        view.calm?.open.filter { owned[$0]?.strategy == name } ?? []
    }

    /// What the strategy's position in this market could become with one more order, base units, and whether that is
    /// nearer to zero.
    private func reach(
        _ terms: OrderTerms, _ strategy: String, _ view: LifeView, without id: ClientOrderID?
    ) -> (Int128, Bool) {
        var (held, buys, sells): (Int128, Int128, Int128) = (0, 0, 0)
        for (other, owned) in owned where owned.strategy == strategy && owned.terms.symbol == terms.symbol {
            let filled = knownFilled[other] ?? 0
            held += owned.terms.side == .buy ? filled : -filled
            guard other != id, view.calm?.open.contains(other) == true else { continue }
            if owned.terms.side == .buy {
                buys += owned.terms.quantity.raw - filled
            } else {
                sells += owned.terms.quantity.raw - filled
            }
        }
        var (high, low) = (held + buys, held - sells)
        if terms.side == .buy { high += terms.quantity.raw } else { low -= terms.quantity.raw }
        let isNearer = terms.side == .buy ? high <= 0 : low >= 0
        return (Int128(max(held.magnitude, high.magnitude, low.magnitude)), isNearer)
    }

    /// Whether a limit of the strategy stands in the way of one more order of it.
    func isForbiddenToStrategy(
        _ wish: CalmView.Wish, _ quote: Quote, _ view: LifeView, _ exchange: SimulatedExchange,
        at now: Instant
    ) -> Bool {
        let limits = strategyLimits
        if let limit = limits.maximumWorkingOrders, ofStrategy(wish.strategy, view).count >= limit {
            return true
        }
        if let limit = limits.maximumOrdersPerMinute,
            decidedBy[wish.strategy]?.count(where: { $0 > now - milliseconds(62_000) }) ?? 0 >= limit
        {
            return true
        }
        guard let budget = limits.budget else { return false }
        // Other markets take their share.
        if marketsTraded > 1 || hasFlattened { return true }
        let reach = reach(wish.terms, wish.strategy, view, without: nil).0
        return Self.value(Self.middle(quote), reach) * 100 > budget.raw * 97
    }
}
