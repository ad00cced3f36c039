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

    /// Whether `decide` would answer `.keep` to this new price and change no memory, which is what most prices mean. Where
    /// it says so, the view is not even made. Without it each price is decided on.
    func ignores(_ quote: Quote, memory: Memory) -> Bool

    /// Whether `decide` would answer to `view`, of a cycle, the same orders that it answered to `last`, its latest, and change
    /// no memory. Where it says so, they are wanted again and `decide` is not called. Without it each cycle is decided on.
    func repeats(_ view: StrategyView, after last: StrategyView, memory: Memory) -> Bool
}

extension Strategy {
    public func ignores(_ quote: Quote, memory: Memory) -> Bool { false }
    public func repeats(_ view: StrategyView, after last: StrategyView, memory: Memory) -> Bool { false }
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
    /// A key that at most one order of this strategy ever bears, in this life or another: the order is placed once,
    /// and what becomes of it is told in `StrategyView.onceOrders`. Nil for an order that is placed again when it
    /// was filled and is still wanted.
    public var once: String?

    public init(_ terms: OrderTerms, once: String? = nil) {
        self.terms = terms
        self.once = once
    }

    public init(symbol: Symbol, side: Side, type: OrderType, quantity: Quantity, once: String? = nil) {
        terms = OrderTerms(symbol: symbol, side: side, type: type, quantity: quantity)
        self.once = once
    }
}

/// What became of an order that was wanted once.
public struct OnceOrder: Equatable, Sendable {
    public var key: String
    public var terms: OrderTerms
    /// Base units.
    public var filled: Quantity
    /// Not ended, or ended with fills that are not all told yet: nobody may act as if it were over.
    public var isWorking: Bool

    public init(key: String, terms: OrderTerms, filled: Quantity, isWorking: Bool) {
        self.key = key
        self.terms = terms
        self.filled = filled
        self.isWorking = isWorking
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
    /// The strategy's newest orders that were wanted once, oldest first, at most 64.
    public var onceOrders: [OnceOrder]

    public init(
        now: UTCInstant, trigger: Trigger, markets: [MarketView], onceOrders: [OnceOrder] = []
    ) {
        self.now = now
        self.trigger = trigger
        self.markets = markets
        self.onceOrders = onceOrders
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
    /// The last 24 hours; nil until a minute of them is known.
    public var statistics: MarketStatistics?

    public init(
        product: Product, quote: Quote?, position: Quantity, strategyPosition: Quantity? = nil,
        baseFunds: Quantity, quoteFunds: Money, statistics: MarketStatistics? = nil
    ) {
        self.statistics = statistics
        self.product = product
        self.quote = quote
        self.position = position
        self.strategyPosition = strategyPosition ?? position
        self.baseFunds = baseFunds
        self.quoteFunds = quoteFunds
    }
}
