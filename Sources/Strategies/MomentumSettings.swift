// What an operator decides about following trends, and what of it cannot work.

import TradingDomain

package struct MomentumSettings: Codable, Equatable, Sendable {
    /// Unique among the strategies of a bot.
    package var name: String
    package var symbols: [Symbol]
    /// Of one entry.
    package var size: StrategySettings.OrderSize
    /// Entries need at least this rise over 24 hours, as a fraction; nil to not ask.
    package var entryChange: Rate?
    /// Entries need so many times the usual volume in the last minute; nil to not ask.
    package var volumeSpike: Rate?
    /// Entries need a price above the highest one of the 24 hours before.
    package var breakout: Bool
    /// Figures that cover less time open nothing.
    package var history: Duration
    /// Sells when the bid is so far above what was paid, as a fraction of it.
    package var takeProfit: Rate
    /// Sells when the bid is so far below what was paid, as a fraction of it.
    package var stop: Rate
    /// No entry in a market for so long after its last fill, and after a stop.
    package var cooldown: Duration
    package var stopCooldown: Duration
    /// The most that an order gives away beyond the best price, as a fraction of it.
    package var collar: Rate

    package init(
        name: String = "momentum", symbols: [Symbol], size: StrategySettings.OrderSize = .quote(Money(100)),
        entryChange: Rate? = Rate(basisPoints: 300), volumeSpike: Rate? = Rate(2), breakout: Bool = true,
        history: Duration = .seconds(3_600), takeProfit: Rate = Rate(basisPoints: 400),
        stop: Rate = Rate(basisPoints: 200), cooldown: Duration = .seconds(900),
        stopCooldown: Duration = .seconds(14_400), collar: Rate = Rate(basisPoints: 50)
    ) {
        self.name = name
        self.symbols = symbols
        self.size = size
        self.entryChange = entryChange
        self.volumeSpike = volumeSpike
        self.breakout = breakout
        self.history = history
        self.takeProfit = takeProfit
        self.stop = stop
        self.cooldown = cooldown
        self.stopCooldown = stopCooldown
        self.collar = collar
    }

    /// Every setting that cannot work, named as in the configuration; empty when it can run.
    package var mistakes: [(key: String, mistake: String)] {
        var found = StrategySettings.mistakes(name: name, symbols: symbols)
        switch size {
        case .base(let quantity) where !quantity.isPositive: found.append(("size_base", "must be above 0"))
        case .quote(let money) where !money.isPositive: found.append(("size_quote", "must be above 0"))
        default: break
        }
        if let entryChange, !entryChange.isPositive || entryChange > Rate(10) {
            found.append(("entry_change_percent", "must be above 0, at most 1000"))
        }
        if let volumeSpike, volumeSpike < Rate(1) || volumeSpike > Rate(1_000) {
            found.append(("volume_spike", "must be from 1 to 1000 times"))
        }
        if entryChange == nil, volumeSpike == nil, !breakout {
            found.append(("breakout", "is off like the other two conditions: it would buy at once, always"))
        }
        if history < .seconds(60) || history > .seconds(86_400) {
            found.append(("history", "must be from 1m to 24h"))
        }
        if !takeProfit.isPositive || takeProfit > Rate(10) {
            found.append(("take_profit_percent", "must be above 0, at most 1000"))
        }
        if !stop.isPositive || stop >= Rate(1) {
            found.append(("stop_percent", "must be above 0, below 100"))
        }
        for (key, duration) in [("cooldown", cooldown), ("stop_cooldown", stopCooldown)]
        where duration < .zero || duration > .seconds(30 * 86_400) {
            found.append((key, "must be from 0s to 30d"))
        }
        return found + StrategySettings.mistakes(collar: collar)
    }
}
