import ExchangeModel
import TradingDomain

// The markets: the list, one of them, its book, its best prices, its latest trades, its candles.

extension Venue {
    mutating func answerProducts(_ query: Query) -> Reply {
        advance()
        var listings = settings.listings
        if let type = query["product_type"], type != "SPOT", type != "UNKNOWN_PRODUCT_TYPE" { listings = [] }
        let wanted = Set(query.all("product_ids"))
        if !wanted.isEmpty { listings.removeAll { !wanted.contains($0.product.symbol.description) } }
        let offset = max(0, query.integer("offset") ?? 0)
        let limit = query.integer("limit").flatMap { $0 > 0 ? $0 : nil } ?? .max
        let page = listings.dropFirst(offset).prefix(limit)
        return .json(capacity: 1400 * page.count + 64) { json in
            json.array("products") { json in for listing in page { product(listing, &json) } }
            json.number("num_products", page.count)
        }
    }

    mutating func answerProduct(_ id: String) -> Reply {
        advance()
        guard let symbol = Symbol(id), let listing = listing(symbol) else {
            return .error(404, "NOT_FOUND", "valid product_id is required")
        }
        var writer = JSONWriter(capacity: 1400)
        product(listing, &writer)
        return Reply(200, "application/json", writer.bytes)
    }

    private func product(_ listing: SandboxSettings.Listing, _ json: inout JSONWriter) {
        let symbol = listing.product.symbol
        let product = engine.product(symbol) ?? listing.product
        let tape = tape[symbol]
        let last = tape?.last ?? listing.firstMid
        let volume = tape?.volume ?? .zero
        let quoteMost = (try? listing.firstMid.times(product.maximumQuantity, .down)) ?? Money(150_000_000)
        json.object { json in
            json.field("product_id", symbol.description)
            json.field("price", last)
            json.field("price_percentage_change_24h", change(symbol))
            json.field("volume_24h", volume)
            json.field("volume_percentage_change_24h", constant: "0")
            json.field("base_increment", product.baseIncrement)
            json.field("quote_increment", product.priceIncrement)
            json.field("quote_min_size", product.minimumNotional)
            json.field("quote_max_size", quoteMost)
            json.field("base_min_size", product.minimumQuantity)
            json.field("base_max_size", product.maximumQuantity)
            json.field("base_name", listing.baseName)
            json.field("quote_name", symbol.quote == "USD" ? "US Dollar" : symbol.quote)
            json.field("watched", false)
            json.field("is_disabled", product.status == .disabled)
            json.field("new", false)
            json.field("status", constant: product.status == .disabled ? "offline" : "online")
            json.field("cancel_only", product.status == .cancelOnly)
            json.field("limit_only", product.status == .limitOnly)
            json.field("post_only", product.status == .postOnly)
            json.field("trading_disabled", product.status == .disabled)
            json.field("auction_mode", false)
            json.field("product_type", constant: "SPOT")
            json.field("quote_currency_id", symbol.quote)
            json.field("base_currency_id", symbol.base)
            json.null("fcm_trading_session_details")
            if let quote = engine.quote(symbol) {
                json.field("mid_market_price", quote.mid)
            } else {
                json.field("mid_market_price", constant: "")
            }
            json.field("alias", constant: "")
            json.array("alias_to") { _ in }
            json.field("base_display_symbol", symbol.base)
            json.field("quote_display_symbol", symbol.quote)
            json.field("view_only", false)
            json.field("price_increment", product.priceIncrement)
            json.field("display_name", symbol.description)
            json.field("product_venue", constant: "CBE")
            json.field("approximate_quote_24h_volume", (try? last.times(volume, .down)) ?? .zero)
            json.field("new_at", constant: "2023-01-01T00:00:00Z")
        }
    }

    /// In percent, since the sandbox began.
    func change(_ symbol: Symbol) -> Rate {
        guard let tape = tape[symbol], tape.first.isPositive,
            let difference = try? tape.last - tape.first,
            let part = try? Money(raw: difference.raw).over(Money(raw: tape.first.raw), .halfEven),
            let percent = try? part.times(100), let step = Rate("0.00001")
        else { return .zero }
        return (try? percent.rounded(to: step, .halfEven)) ?? percent
    }

    // MARK: Books

    mutating func answerBook(_ query: Query) -> Reply {
        advance()
        guard let symbol = query["product_id"].flatMap(Symbol.init), engine.product(symbol) != nil else {
            return .invalid("valid product_id is required")
        }
        let levels = query.integer("limit").flatMap { $0 > 0 ? $0 : nil } ?? 1000
        return .json(capacity: 8192) { json in
            json.key("pricebook") { pricebook(symbol, levels, &$0) }
            if let tape = tape[symbol] { json.field("last", tape.last) }
            guard let quote = engine.quote(symbol) else { return }
            json.field("mid_market", quote.mid)
            let spread = Money(raw: quote.ask.raw - quote.bid.raw)
            let bps = try? spread.over(Money(raw: quote.mid.raw), .halfEven).times(10_000)
            json.field("spread_bps", bps ?? .zero)
            json.field("spread_absolute", spread)
        }
    }

    mutating func answerBestBidAsk(_ query: Query) -> Reply {
        advance()
        let wanted = query.all("product_ids")
        return .json(capacity: 2048) { json in
            json.array("pricebooks") { json in
                for listing in settings.listings
                where wanted.isEmpty || wanted.contains(listing.product.symbol.description) {
                    pricebook(listing.product.symbol, 1, &json)
                }
            }
        }
    }

    private func pricebook(_ symbol: Symbol, _ levels: Int, _ json: inout JSONWriter) {
        json.object { json in
            json.field("product_id", symbol.description)
            json.array("bids") { write(engine.depth(symbol, .buy, levels: levels), &$0) }
            json.array("asks") { write(engine.depth(symbol, .sell, levels: levels), &$0) }
            json.field("time", shownNow)
        }
    }

    private func write(_ levels: [BookLevel], _ json: inout JSONWriter) {
        for level in levels {
            json.object { json in
                json.field("price", level.price)
                json.field("size", level.quantity)
            }
        }
    }
}
