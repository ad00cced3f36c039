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

    mutating func readMomentum(_ symbols: [Symbol], _ fields: [String: Node], _ key: String)
        -> MomentumSettings
    {
        var momentum = MomentumSettings(symbols: symbols)
        readSize(fields, key) { momentum.size = $0 }
        read(
            fields["entry_change_percent"], "\(key).entry_change_percent",
            "percent above 0, at most 1000, or off"
        ) {
            $0 == "off" ? .some(nil) : Self.percent($0).map { .some($0) }
        } into: {
            momentum.entryChange = $0
        }
        read(fields["volume_spike"], "\(key).volume_spike", "times from 1 to 1000, or off") {
            $0 == "off" ? .some(nil) : Rate($0).map { .some($0) }
        } into: {
            momentum.volumeSpike = $0
        }
        read(fields["breakout"], "\(key).breakout", "true or false") {
            Bool($0)
        } into: {
            momentum.breakout = $0
        }
        readDuration(fields, "history", key) { momentum.history = $0 }
        readPercent(fields, "take_profit_percent", key) { momentum.takeProfit = $0 }
        readPercent(fields, "stop_percent", key) { momentum.stop = $0 }
        readDuration(fields, "cooldown", key) { momentum.cooldown = $0 }
        readDuration(fields, "stop_cooldown", key) { momentum.stopCooldown = $0 }
        readCollar(fields, key) { momentum.collar = $0 }
        return momentum
    }

    mutating func readDCA(_ symbols: [Symbol], _ fields: [String: Node], _ key: String) -> DCASettings {
        var dca = DCASettings(symbols: symbols)
        read(fields["amount"], "\(key).amount", "quote units above 0, like 50") {
            Values.decimal($0) as Money?
        } into: {
            dca.amount = $0
        }
        readDuration(fields, "interval", key) { dca.interval = $0 }
        read(fields["start"], "\(key).start", "a UTC time like 2026-01-01T12:00:00Z") {
            UTCInstant($0)
        } into: {
            dca.start = $0
        }
        readDuration(fields, "grace", key) { dca.grace = $0 }
        readCollar(fields, key) { dca.collar = $0 }
        return dca
    }

    mutating func readRebalance(_ symbols: [Symbol], _ fields: [String: Node], _ key: String)
        -> RebalanceSettings
    {
        var weights: [Rate] = []
        if let node = fields["weights"] {
            let texts: [String?] = if case .sequence(let items) = node { items.map(\.string) } else { [] }
            weights = texts.compactMap { $0.flatMap { Self.percent($0, zero: true) } }
            if weights.count != symbols.count || texts.count != symbols.count {
                note(
                    place(node), "\(key).weights",
                    "must be a list of percents from 0 to 100, one for each of symbols")
                weights = []
            }
        }
        var rebalance = RebalanceSettings(
            targets: symbols.enumerated().map { index, symbol in
                RebalanceSettings.Target(
                    symbol: symbol, weight: index < weights.count ? weights[index] : .zero)
            })
        readPercent(fields, "band_percent", key) { rebalance.band = $0 }
        read(fields["min_trade"], "\(key).min_trade", "quote units from 0 on, like 25") {
            Values.decimal($0, zero: true) as Money?
        } into: {
            rebalance.minimumTrade = $0
        }
        readDuration(fields, "pause", key) { rebalance.pause = $0 }
        readCollar(fields, key) { rebalance.collar = $0 }
        return rebalance
    }

    // MARK: Parts

    /// Percent as a fraction. What is out of range is told by the settings' own mistakes.
    private static func percent(_ text: String, zero: Bool = false) -> Rate? {
        guard let points: Rate = Values.decimal(text, zero: zero) else { return nil }
        return try? points.scaled(by: 1, over: 100, .halfEven)
    }

    private mutating func readPercent(
        _ fields: [String: Node], _ name: String, _ key: String, into take: (Rate) -> Void
    ) {
        read(fields[name], "\(key).\(name)", "percent above 0, like 2.5", { Self.percent($0) }, into: take)
    }

    private mutating func readDuration(
        _ fields: [String: Node], _ name: String, _ key: String, into take: (Duration) -> Void
    ) {
        read(
            fields[name], "\(key).\(name)", "a duration like 30s, 15m, 4h or 7d", { Values.duration($0) },
            into: take)
    }

    private mutating func readCollar(
        _ fields: [String: Node], _ key: String, into take: (Rate) -> Void
    ) {
        read(
            fields["collar_bps"], "\(key).collar_bps", "basis points from 0 to 1000",
            { Settings.basisPoints($0) }, into: take)
    }
}
