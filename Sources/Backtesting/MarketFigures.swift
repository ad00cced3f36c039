import ExchangeModel
import Trading
import TradingDomain

/// The last 24 hours of one market, as a venue tells them of itself: what was traded stands in the record.
struct MarketFigures: Sendable {
    private let data: ReplayData
    private var history: MarketHistory
    /// So many points of the data are counted.
    private var counted = 0

    init(_ series: BacktestSeries) {
        data = series.data
        history = MarketHistory(series.symbol)
    }

    /// Counts what was played up to a point.
    /// - Returns: the newest figures when a minute is over.
    mutating func count(through point: Int) -> MarketStatistics? {
        var news: MarketStatistics?
        while counted < point {
            let told =
                switch data {
                case .trades(let ticks):
                    history.note(ticks[counted].price, traded: ticks[counted].size, at: ticks[counted].at)
                case .bars(let bars, let interval): note(bars, counted, interval)
                }
            news = told ?? news
            counted += 1
        }
        return news
    }

    /// One of the four prices of a bar, with a quarter of its volume. A volume that no price turns into base units counts
    /// for nothing.
    private mutating func note(_ bars: [Bar], _ point: Int, _ interval: Duration) -> MarketStatistics? {
        let (row, place) = point.quotientAndRemainder(dividingBy: 4)
        let price = bars[row].price(place)
        let value = Money(raw: bars[row].volume.raw / 4)
        let volume = price.isPositive ? try? value.over(price, .down) : nil
        return history.note(
            price, traded: volume ?? .zero,
            at: bars[row].at + .nanoseconds(interval.wholeNanoseconds / 4 * Int64(place)))
    }
}
