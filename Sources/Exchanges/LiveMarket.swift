// Where the embedded exchange's prices come from when they are a real venue's: its public market data, and nothing
// else of it. Orders never go there.

import ExchangeModel
import Trading
import TradingDomain

/// Takes what the venue's market tells. Called from any thread.
package protocol LiveMarketListener: AnyObject, Sendable {
    /// The best prices of a market, with their sizes.
    func best(_ symbol: Symbol, bid: BookLevel, ask: BookLevel)
    /// A trade between others; `side` is the taker's.
    func trade(_ symbol: Symbol, side: Side, price: Price, size: Quantity)
    /// What the venue says of a market's last 24 hours.
    func statistics(_ statistics: MarketStatistics)
    func market(_ condition: FeedCondition)
}

extension LiveMarketListener {
    package func statistics(_ statistics: MarketStatistics) {}
}

package protocol LiveMarket: AnyObject, Sendable {
    /// The venue's name, which the book remembers.
    var source: String { get }
    /// From here on the listener is spoken to; the first connection is attempted. It is held weakly: it owns us.
    func start(_ listener: any LiveMarketListener)
    /// One more attempt. `market(.connected)` tells when it stands.
    func connect()
    func close()
}
