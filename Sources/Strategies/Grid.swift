// The grid: a post-only ladder of buys below and sells above a centre, in one or more markets.
//
// The ladder's lines are `centre ± k × step`. Both are remembered, so every price is a pure function of the
// memory, and what rests where it should is wanted again. When the mid leaves the centre, the centre moves by
// whole steps: the new lines are the old ones, and only the ends of the ladder change.

import Trading
import TradingDomain

package struct Grid: Strategy {
    /// Where one market's ladder stands.
    package struct Anchor: Codable, Equatable, Sendable {
        package var symbol: Symbol
        package var centre: Price
        package var step: Price
    }

    package struct Memory: Codable, Equatable, Sendable {
        /// In the order of `Strategy.symbols`; markets without a quote so far are absent.
        package var anchors: [Anchor] = []
    }

    package let settings: GridSettings
    package var name: String { settings.name }
    package var symbols: [Symbol] { settings.symbols }
    package var initialMemory: Memory { Memory() }

    /// Nil when the settings have `mistakes`.
    package init?(_ settings: GridSettings) {
        guard settings.mistakes.isEmpty else { return nil }
        self.settings = settings
    }

    package func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        var anchors: [Anchor?] = []
        var moved = false
        for market in view.markets {
            let old = memory.anchors.first { $0.symbol == market.product.symbol }
            let new = anchor(market, old)
            moved = moved || new != old
            anchors.append(new)
        }
        if moved { memory.anchors = anchors.compactMap { $0 } }
        // A quote that moves no ladder changes nothing.
        if case .quote = view.trigger, !moved { return .keep }
        var ladder = GridLadder(settings, view.markets, anchors)
        return .want(ladder.orders())
    }

    /// A price within reach of the centre moves no ladder. What else could move one, such as another increment, is seen at
    /// the next cycle.
    package func ignores(_ quote: Quote, memory: Memory) -> Bool {
        for anchor in memory.anchors where anchor.symbol == quote.symbol {
            // A distance that does not fit in the numbers moves no ladder either: `anchor` keeps the old one.
            return (try? holds(anchor, quote)) ?? true
        }
        return false
    }

    /// The ladders stand where they stood, on the same sides of the market, and the account has what it had.
    package func repeats(_ view: StrategyView, after last: StrategyView, memory: Memory) -> Bool {
        guard view.markets.count == last.markets.count else { return false }
        for index in view.markets.indices where !repeats(view.markets[index], last.markets[index], memory) {
            return false
        }
        return true
    }

    private func repeats(_ market: MarketView, _ last: MarketView, _ memory: Memory) -> Bool {
        guard let quote = market.quote, let old = last.quote, market.product == last.product,
            market.baseFunds == last.baseFunds, market.quoteFunds == last.quoteFunds
        else { return false }
        for anchor in memory.anchors where anchor.symbol == market.product.symbol {
            guard self.anchor(market, anchor) == anchor else { return false }
            if quote.bid == old.bid, quote.ask == old.ask { return true }
            // No level is inside of the market, neither then nor now. Where the nearest ones do not fit in the numbers, that is
            // not known, and the set is built: `buy` and `sell` of the ladder judge them.
            guard let buy = try? anchor.centre - anchor.step, let sell = try? anchor.centre + anchor.step
            else {
                return false
            }
            return buy <= min(quote.bid, old.bid) && sell >= max(quote.ask, old.ask)
        }
        return false
    }

    private func holds(_ anchor: Anchor, _ quote: Quote) throws(ArithmeticError) -> Bool {
        guard quote.bid.isPositive, quote.ask >= quote.bid else { return true }
        return try (quote.mid - anchor.centre).magnitude <= anchor.step.times(settings.recentre, .down)
    }

    // MARK: The centre

    /// Where the ladder of `market` stands from now on.
    private func anchor(_ market: MarketView, _ old: Anchor?) -> Anchor? {
        guard let quote = market.quote, quote.bid.isPositive, quote.ask >= quote.bid else { return old }
        let increment = market.product.priceIncrement
        guard let old, old.centre.isMultiple(of: increment), old.step.isMultiple(of: increment) else {
            return fresh(market.product, quote) ?? old
        }
        do throws(ArithmeticError) {
            if try holds(old, quote) { return old }
            let distance = try quote.mid - old.centre
            let steps = try distance.rounded(to: old.step, .halfEven)
            let centre = try old.centre + steps
            // A step that no longer fits the price, or a jump beyond the ladder, starts a new one.
            let ideal = try step(centre, increment)
            let drift = try (ideal - old.step).magnitude.times(20)
            let jumped = try steps.magnitude > old.step.times(settings.levels)
            if drift > ideal || jumped || !centre.isPositive {
                return fresh(market.product, quote) ?? old
            }
            return Anchor(symbol: old.symbol, centre: centre, step: old.step)
        } catch {
            return old
        }
    }

    private func fresh(_ product: Product, _ quote: Quote) -> Anchor? {
        guard let centre = try? quote.mid.rounded(to: product.priceIncrement, .halfEven), centre.isPositive,
            let step = try? step(centre, product.priceIncrement)
        else { return nil }
        return Anchor(symbol: product.symbol, centre: centre, step: step)
    }

    /// The spacing at `centre`, on the increment and at least one increment.
    private func step(_ centre: Price, _ increment: Price) throws(ArithmeticError) -> Price {
        max(increment, try centre.times(settings.spacing, .halfEven).rounded(to: increment, .halfEven))
    }
}
