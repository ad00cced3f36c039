import ExchangeModel
import TradingDomain

// Placing an order: from the client's words to terms that the engine knows, and back to the stored order.

struct CreateRequest {
    var clientOrderID: String
    var productID: String
    var side: String
    var shape: OrderShape
    var source = PlacementSource.advanced
    /// How long it says PENDING.
    var pendingFor = Duration.zero
}

enum CreateResult {
    case stored(Int64, isNew: Bool)
    case refused(Refusal)
}

extension Venue {
    /// The order that has this client order id, whatever the new request says.
    func stored(clientOrderID: String) -> Int64? { engine.number(clientOrderID: clientOrderID) }

    mutating func create(_ request: CreateRequest) -> CreateResult {
        advance()
        if let number = stored(clientOrderID: request.clientOrderID) { return .stored(number, isNew: false) }
        do throws(Refusal) {
            let terms = try terms(request)
            switch engine.place(clientOrderID: request.clientOrderID, terms: terms, at: engine.now) {
            case .accepted(let snapshot):
                var note = OrderNote(shape: request.shape, source: request.source)
                if request.pendingFor > .zero { note.pendingUntil = engine.now + request.pendingFor }
                remember(note)
                gather()
                return .stored(Self.number(snapshot.exchangeOrderID) ?? 0, isNew: true)
            case .duplicate(let snapshot):
                return .stored(Self.number(snapshot.exchangeOrderID) ?? 0, isNew: false)
            case .rejected(let rejection):
                return .refused(Refusal(rejection))
            }
        } catch {
            return .refused(error)
        }
    }

    mutating func placeLateOrders(due instant: UTCInstant) {
        while let place = bends.lateOrders.firstIndex(where: { $0.dueAt.map { $0 <= instant } ?? false }) {
            for request in bends.lateOrders.remove(at: place).requests { _ = create(request) }
        }
    }

    /// A listing by status has been answered to its end.
    mutating func listingWasRead() {
        bends.moves.listingWasRead()
        for place in bends.lateOrders.indices where bends.lateOrders[place].dueAt == nil {
            var works = false
            engine.ordersBackwards(workingOnly: true) { order in
                works = order.clientOrderID.hasPrefix(bends.lateOrders[place].prefix)
                return !works
            }
            guard !works else { continue }
            bends.lateOrders[place].lists -= 1
            if bends.lateOrders[place].lists <= 0 {
                bends.lateOrders[place].dueAt = engine.now + bends.lateOrders[place].delay
            }
        }
    }

    private func terms(_ request: CreateRequest) throws(Refusal) -> OrderTerms {
        guard let symbol = Symbol(request.productID), let product = engine.product(symbol) else {
            throw Refusal("INVALID_PRODUCT_ID", "there is no product \(request.productID)")
        }
        let side: Side
        switch request.side {
        case "BUY": side = .buy
        case "SELL": side = .sell
        default: throw Refusal("INVALID_SIDE", "the side is BUY or SELL")
        }
        let shape = request.shape
        var limit: Price?
        if shape.kind != .marketIOC {
            guard let text = shape.limitPrice, let price = Price(text) else {
                throw Refusal("INVALID_LIMIT_PRICE", "the limit price is no decimal")
            }
            limit = price
        }
        if shape.postOnly == true, shape.kind != .limitGTC, shape.kind != .limitGTD {
            throw Refusal(newOrder: "INVALID_REQUEST", "an immediate order cannot be post-only")
        }
        let quantity = try quantity(shape, product, side, limit)
        return OrderTerms(
            symbol: symbol, side: side, type: try type(shape, limit), quantity: quantity)
    }

    private func type(_ shape: OrderShape, _ limit: Price?) throws(Refusal) -> OrderType {
        guard let limit else { return .market }
        let postOnly = shape.postOnly ?? false
        switch shape.kind {
        case .marketIOC: return .market
        case .limitIOC: return .limit(price: limit, timeInForce: .immediateOrCancel, postOnly: false)
        case .limitFOK: return .limit(price: limit, timeInForce: .fillOrKill, postOnly: false)
        case .limitGTC: return .limit(price: limit, timeInForce: .goodTillCanceled, postOnly: postOnly)
        case .limitGTD:
            guard let end = shape.endTime.flatMap({ UTCInstant(rfc3339: $0) }) else {
                throw Refusal(newOrder: "INVALID_REQUEST", "the end time is no RFC 3339 time in UTC")
            }
            return .limit(
                price: limit, timeInForce: .goodTillDate(clock.model(end)), postOnly: postOnly)
        }
    }

    /// The size in base units, as stated or as much as the stated money buys now.
    private func quantity(_ shape: OrderShape, _ product: Product, _ side: Side, _ limit: Price?)
        throws(Refusal) -> Quantity
    {
        switch (shape.baseSize, shape.quoteSize) {
        case (let text?, nil):
            guard let quantity = Quantity(text) else {
                throw Refusal("INVALID_SIZE_PRECISION", "the size is no decimal of at most 18 places")
            }
            return quantity
        case (nil, let text?):
            guard let money = Money(text), money.isPositive else {
                throw Refusal("INVALID_SIZE_PRECISION", "the quote size is no positive decimal")
            }
            // A book too thin for the money would otherwise make an order out of more than there is.
            if side == .buy, let account = engine.balance(product.symbol.quote),
                money.raw > account.available.raw
            {
                throw Refusal("INSUFFICIENT_FUND", "\(account.available) \(account.currency) are available")
            }
            return try converted(
                money, product, side, limit, atBook: shape.kind != .limitGTC && shape.kind != .limitGTD)
        default:
            throw Refusal(newOrder: "INVALID_REQUEST", "exactly one of base_size and quote_size is wanted")
        }
    }

    /// How much `money` is in base units: at the book as far as it goes, what is left at the limit. A buy's
    /// fees are paid out of it.
    private func converted(
        _ money: Money, _ product: Product, _ side: Side, _ limit: Price?, atBook: Bool
    ) throws(Refusal) -> Quantity {
        var left = money
        var sum = Quantity.zero
        do throws(ArithmeticError) {
            if side == .buy {
                let fee = max(product.takerFee, .zero)
                let whole = try Money(1) + Money(raw: fee.raw)
                left = try Money(raw: left.over(whole, .down).raw)
            }
            if atBook {
                for level in engine.depth(product.symbol, side.opposite, levels: 1000) {
                    if let limit, side == .buy ? level.price > limit : level.price < limit { break }
                    let cost = try level.price.times(level.quantity, .up)
                    if cost >= left {
                        sum = try sum + left.over(level.price, .down)
                        left = .zero
                        break
                    }
                    sum = try sum + level.quantity
                    left = try left - cost
                }
            }
            if let limit, limit.isPositive, left.isPositive { sum = try sum + left.over(limit, .down) }
            return try sum.rounded(to: product.baseIncrement, .down)
        } catch {
            throw Refusal(preview: "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE", "\(error)")
        }
    }
}
