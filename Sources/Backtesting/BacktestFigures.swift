import TradingDomain

/// What a backtest comes to, in numbers: what people compare, and what a baseline keeps.
package struct BacktestFigures: Codable, Equatable, Sendable {
    package var startEquity: Money = .zero
    package var endEquity: Money = .zero
    /// What trading brought, after fees: the end's worth less what the account would be worth untouched.
    package var result: Money = .zero
    /// The result as a fraction of the worth at the start.
    package var returned: Rate = .zero
    package var fees: Money = .zero
    package var turnover: Money = .zero
    package var trades = 0
    /// Trades that closed a position or a part of it, and those of them that won more than their fee.
    package var closes = 0
    package var wins = 0
    package var ordersSent = 0
    package var ordersAccepted = 0
    package var ordersFilled = 0
    package var ordersCanceled = 0
    package var ordersRejected = 0
    /// Wishes that the risk gate refused, each time.
    package var refusals = 0
    /// Of the value of all limit orders that the exchange accepted, the share that was traded.
    package var fillRatio: Rate = .zero
    package var drawdown: Money = .zero
    package var drawdownFraction: Rate = .zero
    package var timeInMarket: Rate = .zero
    package var averageExposure: Money = .zero
    package var maximumExposure: Money = .zero

    package init() {}

    /// Every figure by the name that it has in a report, for comparisons.
    package var named: [(name: String, value: Money)] {
        [
            ("start_equity", startEquity), ("end_equity", endEquity), ("result", result),
            ("returned", Money(raw: returned.raw)), ("fees", fees), ("turnover", turnover),
            ("trades", Money(Int64(trades))), ("closes", Money(Int64(closes))), ("wins", Money(Int64(wins))),
            ("orders_sent", Money(Int64(ordersSent))), ("orders_accepted", Money(Int64(ordersAccepted))),
            ("orders_filled", Money(Int64(ordersFilled))), ("orders_canceled", Money(Int64(ordersCanceled))),
            ("orders_rejected", Money(Int64(ordersRejected))), ("refusals", Money(Int64(refusals))),
            ("fill_ratio", Money(raw: fillRatio.raw)), ("drawdown", drawdown),
            ("drawdown_fraction", Money(raw: drawdownFraction.raw)),
            ("time_in_market", Money(raw: timeInMarket.raw)), ("average_exposure", averageExposure),
            ("maximum_exposure", maximumExposure),
        ]
    }
}
