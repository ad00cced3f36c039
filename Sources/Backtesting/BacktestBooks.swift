import Trading
import TradingDomain

/// One fill, as the bot booked it.
package struct BacktestTrade: Codable, Equatable, Sendable {
    package var at: UTCInstant
    package var symbol: Symbol
    package var side: Side
    package var price: Price
    package var quantity: Quantity
    package var fee: Money
    package var liquidity: Fill.Liquidity
    package var strategy: String
    package var order: ClientOrderID
    /// When the order was decided.
    package var orderedAt: UTCInstant
    /// What it realised, before its fee: zero for one that opens.
    package var realised: Money
}

/// What a backtest reads off the core's records: they say everything that the daemon's store would hold.
struct BacktestBooks: Sendable {
    struct Key: Hashable, Comparable, Sendable {
        let strategy: String
        let symbol: Symbol
        static func < (a: Key, b: Key) -> Bool { (a.strategy, a.symbol) < (b.strategy, b.symbol) }
    }

    /// Alerts that are kept; what a run says again and again is said soon.
    static let alertLimit = 100

    var trades: [BacktestTrade] = []
    var positions: [Key: Position] = [:]
    var sent = 0
    var accepted = 0
    var rejected = 0
    var filled = 0
    var canceled = 0
    /// Value of all orders that the exchange accepted, at their limits.
    var placedValue: Money = .zero
    var filledValue: Money = .zero
    var fees: Money = .zero
    var closes = 0
    var wins = 0
    var refusals: [RiskRefusal.Rule: Int] = [:]
    var halts: [Halt] = []
    var alerts: [Alert] = []
    /// A figure that does not fit; the result says so instead of being wrong.
    var problem: String?
    /// Sent, and not yet known to be accepted. For look-up only; never iterated.
    private var unanswered: Set<ClientOrderID> = []
    /// The exchange executed something of ours since the account was last valued.
    var exchangeFilled = false

    mutating func refused(_ rule: RiskRefusal.Rule) { refusals[rule, default: 0] += 1 }

    mutating func note(_ record: Record, _ durable: DurableState) {
        switch record {
        case .sent(let id, _):
            sent += 1
            unanswered.insert(id)
        case .changed(let change): count(change, durable)
        case .fill(let id, let fill): book(fill, of: id, durable)
        case .halted(let halt): halts.append(halt)
        case .alert(let alert): if alerts.count < Self.alertLimit { alerts.append(alert) }
        default: break
        }
    }

    private mutating func count(_ change: OrderChange, _ durable: DurableState) {
        switch change.state {
        case .rejected: rejected += 1
        case .filled: filled += 1
        case .canceled, .expired: canceled += 1
        case .new, .open, .partiallyFilled, .failed: break
        }
        guard unanswered.remove(change.id) != nil, change.exchangeOrderID != nil,
            let terms = durable.ledger[change.id]?.terms
        else { return }
        accepted += 1
        guard let price = terms.type.limitPrice else { return }
        attempt { books throws(ArithmeticError) in
            books.placedValue = try books.placedValue + price.times(terms.quantity, .halfEven)
        }
    }

    private mutating func book(_ fill: Fill, of id: ClientOrderID, _ durable: DurableState) {
        let order = durable.ledger[id]
        let strategy = order?.strategy ?? ""
        attempt { books throws(ArithmeticError) in
            let key = Key(strategy: strategy, symbol: fill.symbol)
            var position = books.positions[key] ?? Position()
            let before = position
            try position.book(fill)
            let realised = try position.realised - before.realised
            let value = try fill.price.times(fill.quantity, .halfEven)
            books.filledValue = try books.filledValue + value
            books.fees = try books.fees + fill.fee
            books.positions[key] = position
            let closes = !before.quantity.isZero && before.quantity.isNegative == (fill.side == .buy)
            if closes {
                books.closes += 1
                if realised > fill.fee { books.wins += 1 }
            }
            books.trades.append(
                BacktestTrade(
                    at: fill.at, symbol: fill.symbol, side: fill.side, price: fill.price,
                    quantity: fill.quantity, fee: fill.fee, liquidity: fill.liquidity, strategy: strategy,
                    order: id, orderedAt: order?.createdAt ?? fill.at, realised: realised))
        }
    }

    private mutating func attempt(_ change: (inout Self) throws(ArithmeticError) -> Void) {
        do throws(ArithmeticError) { try change(&self) } catch { problem = problem ?? error.description }
    }
}
