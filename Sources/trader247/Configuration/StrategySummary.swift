// A configured strategy in one line, for people.

import Strategies
import Trading
import TradingDomain

extension ConfiguredStrategy {
    var summary: String {
        let state = isEnabled ? "" : ", not enabled"
        let limits = limits.words
        let universe = followsUniverse ? "the universe" : nil
        return settings.summary(universe) + (limits.isEmpty ? "" : "; at most \(limits)") + state
    }
}

extension StrategySettings {
    fileprivate func summary(_ universe: String?) -> String {
        let title =
            "\(kind.rawValue) '\(name)' on \(universe ?? symbols.map(\.description).joined(separator: ", "))"
        return switch self {
        case .grid(let grid):
            "\(title), \(grid.levels) levels a side, \(Settings.showBasisPoints(grid.spacing)) bps apart, "
                + "\(grid.size.words) each, recentre at \(grid.recentre)"
        }
    }

}

extension StrategySettings.OrderSize {
    var words: String {
        switch self {
        case .base(let quantity): "\(quantity) base"
        case .quote(let money): "\(money) quote"
        }
    }
}

extension StrategyLimits {
    var words: String {
        var words: [String] = []
        if let budget { words.append("\(budget) quote in positions and buys") }
        if let maximumWorkingOrders { words.append("\(maximumWorkingOrders) working orders") }
        if let maximumOrdersPerMinute { words.append("\(maximumOrdersPerMinute) orders a minute") }
        if let maximumDailyLoss { words.append("\(maximumDailyLoss) quote lost a day") }
        return words.joined(separator: ", ")
    }
}
