// What cannot work in any kind of strategy.

import TradingDomain

extension StrategySettings {
    static func mistakes(name: String, symbols: [Symbol]) -> [(key: String, mistake: String)] {
        var found: [(key: String, mistake: String)] = []
        if name.isEmpty { found.append(("name", "must not be empty")) }
        if symbols.isEmpty { found.append(("symbols", "must name at least one market")) }
        if Set(symbols).count < symbols.count { found.append(("symbols", "names a market twice")) }
        return found
    }

    static func mistakes(collar: Rate) -> [(key: String, mistake: String)] {
        collar.isNegative || collar > Rate(basisPoints: 1_000)
            ? [("collar_bps", "must be from 0 to 1000")] : []
    }
}
