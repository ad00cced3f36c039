import ExchangeModel
import TradingDomain

/// A simulated market that ends.
struct SimulatedWalk: Sendable {
    var market: SimulatedMarket
    let end: UTCInstant

    /// Nil when it is over.
    var nextStepAt: UTCInstant? { market.nextStepAt.flatMap { $0 < end ? $0 : nil } }

    mutating func advance(to instant: UTCInstant, engine: inout MatchingEngine) {
        guard let next = nextStepAt, next <= instant else { return }
        market.advance(to: min(instant, end - .nanoseconds(1)), engine: &engine)
    }
}
