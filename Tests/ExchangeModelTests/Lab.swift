// What the tests of this module share: a market with round fees, and short ways to talk to the engine.

import ExchangeModel
import Foundation
import Testing
import TradingDomain

// A literal in a test is never wrong by accident: a bad one stops the test run.
extension Price: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self = .literal(text) }
}
extension Quantity: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self = .literal(text) }
}
extension Money: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self = .literal(text) }
}
extension Rate: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self = .literal(text) }
}
extension Symbol: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        guard let symbol = Symbol(text) else { preconditionFailure("not a symbol: \(text)") }
        self = symbol
    }
}
extension ExactDecimal {
    static func literal(_ text: String) -> Self {
        do { return try Self(parsing: text) } catch { preconditionFailure("\(error)") }
    }
}

let btc: Symbol = "BTC-USD"
let eth: Symbol = "ETH-USD"

func second(_ seconds: Int64) -> UTCInstant { UTCInstant(seconds: 1_700_000_000 + seconds) }

func sampleProduct(
    _ symbol: Symbol = btc, minimumNotional: Money = "1", makerFee: Rate = "0.001",
    takerFee: Rate = "0.002", status: Product.Status = .online
) -> Product {
    Product(
        symbol: symbol, baseIncrement: "0.001", priceIncrement: "0.01", minimumQuantity: "0.001",
        maximumQuantity: "1000", minimumNotional: minimumNotional, makerFee: makerFee, takerFee: takerFee,
        status: status)
}

func level(_ price: Price, _ quantity: Quantity) -> BookLevel { BookLevel(price, quantity) }

extension MatchingEngine {
    /// 10,000 USD and 10 BTC, cancels after one second.
    static func lab(
        _ products: [Product] = [sampleProduct()],
        balances: [String: Quantity] = ["USD": "10000", "BTC": "10"],
        cancelDelay: Duration? = .seconds(1), maximumOpenOrders: Int = .max
    ) throws -> MatchingEngine {
        try MatchingEngine(
            products: products, balances: balances, cancelDelay: cancelDelay,
            maximumOpenOrders: maximumOpenOrders, now: second(0))
    }

    mutating func limit(
        _ id: String, _ side: Side, _ quantity: Quantity, _ price: Price,
        _ timeInForce: TimeInForce = .goodTillCanceled, postOnly: Bool = false, symbol: Symbol = btc
    ) -> PlaceResult {
        let type = OrderType.limit(price: price, timeInForce: timeInForce, postOnly: postOnly)
        return place(
            clientOrderID: id,
            terms: OrderTerms(symbol: symbol, side: side, type: type, quantity: quantity), at: now)
    }

    mutating func market(_ id: String, _ side: Side, _ quantity: Quantity) -> PlaceResult {
        place(
            clientOrderID: id, terms: OrderTerms(symbol: btc, side: side, type: .market, quantity: quantity),
            at: now)
    }

    /// Sets external levels, best first or not, as ("price", "size") pairs.
    mutating func book(bids: [BookLevel] = [], asks: [BookLevel] = []) {
        setLiquidity(btc, bids: bids, asks: asks, at: now)
    }

    @discardableResult
    mutating func trade(_ taker: Side, _ quantity: Quantity, limit: Price? = nil) -> Quantity {
        externalTrade(btc, taker: taker, limit: limit, quantity: quantity, at: now)
    }

    func filled(_ order: OrderSnapshot) -> Quantity? { self.order(order.exchangeOrderID)?.filledQuantity }
    func status(_ order: OrderSnapshot) -> ExchangeOrderStatus? { self.order(order.exchangeOrderID)?.status }
    func total(_ currency: String) -> Quantity? { balance(currency)?.total }
    func held(_ currency: String) -> Quantity? { balance(currency)?.held }
}

extension PlaceResult {
    /// The order that was taken; anything else is the test's failure.
    func taken(_ location: SourceLocation = #_sourceLocation) throws -> OrderSnapshot {
        guard case .accepted(let order) = self else {
            Issue.record("not accepted: \(self)", sourceLocation: location)
            throw NotAccepted()
        }
        return order
    }
    var rejection: Rejection.Code? {
        if case .rejected(let rejection) = self { rejection.code } else { nil }
    }
}
struct NotAccepted: Error {}

func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

func fromJSON<Value: Decodable>(_ text: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(text.utf8))
}
