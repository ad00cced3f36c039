// Orders that take at once, one after the other, each placed at most once: what momentum, dca and rebalance trade with.
//
// Each is a limit order that ends at once (IOC) with its limit a collar away from the touch: it takes what is there and
// never pays more than the collar. It bears a key, and the core places one order for a key and never a second, in this
// life or after a crash. Only when the exchange has told how one ended is the next one thought of.

import Trading
import TradingDomain

/// How one market's orders are counted. A part of a strategy's memory.
package struct ShotCounter: Codable, Equatable, Sendable {
    package var number = 1
    /// Nothing new before that.
    package var restsUntil: UTCInstant?

    package init() {}
}

/// Where the order with the current key stands.
enum Shot: Equatable {
    /// Nobody placed it so far.
    case ready
    /// It is alive, or its fills are not all told.
    case working(WantedOrder)
    case ended(OnceOrder)

    init(_ key: String, _ view: StrategyView) {
        guard let order = view.onceOrders.last(where: { $0.key == key }) else {
            self = .ready
            return
        }
        // What is wanted under a key that is taken places nothing: it says "let it be".
        self = order.isWorking ? .working(WantedOrder(order.terms, once: key)) : .ended(order)
    }
}

extension ShotCounter {
    func key(_ symbol: Symbol) -> String { "\(symbol) \(number)" }

    func rests(at now: UTCInstant) -> Bool { restsUntil.map { now < $0 } ?? false }

    /// The order ended: the next one has another key, and comes no sooner than after this pause.
    mutating func advance(_ now: UTCInstant, pause: Duration) {
        number += 1
        restsUntil = now + pause
    }
}

enum Taking {
    /// Between two orders of which the first one did not bring all.
    static let pause: Duration = .seconds(2)

    /// The worst price that an order may take: a collar beyond the touch, on the increment, never beyond the collar.
    static func limit(_ side: Side, _ quote: Quote, _ collar: Rate, _ product: Product)
        throws(ArithmeticError)
        -> Price?
    {
        let increment = product.priceIncrement
        switch side {
        case .buy:
            let most = try (quote.ask + quote.ask.times(collar, .down)).rounded(to: increment, .down)
            return most >= quote.ask ? most : nil
        case .sell:
            let least = try (quote.bid - quote.bid.times(collar, .down)).rounded(to: increment, .up)
            return least.isPositive && least <= quote.bid ? least : nil
        }
    }

    /// A size that the market takes, at most `wanted`; nil when that is less than the smallest order.
    static func size(_ wanted: Quantity, at price: Price, _ product: Product) throws(ArithmeticError)
        -> Quantity?
    {
        let quantity = try min(wanted, product.maximumQuantity).rounded(to: product.baseIncrement, .down)
        guard quantity.isPositive, quantity >= product.minimumQuantity,
            try price.times(quantity, .down) >= product.minimumNotional
        else { return nil }
        return quantity
    }

    /// What a buy of so much money gets at the worst price, its fee included in the money where it is `all` there is.
    static func quantity(for money: Money, at price: Price, funds: Money, _ product: Product)
        throws(ArithmeticError) -> Quantity
    {
        let fee = max(product.makerFee, product.takerFee, .zero)
        let affordable = try funds.over(price.times(Rate(1) + fee, .up), .down)
        return min(try money.over(price, .down), max(.zero, affordable))
    }

    static func order(
        _ side: Side, _ quantity: Quantity, _ limit: Price, _ product: Product, _ key: String
    ) -> WantedOrder {
        WantedOrder(
            symbol: product.symbol, side: side,
            type: .limit(price: limit, timeInForce: .immediateOrCancel, postOnly: false),
            quantity: quantity, once: key)
    }
}
