// How things stand, from the core's overview: lifecycle, orders, budget, feeds, money.

import Trading
import TradingDomain

extension GaugeSet {
    mutating func show(_ overview: CoreOverview) {
        for state in CoreStatus.Lifecycle.all {
            set("lifecycle", state == overview.lifecycle, ["state": state.rawValue])
        }
        set("ready", overview.isReady)
        set("gate_open", overview.isGateOpen)
        set("epoch", Double(overview.epoch))
        set("halts", overview.halts.count)
        set("working_orders", overview.workingOrders)
        set("unknown_placements", overview.unknownPlacements)
        set("placements_in_flight", overview.placementsInFlight)
        let orders = overview.measures.orders
        set("orders", orders.new, ["state": "new"])
        set("orders", orders.inFlight, ["state": "in_flight"])
        set("orders", orders.open, ["state": "open"])
        set("orders", orders.partiallyFilled, ["state": "partially_filled"])
        for feed in overview.feeds { set("feed_up", feed.isUp, ["feed": feed.feed.rawValue]) }
        set("clock_trusted", overview.clock.trouble == nil)
        showLimits(overview.limits)
        if let rate = overview.measures.rate { show(rate) }
        for strategy in overview.strategies { show(strategy) }
        showMoney(overview)
    }

    private mutating func show(_ rate: RateLeft) {
        set("rate_budget_requests", rate.blockedMs > 0 ? 0 : Double(rate.burst), ["window": "burst"])
        set("rate_budget_limit_requests", rate.burstLimit, ["window": "burst"])
        if let hour = rate.hour, let limit = rate.hourLimit {
            set("rate_budget_requests", Double(hour), ["window": "hour"])
            set("rate_budget_limit_requests", limit, ["window": "hour"])
        }
        set("rate_slowdown", Double(rate.slowdown))
    }

    /// Only limits of which something can be used.
    private mutating func showLimits(_ limits: [CoreOverview.Limit]) {
        for limit in limits {
            guard let used = limit.used.flatMap({ Money($0) }), let most = Money(limit.limit), most.isPositive
            else { continue }
            set(
                "risk_limit_used_ratio", used.metric / most.metric,
                ["limit": limit.name, "symbol": limit.symbol?.description ?? ""])
        }
    }

    private mutating func show(_ strategy: StrategyStatus) {
        let name = strategy.name
        for state in StrategyStatus.State.allCases {
            set("strategy_state", state == strategy.state, ["strategy": name, "state": state.rawValue])
        }
        set("strategy_working_orders", strategy.workingOrders, ["strategy": name])
        set("strategy_position_value", strategy.positionsValue, ["strategy": name])
        set("strategy_pnl_realised", strategy.realised, ["strategy": name])
        set("strategy_pnl_unrealised", strategy.unrealised, ["strategy": name])
        set("strategy_pnl_day", strategy.dayResult, ["strategy": name])
        set("strategy_fees", strategy.fees, ["strategy": name])
        set("strategy_fills_today", strategy.fillsToday, ["strategy": name])
        guard let budget = strategy.limits.budget, budget.isPositive else { return }
        set(
            "strategy_budget_used_ratio", strategy.budgetUsed.map { $0.metric / budget.metric } ?? .nan,
            ["strategy": name])
    }

    private mutating func showMoney(_ overview: CoreOverview) {
        for market in overview.markets {
            let symbol = market.symbol.description
            set("position", market.position, ["symbol": symbol])
            if let mid = market.mid { set("price", mid, ["symbol": symbol]) }
        }
        for earned in overview.measures.earnings {
            let symbol = earned.symbol.description
            set("pnl_realised", earned.realised, ["symbol": symbol])
            set("pnl_unrealised", earned.unrealised, ["symbol": symbol])
            set("fees", earned.fees, ["symbol": symbol])
            set("position_cost", earned.costBasis, ["symbol": symbol])
            set("pnl_net", earned.net, ["symbol": symbol])
        }
        set("pnl_day", overview.dayResult)
        for fund in overview.measures.funds { set("funds", fund.total, ["currency": fund.currency]) }
        for (currency, value) in overview.equity { set("equity", value, ["currency": currency]) }
    }
}

extension CoreStatus.Lifecycle {
    static let all: [Self] = [
        .starting, .recovering, .trading, .paused, .halted, .idle, .stopping, .ended,
    ]
}

extension CoreOverview.Market {
    var mid: Price? {
        guard let bid, let ask else { return nil }
        return Quote(symbol: symbol, bid: bid, ask: ask, at: UTCInstant(nanoseconds: 0)).mid
    }
}

extension CoreOverview.Earnings {
    /// Nil without a quote, or beyond all numbers.
    var net: Money? {
        guard let unrealised, let realised = try? realised - fees else { return nil }
        return try? realised + unrealised
    }
}

extension CoreOverview {
    /// Per quote currency of our markets: what the account holds of it and of the bases, at their mids. Nil where a held
    /// base has no quote, or beyond all numbers. Empty until the exchange told the funds.
    var equity: [(currency: String, value: Money?)] {
        guard !measures.funds.isEmpty else { return [] }
        let funds = Dictionary(measures.funds.map { ($0.currency, $0.total) }) { first, _ in first }
        return Set(markets.map(\.symbol.quote)).sorted().map { currency in
            let value = markets.filter { $0.symbol.quote == currency }
                .reduce(funds[currency] ?? .zero) { sum, market in
                    guard let sum, let held = funds[market.symbol.base], !held.isZero else { return sum }
                    guard let worth = try? market.mid?.times(Quantity(raw: held.raw), .halfEven) else {
                        return nil
                    }
                    return try? sum + worth
                }
            return (currency, value)
        }
    }
}
