import ExchangeModel
import Exchanges
import Trading
import TradingDomain

/// Everything that a backtest follows from, beside its data and its strategies.
package struct BacktestSettings: Sendable {
    package var core: CoreConfiguration
    package var network: BacktestNetwork
    /// The exchange's own limits: pages, batches, how long a cancel takes. Its latency is not used.
    package var exchange: PaperNetwork
    /// The markets of the data, with their fees.
    package var products: [Product]
    /// What the account owns when the data begin, units per currency.
    package var balances: [String: Quantity]
    /// What a recorded price is made a market of.
    package var market: ReplaySettings
    package var seed: UInt64
    /// The account is valued at so many moments, evenly spread, and after every fill.
    package var valuations = 20_000
    /// Points of the equity curve in the result.
    package var curvePoints = 1_000

    package init(
        core: CoreConfiguration, network: BacktestNetwork, exchange: PaperNetwork, products: [Product],
        balances: [String: Quantity], market: ReplaySettings, seed: UInt64
    ) {
        self.core = core
        self.network = network
        self.exchange = exchange
        self.products = products
        self.balances = balances
        self.market = market
        self.seed = seed
    }

    var capabilities: ExchangeCapabilities {
        ExchangeCapabilities(
            cancelBatchLimit: exchange.cancelBatchLimit, queryIDLimit: exchange.queryIDLimit,
            requestLife: network.longest + .milliseconds(50),
            evidenceDelay: network.longest + exchange.cancelDelay + .milliseconds(20))
    }

    /// The one currency that all markets are paid in: results of several are no sum.
    func currency() throws(BacktestError) -> String {
        let currencies = Set(products.map(\.symbol.quote)).sorted()
        guard let currency = currencies.first else { throw .noData }
        guard currencies.count == 1 else { throw .severalCurrencies(currencies) }
        return currency
    }
}

package enum BacktestError: Error, Equatable, Sendable, CustomStringConvertible {
    case noData
    case severalCurrencies([String])
    case noProduct(Symbol)
    /// No exchange can be made of these products and balances.
    case exchange(String)
    /// A strategy could not begin.
    case strategy(String)
    case arithmetic(String)
    /// The core came to no end, which it always should.
    case noEnd(at: UTCInstant)

    package var description: String {
        switch self {
        case .noData: "there are no data in this range"
        case .severalCurrencies(let currencies):
            "the markets are paid in \(currencies.joined(separator: " and ")), and results in several currencies are "
                + "no sum; test them apart"
        case .noProduct(let symbol):
            "\(symbol) is not among the products (`paper.products`); describe it there"
        case .exchange(let problem): "no exchange can be made of this: \(problem)"
        case .strategy(let problem): problem
        case .arithmetic(let problem): "a figure does not fit: \(problem)"
        case .noEnd(let instant): "the stop that began with the end of the data came to no end by \(instant)"
        }
    }
}

/// Recorded data of one market.
package struct BacktestSeries: Sendable {
    package let symbol: Symbol
    package var data: ReplayData

    package init(symbol: Symbol, data: ReplayData) {
        self.symbol = symbol
        self.data = data
    }

    /// Trades, or bars.
    package var rows: Int {
        switch data {
        case .trades(let ticks): ticks.count
        case .bars(let bars, _): bars.count
        }
    }

    package var firstAt: UTCInstant? {
        switch data {
        case .trades(let ticks): ticks.first?.at
        case .bars(let bars, _): bars.first?.at
        }
    }

    package var lastAt: UTCInstant? {
        switch data {
        case .trades(let ticks): ticks.last?.at
        case .bars(let bars, _): bars.last?.at
        }
    }

    /// What lies at or after `from` and before `to`.
    package func clipped(from: UTCInstant?, to: UTCInstant?) -> BacktestSeries {
        func isWithin(_ at: UTCInstant) -> Bool {
            from.map { at >= $0 } ?? true && to.map { at < $0 } ?? true
        }
        guard from != nil || to != nil else { return self }
        switch data {
        case .trades(let ticks):
            return BacktestSeries(symbol: symbol, data: .trades(ticks.filter { isWithin($0.at) }))
        case .bars(let bars, let interval):
            return BacktestSeries(
                symbol: symbol, data: .bars(bars.filter { isWithin($0.at) }, interval: interval))
        }
    }
}
