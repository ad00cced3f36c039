import ExchangeModel
import Trading
import TradingDomain

/// All that is known of a backtest that is over. Nothing in it depends on the machine or on when it ran.
package struct BacktestResult: Encodable, Equatable, Sendable {
    package struct Strategy: Codable, Equatable, Sendable {
        package var name: String
        package var trades: Int
        package var turnover: Money
        package var fees: Money
        /// After fees, what is open valued at the last prices.
        package var result: Money
    }
    package struct Market: Codable, Equatable, Sendable {
        package var symbol: Symbol
        /// Of what was bought and sold, left at the end; base units.
        package var position: Quantity
        package var lastPrice: Price?
        package var result: Money
    }
    package struct Refusal: Codable, Equatable, Sendable {
        package var rule: String
        package var count: Int
    }
    package struct Happening: Codable, Equatable, Sendable {
        package var at: UTCInstant
        package var name: String
        package var message: String
    }
    /// How the stop ended that followed the data.
    package struct End: Codable, Equatable, Sendable {
        package var at: UTCInstant
        package var verdict: Verdict
        package var exitCode: Int32
        package var verifiedEmpty: Bool
        package var ordersFound: Int
        package var ordersCanceled: Int
        package var remaining: Int
        /// Orders that the exchange itself still holds.
        package var workingAtExchange: Int
    }

    package var from: UTCInstant
    package var to: UTCInstant
    package var currency: String
    package var figures: BacktestFigures
    package var drawdown: Drawdown?
    package var strategies: [Strategy]
    package var markets: [Market]
    package var refusals: [Refusal]
    package var halts: [Happening]
    package var alerts: [Happening]
    package var end: End
    package var equity: [EquityPoint]
    package var trades: [BacktestTrade]

    /// The figures stand beside it in a report, where a baseline has them.
    private enum CodingKeys: String, CodingKey {
        case from, to, currency, drawdown, strategies, markets, refusals, halts, alerts, end, equity, trades
    }
}

extension Backtest {
    /// The result; there when the stop is over.
    package mutating func result() throws(BacktestError) -> BacktestResult {
        guard let report else { throw .noEnd(at: now) }
        try equity.value(engine, at: now)
        equity.end()
        if let problem = books.problem { throw .arithmetic(problem) }
        do throws(ArithmeticError) {
            return BacktestResult(
                from: start, to: now, currency: settings.products.first?.symbol.quote ?? "",
                figures: try figures(), drawdown: equity.drawdown,
                strategies: try strategyResults(), markets: try marketResults(), refusals: refusals,
                halts: books.halts.map {
                    .init(at: $0.at, name: $0.cause.rawValue, message: $0.detail)
                },
                alerts: books.alerts.map { .init(at: $0.at, name: $0.name, message: $0.message) },
                end: BacktestResult.End(
                    at: report.stoppedAt, verdict: report.verdict, exitCode: report.exitCode,
                    verifiedEmpty: report.verifiedEmpty, ordersFound: report.ordersFound,
                    ordersCanceled: report.ordersCanceled, remaining: report.remaining.count,
                    workingAtExchange: engine.workingCount),
                equity: equity.points, trades: books.trades)
        } catch {
            throw .arithmetic(error.description)
        }
    }

    private func figures() throws(ArithmeticError) -> BacktestFigures {
        var figures = BacktestFigures()
        if let first = equity.first, let last = equity.last {
            figures.startEquity = first.equity
            figures.endEquity = last.equity
            figures.result = last.result
            if first.equity.isPositive { figures.returned = try last.result.over(first.equity, .halfEven) }
        }
        figures.fees = books.fees
        figures.turnover = books.filledValue
        figures.trades = books.trades.count
        figures.closes = books.closes
        figures.wins = books.wins
        figures.ordersSent = books.sent
        figures.ordersAccepted = books.accepted
        figures.ordersFilled = books.filled
        figures.ordersCanceled = books.canceled
        figures.ordersRejected = books.rejected
        figures.refusals = books.refusals.values.reduce(0, +)
        if books.placedValue.isPositive {
            figures.fillRatio = try books.filledValue.over(books.placedValue, .halfEven)
        }
        figures.drawdown = equity.drawdown?.depth ?? .zero
        figures.drawdownFraction = equity.drawdown?.fraction ?? .zero
        figures.timeInMarket = equity.timeInMarket
        figures.averageExposure = equity.averageExposure
        figures.maximumExposure = equity.maximumExposure
        return figures
    }

    private func strategyResults() throws(ArithmeticError) -> [BacktestResult.Strategy] {
        var results: [BacktestResult.Strategy] = []
        for name in names {
            var result = BacktestResult.Strategy(
                name: name, trades: 0, turnover: .zero, fees: .zero, result: .zero)
            for trade in books.trades where trade.strategy == name {
                result.trades += 1
                result.turnover = try result.turnover + trade.price.times(trade.quantity, .halfEven)
                result.fees = try result.fees + trade.fee
            }
            for key in books.positions.keys.sorted() where key.strategy == name {
                result.result = try result.result + self.result(of: key)
            }
            results.append(result)
        }
        return results
    }

    private func marketResults() throws(ArithmeticError) -> [BacktestResult.Market] {
        var results: [BacktestResult.Market] = []
        for symbol in settings.products.map(\.symbol).sorted() {
            var result = BacktestResult.Market(
                symbol: symbol, position: .zero, lastPrice: equity.mid(symbol), result: .zero)
            for key in books.positions.keys.sorted() where key.symbol == symbol {
                result.position = try result.position + (books.positions[key]?.quantity ?? .zero)
                result.result = try result.result + self.result(of: key)
            }
            results.append(result)
        }
        return results
    }

    private func result(of key: BacktestBooks.Key) throws(ArithmeticError) -> Money {
        guard let position = books.positions[key] else { return .zero }
        let open = try equity.mid(key.symbol).map { mid throws(ArithmeticError) in
            try position.unrealised(at: mid)
        }
        return try position.netRealised + (open ?? .zero)
    }

    private var refusals: [BacktestResult.Refusal] {
        books.refusals.map { BacktestResult.Refusal(rule: $0.key.rawValue, count: $0.value) }
            .sorted { $0.rule < $1.rule }
    }
}
