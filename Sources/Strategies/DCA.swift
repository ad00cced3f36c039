// Buys for a fixed amount at intervals, whatever the price.
//
// Time is cut into slots of one interval, counted from `start`. A slot has a key made of its market and its beginning,
// and the core places at most one order for a key, durable before anything is on the wire. So it does not matter where
// a life ends: the next one asks for the same key and learns that it is taken. What an order left unbought is bought by
// the slot's next attempt, under a key of its own, and not before the exchange has told how the one before ended.
//
// A slot that passed while nothing ran is not made up for.

import Trading
import TradingDomain

package struct DCA: Strategy {
    /// Nothing is remembered: the keys of its orders say what was bought.
    package struct Memory: Codable, Equatable, Sendable {
        package init() {}
    }

    package let settings: DCASettings
    package var name: String { settings.name }
    package var symbols: [Symbol] { settings.symbols }
    package var initialMemory: Memory { Memory() }

    /// Nil when the settings have `mistakes`.
    package init?(_ settings: DCASettings) {
        guard settings.mistakes.isEmpty else { return nil }
        self.settings = settings
    }

    package func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        // Time passes in cycles: quotes are not waited for, and cost nothing here.
        if case .quote = view.trigger { return .keep }
        guard let slot = slot(at: view.now) else { return .want([]) }
        var wanted: [WantedOrder] = []
        // Markets may share a currency: what one buy takes is not there for the next.
        var spent: [String: Money] = [:]
        for market in view.markets {
            let currency = market.product.symbol.quote
            let before = spent[currency] ?? .zero
            guard let order = try? order(market, slot, view, before) else { continue }
            wanted.append(order)
            let cost = try? order.terms.type.limitPrice?.times(order.terms.quantity, .up)
            spent[currency] = (try? before + (cost ?? .zero)) ?? before
        }
        return .want(wanted)
    }

    /// The beginning of the slot whose time is now; nil before the first and when it is too late for this one.
    func slot(at now: UTCInstant) -> UTCInstant? {
        let passed = (now - settings.start).wholeNanoseconds
        let interval = settings.interval.wholeNanoseconds
        guard passed >= 0, interval > 0 else { return nil }
        let begin = settings.start + .nanoseconds(passed / interval * interval)
        if let grace = settings.grace, now - begin > grace { return nil }
        return begin
    }

    private func order(_ market: MarketView, _ slot: UTCInstant, _ view: StrategyView, _ spent: Money)
        throws(ArithmeticError) -> WantedOrder?
    {
        var left = settings.amount
        for attempt in 1...DCASettings.attempts {
            let key = Self.key(market.product.symbol, slot, attempt)
            switch Shot(key, view) {
            case .working(let order): return order
            case .ended(let order):
                // At the worst price that it may have paid: rather a little less than a cent too much.
                let paid = try order.terms.type.limitPrice?.times(order.filled, .up)
                left = try left - (paid ?? left)
            case .ready:
                guard let quote = market.quote, quote.bid.isPositive, quote.ask >= quote.bid,
                    let limit = try Taking.limit(.buy, quote, settings.collar, market.product)
                else { return nil }
                let quantity = try Taking.quantity(
                    for: left, at: limit, funds: market.quoteFunds - spent, market.product)
                guard let size = try Taking.size(quantity, at: limit, market.product) else { return nil }
                return Taking.order(.buy, size, limit, market.product, key)
            }
            guard left.isPositive else { return nil }
        }
        return nil
    }

    static func key(_ symbol: Symbol, _ slot: UTCInstant, _ attempt: Int) -> String {
        "\(symbol) \(slot)" + (attempt == 1 ? "" : " #\(attempt)")
    }
}
