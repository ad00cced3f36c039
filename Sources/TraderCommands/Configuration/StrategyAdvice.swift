// What a configuration allows and nobody means: a grid that loses with each round trip, orders that are never placed,
// limits that contradict each other. With the numbers; none of it is a mistake, and nothing is refused for it.

import Strategies
import Trading
import TradingDomain

struct StrategyAdvice {
    private let configuration: Configuration
    private let knowsPrices: Bool
    private(set) var words: [String] = []

    /// - Parameter knowsPrices: whether markets begin at the prices that are configured for the simulated market.
    init(_ configuration: Configuration, knowsPrices: Bool = true) {
        self.configuration = configuration
        self.knowsPrices = knowsPrices && configuration.feed == .simulated
        adviseLimits()
        for strategy in configuration.strategies where strategy.isEnabled {
            advise(strategy)
            guard case .grid(let grid) = strategy.settings else { continue }
            advise(grid)
            adviseFunds(grid)
        }
    }

    private var risk: RiskLimits { configuration.core.risk }

    /// The fees and steps of a market as they are configured; live the venue has its own.
    private func product(_ symbol: Symbol) -> Product? {
        guard configuration.mode != .live else { return nil }
        return configuration.account.listings.first { $0.product.symbol == symbol }?.product
    }

    // MARK: Limits

    private mutating func adviseLimits() {
        if risk.maximumOrderNotional > risk.maximumPositionNotional {
            words.append(
                "risk.max_order_notional \(risk.maximumOrderNotional) is above risk.max_position_notional "
                    + "\(risk.maximumPositionNotional): an order of more than the latter opens nothing")
        }
        if risk.maximumWorkingOrdersPerSymbol > risk.maximumWorkingOrders {
            words.append(
                "risk.max_working_orders_per_symbol \(risk.maximumWorkingOrdersPerSymbol) is never reached: "
                    + "risk.max_working_orders allows \(risk.maximumWorkingOrders) in all")
        }
    }

    private mutating func advise(_ strategy: ConfiguredStrategy) {
        let (name, limits) = ("strategy \(strategy.name)", strategy.limits)
        if let loss = limits.maximumDailyLoss, risk.maximumDailyLoss.isPositive, loss > risk.maximumDailyLoss
        {
            words.append(
                "\(name): max_daily_loss \(loss) is never reached: risk.max_daily_loss halts the bot at "
                    + "\(risk.maximumDailyLoss)")
        }
        if let budget = limits.budget, case .quote(let size)? = strategy.settings.orderSize, size > budget {
            words.append("\(name): budget \(budget) is below one order of \(size): it never buys")
        }
        guard case .quote(let size)? = strategy.settings.orderSize, size > risk.maximumOrderNotional else {
            return
        }
        words.append(
            "\(name): an order of \(size) is above risk.max_order_notional \(risk.maximumOrderNotional): none is "
                + "ever placed")
    }

    // MARK: A grid

    private mutating func advise(_ grid: GridSettings) {
        let name = "strategy \(grid.name)"
        var told: Set<Rate> = []
        for product in grid.symbols.compactMap({ product($0) }) where told.insert(product.makerFee).inserted {
            guard let paid = try? product.makerFee + product.makerFee, grid.spacing <= paid,
                let lost = try? paid - grid.spacing
            else { continue }
            words.append(
                "\(name): a round trip earns \(bps(grid.spacing)) bps (spacing_bps) and pays \(bps(paid)) bps in fees "
                    + "(\(product.symbol), maker \(bps(product.makerFee)) bps, twice): it loses \(bps(lost)) bps each "
                    + "time; only a spacing_bps above \(bps(paid)) can earn")
        }
        let collar = Rate(basisPoints: risk.priceCollarBasisPoints)
        let placed = (1...max(1, grid.levels)).prefix { level in
            guard let away = try? grid.spacing.scaled(by: Int64(level), over: 1, .down) else { return false }
            return away <= collar
        }.count
        if placed < grid.levels {
            words.append(
                "\(name): of \(grid.levels) levels only \(placed) lie within risk.price_collar_bps "
                    + "\(risk.priceCollarBasisPoints): the others are never placed")
        }
        let perMarket = 2 * placed
        if perMarket > risk.maximumWorkingOrdersPerSymbol {
            words.append(
                "\(name): it wants \(perMarket) orders in each market, risk.max_working_orders_per_symbol allows "
                    + "\(risk.maximumWorkingOrdersPerSymbol)")
        }
        if perMarket * grid.symbols.count > risk.maximumWorkingOrders {
            words.append(
                "\(name): it wants \(perMarket * grid.symbols.count) orders, risk.max_working_orders allows "
                    + "\(risk.maximumWorkingOrders)")
        }
    }

    /// What a new paper account has for it, and what the markets take at least.
    private mutating func adviseFunds(_ grid: GridSettings) {
        guard configuration.mode != .live, case .quote(let size) = grid.size else { return }
        let name = "strategy \(grid.name)"
        for listing in configuration.account.listings where grid.symbols.contains(listing.product.symbol) {
            let product = listing.product
            let least = try? max(
                product.minimumNotional, listing.firstMid.times(product.minimumQuantity, .up))
            if knowsPrices, let least, size < least {
                words.append(
                    "\(name): size_quote \(size) is below the least order of \(product.symbol), \(least): its orders "
                        + "are that large")
            }
        }
        for quote in Set(grid.symbols.map(\.quote)).sorted() {
            let markets = grid.symbols.count { $0.quote == quote }
            let held = configuration.account.balances[quote] ?? .zero
            guard let needed = try? size.scaled(by: Int64(grid.levels * markets), over: 1, .up),
                needed.raw > held.raw
            else { continue }
            words.append(
                "\(name): its buys need \(needed) \(quote), paper.balances has \(held): the levels farthest away are "
                    + "not placed")
        }
    }

    private func bps(_ rate: Rate) -> String {
        (try? rate.scaled(by: 10_000, over: 1, .halfEven)).map { "\($0)" } ?? "\(rate)"
    }
}
