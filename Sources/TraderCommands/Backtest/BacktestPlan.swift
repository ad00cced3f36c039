import Backtesting
import ExchangeModel
import Exchanges
import Strategies
import Trading
import TradingDomain

/// One parameter set: its configuration, its strategies, and what the report says of them.
struct BacktestPlan {
    private let parameters: [BacktestParameter]
    private let configuration: Configuration
    private let strategies: [ConfiguredStrategy]
    private let asked: BacktestWishes
    private let recorded: RecordedData

    /// - Throws: `Leave` with every mistake.
    init(_ asked: BacktestWishes, _ parameters: [BacktestParameter], _ recorded: RecordedData) throws {
        self.asked = asked
        self.parameters = parameters
        self.recorded = recorded
        let varied = parameters.map {
            ConfigurationFlag(key: $0.key, text: $0.value, name: "--set \($0.key)")
        }
        var source = ConfigurationSource(
            path: asked.config, flags: asked.flags + varied, profile: asked.profile)
        source.strategies.fallback = Configuration.standardStrategies(
            for: recorded.symbols.map(\.description))
        if let file = asked.strategyFile {
            source.strategies.file = (file, try ConfigurationFiles().text(of: file))
        }
        configuration = try source.load()
        // No venue is asked what fits the rules of the universe: it is what there are data of.
        strategies = try Self.chosen(configuration.strategies, asked.strategyName).map { strategy in
            guard strategy.followsUniverse else { return strategy }
            var fixed = strategy
            fixed.settings.symbols = recorded.symbols
            fixed.followsUniverse = false
            return fixed
        }
        try checkMarkets()
    }

    /// What its configuration allows and nobody means.
    var warnings: [String] {
        var tried = configuration
        tried.strategies = strategies
        return StrategyAdvice(tried, knowsPrices: false).words
    }

    private static func chosen(_ all: [ConfiguredStrategy], _ name: String?) throws -> [ConfiguredStrategy] {
        guard let name else { return all.filter(\.isEnabled) }
        if var chosen = all.first(where: { $0.name == name }) {
            // Who names it wants it, enabled or not.
            chosen.isEnabled = true
            return [chosen]
        }
        let meant = Suggestion.of(name, among: all.map(\.name)).map { "; did you mean \($0)?" } ?? ""
        throw Leave(
            ExitCode.usage,
            "no strategy is named '\(name)'\(meant) (there are: \(all.map(\.name).joined(separator: ", "))); a file of "
                + "strategies ends with .yaml")
    }

    /// A strategy without the data of one of its markets would quietly be another one.
    private func checkMarkets() throws {
        let listed = configuration.account.listings.map(\.product.symbol)
        for symbol in recorded.symbols where !listed.contains(symbol) {
            throw Leave(
                ExitCode.configuration,
                "\(symbol) is not among the products \(listed.map(\.description).sorted().joined(separator: ", ")); "
                    + "describe it in paper.products")
        }
        for strategy in strategies {
            for symbol in strategy.symbols where !recorded.symbols.contains(symbol) {
                throw Leave(
                    ExitCode.configuration,
                    "the strategy \(strategy.name) trades \(symbol), of which there are no data: --data \(symbol)=FILE"
                )
            }
        }
    }

    func backtest() throws -> Backtest {
        try BacktestCommand.naming {
            try Backtest(
                settings, recorded.series, StrategyText.running(strategies),
                programs: try Programs.inStep(strategies))
        }
    }

    func run(_ result: BacktestResult) -> BacktestReport.Run {
        BacktestReport.Run(
            parameters: parameters, strategies: strategies, settings: shownSettings, result: result,
            figures: result.figures)
    }

    private var settings: BacktestSettings {
        var core = configuration.coreConfiguration
        core.tellsOrders = false
        core.universe = nil
        let latency = configuration.network.latency
        return BacktestSettings(
            core: core,
            network: BacktestNetwork(
                orders: latency, cancels: asked.cancelLatency ?? latency,
                feed: asked.feedLatency ?? latency / 2,
                jitter: asked.jitter),
            exchange: configuration.network,
            products: configuration.account.listings.map(\.product).filter {
                recorded.symbols.contains($0.symbol)
            },
            balances: configuration.account.balances,
            market: ReplaySettings(spread: configuration.replaySpread, depth: configuration.replayDepth),
            seed: configuration.core.seed)
    }

    /// Every setting that the result depends on, as it counted.
    private var shownSettings: [BacktestParameter] {
        let prefixes = ["interval", "jitter", "seed", "orders.", "risk.", "rate.", "replay.", "paper."]
        let others = ["paper.book", "paper.seed", "paper.rate_limit"]
        let network = settings.network
        return Settings.all.filter { setting in
            prefixes.contains { setting.key.hasPrefix($0) } && !others.contains(setting.key)
        }.map { BacktestParameter(key: $0.key, value: $0.show(configuration)) } + [
            BacktestParameter(key: "--cancel-latency", value: Values.text(network.cancels)),
            BacktestParameter(key: "--feed-latency", value: Values.text(network.feed)),
            BacktestParameter(key: "--jitter", value: "\(network.jitter)"),
        ]
    }
}
