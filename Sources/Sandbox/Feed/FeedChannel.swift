// The channels of the WebSocket feed, by the names under which they are subscribed to and spoken on.

enum FeedChannel: String, CaseIterable, Sendable {
    case heartbeats, ticker, level2, status, candles, user
    case tickerBatch = "ticker_batch"
    case marketTrades = "market_trades"

    /// What its messages say; level2 speaks under another name.
    var spokenAs: StaticString {
        switch self {
        case .heartbeats: "heartbeats"
        case .ticker: "ticker"
        case .tickerBatch: "ticker_batch"
        case .level2: "l2_data"
        case .marketTrades: "market_trades"
        case .status: "status"
        case .candles: "candles"
        case .user: "user"
        }
    }
}

/// What a client sends.
struct FeedRequest: Decodable {
    var type: String
    var channel: String?
    var productIds: [String]?
    var jwt: String?
}
