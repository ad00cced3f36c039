// The universe at work: chosen at the start and again each interval, among the markets whose prices are known. Of a market
// that leaves it, entries are canceled, and what may still go out only brings a strategy's position nearer to zero.
//
// It is for those strategies that follow it; one with markets of its own trades them whatever the rules say.

import TradingDomain

struct UniverseState: Sendable {
    var universe: Universe?
    /// The exchange's list as it was told last; the products of the start until then.
    var products: [Product] = []
    var spreads: [Symbol: SpreadMeter] = [:]
    /// When to choose next.
    var dueAt: MonotonicInstant?
}

extension TradingCore {
    /// Whether this strategy may open or widen a position in this market.
    func mayEnter(_ symbol: Symbol, _ strategy: AnyStrategy) -> Bool {
        guard strategy.followsUniverse, let universe = volatile.universe.universe else { return true }
        return universe.included.contains(symbol)
    }

    mutating func noteSpread(_ quote: Quote) {
        guard configuration.universe?.maximumSpreadBasisPoints != nil else { return }
        volatile.universe.spreads[quote.symbol, default: SpreadMeter()].add(quote)
    }

    /// Chooses when it is time, on what is known.
    mutating func chooseWhenDue(_ turn: inout Turn) {
        // By pattern: comparing with nil would copy the rules each turn.
        guard volatile.lifecycle == .trading, case .some = configuration.universe else { return }
        if let dueAt = volatile.universe.dueAt, now.monotonic < dueAt { return }
        chooseUniverse(&turn)
    }

    mutating func chooseUniverse(_ turn: inout Turn) {
        guard let rules = configuration.universe else {
            volatile.universe = UniverseState()
            return
        }
        volatile.universe.dueAt = now.monotonic + rules.interval
        let list = volatile.universe.products
        let known = list.isEmpty ? products.values : list
        let before = volatile.universe.universe
        let next = rules.universe(
            of: known, spreads: volatile.universe.spreads.compactMapValues(\.mean),
            before: Set(before?.included ?? []), subscribed: Set(strategySymbols))
        volatile.universe.universe = next
        volatile.universe.spreads = [:]
        let isIn = Set(next.included)
        let wasIn = before.map { Set($0.included) }
        guard isIn != wasIn else { return }
        for symbol in isIn.subtracting(wasIn ?? []).sorted() where wasIn != nil {
            tell(.info, "universe", "\(symbol) is in the universe now", &turn)
        }
        for symbol in strategySymbols where !isIn.contains(symbol) && wasIn?.contains(symbol) ?? true {
            let reason = next.reason(symbol).map { "\($0)" } ?? "not chosen"
            tell(
                .info, "universe",
                "\(symbol) is not in the universe: \(reason); of it, positions are only reduced", &turn)
        }
        for index in volatile.slots.indices where volatile.slots[index].strategy.followsUniverse {
            volatile.slots[index].desired = wanted(
                volatile.slots[index].asked, by: volatile.slots[index].strategy)
            compare(slot: index, because: .universe, &turn)
        }
    }

    /// Of what a strategy wants, what it may want: all of it in the universe, elsewhere what can only close.
    func wanted(_ orders: [WantedOrder], by strategy: AnyStrategy) -> [WantedOrder] {
        if rest(of: strategy) != nil { return [] }
        guard strategy.followsUniverse, volatile.universe.universe != nil else { return orders }
        var allowed: [WantedOrder] = []
        for wanted in orders {
            let held = position(of: wanted.terms.symbol, strategy.name)
            let closes = wanted.terms.side == .sell ? held.isPositive : held.isNegative
            if closes || mayEnter(wanted.terms.symbol, strategy) { allowed.append(wanted) }
        }
        return allowed
    }

    /// Whether this order goes together with the universe: of a market outside it, only what closes.
    func fitsUniverse(_ terms: OrderTerms, _ strategy: String) throws(ArithmeticError) -> Bool {
        guard let index = slotIndex(strategy), !mayEnter(terms.symbol, volatile.slots[index].strategy) else {
            return true
        }
        return try closes(terms, strategy)
    }

    /// Whether this order, with all that works on its side, can only bring the strategy's position nearer to zero.
    func closes(_ terms: OrderTerms, _ strategy: String) throws(ArithmeticError) -> Bool {
        let held = position(of: terms.symbol, strategy)
        let totals = durable.ledger.working(terms.symbol, of: strategy)
        switch terms.side {
        case .buy: return try !(held + totals.buys + terms.quantity).isPositive
        case .sell: return try !(held - totals.sells - terms.quantity).isNegative
        }
    }
}
