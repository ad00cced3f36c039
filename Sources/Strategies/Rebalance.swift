// Keeps each market at its share of the account: sells what has grown beyond its band, buys what has fallen below.
//
// The whole is the account's funds in the markets' currencies: what they hold of each base at its mid, and the quote
// currency. It is known only when every market has a quote, and until then nothing is traded. A trade goes to the
// target and never beyond it, because sizes are rounded down. Sales come first; what buys may spend is what the account
// has, not what a sale will bring.

import Trading
import TradingDomain

package struct Rebalance: Strategy {
    package struct Lane: Codable, Equatable, Sendable {
        package var symbol: Symbol
        var shots = ShotCounter()

        init(_ symbol: Symbol) { self.symbol = symbol }
    }

    package struct Memory: Codable, Equatable, Sendable {
        /// In the order of `Strategy.symbols`; markets that were never traded are absent.
        package var lanes: [Lane] = []
    }

    package let settings: RebalanceSettings
    package var name: String { settings.name }
    package var symbols: [Symbol] { settings.symbols }
    package var initialMemory: Memory { Memory() }

    /// Nil when the settings have `mistakes`.
    package init?(_ settings: RebalanceSettings) {
        guard settings.mistakes.isEmpty else { return nil }
        self.settings = settings
    }

    package func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        // Shares move slowly: cycles are often enough.
        if case .quote = view.trigger { return .keep }
        var lanes: [Lane] = []
        var wanted: [WantedOrder] = []
        var isTrading = false
        for market in view.markets {
            let symbol = market.product.symbol
            var lane = memory.lanes.first { $0.symbol == symbol } ?? Lane(symbol)
            switch Shot(lane.shots.key(symbol), view) {
            case .working(let order):
                wanted.append(order)
                isTrading = true
            case .ended: lane.shots.advance(view.now, pause: settings.pause)
            case .ready: break
            }
            lanes.append(lane)
        }
        let kept = lanes.filter { $0 != Lane($0.symbol) }
        if kept != memory.lanes { memory.lanes = kept }
        // While something is under way the shares are not what the funds say.
        guard !isTrading else { return .want(wanted) }
        guard let trades = try? trades(view, lanes) else { return .want([]) }
        return .want(trades)
    }

    private func trades(_ view: StrategyView, _ lanes: [Lane]) throws(ArithmeticError) -> [WantedOrder] {
        guard view.markets.count == settings.targets.count, let first = view.markets.first else { return [] }
        var cash = max(.zero, first.quoteFunds)
        var whole = cash
        var values: [Money] = []
        for market in view.markets {
            guard let quote = market.quote, quote.bid.isPositive, quote.ask >= quote.bid else { return [] }
            let value = try quote.mid.times(max(.zero, market.baseFunds), .down)
            values.append(value)
            whole = try whole + value
        }
        guard whole.isPositive else { return [] }
        var sales: [WantedOrder] = []
        var buys: [WantedOrder] = []
        for (index, market) in view.markets.enumerated() {
            guard let quote = market.quote, !lanes[index].shots.rests(at: view.now) else { continue }
            let target = try whole.times(settings.targets[index].weight, .down)
            let excess = try values[index] - target
            guard try excess.magnitude > whole.times(settings.band, .up),
                excess.magnitude >= settings.minimumTrade
            else { continue }
            let side: Side = excess.isPositive ? .sell : .buy
            guard let limit = try Taking.limit(side, quote, settings.collar, market.product) else { continue }
            let key = lanes[index].shots.key(market.product.symbol)
            switch side {
            case .sell:
                let quantity = min(try excess.over(quote.mid, .down), market.baseFunds)
                guard let size = try Taking.size(quantity, at: limit, market.product) else { continue }
                sales.append(Taking.order(.sell, size, limit, market.product, key))
            case .buy:
                let quantity = try Taking.quantity(
                    for: excess.magnitude, at: limit, funds: cash, market.product)
                guard let size = try Taking.size(quantity, at: limit, market.product) else { continue }
                let fee = max(market.product.makerFee, market.product.takerFee, .zero)
                let cost = try limit.times(size, .up)
                cash = max(.zero, try cash - cost - cost.times(fee, .up))
                buys.append(Taking.order(.buy, size, limit, market.product, key))
            }
        }
        return sales + buys
    }
}
