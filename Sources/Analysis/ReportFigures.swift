// What a report says of some trading: of a day, a strategy, a market, or any mix of them. Everything here adds up:
// figures of parts make those of the whole, to the last digit. What does not add up, a ratio or a median, is worked out
// from what does.

import TradingDomain

package struct ReportFigures: Equatable, Sendable {
    // Results, quote units.
    /// Of closed quantity by average cost, before fees.
    package var realised = Money.zero
    package var fees = Money.zero
    /// How the result of what was open has changed.
    package var unrealised = Money.zero
    /// Value of everything traded, and of it what is known to have been as maker and as taker.
    package var turnover = Money.zero
    package var makerTurnover = Money.zero
    package var takerTurnover = Money.zero
    package var fills = 0

    // Orders that were wanted in this time.
    package var ordersPlaced = 0
    package var ordersFilled = 0
    package var ordersPartlyFilled = 0
    package var ordersFailed = 0
    /// At their own prices.
    package var valuePlaced = Money.zero
    package var valueFilled = Money.zero
    /// From the placement to the end, of those that have ended.
    package var lifetimes: [Duration] = []
    package var refusals = 0

    // Against the mid at the decision, where it is recorded.
    /// What fills cost more than at that mid; negative is better.
    package var slippage = Money.zero
    /// The value of these fills at that mid.
    package var slippageBase = Money.zero
    package var slippageFills = 0

    package init() {}

    package mutating func add(_ other: ReportFigures) throws(ArithmeticError) {
        realised = try realised + other.realised
        fees = try fees + other.fees
        unrealised = try unrealised + other.unrealised
        turnover = try turnover + other.turnover
        makerTurnover = try makerTurnover + other.makerTurnover
        takerTurnover = try takerTurnover + other.takerTurnover
        fills += other.fills
        ordersPlaced += other.ordersPlaced
        ordersFilled += other.ordersFilled
        ordersPartlyFilled += other.ordersPartlyFilled
        ordersFailed += other.ordersFailed
        valuePlaced = try valuePlaced + other.valuePlaced
        valueFilled = try valueFilled + other.valueFilled
        lifetimes += other.lifetimes
        refusals += other.refusals
        slippage = try slippage + other.slippage
        slippageBase = try slippageBase + other.slippageBase
        slippageFills += other.slippageFills
    }

    package var isEmpty: Bool { self == ReportFigures() }

    // MARK: Worked out

    /// After fees, with what is open marked.
    package var result: Money { get throws(ArithmeticError) { try (realised - fees) + unrealised } }
    package var netRealised: Money { get throws(ArithmeticError) { try realised - fees } }

    /// Of the orders placed, those that were filled to the end.
    package var fillRatio: Rate? { Self.ratio(ordersFilled, ordersPlaced) }
    package var fillRatioByValue: Rate? { Self.ratio(valueFilled, valuePlaced) }
    /// Of the turnover.
    package var makerShare: Rate? { Self.ratio(makerTurnover, turnover) }
    /// Basis points, weighted by volume; positive is worse than the mid. Nil, too, for what does not fit its type.
    package var slippageBasisPoints: Rate? {
        guard slippageBase.isPositive, let part = try? slippage.over(slippageBase, .halfEven) else {
            return nil
        }
        return (try? part.scaled(by: 10_000, over: 1, .halfEven)).map(Self.short)
    }

    package var medianLifetime: Duration? {
        lifetimes.isEmpty ? nil : lifetimes.sorted()[(lifetimes.count - 1) / 2]
    }
    package var longestLifetime: Duration? { lifetimes.max() }

    private static func ratio(_ part: Int, _ whole: Int) -> Rate? {
        ratio(Money(Int64(part)), Money(Int64(whole)))
    }

    /// Nil for a part of nothing, or one that does not fit its type.
    private static func ratio(_ part: Money, _ whole: Money) -> Rate? {
        guard whole.isPositive, let ratio = try? part.over(whole, .halfEven) else { return nil }
        return short(ratio)
    }

    /// Ratios have no last digit of their own; one too large to be rounded stays as it is.
    private static func short(_ rate: Rate) -> Rate {
        guard let step = Rate("0.00000001") else { return rate }
        return (try? rate.rounded(to: step, .halfEven)) ?? rate
    }
}
