import ExchangeModel
import TradingDomain

// The market by hand: it stands, goes on, has these prices, trades; and what a product allows.

extension ControlPlane {
    private enum Action: String, ControlWord { case freeze, thaw, set, trade, status }

    private enum Status: String, ControlWord {
        case online, disabled
        case postOnly = "post_only"
        case limitOnly = "limit_only"
        case cancelOnly = "cancel_only"
    }

    private struct MarketBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable {
            case action, product, bid, ask, price, size, levels, side, status
        }
        var action: Action
        var product: String?
        var bid: Price?
        var ask: Price?
        var price: Price?
        var size: Quantity?
        var levels: Int?
        var side: String?
        var status: Status?
    }

    func moveMarket(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(MarketBody.self, request)
        switch body.action {
        case .freeze:
            change { venue in
                venue.advance()
                venue.frozen = true
            }
        case .thaw:
            change { venue in
                venue.frozen = false
                venue.advance()
            }
        case .set: try setPrices(body)
        case .trade: return try trade(body)
        case .status: try setStatus(body)
        }
        return Self.done
    }

    private func product(_ text: String?) throws(InvalidArgument) -> Product {
        guard let symbol = text.flatMap({ Symbol($0) }), let product = account.engine.product(symbol)
        else {
            throw InvalidArgument("there is no product \(text ?? "")")
        }
        return product
    }

    private func setPrices(_ body: MarketBody) throws(InvalidArgument) {
        let product = try product(body.product)
        guard let bid = body.bid, let ask = body.ask, bid.isPositive, bid < ask,
            let half = Price("100000000000000000"), ask <= half
        else { throw InvalidArgument("bid and ask are decimals in strings, and bid is below ask") }
        let count = (body.levels ?? 10).clamped(to: 1...1000)
        let usual = core.settings.listings.first { $0.product.symbol == product.symbol }?.levelQuantity
        let size = body.size ?? usual ?? Quantity(1)
        let step = max(product.priceIncrement.raw, (ask.raw - bid.raw))
        func side(_ first: Price, _ sign: Int128) -> [BookLevel] {
            (0..<count).map { BookLevel(Price(raw: first.raw + sign * step * Int128($0)), size) }
                .filter { $0.price.isPositive }
        }
        change { venue in
            venue.advance()
            venue.frozen = true
            venue.engine.setLiquidity(
                product.symbol, bids: side(bid, -1), asks: side(ask, 1), at: venue.engine.now)
            venue.gather()
        }
    }

    private func trade(_ body: MarketBody) throws(InvalidArgument) -> Reply {
        let product = try product(body.product)
        guard body.side == "BUY" || body.side == "SELL", let size = body.size, size.isPositive else {
            throw InvalidArgument("a trade has a side, BUY or SELL, and a size in a string")
        }
        let traded = change { venue in
            venue.advance()
            let traded = venue.engine.externalTrade(
                product.symbol, taker: body.side == "BUY" ? .buy : .sell, limit: body.price,
                quantity: size, at: venue.engine.now)
            venue.gather()
            return traded
        }
        return .json { $0.field("traded", traded) }
    }

    private func setStatus(_ body: MarketBody) throws(InvalidArgument) {
        let product = try product(body.product)
        let status: Product.Status
        switch body.status {
        case .online: status = .online
        case .postOnly: status = .postOnly
        case .limitOnly: status = .limitOnly
        case .cancelOnly: status = .cancelOnly
        case .disabled: status = .disabled
        case nil: throw InvalidArgument("status is online, post_only, limit_only, cancel_only or disabled")
        }
        change { venue in
            venue.advance()
            venue.engine.setStatus(product.symbol, status, at: venue.engine.now)
            venue.gather()
        }
    }
}
