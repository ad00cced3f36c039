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
            "\(type) '\(name)' on \(universe ?? symbols.map(\.description).joined(separator: ", "))"
        return switch self {
        case .grid(let grid):
            "\(title), \(grid.levels) levels a side, \(Settings.showBasisPoints(grid.spacing)) bps apart, "
                + "\(grid.size.words) each, recentre at \(grid.recentre)"
        case .momentum(let momentum):
            "\(title), \(momentum.size.words) an entry, profit at \(Self.percent(momentum.takeProfit)), stop at "
                + "\(Self.percent(momentum.stop))"
        case .dca(let dca): "\(title), \(dca.amount) quote of each every \(Values.text(dca.interval))"
        case .rebalance(let rebalance):
            "\(title), "
                + rebalance.targets.map { "\(Self.percent($0.weight)) \($0.symbol.base)" }.joined(
                    separator: ", ")
                + ", band \(Self.percent(rebalance.band))"
        case .custom(let custom): ([title] + custom.words).joined(separator: ", ")
        case .external(let external): "\(title), by the program \(external.command.joined(separator: " "))"
        }
    }

    private static func percent(_ rate: Rate) -> String {
        ((try? rate.scaled(by: 100, over: 1, .halfEven).description) ?? "\(rate)") + " %"
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
