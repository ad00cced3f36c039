import TradingDomain

// How the client stated an order, kept as he stated it: the venue echoes it for as long as the order exists.

struct OrderShape: Sendable {
    /// The configurations that are served. Every other one is refused in the venue's words.
    enum Kind: String, Sendable, CaseIterable {
        case marketIOC = "market_market_ioc"
        case limitIOC = "sor_limit_ioc"
        case limitGTC = "limit_limit_gtc"
        case limitGTD = "limit_limit_gtd"
        case limitFOK = "limit_limit_fok"

        var orderType: StaticString { self == .marketIOC ? "MARKET" : "LIMIT" }
        /// In the title case of the user channel.
        var titledOrderType: StaticString { self == .marketIOC ? "Market" : "Limit" }

        var timeInForce: StaticString {
            switch self {
            case .marketIOC, .limitIOC: "IMMEDIATE_OR_CANCEL"
            case .limitGTC: "GOOD_UNTIL_CANCELLED"
            case .limitGTD: "GOOD_UNTIL_DATE_TIME"
            case .limitFOK: "FILL_OR_KILL"
            }
        }
    }

    var kind: Kind
    var baseSize: String?
    var quoteSize: String?
    var limitPrice: String?
    var postOnly: Bool?
    var endTime: String?

    var isSizedInQuote: Bool { baseSize == nil && quoteSize != nil }

    /// `{"limit_limit_gtc":{…}}`
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            let members: (inout JSONWriter) -> Void = { writer in
                if let quoteSize { writer.field("quote_size", quoteSize) }
                if let baseSize { writer.field("base_size", baseSize) }
                if let limitPrice { writer.field("limit_price", limitPrice) }
                if let endTime { writer.field("end_time", endTime) }
                if let postOnly { writer.field("post_only", postOnly) }
            }
            switch kind {
            case .marketIOC: writer.object("market_market_ioc", members)
            case .limitIOC: writer.object("sor_limit_ioc", members)
            case .limitGTC: writer.object("limit_limit_gtc", members)
            case .limitGTD: writer.object("limit_limit_gtd", members)
            case .limitFOK: writer.object("limit_limit_fok", members)
            }
        }
    }
}

/// What the venue knows of an order beyond what the engine does.
struct OrderNote: Sendable {
    var shape: OrderShape
    var source = PlacementSource.advanced
    /// Until then the order says PENDING, though it works.
    var pendingUntil: UTCInstant?
    var lastFillAt: UTCInstant?
}

enum PlacementSource: String, Sendable, ControlWord {
    case advanced = "RETAIL_ADVANCED"
    case simple = "RETAIL_SIMPLE"
    case unknown = "UNKNOWN_PLACEMENT_SOURCE"
}
