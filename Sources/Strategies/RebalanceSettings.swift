// What an operator decides about holding fixed shares of a portfolio, and what of it cannot work.

import TradingDomain

package struct RebalanceSettings: Codable, Equatable, Sendable {
    package struct Target: Codable, Equatable, Sendable {
        package var symbol: Symbol
        /// Its share of the whole, as a fraction.
        package var weight: Rate

        package init(symbol: Symbol, weight: Rate) {
            self.symbol = symbol
            self.weight = weight
        }
    }

    /// Unique among the strategies of a bot.
    package var name: String
    /// What is missing to the whole is held in the quote currency.
    package var targets: [Target]
    /// A market is traded when its share is farther than this from its target, as a fraction of the whole.
    package var band: Rate
    /// Smaller differences are left alone, quote units.
    package var minimumTrade: Money
    /// Between two trades of one market.
    package var pause: Duration
    /// The most that an order gives away beyond the best price, as a fraction of it.
    package var collar: Rate

    package var symbols: [Symbol] { targets.map(\.symbol) }

    package init(
        name: String = "rebalance", targets: [Target], band: Rate = Rate(basisPoints: 500),
        minimumTrade: Money = Money(25), pause: Duration = .seconds(600), collar: Rate = Rate(basisPoints: 50)
    ) {
        self.name = name
        self.targets = targets
        self.band = band
        self.minimumTrade = minimumTrade
        self.pause = pause
        self.collar = collar
    }

    /// Every setting that cannot work, named as in the configuration; empty when it can run.
    package var mistakes: [(key: String, mistake: String)] {
        var found = StrategySettings.mistakes(name: name, symbols: symbols)
        if targets.contains(where: { $0.weight.isNegative || $0.weight > Rate(1) }) {
            found.append(("weights", "each must be from 0 to 100 percent"))
        } else if let sum = try? targets.reduce(Rate.zero, { try $0 + $1.weight }), sum > Rate(1) {
            found.append(("weights", "are more than 100 percent together"))
        }
        if Set(symbols.map(\.quote)).count > 1 {
            found.append(("symbols", "must all be priced in one currency: their shares are compared"))
        }
        if !band.isPositive || band >= Rate(1) {
            found.append(("band_percent", "must be above 0, below 100 percent points"))
        }
        if minimumTrade.isNegative { found.append(("min_trade", "must not be below 0")) }
        if pause < .seconds(1) || pause > .seconds(30 * 86_400) {
            found.append(("pause", "must be from 1s to 30d"))
        }
        return found + StrategySettings.mistakes(collar: collar)
    }
}
