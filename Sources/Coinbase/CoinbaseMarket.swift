// The venue's public market data for the embedded exchange: best prices with their sizes and the trades of others.
// It needs no key and sends nothing but subscriptions. One connection at a time; when to make another is decided above.

import Exchanges
import NIOCore
import Synchronization
import Trading
import TradingDomain
import Transport

package final class CoinbaseMarket: LiveMarket {
    private struct Line: Sendable { weak var listener: (any LiveMarketListener)? }

    package let source = "coinbase"
    private let feeds: CoinbaseFeeds
    private let line = Mutex(Line())

    /// - Parameter aliases: of each market the name under which its data come, where that is another.
    package init(
        _ settings: CoinbaseSettings, symbols: [Symbol], aliases: [Symbol: Symbol] = [:],
        clock: any TradingClock
    ) throws(ExchangeError) {
        let endpoint: Endpoint
        do throws(EndpointError) {
            endpoint = try Endpoint(settings.marketURL, .webSocket)
        } catch {
            throw ExchangeError(error.description)
        }
        feeds = CoinbaseFeeds(
            [.market: endpoint], symbols: symbols, trust: settings.trust, signer: nil,
            clock: VenueClock(clock), loop: CoinbaseExchange.thread.next(), tellsSizes: true)
        feeds.learn(aliases: aliases)
    }

    deinit { feeds.close() }

    package func start(_ listener: any LiveMarketListener) {
        line.withLock { $0.listener = listener }
        feeds.start { [weak self] _, news in self?.take(news) }
    }

    package func connect() { _ = feeds.connect(.market) }

    package func close() {
        line.withLock { $0.listener = nil }
        feeds.close()
    }

    private func take(_ news: FeedNews) {
        guard let listener = line.withLock({ $0.listener }) else { return }
        switch news {
        case .best(let symbol, let bid, let ask): listener.best(symbol, bid: bid, ask: ask)
        case .trade(let symbol, let taker, let price, let size):
            listener.trade(symbol, side: taker, price: price, size: size)
        case .statistics(let told): listener.statistics(told)
        case .condition(let condition): listener.market(condition)
        // A market with sizes tells no bare quotes, and this connection no orders.
        case .quote, .order, .close: break
        }
    }
}
