import TradingDomain

// A market that never was: a seeded random walk per symbol with a book around it and takers that hit it.
//
// Time is cut into steps. What a step does follows from (seed, symbol, number of the step) and the mid before
// it, nothing else, so a market that is stored and read again goes on as if nothing had happened.
//
// When many steps are due at once (nobody ran for hours or days) they are taken in strides, at most
// `stepsAtOnce` per symbol and call: a stride of n steps moves the mid √n times as far and trades n times
// as much, up to a limit. Prices between the ends of a stride are not visited, so such a gap fills what
// its sampled path crosses. The path then depends on how the time was cut into calls; without a gap it does not.
//
// The walk is pulled gently toward its first price, so that a market left alone for months stays tradable.

package struct SimulatedMarket: Market, Codable, Hashable {
    /// How one symbol moves.
    package struct Settings: Codable, Hashable, Sendable {
        package var symbol: Symbol
        package var firstMid: Price
        /// Standard deviation of one step, relative to the price.
        package var volatility: Rate
        /// Distance between two price levels, relative to the first price; also the spread's usual width.
        package var levelDistance: Rate
        /// Levels per side.
        package var levels: Int
        /// Usual size of the best level; deeper ones are larger.
        package var levelQuantity: Quantity
        /// How many of a thousand steps see a trade.
        package var tradesPerThousandSteps: Int64

        package init(
            symbol: Symbol, firstMid: Price, levelQuantity: Quantity,
            volatility: Rate = Rate(basisPoints: 1),
            levelDistance: Rate = Rate(raw: 50_000_000_000_000), levels: Int = 12,
            tradesPerThousandSteps: Int64 = 600
        ) {
            self.symbol = symbol
            self.firstMid = firstMid
            self.levelQuantity = levelQuantity
            self.volatility = volatility
            self.levelDistance = levelDistance
            self.levels = levels
            self.tradesPerThousandSteps = tradesPerThousandSteps
        }
    }

    package let seed: UInt64
    package let start: UTCInstant
    package let interval: Duration
    /// Sorted by symbol.
    private var tracks: [SimulatedTrack]
    /// The number of the first step that was not taken.
    private var nextStep: Int64 = 0

    /// The most steps that one call takes per symbol; more are taken in strides.
    package static let stepsAtOnce: Int64 = 2400

    /// The first step is at `start`.
    package init(
        seed: UInt64, start: UTCInstant, interval: Duration = .milliseconds(250), _ settings: [Settings]
    ) {
        self.seed = seed
        self.start = start
        self.interval = max(interval, .milliseconds(1))
        tracks = settings.sorted { $0.symbol < $1.symbol }
            .map { SimulatedTrack(settings: $0, seed: seed) }
    }

    package var nextStepAt: UTCInstant? { tracks.isEmpty ? nil : time(of: nextStep) }

    package var settings: [Settings] { tracks.map(\.settings) }

    /// The price around which a symbol's book stands.
    package func mid(_ symbol: Symbol) -> Price? { tracks.first { $0.settings.symbol == symbol }?.mid }

    package mutating func advance(to instant: UTCInstant, engine: inout MatchingEngine) {
        let elapsed = (instant - start).wholeNanoseconds
        if elapsed >= 0 {
            let target = elapsed / interval.wholeNanoseconds
            let stride = max(1, (target - nextStep + Self.stepsAtOnce) / Self.stepsAtOnce)
            while nextStep <= target {
                let last = min(target, nextStep + stride - 1)
                let at = time(of: last)
                for index in tracks.indices {
                    tracks[index].take(nextStep...last, at: at, engine: &engine)
                }
                nextStep = last + 1
            }
        }
        engine.advance(to: instant)
    }

    private func time(of step: Int64) -> UTCInstant {
        let (offset, overflow) = step.multipliedReportingOverflow(by: interval.wholeNanoseconds)
        return overflow ? UTCInstant(nanoseconds: .max) : start + .nanoseconds(offset)
    }
}
