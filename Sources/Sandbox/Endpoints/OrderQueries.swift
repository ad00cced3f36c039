import ExchangeModel
import TradingDomain

// Orders as they are asked for: the listing, and one by its id.

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
        if !filter.statuses.isEmpty, filter.numbers == nil, listing.next == nil { listingWasRead() }
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
            let view = listed(order)
        else { return .notFound("order with this orderID was not found") }
        return .json(capacity: 1500) { json in
            json.key("order") {
                $0.order(view, clock, userID: userID, portfolioID: portfolioID)
            }
        }
    }
}
