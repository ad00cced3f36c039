// One page of fills. Everything in a fill moves money, so a fill that cannot be read whole fails its page.

import ForeignJSON
import Trading
import TradingDomain

package enum FillsAnswer {
    /// Fills of orders that were not asked for are left out unread: a venue that ignores the filter sends all. Where
    /// every order's are wanted, those of markets that we can't trade are: no order of ours has one.
    package static func outcome(of reply: Reply, asked: FillQuery) -> FillsOutcome {
        switch reply.read() {
        case .refused(let words):
            return .failed(CallFailure("\(reply.endpoint): HTTP \(reply.status): \(words)"))
        case .notProcessed(let failure), .unclear(let failure): return .failed(failure)
        case .object(let object):
            do throws(Unreadable) {
                return .page(try page(object, asked))
            } catch {
                return .failed(CallFailure("\(reply.endpoint): \(error.what)"))
            }
        }
    }

    private static func page(_ object: JSONValue, _ asked: FillQuery) throws(Unreadable) -> FillPage {
        if object["proof_token_required"]?.flag == true {
            throw Unreadable("the venue wants a proof token, so its list of fills is not complete")
        }
        // Nil where any order's are wanted.
        let wanted: Set<String>? =
            if case .orders(let ids) = asked.scope { Set(ids.map(\.description)) } else { nil }
        let elements = try object.need("fills", where: "")
        var fills: [Fill] = []
        var seen: Set<FillID> = []
        for element in elements {
            guard element.isObject, let order = element["order_id"]?.wording else {
                throw Unreadable("a fill without order_id")
            }
            guard wanted?.contains(order) ?? isOfAMarket(element) else { continue }
            let fill = try fill(element, of: order)
            if seen.insert(fill.id).inserted { fills.append(fill) }
        }
        // There is no `has_next` here: an empty cursor ends the list, and so does an empty page.
        let next = elements.isEmpty ? nil : try OrdersAnswer.nextCursor(object)
        if let next, next == asked.cursor { throw Unreadable("the cursor leads to its own page") }
        return FillPage(fills: fills, nextCursor: next)
    }

    /// A market that can't be read at all may be one of ours.
    private static func isOfAMarket(_ element: JSONValue) -> Bool {
        guard let name = element["product_id"]?.wording else { return true }
        return Symbol(name) != nil
    }

    private static func fill(_ element: JSONValue, of order: String) throws(Unreadable) -> Fill {
        guard let id = element["entry_id"]?.wording ?? element["trade_id"]?.wording else {
            throw Unreadable("a fill of order \(StrangersText.clean(order)) without entry_id and trade_id")
        }
        do throws(Unreadable) {
            let price: Price = try element.needDecimal("price")
            guard price.isPositive else { throw Unreadable("price \(price)") }
            let quantity = try quantity(element, price)
            guard quantity.isPositive else { throw Unreadable("size \(quantity)") }
            guard let symbol = Symbol(try element.need("product_id")) else {
                throw Unreadable("product_id is not a market")
            }
            guard let side = wireSide(element["side"]?.text) else { throw Unreadable("no side") }
            guard let at = element.instant("trade_time") ?? element.instant("sequence_timestamp") else {
                throw Unreadable("no trade_time")
            }
            guard element.has("commission") else { throw Unreadable("no commission") }
            return Fill(
                id: FillID(id), exchangeOrderID: ExchangeOrderID(order), symbol: symbol, side: side,
                price: price, quantity: quantity, fee: try element.decimal("commission") ?? .zero,
                liquidity: liquidity(element["liquidity_indicator"]?.text), at: at,
                kind: try kind(try element.need("trade_type")))
        } catch {
            throw Unreadable("fill \(StrangersText.clean(id)): \(error.what)")
        }
    }

    /// Base units; a size in quote units is what that amount is at the fill's own price.
    private static func quantity(_ element: JSONValue, _ price: Price) throws(Unreadable) -> Quantity {
        guard element["size_in_quote"]?.flag == true else { return try element.needDecimal("size") }
        let amount: Money = try element.needDecimal("size")
        guard let quantity = try? amount.over(price, .halfEven) else {
            throw Unreadable("size \(amount) in quote units at \(price) does not fit")
        }
        return quantity
    }

    private static func kind(_ word: String) throws(Unreadable) -> Fill.Kind {
        switch word {
        case "FILL": .trade
        case "REVERSAL": .reversal
        case "CORRECTION": .correction
        case "SYNTHETIC": .synthetic
        default: throw Unreadable("trade_type '\(StrangersText.clean(word, limit: 40))' is not known")
        }
    }

    private static func liquidity(_ word: String?) -> Fill.Liquidity {
        switch word {
        case "MAKER": .maker
        case "TAKER": .taker
        default: .unknown
        }
    }
}
