// The venue's `order_configuration`: an object with one name that is the kind of the order. Only the kinds that we
// place are read; of all others, and of orders by quote size, the terms stay untold.

import ForeignJSON
import TradingDomain

enum OrderConfiguration {
    static func terms(_ configuration: JSONValue, _ symbol: Symbol, _ side: Side) -> OrderTerms? {
        let kinds = configuration.members.filter { !$0.value.isNull }
        guard kinds.count == 1, let (name, fields) = kinds.first, fields.isObject,
            let quantity: Quantity = fields["base_size"]?.decimal(), quantity.isPositive,
            let type = type(name, fields)
        else { return nil }
        return OrderTerms(symbol: symbol, side: side, type: type, quantity: quantity)
    }

    private static func type(_ name: String, _ fields: JSONValue) -> OrderType? {
        if name == "market_market_ioc" { return .market }
        guard let price: Price = fields["limit_price"]?.decimal(), price.isPositive else { return nil }
        let postOnly = fields["post_only"]?.flag ?? false
        switch name {
        case "limit_limit_gtc":
            return .limit(price: price, timeInForce: .goodTillCanceled, postOnly: postOnly)
        case "limit_limit_gtd":
            guard let end = fields.instant("end_time") else { return nil }
            return .limit(price: price, timeInForce: .goodTillDate(end), postOnly: postOnly)
        case "sor_limit_ioc":
            return .limit(price: price, timeInForce: .immediateOrCancel, postOnly: false)
        case "limit_limit_fok":
            return .limit(price: price, timeInForce: .fillOrKill, postOnly: false)
        default: return nil
        }
    }
}

extension ExchangeOrderStatus {
    /// A word that this version does not know is no end of an order.
    init(wire: String) {
        self =
            switch wire {
            case "PENDING", "QUEUED": .pending
            case "OPEN": .open
            case "CANCEL_QUEUED": .cancelQueued
            case "EDIT_QUEUED": .editQueued
            case "FILLED": .filled
            case "CANCELLED", "CANCELED": .canceled
            case "EXPIRED": .expired
            case "FAILED": .failed
            default: .unknown
            }
    }
}
