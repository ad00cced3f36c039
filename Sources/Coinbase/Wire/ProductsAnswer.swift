// The venue's markets. One that we cannot express is left out: whoever wants to trade it is told that there is
// none.

import ForeignJSON
import Trading
import TradingDomain

package struct ProductList: Equatable, Sendable {
    package var products: [Product] = []
    /// Markets whose public data come under another one's name: the venue's `BTC-USDC` is shown as `BTC-USD`.
    package var aliases: [Symbol: Symbol] = [:]
}

package enum ProductsAnswer {
    package static func list(of reply: Reply) -> Result<ProductList, QuestionFailure> {
        var list = ProductList()
        let answer = QuestionAnswers.read(reply) { object throws(Unreadable) in
            for element in try object.need("products", where: "") {
                guard let product = product(element) else { continue }
                list.products.append(product)
                if let alias = element["alias"]?.wording.flatMap({ Symbol($0) }) {
                    list.aliases[product.symbol] = alias
                }
            }
            if object["pagination"]?["has_next"]?.flag == true {
                throw Unreadable("the list of products goes on behind its first page")
            }
            return .products([])
        }
        if case .failed(let failure) = answer { return .failure(QuestionFailure(failure)) }
        return .success(list)
    }

    private static func product(_ element: JSONValue) -> Product? {
        guard element["product_type"]?.wording ?? "SPOT" == "SPOT",
            let symbol = element["product_id"]?.text.flatMap({ Symbol($0) }),
            let baseIncrement: Quantity = element["base_increment"]?.decimal(), baseIncrement.isPositive,
            let priceIncrement: Price = increment(element), priceIncrement.isPositive,
            let smallest: Quantity = element["base_min_size"]?.decimal(), !smallest.isNegative,
            let largest: Quantity = element["base_max_size"]?.decimal(), largest >= smallest
        else { return nil }
        let notional: Money = element["quote_min_size"]?.decimal() ?? .zero
        return Product(
            symbol: symbol, baseIncrement: baseIncrement, priceIncrement: priceIncrement,
            minimumQuantity: smallest, maximumQuantity: largest, minimumNotional: notional,
            makerFee: .zero, takerFee: .zero, status: status(element), volume24h: volume(element))
    }

    /// The venue's own sum, or what the day's base units are worth at the last price.
    private static func volume(_ element: JSONValue) -> Money? {
        if let told: Money = element["approximate_quote_24h_volume"]?.decimal() { return told }
        guard let price: Price = element["price"]?.decimal(),
            let base: Quantity = element["volume_24h"]?.decimal()
        else { return nil }
        return try? price.times(base, .down)
    }

    private static func increment(_ element: JSONValue) -> Price? {
        element["price_increment"]?.decimal() ?? element["quote_increment"]?.decimal()
    }

    private static func status(_ element: JSONValue) -> Product.Status {
        func has(_ name: StaticString) -> Bool { element[name]?.flag == true }
        if has("is_disabled") || has("trading_disabled") || has("view_only") { return .disabled }
        // A spot market says "online"; every other word stands for one that nobody trades now.
        if let word = element["status"]?.wording, word != "online" { return .disabled }
        if has("cancel_only") { return .cancelOnly }
        if has("post_only") { return .postOnly }
        return has("limit_only") || has("auction_mode") ? .limitOnly : .online
    }
}
