import Backtesting
import Trading
import TradingDomain

/// What a strategy did in a test's market, and how its stop ended.
public struct TestRun: Equatable, Sendable {
    public struct Fill: Equatable, Sendable {
        public var at: UTCInstant
        public var strategy: String
        public var side: Side
        public var price: Price
        public var quantity: Quantity
        public var fee: Money
        /// Whether the order rested when it was hit.
        public var isMaker: Bool
        /// What it realised before its fee; zero for one that opens.
        public var realised: Money
    }

    /// In the order in which they were booked.
    public var fills: [Fill]
    public var ordersSent: Int
    public var ordersRejected: Int
    public var ordersCanceled: Int
    /// Orders that were filled whole.
    public var ordersFilled: Int
    /// How often the risk limits refused, by the name of the limit.
    public var refusals: [String: Int]
    /// Why trading was halted, if it was.
    public var halts: [String]
    /// What was bought and not sold; negative for what was sold and not bought.
    public var position: Quantity
    /// After fees, what is open valued at the last price.
    public var result: Money
    public var fees: Money
    /// "clean", or what else the stop ended with.
    public var verdict: String
    /// Orders that the exchange still holds after the stop.
    public var ordersLeft: Int
    /// Whether the stop proved by the exchange's own list that no order is left.
    public var leavesNothing: Bool

    init(_ result: BacktestResult, _ symbol: Symbol) {
        fills = result.trades.map {
            Fill(
                at: $0.at, strategy: $0.strategy, side: $0.side, price: $0.price, quantity: $0.quantity,
                fee: $0.fee, isMaker: $0.liquidity == .maker, realised: $0.realised)
        }
        ordersSent = result.figures.ordersSent
        ordersRejected = result.figures.ordersRejected
        ordersCanceled = result.figures.ordersCanceled
        ordersFilled = result.figures.ordersFilled
        refusals = Dictionary(result.refusals.map { ($0.rule, $0.count) }) { $0 + $1 }
        halts = result.halts.map { "\($0.name): \($0.message)" }
        position = result.markets.first { $0.symbol == symbol }?.position ?? .zero
        self.result = result.figures.result
        fees = result.figures.fees
        verdict = result.end.verdict.rawValue
        ordersLeft = result.end.workingAtExchange
        leavesNothing =
            result.end.verdict == .clean && result.end.verifiedEmpty && result.end.workingAtExchange == 0
    }
}
