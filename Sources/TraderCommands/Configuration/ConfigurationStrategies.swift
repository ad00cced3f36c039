// The list of strategies: what is common to all kinds here, what each kind has of its own beside its settings' file.

import Strategies
import Trading
import TradingDomain
import Yams

extension ConfigurationLoader {
    mutating func readStrategies(_ node: Node) {
        guard case .sequence(let items) = node else {
            return note(place(node), "strategies", "must be a list")
        }
        var strategies: [ConfiguredStrategy] = []
        for (index, item) in items.enumerated() {
            if let strategy = readStrategy(item, "strategies[\(index)]") { strategies.append(strategy) }
        }
        change { $0.strategies = strategies }
    }

    private mutating func readStrategy(_ node: Node, _ key: String) -> ConfiguredStrategy? {
        guard let type = readType(node, key) else { return nil }
        guard
            let (fields, missing) = readTable(
                node, key, Fields.names(of: type), required: Fields.required(of: type))
        else { return nil }
        // Whatever is wrong, the rest is read, too: its mistakes are told with the others.
        let markets = readSymbols(fields, "\(key).symbols")
        let settings = readSettings(of: type, markets.symbols, fields, key)
        var strategy = ConfiguredStrategy(settings ?? .grid(GridSettings(symbols: [])))
        if var settings {
            let followsUniverse = fields["symbols"]?.string == Self.universe
            if let text = fields["name"]?.string {
                settings = settings.named(text)
                if !VisibleText.isPlain(text) {
                    note(
                        place(fields["name"] ?? node), "\(key).name",
                        "'\(VisibleText.line(text))' holds characters that steer a terminal; use plain ones")
                }
            }
            for (field, problem) in settings.mistakes where !missing.contains(field) {
                if followsUniverse, field == "symbols" { continue }
                note(place(fields[field] ?? node), "\(key).\(field)", problem)
            }
            strategy = ConfiguredStrategy(settings)
            strategy.followsUniverse = followsUniverse
        }
        read(fields["enabled"], "\(key).enabled", "true or false") {
            Bool($0)
        } into: {
            strategy.isEnabled = $0
        }
        readLimits(fields, key, &strategy.limits)
        return settings == nil || !markets.areKnown || !missing.isEmpty ? nil : strategy
    }

    /// What is no type at all is said before any key is compared with those of a type.
    private mutating func readType(_ node: Node, _ key: String) -> String? {
        let known = Fields.strategyTypes
        guard case .mapping(let mapping) = node else {
            note(place(node), key, "must be a table with the keys type, symbols and those of its type")
            return nil
        }
        guard let type = mapping.first(where: { $0.key.string == "type" })?.value else {
            note(place(node), "\(key).type", "is missing; known: \(known.joined(separator: ", "))")
            return nil
        }
        guard let text = type.string, known.contains(text) else {
            let meant = type.string.flatMap { Suggestion.of($0, among: known) }.map { "did you mean \($0)?" }
            note(
                place(type), "\(key).type",
                "unknown type; "
                    + (meant
                        ?? "known: \(known.joined(separator: ", ")); a strategy of your own is known to its own "
                        + "binary only, see `trader247 strategy new`"))
            return nil
        }
        return text
    }

    private mutating func readLimits(_ fields: [String: Node], _ key: String, _ limits: inout StrategyLimits)
    {
        read(fields["budget"], "\(key).budget", "quote units above 0, like 5000") {
            Values.decimal($0) as Money?
        } into: {
            limits.budget = $0
        }
        read(fields["max_working_orders"], "\(key).max_working_orders", "a whole number from 1 to 100000") {
            Values.integer($0, 1...100_000)
        } into: {
            limits.maximumWorkingOrders = $0
        }
        read(
            fields["max_orders_per_minute"], "\(key).max_orders_per_minute", "a whole number from 1 to 100000"
        ) {
            Values.integer($0, 1...100_000)
        } into: {
            limits.maximumOrdersPerMinute = $0
        }
        read(fields["max_daily_loss"], "\(key).max_daily_loss", "quote units above 0, like 200") {
            Values.decimal($0) as Money?
        } into: {
            limits.maximumDailyLoss = $0
        }
    }

    private mutating func readSettings(
        of type: String, _ symbols: [Symbol], _ fields: [String: Node], _ key: String
    ) -> StrategySettings? {
        switch StrategySettings.Kind(rawValue: type) {
        case .grid: .grid(readGrid(symbols, fields, key))
        case .momentum: .momentum(readMomentum(symbols, fields, key))
        case .dca: .dca(readDCA(symbols, fields, key))
        case .rebalance: .rebalance(readRebalance(symbols, fields, key))
        case nil: readCustom(type, symbols, fields, key).map { .custom($0) }
        case .external: .external(readExternal(symbols, fields, key))
        }
    }

    // MARK: Parts

    /// In the place of markets: those that the rules of `universe` choose.
    private static let universe = "universe"

    /// Where one can't be read another stands in its place, so that what is said for each market is read all the same.
    private mutating func readSymbols(_ fields: [String: Node], _ key: String) -> (
        symbols: [Symbol], areKnown: Bool
    ) {
        let node = fields["symbols"]
        // Priced as the others are, so that nothing is said of it alone.
        let quote = node?.sequence?.lazy.compactMap { $0.string.flatMap { Symbol($0) } }.first?.quote ?? "X"
        func standIn(_ index: Int) -> Symbol? { Symbol("X\(index)-\(quote)") }
        if node?.string == Self.universe { return ([], true) }
        guard let node, case .sequence(let items) = node, !items.isEmpty else {
            if let node {
                note(place(node), key, "must be a list of markets like [BTC-USD, ETH-USD], or universe")
            }
            return ((0..<(fields["weights"]?.sequence?.count ?? 1)).compactMap(standIn), false)
        }
        var symbols: [Symbol] = []
        var areKnown = true
        for (index, item) in items.enumerated() {
            if let symbol = item.string.flatMap({ Symbol($0) }) {
                symbols.append(symbol)
            } else {
                note(place(item), key, "'\(item.string ?? "?")' is not a market like BTC-USD")
                areKnown = false
                if let symbol = standIn(index) { symbols.append(symbol) }
            }
        }
        return (symbols, areKnown)
    }

    /// `size_quote` or `size_base`, not both.
    mutating func readSize(
        _ fields: [String: Node], _ key: String, into take: (StrategySettings.OrderSize) -> Void
    ) {
        read(fields["size_base"], "\(key).size_base", "base units above 0, like 0.01") {
            Values.decimal($0) as Quantity?
        } into: {
            take(.base($0))
        }
        read(fields["size_quote"], "\(key).size_quote", "quote units above 0, like 50") {
            Values.decimal($0) as Money?
        } into: {
            take(.quote($0))
        }
        if fields["size_base"] != nil, let quote = fields["size_quote"] {
            note(place(quote), "\(key).size_quote", "size_base is there too; say one of them")
        }
    }
}
