import TradingDomain

// What moves prices: the side of the exchange that is not us. A market model is a value beside the engine; as
// time passes it states liquidity and sends trades into the engine. It never sees our orders.

package protocol Market: Sendable {
    /// Plays everything up to and including `instant` into the engine, in time order, together with what the
    /// engine itself has due in between, and leaves the engine at `instant`.
    mutating func advance(to instant: UTCInstant, engine: inout MatchingEngine)

    /// When the market next does something; nil when it never will.
    var nextStepAt: UTCInstant? { get }
}

/// The market that an exchange has, whichever it is.
package enum MarketModel: Market {
    /// Nothing moves; liquidity is stated by hand.
    case still
    case simulated(SimulatedMarket)
    case replay(ReplayMarket)

    package mutating func advance(to instant: UTCInstant, engine: inout MatchingEngine) {
        switch self {
        case .still: engine.advance(to: instant)
        case .simulated(var market):
            self = .still
            market.advance(to: instant, engine: &engine)
            self = .simulated(market)
        case .replay(var market):
            self = .still
            market.advance(to: instant, engine: &engine)
            self = .replay(market)
        }
    }

    package var nextStepAt: UTCInstant? {
        switch self {
        case .still: nil
        case .simulated(let market): market.nextStepAt
        case .replay(let market): market.nextStepAt
        }
    }

    /// What a snapshot of the exchange keeps of its market.
    package var state: MarketState {
        switch self {
        case .still: .still
        case .simulated(let market): .simulated(market)
        case .replay(let market): .replay(market.position)
        }
    }
}

/// A market model as it is stored. A replay stores where it stands, not what it replays.
package enum MarketState: Codable, Hashable, Sendable {
    case still
    case simulated(SimulatedMarket)
    case replay(ReplayPosition)
}
