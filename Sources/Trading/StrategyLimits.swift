// What one strategy may do, below what the bot may do: the risk gate asks both, and the narrower one says no.

import TradingDomain

/// Limits of one strategy; nil where only the limits of the bot count. Orders that can only bring the strategy's own
/// position nearer to zero are allowed over its budget.
package struct StrategyLimits: Codable, Equatable, Sendable {
    /// Largest value of its positions together with what its resting buys would add, quote units at the mid.
    package var budget: Money?
    package var maximumWorkingOrders: Int?
    package var maximumOrdersPerMinute: Int?
    /// Loss since 00:00 UTC (its realised after fees plus its unrealised) that halts it alone, quote units.
    package var maximumDailyLoss: Money?

    package init(
        budget: Money? = nil, maximumWorkingOrders: Int? = nil, maximumOrdersPerMinute: Int? = nil,
        maximumDailyLoss: Money? = nil
    ) {
        self.budget = budget
        self.maximumWorkingOrders = maximumWorkingOrders
        self.maximumOrdersPerMinute = maximumOrdersPerMinute
        self.maximumDailyLoss = maximumDailyLoss
    }
}
