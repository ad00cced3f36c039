import TradingDomain

// A market that was: recorded trades or bars, played again.
//
// A trade first states a book that makes it possible (`depth` at its price on the maker's side, `depth` one
// spread away on the other) and then takes its size, so orders of ours that are priced better fill first, and
// at its very price in the order of the queue. A bar visits four prices (`Bar.path`), a quarter of its
// interval apart; at each it states `depth` half a spread below and above. Prices that jump past our orders
// fill them at their own prices, as makers, up to `depth`. It invents nothing else.

/// What a replay adds to the record.
package struct ReplaySettings: Codable, Hashable, Sendable {
    /// Distance from bid to ask, relative to the price; never less than one price increment.
    package var spread: Rate
    /// Size at the best price of either side, base units.
    package var depth: Quantity
    /// Added to every recorded time, for owners whose exchange lives in another time than the record.
    package var shift: Duration

    package init(spread: Rate, depth: Quantity, shift: Duration = .zero) {
        self.spread = spread
        self.depth = depth
        self.shift = shift
    }

    private enum Key: String, CodingKey { case spread, depth, shiftNanoseconds }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        spread = try values.decode(Rate.self, forKey: .spread)
        depth = try values.decode(Quantity.self, forKey: .depth)
        shift = .nanoseconds(try values.decode(Int64.self, forKey: .shiftNanoseconds))
    }
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(spread, forKey: .spread)
        try values.encode(depth, forKey: .depth)
        try values.encode(shift.wholeNanoseconds, forKey: .shiftNanoseconds)
    }
}

/// Where a replay stands; enough to go on with the same data.
package struct ReplayPosition: Codable, Hashable, Sendable {
    package let settings: ReplaySettings
    /// How many points were played: trades, or a bar's four prices one by one.
    package internal(set) var played: Int

    package init(settings: ReplaySettings, played: Int = 0) {
        self.settings = settings
        self.played = played
    }
}

package struct ReplayMarket: Market {
    private let byAddress = ByAddress()
    package let data: ReplayData
    package private(set) var position: ReplayPosition
    /// Kept, since it is asked for at every instant.
    package private(set) var nextStepAt: UTCInstant?

    package init(_ data: ReplayData, settings: ReplaySettings) {
        self.init(data, position: ReplayPosition(settings: settings))
    }

    /// Goes on where a replay of the same data stood.
    package init(_ data: ReplayData, position: ReplayPosition) {
        self.data = data
        self.position = position
        self.position.played = max(0, position.played)
        nextStepAt = isFinished ? nil : time(of: self.position.played)
    }

    /// How many points the data has.
    package var count: Int {
        switch data {
        case .trades(let ticks): ticks.count
        case .bars(let bars, _): bars.count * 4
        }
    }
    package var isFinished: Bool { position.played >= count }

    package mutating func advance(to instant: UTCInstant, engine: inout MatchingEngine) {
        while let at = nextStepAt, at <= instant {
            play(position.played, at, &engine)
            position.played += 1
            nextStepAt = isFinished ? nil : time(of: position.played)
        }
        engine.advance(to: instant)
    }

    private func time(of point: Int) -> UTCInstant {
        switch data {
        case .trades(let ticks): ticks[point].at + position.settings.shift
        case .bars(let bars, let interval):
            bars[point / 4].at + .nanoseconds(interval.wholeNanoseconds / 4 * Int64(point % 4))
                + position.settings.shift
        }
    }

    private func play(_ point: Int, _ at: UTCInstant, _ engine: inout MatchingEngine) {
        let depth = position.settings.depth
        switch data {
        case .trades(let ticks):
            // Field by field: a tick as a whole would be copied for each look at it.
            let (symbol, price, side) = (ticks[point].symbol, ticks[point].price, ticks[point].side)
            guard let width = spread(engine.priceIncrement(symbol), price) else { return }
            let other = Price(raw: price.raw + (side == .buy ? -width.raw : width.raw))
            let (bid, ask) = side == .buy ? (other, price) : (price, other)
            engine.setBest(symbol, bid: BookLevel(bid, depth), ask: BookLevel(ask, depth), at: at)
            engine.externalTrade(symbol, taker: side, limit: price, quantity: ticks[point].size, at: at)
        case .bars(let bars, _):
            let symbol = bars[point / 4].symbol
            let price = bars[point / 4].price(point % 4)
            guard let width = spread(engine.priceIncrement(symbol), price) else { return }
            let half = width.raw / 2
            engine.setBest(
                symbol, bid: BookLevel(Price(raw: price.raw - half), depth),
                ask: BookLevel(Price(raw: price.raw - half + width.raw), depth), at: at)
        }
    }

    /// The spread at this price; nil for a price beyond all bounds, and where there is no such market.
    private func spread(_ increment: Price?, _ price: Price) -> Price? {
        // What does not fit in the numbers is beyond all bounds: there is no market at such a price.
        guard let increment, let limit = try? price.times(4), limit.isPositive,
            let wanted = try? price.times(position.settings.spread, .up)
        else { return nil }
        return min(max(wanted, increment), price)
    }
}
