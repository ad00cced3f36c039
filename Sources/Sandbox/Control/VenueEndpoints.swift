// The calls that a fault or a latency may be about, by the names under which they are documented.

import TradingDomain

enum VenueEndpoints {
    /// `X` stands for an id.
    static let requests = [
        "GET /time", "GET /accounts", "GET /accounts/X", "GET /transaction_summary", "GET /key_permissions",
        "GET /portfolios", "POST /orders", "POST /orders/batch_cancel", "POST /orders/edit",
        "GET /orders/historical/batch", "GET /orders/historical/fills", "GET /orders/historical/X",
        "GET /best_bid_ask", "GET /product_book", "GET /products", "GET /products/X",
        "GET /products/X/ticker", "GET /products/X/candles", "GET /market/product_book",
        "GET /market/products", "GET /market/products/X", "GET /market/products/X/ticker",
        "GET /market/products/X/candles", "GET /v2/currencies", "GET /v2/currencies/crypto",
        "GET /v2/exchange-rates", "GET /", "GET /ws",
    ]
    static let sockets = FeedChannel.allCases.map { "WS \($0.rawValue)" }

    /// Nil for a pattern of something that the venue has; else what is wrong with it.
    static func problem(_ text: String, sockets withSockets: Bool = true) -> String? {
        if text == "*" || requests.contains(text) { return nil }
        guard let pattern = EndpointPattern(text) else {
            return "endpoint is `METHOD /path`\(withSockets ? ", `WS channel`" : "") or `*`, not '\(text)'"
        }
        let known = requests + (withSockets ? sockets : [])
        let isKnown = known.contains { name in
            let parts = name.split(separator: " ", maxSplits: 1)
            return pattern.matches(String(parts[0]), parts[1]) || isRoute(text, parts[0])
        }
        return isKnown ? nil : "endpoint " + Suggestion.words(text, among: known + ["*"])
    }

    /// Whether a path with any text for each `*` leads somewhere: `GET /products/ETH*`, `GET /orders/historical/17`.
    private static func isRoute(_ text: String, _ method: Substring) -> Bool {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0] == method || parts[0] == "*" else { return false }
        let path = parts[1].split(separator: "*", omittingEmptySubsequences: false).joined(separator: "X")
        return Route(String(method), path) != nil || Route(String(method), Request.prefix + path) != nil
    }
}
