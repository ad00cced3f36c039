// What each kind of strategy has of its own in the configuration.

import Strategies
import TradingDomain
import Yams

extension ConfigurationLoader {
    mutating func readGrid(_ symbols: [Symbol], _ fields: [String: Node], _ key: String) -> GridSettings {
        var grid = GridSettings(symbols: symbols)
        read(fields["levels"], "\(key).levels", "a whole number from 1 to \(GridSettings.levelLimit)") {
            Values.integer($0, 1...GridSettings.levelLimit)
        } into: {
            grid.levels = $0
        }
        read(fields["spacing_bps"], "\(key).spacing_bps", "basis points above 0, below 10000") {
            Settings.basisPoints($0).flatMap { $0.isPositive && $0 < Rate(1) ? $0 : nil }
        } into: {
            grid.spacing = $0
        }
        readSize(fields, key) { grid.size = $0 }
        read(fields["recentre"], "\(key).recentre", "spacings from 0.5 to 1000") {
            Rate($0)
        } into: {
            grid.recentre = $0
        }
        return grid
    }
}
