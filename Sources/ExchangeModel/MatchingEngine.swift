import TradingDomain

// The exchange itself, as a value: order books, our account, every order and fill.
//
// Paper trading trades against it, the simulation attacks it, the sandbox serves it. Two parties trade: our
// account, with balances and holds, and the anonymous rest of the market without limits. Time enters with
// each call and never runs backwards (an earlier instant counts as the latest one seen). The engine reads no
// clock, draws no random number, keeps nothing outside of its value, and gives the same answers to the same
// calls. Placement is in MatchingEngine+Placement, executions in +Matching, and so on.

package struct MatchingEngine: Sendable {
    private let byAddress = ByAddress()
    /// The latest instant seen.
    package internal(set) var now: UTCInstant
    /// From an accepted cancel to its effect. Zero: at once. Nil: only by `completeCancel(s)`.
    package var cancelDelay: Duration?
    /// How many orders may rest at once, over all markets.
    package var maximumOpenOrders: Int

    // The truth; all of it is encoded.
    /// Sorted by symbol.
    var markets: [MarketBook]
    /// Sorted by currency.
    var accounts: [Account]
    /// Ascending by number, so also by creation.
    var orders: [ModelOrder] = []
    /// Ascending by number.
    var fills: [Fill] = []
    var lastOrderNumber: Int64 = 0
    var lastFillNumber: Int64 = 0
    var changes: [Change] = []

    // Derived from the orders, rebuilt when decoded.
    /// Numbers of the orders that are not terminal, ascending.
    var working: [Int64] = []
    /// For look-up only; never iterated.
    var numberByClientID: [String: Int64] = [:]
    var due = DueQueue()

    /// Kept only for a server that asked for it; not encoded.
    var tape: Tape?

    /// - Parameter balances: what our account owns per currency, in units of the currency. Currencies of the
    ///   products that are not named start at zero.
    package init(
        products: [Product], balances: [String: Quantity], cancelDelay: Duration? = .zero,
        maximumOpenOrders: Int = .max, now: UTCInstant = UTCInstant(nanoseconds: 0)
    ) throws(EngineError) {
        self.now = now
        self.cancelDelay = cancelDelay
        self.maximumOpenOrders = maximumOpenOrders

        var currencies = balances.keys.sorted()
        for product in products { currencies += [product.symbol.base, product.symbol.quote] }
        accounts = []
        for currency in currencies.sorted() where accounts.last?.currency != currency {
            let amount = balances[currency] ?? .zero
            if amount.isNegative { throw .negativeBalance(currency) }
            accounts.append(Account(currency: currency, total: amount, opening: amount))
        }

        markets = []
        for product in products.sorted(by: { $0.symbol < $1.symbol }) {
            if markets.last?.product.symbol == product.symbol { throw .duplicateProduct(product.symbol) }
            markets.append(try Self.market(product, accounts))
        }
    }

    static func market(_ product: Product, _ accounts: [Account]) throws(EngineError) -> MarketBook {
        func index(_ currency: String) -> Int? { accounts.firstIndex { $0.currency == currency } }
        let problem: String? =
            if !product.priceIncrement.isPositive {
                "its price increment is not positive"
            } else if !product.baseIncrement.isPositive {
                "its base increment is not positive"
            } else if product.makerFee.magnitude >= Rate(1) || product.takerFee.magnitude >= Rate(1) {
                "a fee is 100 % or more"
            } else if product.symbol.base == product.symbol.quote {
                "base and quote are the same currency"
            } else {
                nil
            }
        guard problem == nil, let base = index(product.symbol.base), let quote = index(product.symbol.quote)
        else { throw .invalidProduct(product.symbol, problem ?? "its currencies have no account") }
        return MarketBook(product: product, baseAccount: base, quoteAccount: quote)
    }

    /// Everything that happened since the last call, in order. Kept until it is asked for.
    package mutating func drainChanges() -> [Change] {
        let drained = changes
        changes = []
        return drained
    }

    /// The same for whoever asks again and again: `buffer` is emptied and filled, and neither side gives memory away.
    package mutating func drainChanges(into buffer: inout [Change]) {
        buffer.removeAll(keepingCapacity: true)
        swap(&changes, &buffer)
    }

    // MARK: Finding things

    func marketIndex(_ symbol: Symbol) -> Int? {
        // One market is the common case, and telling symbols apart is cheaper than ordering them.
        if markets.count == 1 { return markets[0].product.symbol == symbol ? 0 : nil }
        let index = lowerBound(markets.count) { markets[$0].product.symbol < symbol }
        return index < markets.count && markets[index].product.symbol == symbol ? index : nil
    }

    /// The order's place in `orders`; direct as long as nothing before it was forgotten.
    func orderIndex(_ number: Int64) -> Int? {
        guard let first = orders.first?.number else { return nil }
        let guess = number - first
        if guess >= 0, guess < orders.count, orders[Int(guess)].number == number { return Int(guess) }
        let index = lowerBound(orders.count) { orders[$0].number < number }
        return index < orders.count && orders[index].number == number ? index : nil
    }

    func orderIndex(_ id: ExchangeOrderID) -> Int? {
        bookNumber(id.description, prefix: UInt8(ascii: "X")).flatMap { orderIndex($0) }
    }

    // MARK: Telling

    mutating func tell(order index: Int) { changes.append(.order(orders[index].snapshot)) }

    /// Tells the best prices when they changed, or in any case when `always`.
    mutating func tellQuote(_ market: Int, always: Bool = false) {
        if let quote = markets[market].news(always: always, at: now) { changes.append(.quote(quote)) }
    }
}
