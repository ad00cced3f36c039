// What an author of a strategy writes: a pure function from what is known to what is wanted.
//
// A strategy holds no state, reads no clock and sends nothing. It is told the market and the portfolio and
// answers with the complete set of orders that it wants to rest; the core compares that with what rests and
// places or cancels the difference, behind the risk gate. What it must remember is its `Memory`: a value
// that the core records when it changes and restores after a restart.

import TradingDomain

public protocol Strategy: Sendable {
    associatedtype Memory: Codable & Equatable & Sendable

    /// Unique among the strategies of a bot; names its orders in the journal.
    var name: String { get }
    /// The markets it trades, each at most once.
    var symbols: [Symbol] { get }
    var initialMemory: Memory { get }

    /// Called on each cycle, quote, and change of one of its orders. Must be quick: the loop waits.
    func decide(_ view: StrategyView, memory: inout Memory) -> Decision
}

/// What a strategy wants.
public enum Decision: Equatable, Sendable {
    /// Nothing has changed since the last answer: leave everything as it was wanted then.
    case keep
    /// This, and nothing else, shall rest.
    case want([WantedOrder])
}

/// An order that a strategy wants to exist. Two that are equal are two orders.
public struct WantedOrder: Hashable, Sendable {
    public var terms: OrderTerms

    public init(_ terms: OrderTerms) { self.terms = terms }

    public init(symbol: Symbol, side: Side, type: OrderType, quantity: Quantity) {
        terms = OrderTerms(symbol: symbol, side: side, type: type, quantity: quantity)
    }
}

/// What a strategy may know. Small: it holds the strategy's own markets only.
public struct StrategyView: Sendable {
    public enum Trigger: Equatable, Sendable {
        case cycle
        case quote(Symbol)
        /// An order of this strategy was filled in part or whole, or ended.
        case order(Symbol)
    }

    public var now: UTCInstant
    public var trigger: Trigger
    /// In the order of `Strategy.symbols`.
    public var markets: [MarketView]

    public init(now: UTCInstant, trigger: Trigger, markets: [MarketView]) {
        self.now = now
        self.trigger = trigger
        self.markets = markets
    }
}

/// One market as a strategy sees it.
public struct MarketView: Sendable {
    public var product: Product
    /// Nil until the first quote.
    public var quote: Quote?
    /// What the bot holds, all its strategies together. Base units; positive is long.
    public var position: Quantity
    /// Of that, what fills of this strategy's own orders add up to.
    public var strategyPosition: Quantity
    /// False after the market has left the universe that the strategy follows: what would open or widen a position there
    /// is not placed.
    public var mayEnter = true
    /// Base units of the account, those that resting sells hold included.
    public var baseFunds: Quantity
    /// Quote units of the account, those that resting buys hold included.
    public var quoteFunds: Money

    public init(
        product: Product, quote: Quote?, position: Quantity, strategyPosition: Quantity? = nil,
        baseFunds: Quantity, quoteFunds: Money
    ) {
        self.product = product
        self.quote = quote
        self.position = position
        self.strategyPosition = strategyPosition ?? position
        self.baseFunds = baseFunds
        self.quoteFunds = quoteFunds
    }
}
