// The engine's results in the words of the Exchange port.

import ExchangeModel
import Trading
import TradingDomain

package enum PaperAnswers {
    package static func answer(_ result: PlaceResult) -> Answer {
        switch result {
        case .accepted(let order), .duplicate(let order):
            .placed(
                .accepted(
                    Acceptance(
                        exchangeOrderID: order.exchangeOrderID, clientOrderID: order.clientOrderID,
                        terms: order.terms)))
        case .rejected(let rejection): .placed(.rejected(rejection.description))
        }
    }

    package static func answer(_ results: [(ExchangeOrderID, ExchangeModel.CancelResult)]) -> Answer {
        .canceled(
            .answered(
                results.map { id, result in
                    let verdict: Trading.CancelResult.Verdict =
                        switch result {
                        case .accepted: .accepted
                        case .duplicateRequest: .duplicateRequest
                        case .alreadyFilled, .alreadyFinal: .alreadyFinal
                        case .unknownOrder: .unknownOrder
                        }
                    return Trading.CancelResult(exchangeOrderID: id, verdict: verdict)
                }))
    }

    package static func answer(_ command: Command, _ engine: MatchingEngine, _ limits: PaperNetwork) -> Answer
    {
        switch command {
        case .listOrders(let query): .orders(orders(query, engine, limits))
        case .listFills(let query): .fills(fills(query, engine, limits))
        case .listBalances:
            .balances(
                .balances(
                    engine.balances.map {
                        Trading.Balance(
                            currency: $0.currency, available: Money(raw: $0.available.raw),
                            hold: Money(raw: $0.held.raw))
                    }))
        case .ask: .told(.failed(CallFailure("the embedded exchange is asked nothing")))
        case .place, .cancel, .connect, .flush, .exit: .withheld("not a question")
        }
    }

    private static func orders(_ query: OrderQuery, _ engine: MatchingEngine, _ limits: PaperNetwork)
        -> OrdersOutcome
    {
        let cursor = query.cursor.map { ExchangeOrderID($0) }
        let page: ExchangeModel.Page<OrderSnapshot>
        switch query.scope {
        case .working(let statuses, let market):
            page = engine.workingOrders(market, after: cursor, limit: limits.pageLimit)
            return .page(
                OrderPage(
                    orders: page.items.filter { statuses.include($0.status) },
                    nextCursor: page.next?.description))
        case .createdSince(let instant, let market):
            page = engine.allOrders(since: instant, market, after: cursor, limit: limits.pageLimit)
        case .ids(let ids):
            guard ids.count <= limits.queryIDLimit else {
                return .failed(CallFailure("\(ids.count) ids in one query, limit \(limits.queryIDLimit)"))
            }
            return .page(OrderPage(orders: engine.orders(ids: ids), nextCursor: nil))
        }
        return .page(OrderPage(orders: page.items, nextCursor: page.next?.description))
    }

    private static func fills(_ query: FillQuery, _ engine: MatchingEngine, _ limits: PaperNetwork)
        -> FillsOutcome
    {
        guard query.orders.count <= limits.queryIDLimit else {
            return .failed(
                CallFailure("\(query.orders.count) ids in one query, limit \(limits.queryIDLimit)"))
        }
        // The cursor counts what was told: the fills of an order only grow at their end.
        let skipped = query.cursor.flatMap { Int($0) } ?? 0
        let all =
            switch query.scope {
            case .orders(let ids): engine.fills(orderIDs: ids)
            case .since(let instant): engine.fills(since: instant)
            }
        let rest = all.dropFirst(max(0, skipped))
        let page = Array(rest.prefix(limits.pageLimit))
        let next = rest.count > page.count ? "\(skipped + page.count)" : nil
        return .page(FillPage(fills: page, nextCursor: next))
    }

    /// The answer of a request that the exchange did not process.
    static func unprocessed(_ command: Command, _ failure: CallFailure) -> Answer {
        switch command {
        case .place: .placed(.unsent(failure))
        case .cancel: .canceled(.unsent(failure))
        case .listOrders: .orders(.failed(failure))
        case .listFills: .fills(.failed(failure))
        case .listBalances: .balances(.failed(failure))
        case .ask: .told(.failed(failure))
        case .connect: .connected(.failed(failure))
        case .flush, .exit: .withheld(failure.reason)
        }
    }
}
