// One page of the list of orders. An order whose id or status cannot be read fails its page: a list that leaves one
// out would claim what was not seen. Of everything else no more is asked than to cancel and to name the order: an order
// of ours in a shape that we never place must not hide behind it.

import ForeignJSON
import Trading
import TradingDomain

package enum OrdersAnswer {
    package static func outcome(of reply: Reply) -> OrdersOutcome {
        switch reply.read() {
        case .refused(let words):
            return .failed(CallFailure("\(reply.endpoint): HTTP \(reply.status): \(words)"))
        case .notProcessed(let failure), .unclear(let failure): return .failed(failure)
        case .object(let object):
            do throws(Unreadable) {
                return .page(try page(object))
            } catch {
                return .failed(CallFailure("\(reply.endpoint): \(error.what)"))
            }
        }
    }

    private static func page(_ object: JSONValue) throws(Unreadable) -> OrderPage {
        var orders: [OrderSnapshot] = []
        for element in try object.need("orders", where: "") { orders.append(try snapshot(element)) }
        return OrderPage(
            orders: orders, nextCursor: try nextCursor(object),
            isComplete: object["proof_token_required"]?.flag != true)
    }

    /// Where the next page begins. `has_next` decides where it is told.
    static func nextCursor(_ object: JSONValue) throws(Unreadable) -> String? {
        let cursor = object["cursor"]?.wording
        guard let told = object["has_next"] else { return cursor }
        guard let hasNext = told.flag else { throw Unreadable("has_next is neither true nor false") }
        guard hasNext else { return nil }
        guard let cursor else { throw Unreadable("there is a next page, and no cursor to it") }
        return cursor
    }

    static func snapshot(_ order: JSONValue) throws(Unreadable) -> OrderSnapshot {
        guard order.isObject else { throw Unreadable("an order that is no object") }
        let id: String
        do throws(Unreadable) {
            id = try order.need("order_id")
        } catch {
            throw Unreadable("an order without order_id")
        }
        do throws(Unreadable) {
            var status = ExchangeOrderStatus(wire: try order.need("status"))
            // The flag may be up before the status follows.
            if status == .open, order["pending_cancel"]?.flag == true { status = .cancelQueued }
            let filled = try filled(order, "filled_size", status)
            return OrderSnapshot(
                exchangeOrderID: ExchangeOrderID(id),
                clientOrderID: order["client_order_id"]?.text ?? "", terms: terms(order), status: status,
                filledQuantity: filled ?? .zero,
                createdAt: order.instant("created_time") ?? UTCInstant(nanoseconds: 0),
                isSettled: isSettled(order, status, filled),
                reason: reason(order))
        } catch {
            throw Unreadable("order \(StrangersText.clean(id)): \(error.what)")
        }
    }

    /// Nil where it can't be read and the order may be alive, which then can be canceled all the same; what it filled is
    /// told once it can be read. An order that has ended is told with its size or not at all.
    static func filled(_ order: JSONValue, _ name: StaticString, _ status: ExchangeOrderStatus)
        throws(Unreadable) -> Quantity?
    {
        do throws(Unreadable) {
            return try order.decimal(name) ?? .zero
        } catch  where !status.isTerminal {
            return nil
        }
    }

    /// The venue never calls an order settled that ended without a fill: of such a one the flag says nothing.
    private static func isSettled(
        _ order: JSONValue, _ status: ExchangeOrderStatus, _ filled: Quantity?
    ) -> Bool? {
        guard let filled else { return false }
        guard let told = order["settled"]?.flag else { return nil }
        let endedUnfilled = status.isTerminal && status != .filled && filled.isZero
        return told || !endedUnfilled ? told : nil
    }

    private static func terms(_ order: JSONValue) -> OrderTerms? {
        guard order["product_type"]?.wording ?? "SPOT" == "SPOT",
            let configuration = order["order_configuration"],
            let symbol = order["product_id"]?.text.flatMap({ Symbol($0) }),
            let side = wireSide(order["side"]?.text)
        else { return nil }
        return OrderConfiguration.terms(configuration, symbol, side)
    }

    private static func reason(_ order: JSONValue) -> String {
        joinedReasons([
            order["reject_reason"]?.wording, order["reject_message"]?.wording,
            order["cancel_message"]?.wording,
        ])
    }

    static func joinedReasons(_ reasons: [String?]) -> String {
        var words: [String] = []
        for reason in reasons.compactMap({ $0 })
        where reason != "REJECT_REASON_UNSPECIFIED" && !words.contains(reason) {
            words.append(reason)
        }
        return words.isEmpty ? "" : StrangersText.clean(words.joined(separator: ": "), limit: 200)
    }
}
