// The part of the risk gate that is about one strategy: its own limits, below those of the bot.

import TradingDomain

/// What a strategy has before the order is added. Its working orders count in full, as the bot's do.
package struct StrategyExposure: Sendable {
    package var limits: StrategyLimits
    package var workingOrders: Int
    package var ordersInLastMinute: Int
    /// Its own position in the order's market, signed base units, unbooked fills included.
    package var position: Quantity
    /// Leaves of its working orders in that market, base units, per side.
    package var workingBuys: Quantity
    package var workingSells: Quantity
    /// The value that its positions in all other markets could reach, quote units.
    package var otherMarkets: Money

    package init(
        limits: StrategyLimits, workingOrders: Int, ordersInLastMinute: Int, position: Quantity,
        workingBuys: Quantity, workingSells: Quantity, otherMarkets: Money
    ) {
        self.limits = limits
        self.workingOrders = workingOrders
        self.ordersInLastMinute = ordersInLastMinute
        self.position = position
        self.workingBuys = workingBuys
        self.workingSells = workingSells
        self.otherMarkets = otherMarkets
    }

    func checkCounts() throws(RiskGate.Refused) {
        if let limit = limits.maximumOrdersPerMinute, ordersInLastMinute >= limit {
            throw RiskGate.Refused(
                .strategyOrdersPerMinute,
                "\(ordersInLastMinute) orders in the last minute, its limit \(limit)")
        }
        if let limit = limits.maximumWorkingOrders, workingOrders >= limit {
            throw RiskGate.Refused(.strategyWorkingOrders, "\(workingOrders) working, its limit \(limit)")
        }
    }

    /// An order that can only bring the strategy's own position nearer to zero is always within its budget.
    func checkBudget(_ terms: OrderTerms, mid: Price) throws(ArithmeticError) -> RiskGate.Refused? {
        guard let budget = limits.budget else { return nil }
        var high = try position + workingBuys
        var low = try position - workingSells
        switch terms.side {
        case .buy:
            high = try high + terms.quantity
            if !high.isPositive { return nil }
        case .sell:
            low = try low - terms.quantity
            if !low.isNegative { return nil }
        }
        let reach = max(position.magnitude, high.magnitude, low.magnitude)
        let used = try otherMarkets + mid.times(reach, .up)
        guard used > budget else { return nil }
        return RiskGate.Refused(
            .strategyBudget, "its positions could reach a value of \(used), its budget \(budget)")
    }
}
