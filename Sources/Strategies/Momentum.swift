// Buys what rises on volume to a new high, and sells it with a profit or at a stop.
//
// A market is flat, or it holds something. Flat: an entry, when every condition that is asked for is met and no cooldown
// runs. Holding: nothing, until the bid has reached the profit or the stop; from then on it sells until it is flat,
// whatever the price does. What is held counts, not what was ordered: an entry that was filled in part is left by
// selling that part.

import Trading
import TradingDomain

package struct Momentum: Strategy {
    package enum Exit: String, Codable, Sendable { case profit, stop }

    /// One market.
    package struct Lane: Codable, Equatable, Sendable {
        package var symbol: Symbol
        var shots = ShotCounter()
        /// What the entry paid at most; exits are measured from it. Nil while flat.
        package var paid: Price?
        /// Selling has begun.
        package var exit: Exit?
        /// No entry before that.
        package var coolsUntil: UTCInstant?

        init(_ symbol: Symbol) { self.symbol = symbol }
    }

    package struct Memory: Codable, Equatable, Sendable {
        /// In the order of `Strategy.symbols`; markets in which nothing happened are absent.
        package var lanes: [Lane] = []
    }

    package let settings: MomentumSettings
    package var name: String { settings.name }
    package var symbols: [Symbol] { settings.symbols }
    package var initialMemory: Memory { Memory() }

    /// Nil when the settings have `mistakes`.
    package init?(_ settings: MomentumSettings) {
        guard settings.mistakes.isEmpty else { return nil }
        self.settings = settings
    }

    package func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        var wanted: [WantedOrder] = []
        var lanes: [Lane] = []
        var spent: [String: Money] = [:]
        for market in view.markets {
            let symbol = market.product.symbol
            let fresh = Lane(symbol)
            let old = memory.lanes.first { $0.symbol == symbol } ?? fresh
            var lane = old
            let before = spent[symbol.quote] ?? .zero
            do throws(ArithmeticError) {
                if let order = try order(market, view, &lane, before) {
                    wanted.append(order)
                    if order.terms.side == .buy, let price = order.terms.type.limitPrice {
                        spent[symbol.quote] = try before + price.times(order.terms.quantity, .up)
                    }
                }
            } catch {
                // What cannot be computed changes nothing.
                lane = old
            }
            if lane != fresh { lanes.append(lane) }
        }
        if lanes != memory.lanes { memory.lanes = lanes }
        return .want(wanted)
    }

    // MARK: One market

    private func order(_ market: MarketView, _ view: StrategyView, _ lane: inout Lane, _ spent: Money)
        throws(ArithmeticError) -> WantedOrder?
    {
        let key = lane.shots.key(lane.symbol)
        switch Shot(key, view) {
        case .working(let order): return order
        case .ended(let order):
            lane.shots.advance(view.now, pause: Taking.pause)
            if order.filled.isPositive { cool(&lane, view.now + settings.cooldown) }
            // What is held was paid for at most at its limit; several entries, at most at the dearest.
            if order.filled.isPositive, order.terms.side == .buy, let limit = order.terms.type.limitPrice {
                lane.paid = max(lane.paid ?? limit, limit)
            }
        case .ready: break
        }
        let held = try min(market.strategyPosition, market.baseFunds).rounded(
            to: market.product.baseIncrement, .down)
        // What is too little to be sold is not held.
        guard try Taking.size(held, at: market.quote?.bid ?? lane.paid ?? .zero, market.product) != nil else {
            leave(&lane, view.now)
            return try entry(market, view, &lane, spent)
        }
        return try exit(market, view, &lane, held)
    }

    /// Nothing is held any more: the exit, if there was one, is over.
    private func leave(_ lane: inout Lane, _ now: UTCInstant) {
        if lane.exit == .stop { cool(&lane, now + settings.stopCooldown) }
        lane.exit = nil
        lane.paid = nil
    }

    private func cool(_ lane: inout Lane, _ until: UTCInstant) {
        lane.coolsUntil = max(lane.coolsUntil ?? until, until)
    }

    private func entry(_ market: MarketView, _ view: StrategyView, _ lane: inout Lane, _ spent: Money)
        throws(ArithmeticError) -> WantedOrder?
    {
        guard market.mayEnter, lane.coolsUntil.map({ view.now >= $0 }) ?? true,
            !lane.shots.rests(at: view.now),
            let quote = market.quote, quote.bid.isPositive, quote.ask >= quote.bid,
            let figures = market.statistics, try isEntry(quote, figures),
            let limit = try Taking.limit(.buy, quote, settings.collar, market.product)
        else { return nil }
        let left = try market.quoteFunds - spent
        var quantity: Quantity
        switch settings.size {
        case .base(let base):
            quantity = try Taking.quantity(
                for: limit.times(base, .up), at: limit, funds: left, market.product)
            quantity = min(quantity, base)
        case .quote(let money):
            quantity = try Taking.quantity(for: money, at: limit, funds: left, market.product)
        }
        guard let size = try Taking.size(quantity, at: limit, market.product) else { return nil }
        return Taking.order(.buy, size, limit, market.product, lane.shots.key(lane.symbol))
    }

    /// Every condition that is asked for. What is not known is not met.
    func isEntry(_ quote: Quote, _ figures: MarketStatistics) throws(ArithmeticError) -> Bool {
        guard figures.seconds >= settings.history.wholeNanoseconds / 1_000_000_000 else { return false }
        if let least = settings.entryChange, figures.change < least { return false }
        if let times = settings.volumeSpike {
            guard let now = figures.minuteVolume, let usual = figures.averageMinuteVolume, usual.isPositive,
                try Money(raw: now.raw) >= Money(raw: usual.raw).times(times, .up)
            else { return false }
        }
        return !settings.breakout || quote.mid > figures.high
    }

    private func exit(_ market: MarketView, _ view: StrategyView, _ lane: inout Lane, _ held: Quantity)
        throws(ArithmeticError) -> WantedOrder?
    {
        guard let quote = market.quote, quote.bid.isPositive, quote.ask >= quote.bid else { return nil }
        // A position that no entry of this memory made is measured from where it was first seen.
        let paid = lane.paid ?? quote.mid
        lane.paid = paid
        if lane.exit == nil {
            if try quote.bid >= paid + paid.times(settings.takeProfit, .up) {
                lane.exit = .profit
            } else if try quote.bid <= paid - paid.times(settings.stop, .up) {
                lane.exit = .stop
            }
        }
        guard lane.exit != nil, !lane.shots.rests(at: view.now),
            let limit = try Taking.limit(.sell, quote, settings.collar, market.product),
            let size = try Taking.size(held, at: limit, market.product)
        else { return nil }
        return Taking.order(.sell, size, limit, market.product, lane.shots.key(lane.symbol))
    }
}
