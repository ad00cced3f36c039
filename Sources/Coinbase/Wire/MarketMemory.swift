// The market as an exchange needs it that matches by itself: best prices with their sizes, and the trades of others.
// Nothing is made up: what the venue never told is left out.

import ExchangeModel
import ForeignJSON
import Trading
import TradingDomain

/// What is known of one connection's markets, under the names that the venue shows them by.
struct MarketMemory: Sendable {
    private struct Best: Sendable {
        var bid: BookLevel
        var ask: BookLevel
    }

    private var known: [Symbol: Best] = [:]

    /// The best prices of a ticker. Without a size the last one of that side counts; without any, nothing is told.
    mutating func best(_ ticker: JSONValue) -> FeedNews? {
        guard let quote = FeedReports.quote(ticker, at: UTCInstant(nanoseconds: 0)) else { return nil }
        let last = known[quote.symbol]
        guard let bid = Self.size(ticker["best_bid_quantity"]) ?? last?.bid.quantity,
            let ask = Self.size(ticker["best_ask_quantity"]) ?? last?.ask.quantity
        else { return nil }
        known[quote.symbol] = Best(bid: BookLevel(quote.bid, bid), ask: BookLevel(quote.ask, ask))
        return restated(quote.symbol)
    }

    /// The trades of one event, the oldest first, and after them the best prices as they were last told: a ticker comes
    /// with its trade, the trade itself up to a quarter of a second later, and its size must not be taken twice.
    func trades(_ event: JSONValue) -> [FeedNews] {
        // What happened before we listened is no news.
        guard event["type"]?.text != "snapshot", let list = event["trades"]?.elements else { return [] }
        var news: [FeedNews] = []
        var touched: [Symbol] = []
        for element in Self.oldestFirst(list) {
            guard let (symbol, trade) = Self.trade(element) else { continue }
            news.append(trade)
            if !touched.contains(symbol) { touched.append(symbol) }
        }
        return news + touched.compactMap { restated($0) }
    }

    private func restated(_ symbol: Symbol) -> FeedNews? {
        known[symbol].map { .best(symbol, bid: $0.bid, ask: $0.ask) }
    }

    private static func trade(_ element: JSONValue) -> (Symbol, FeedNews)? {
        guard let symbol = element["product_id"]?.text.flatMap({ Symbol($0) }),
            let maker = wireSide(element["side"]?.text),
            let price: Price = element["price"]?.decimal(), price.isPositive,
            let size = size(element["size"])
        else { return nil }
        // The venue tells the maker's side.
        return (symbol, .trade(symbol, taker: maker.opposite, price: price, size: size))
    }

    private static func size(_ value: JSONValue?) -> Quantity? {
        guard let size: Quantity = value?.decimal(), size.isPositive else { return nil }
        return size
    }

    private static func oldestFirst(_ trades: [JSONValue]) -> [JSONValue] {
        guard let first = trades.first?.instant("time"), let last = trades.last?.instant("time"), last < first
        else { return trades }
        return trades.reversed()
    }
}
