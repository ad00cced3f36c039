// What an operator decides about buying at intervals, and what of it cannot work.

import TradingDomain

package struct DCASettings: Codable, Equatable, Sendable {
    /// Unique among the strategies of a bot.
    package var name: String
    package var symbols: [Symbol]
    /// What each interval buys of each market, quote units, fees not included.
    package var amount: Money
    /// From one buy to the next, in whole seconds.
    package var interval: Duration
    /// Where intervals are counted from.
    package var start: UTCInstant
    /// How late an interval may still be bought; nil for as long as it lasts.
    package var grace: Duration?
    /// The most that a buy pays above the best price, as a fraction of it.
    package var collar: Rate

    package static let shortestInterval: Duration = .seconds(60)
    package static let longestInterval: Duration = .seconds(366 * 86_400)
    /// Orders that one interval may take to buy its amount.
    package static let attempts = 5

    package init(
        name: String = "dca", symbols: [Symbol], amount: Money = Money(50),
        interval: Duration = .seconds(86_400),
        start: UTCInstant = UTCInstant(seconds: 0), grace: Duration? = nil,
        collar: Rate = Rate(basisPoints: 20)
    ) {
        self.name = name
        self.symbols = symbols
        self.amount = amount
        self.interval = interval
        self.start = start
        self.grace = grace
        self.collar = collar
    }

    /// Every setting that cannot work, named as in the configuration; empty when it can run.
    package var mistakes: [(key: String, mistake: String)] {
        var found = StrategySettings.mistakes(name: name, symbols: symbols)
        if !amount.isPositive { found.append(("amount", "must be above 0")) }
        if interval < Self.shortestInterval || interval > Self.longestInterval {
            found.append(("interval", "must be from 1m to 366d"))
        } else if interval.wholeNanoseconds % 1_000_000_000 != 0 {
            found.append(("interval", "must be whole seconds"))
        }
        if let grace, grace < .seconds(10) || grace > interval {
            found.append(("grace", "must be from 10s to the interval"))
        }
        found += StrategySettings.mistakes(collar: collar)
        return found
    }
}
