import TradingDomain

// Recorded market data as values: trades tick by tick, or bars. Whoever reads files makes these; whoever
// replays them knows no file.

package struct TradeTick: Hashable, Sendable {
    package var at: UTCInstant
    package var symbol: Symbol
    package var price: Price
    package var size: Quantity
    /// The taker's side.
    package var side: Side

    package init(at: UTCInstant, symbol: Symbol, price: Price, size: Quantity, side: Side) {
        self.at = at
        self.symbol = symbol
        self.price = price
        self.size = size
        self.side = side
    }
}

package struct Bar: Hashable, Sendable {
    /// The bar's stamp in its source, taken as the instant of its open.
    package var at: UTCInstant
    package var symbol: Symbol
    package var open: Price
    package var high: Price
    package var low: Price
    package var close: Price
    /// Quote units.
    package var volume: Money

    package init(
        at: UTCInstant, symbol: Symbol, open: Price, high: Price, low: Price, close: Price, volume: Money
    ) {
        self.at = at
        self.symbol = symbol
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// The order in which a replay visits the bar's prices: open, the extreme nearer to it, the other extreme,
    /// close. When both are equally near, the one that the close is farther from comes first.
    package var path: [Price] { (0..<4).map { price($0) } }

    /// The price at one place of the path, 0 to 3.
    package func price(_ place: Int) -> Price {
        switch place {
        case 0: open
        case 1: isLowFirst ? low : high
        case 2: isLowFirst ? high : low
        default: close
        }
    }

    private var isLowFirst: Bool {
        let up = high.raw - open.raw
        let down = open.raw - low.raw
        return down < up || (down == up && close >= open)
    }
}

package enum ReplayData: Hashable, Sendable {
    /// Ascending by time.
    case trades([TradeTick])
    /// Ascending by time; `interval` is the time that one bar covers.
    case bars([Bar], interval: Duration)
}
