// What stands in the messages of the feeds: prices, and reports of our orders, which carry other names than the same
// things in REST.

import ForeignJSON
import Trading
import TradingDomain

enum FeedReports {
    /// A report is cumulative. It tells an order's terms only while the order is open: later its remaining size goes
    /// to zero, and what was asked for can no longer be seen.
    static func order(_ report: JSONValue) throws(Unreadable) -> OrderSnapshot {
        guard report.isObject, let id = report["order_id"]?.wording else {
            throw Unreadable("a report without order_id")
        }
        do throws(Unreadable) {
            let status = ExchangeOrderStatus(wire: try report.need("status"))
            let filled = try OrdersAnswer.filled(report, "cumulative_quantity", status)
            return OrderSnapshot(
                exchangeOrderID: ExchangeOrderID(id),
                clientOrderID: report["client_order_id"]?.text ?? "",
                terms: status == .open ? filled.flatMap { terms(report, $0) } : nil, status: status,
                filledQuantity: filled ?? .zero,
                createdAt: report.instant("creation_time") ?? UTCInstant(nanoseconds: 0),
                isSettled: filled == nil ? false : nil,
                reason: OrdersAnswer.joinedReasons([
                    report["reject_reason"]?.wording, report["cancel_reason"]?.wording,
                ]))
        } catch {
            throw Unreadable("report of order \(StrangersText.clean(id)): \(error.what)")
        }
    }

    private static func terms(_ report: JSONValue, _ filled: Quantity) -> OrderTerms? {
        guard report["product_type"]?.wording ?? "SPOT" == "SPOT",
            report["order_type"]?.wording?.uppercased() == "LIMIT",
            let symbol = report["product_id"]?.text.flatMap({ Symbol($0) }),
            let side = wireSide(report["order_side"]?.text),
            let price: Price = report["limit_price"]?.decimal(), price.isPositive,
            let leaves: Quantity = report["leaves_quantity"]?.decimal(), leaves.isPositive,
            let quantity = try? filled + leaves,
            let postOnly = report["post_only"]?.flag,
            let timeInForce = timeInForce(report)
        else { return nil }
        return OrderTerms(
            symbol: symbol, side: side,
            type: .limit(price: price, timeInForce: timeInForce, postOnly: postOnly), quantity: quantity)
    }

    private static func timeInForce(_ report: JSONValue) -> TimeInForce? {
        switch report["time_in_force"]?.wording {
        case "GOOD_UNTIL_CANCELLED": .goodTillCanceled
        case "GOOD_UNTIL_DATE_TIME": report.instant("end_time").map { .goodTillDate($0) }
        case "IMMEDIATE_OR_CANCEL": .immediateOrCancel
        case "FILL_OR_KILL": .fillOrKill
        default: nil
        }
    }

    /// The 24 hours of a ticker; nil where one figure is missing, as in batches.
    static func statistics(_ ticker: JSONValue, of symbol: Symbol, at: UTCInstant) -> MarketStatistics? {
        guard let percent: Rate = ticker["price_percent_chg_24_h"]?.decimal(),
            let change = try? percent.scaled(by: 1, over: 100, .halfEven),
            let high: Price = ticker["high_24_h"]?.decimal(), high.isPositive,
            let low: Price = ticker["low_24_h"]?.decimal(), low.isPositive,
            let volume: Quantity = ticker["volume_24_h"]?.decimal(), !volume.isNegative
        else { return nil }
        return MarketStatistics(symbol: symbol, at: at, change: change, high: high, low: low, volume: volume)
    }

    /// The best prices of a ticker, under the name that it carries; nil where one is missing, as in batches.
    static func quote(_ ticker: JSONValue, at: UTCInstant) -> Quote? {
        guard let symbol = ticker["product_id"]?.text.flatMap({ Symbol($0) }),
            let bid: Price = ticker["best_bid"]?.decimal(), bid.isPositive,
            let ask: Price = ticker["best_ask"]?.decimal(), ask >= bid
        else { return nil }
        return Quote(symbol: symbol, bid: bid, ask: ask, at: at)
    }
}
