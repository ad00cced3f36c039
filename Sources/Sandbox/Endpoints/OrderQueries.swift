import ExchangeModel
import TradingDomain

// Orders and fills as they are asked for: the listing, one by id, the fills.

extension Venue {
    mutating func answerOrders(_ request: Request, _ fired: FiredFaults) -> Reply {
        advance()
        let filter: OrderFilter
        do throws(InvalidArgument) {
            filter = try OrderFilter(request.query, self)
        } catch {
            return .invalid(error.text)
        }
        let listing = list(filter)
        // What needs a proof is the older part.
        let shown = fired.proofTokenRequired ? (listing.views.count + 1) / 2 : listing.views.count
        let user = userID
        let portfolio = portfolioID
        return .json(capacity: 1400 * shown + 128) { json in
            json.array("orders") { json in
                for view in listing.views.prefix(shown) {
                    json.order(view, clock, userID: user, portfolioID: portfolio)
                }
            }
            json.field("sequence", constant: "0")
            json.field("has_next", listing.next != nil && !fired.proofTokenRequired)
            json.field("cursor", fired.proofTokenRequired ? "" : listing.next.map { String($0) } ?? "")
            json.field("proof_token_required", fired.proofTokenRequired)
        }
    }

    mutating func answerOrder(_ id: String) -> Reply {
        advance()
        guard let number = ids.number(.order, id), let order = engine.detail(number: number),
            let shown = lag.visible(order, now: engine.now), let view = view(shown)
        else { return .notFound("order with this orderID was not found") }
        return .json(capacity: 1500) { json in
            json.key("order") {
                $0.order(view, clock, userID: userID, portfolioID: portfolioID)
            }
        }
    }

    private static let fillDefault = 100
    private static let fillLimit = 1000

    mutating func answerFills(_ request: Request, _ fired: FiredFaults) -> Reply {
        advance()
        let query = request.query
        do throws(InvalidArgument) {
            let limit = try OrderFilter.limit(query, standard: Self.fillDefault, most: Self.fillLimit)
            let before = try OrderFilter.cursor(query)
            let start = try OrderFilter.time("start_sequence_timestamp", query).map { clock.model($0) }
            let end = try OrderFilter.time("end_sequence_timestamp", query).map { clock.model($0) }
            let page = fills(query, before: before, start: start, end: end, limit: limit)
            let shown = fired.proofTokenRequired ? (page.fills.count + 1) / 2 : page.fills.count
            let user = userID
            let portfolio = portfolioID
            return .json(capacity: 600 * shown + 128) { json in
                json.array("fills") { json in
                    for (number, fill) in page.fills.prefix(shown) {
                        json.fill(number, fill, self, userID: user, portfolioID: portfolio)
                    }
                }
                json.field("cursor", fired.proofTokenRequired ? "" : page.next.map { String($0) } ?? "")
                json.field("proof_token_required", fired.proofTokenRequired)
            }
        } catch {
            return .invalid(error.text)
        }
    }

    private func fills(_ query: Query, before: Int64, start: UTCInstant?, end: UTCInstant?, limit: Int)
        -> (fills: [(Int64, Fill)], next: Int64?)
    {
        let orderTexts = query.all("order_ids")
        let tradeTexts = query.all("trade_ids")
        let trades = Set(tradeTexts.compactMap { ids.number(.trade, $0) })
        let products = Set(query.all("product_ids"))
        let assets = Set(query.all("asset_filters"))
        let side = query["order_side"]
        var page: [(Int64, Fill)] = []
        var next: Int64?
        /// Answers whether to go on.
        func consider(_ number: Int64, _ fill: Fill) -> Bool {
            if let start, fill.at < start { return false }
            guard tradeTexts.isEmpty || trades.contains(number),
                products.isEmpty || products.contains(fill.symbol.description),
                OrderFilter.concerns(fill.symbol, assets),
                side == nil || side == fill.side.wire, end == nil || fill.at < end ?? fill.at,
                lag.isVisible(fill, now: engine.now)
            else { return true }
            if page.count == limit {
                next = page.last?.0
                return false
            }
            page.append((number, fill))
            return true
        }
        if orderTexts.isEmpty {
            engine.fillsBackwards(before: before, consider)
        } else {
            let numbers = Set(orderTexts.compactMap { ids.number(.order, $0) })
            let own = engine.fills(orderIDs: numbers.map { Self.engineID($0) })
            for fill in own.reversed() {
                guard let number = Int64(fill.id.description.dropFirst()), number < before else { continue }
                guard consider(number, fill) else { break }
            }
        }
        return (page, next)
    }
}
