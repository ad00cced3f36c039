// Commands to requests. Sizes and prices are printed at the market's increments where those are known; what does
// not fit them is printed as it is, for the venue to judge.

import Trading
import TradingDomain

package struct CommandWriter: Sendable {
    /// Entries per page of a list.
    package var page: Int
    /// Whether the questions of a life go to the signed endpoints or to their public twins.
    package var isKeyed: Bool

    package init(page: Int = 250, isKeyed: Bool = true) {
        self.page = page
        self.isKeyed = isKeyed
    }

    package func place(_ id: String, _ terms: OrderTerms, product: Product?) -> WireRequest {
        var body = ObjectText()
        body.add("client_order_id", id)
        body.add("product_id", terms.symbol.description)
        body.add("side", terms.side.wire)
        body.add("order_configuration", configuration(terms, product))
        return .post("/orders", body)
    }

    private func configuration(_ terms: OrderTerms, _ product: Product?) -> ObjectText {
        var fields = ObjectText()
        fields.add("base_size", printed(terms.quantity, product?.baseIncrement))
        let name: String
        switch terms.type {
        case .market: name = "market_market_ioc"
        case .limit(let price, let timeInForce, let postOnly):
            fields.add("limit_price", printed(price, product?.priceIncrement))
            switch timeInForce {
            case .goodTillCanceled:
                name = "limit_limit_gtc"
                fields.add("post_only", postOnly)
            case .goodTillDate(let end):
                name = "limit_limit_gtd"
                fields.add("end_time", end.description)
                fields.add("post_only", postOnly)
            case .immediateOrCancel: name = "sor_limit_ioc"
            case .fillOrKill: name = "limit_limit_fok"
            }
        }
        var configuration = ObjectText()
        configuration.add(name, fields)
        return configuration
    }

    private func printed<Number: ExactDecimal>(_ number: Number, _ increment: Number?) -> String {
        guard let increment, let text = try? number.wire(increment: increment) else {
            return number.description
        }
        return text
    }

    /// Nil when no id is left to cancel: a blank one would hang the request.
    package func cancel(_ ids: [ExchangeOrderID]) -> WireRequest? {
        let ids = ids.map(\.description).filter { !$0.isEmpty }
        guard !ids.isEmpty else { return nil }
        var body = ObjectText()
        body.add("order_ids", ids)
        return .post("/orders/batch_cancel", body)
    }

    /// Every status in which an order is not done, but `OPEN`, which the venue lists alone.
    static let statusesBesideOpen = ["PENDING", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED"]

    /// `clock` is the venue's, if known: the venue compares times on its own clock, so a search begins at the earlier of
    /// the two readings of the asked instant.
    package func orders(_ query: OrderQuery, clock: ClockReading?) -> WireRequest {
        var text = Query()
        switch query.scope {
        case .working(let statuses, let market):
            if statuses != .besideOpen { text.add("order_status", "OPEN") }
            if statuses != .open {
                for status in Self.statusesBesideOpen { text.add("order_status", status) }
            }
            for name in market.map(Self.names) ?? [] { text.add("product_ids", name) }
        case .createdSince(let instant, let market):
            text.add("start_date", Self.start(instant, clock))
            for name in market.map(Self.names) ?? [] { text.add("product_ids", name) }
        case .ids(let ids):
            for id in ids where !id.description.isEmpty { text.add("order_ids", id.description) }
        }
        text.add("limit", String(page))
        if let cursor = query.cursor, !cursor.isEmpty { text.add("cursor", cursor) }
        return .get("/orders/historical/batch", text)
    }

    package func fills(_ query: FillQuery, clock: ClockReading?) -> WireRequest {
        var text = Query()
        switch query.scope {
        case .orders(let ids):
            for id in ids where !id.description.isEmpty { text.add("order_ids", id.description) }
        case .since(let instant): text.add("start_sequence_timestamp", Self.start(instant, clock))
        }
        text.add("limit", String(page))
        if let cursor = query.cursor, !cursor.isEmpty { text.add("cursor", cursor) }
        return .get("/orders/historical/fills", text)
    }

    /// Where a search begins, in whole seconds.
    private static func start(_ instant: UTCInstant, _ clock: ClockReading?) -> String {
        let shift = clock.map { min($0.offset - $0.uncertainty, .zero) } ?? .zero
        return UTCInstant(seconds: (instant + shift).secondsSince1970).description
    }

    /// A market by every name under which the venue may keep its orders: markets in USDC are traded as those in USD,
    /// and are told under either name. A list that leaves one name out would prove nothing.
    private static func names(_ market: Symbol) -> [String] {
        switch market.quote {
        case "USDC": [market.description, "\(market.base)-USD"]
        case "USD": [market.description, "\(market.base)-USDC"]
        default: [market.description]
        }
    }

    package func accounts(cursor: String?) -> WireRequest {
        var text = Query()
        text.add("limit", String(page))
        if let cursor, !cursor.isEmpty { text.add("cursor", cursor) }
        return .get("/accounts", text)
    }

    package func permissions() -> WireRequest { .get("/key_permissions") }
    package func fees() -> WireRequest {
        var text = Query()
        text.add("product_type", "SPOT")
        return .get("/transaction_summary", text)
    }
    package func time() -> WireRequest { .get("/time", Query(), .open) }

    package func products() -> WireRequest {
        var text = Query()
        text.add("product_type", "SPOT")
        return isKeyed ? .get("/products", text) : .get("/market/products", text, .open)
    }

    /// The best prices: of all markets in one call, or without a key one call for each.
    package func quotes(_ symbols: [Symbol]) -> [WireRequest] {
        guard isKeyed else {
            return symbols.map { symbol in
                var text = Query()
                text.add("product_id", symbol.description)
                text.add("limit", "1")
                return .get("/market/product_book", text, .open)
            }
        }
        var text = Query()
        for symbol in symbols { text.add("product_ids", symbol.description) }
        return symbols.isEmpty ? [] : [.get("/best_bid_ask", text)]
    }
}
