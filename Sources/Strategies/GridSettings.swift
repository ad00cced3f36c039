// What an operator decides about a grid, and what of it cannot work.

import TradingDomain

package struct GridSettings: Codable, Equatable, Sendable {
    /// Unique among the strategies of a bot.
    package var name: String
    package var symbols: [Symbol]
    /// Orders on each side of each market.
    package var levels: Int
    /// Distance from one level to the next, as a fraction of the centre.
    package var spacing: Rate
    /// Of one level.
    package var size: StrategySettings.OrderSize
    /// The ladder moves once the mid is farther than this many spacings from its centre.
    package var recentre: Rate

    package static let levelLimit = 2_500

    package init(
        name: String = "grid", symbols: [Symbol], levels: Int = 5, spacing: Rate = Rate(basisPoints: 10),
        size: StrategySettings.OrderSize = .quote(Money(50)), recentre: Rate = Rate(1)
    ) {
        self.name = name
        self.symbols = symbols
        self.levels = levels
        self.spacing = spacing
        self.size = size
        self.recentre = recentre
    }

    /// Every setting that cannot work, named as in the configuration; empty when the grid can run.
    package var mistakes: [(key: String, mistake: String)] {
        var found: [(key: String, mistake: String)] = []
        if name.isEmpty { found.append(("name", "must not be empty")) }
        if symbols.isEmpty { found.append(("symbols", "must name at least one market")) }
        if Set(symbols).count < symbols.count { found.append(("symbols", "names a market twice")) }
        if !(1...Self.levelLimit).contains(levels) {
            found.append(("levels", "must be from 1 to \(Self.levelLimit)"))
        }
        if !spacing.isPositive || spacing >= Rate(1) {
            found.append(("spacing_bps", "must be above 0 and below 10000"))
        }
        switch size {
        case .base(let quantity) where !quantity.isPositive: found.append(("size_base", "must be above 0"))
        case .quote(let money) where !money.isPositive: found.append(("size_quote", "must be above 0"))
        default: break
        }
        // Below half a spacing the ladder would move away and back again.
        if recentre < Rate(basisPoints: 5_000) || recentre > Rate(1_000) {
            found.append(("recentre", "must be from 0.5 to 1000 spacings"))
        }
        return found
    }
}
