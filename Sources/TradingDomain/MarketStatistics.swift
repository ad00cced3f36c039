// What a market did lately, in figures that change once a minute: enough for a strategy that follows trends, and
// nothing that would make a quote dearer.

/// Figures of the last 24 hours, or of as much of them as is known. They cover whole minutes only: a price that comes
/// after `at` can be above `high`, which is how a breakout is seen.
public struct MarketStatistics: Hashable, Codable, Sendable {
    public var symbol: Symbol
    /// The end of what they cover.
    public var at: UTCInstant
    /// Seconds that they cover, at most 86,400; fewer while the market has not been watched for longer.
    public var seconds: Int64
    /// From the first price to the last one, as a fraction of the first.
    public var change: Rate
    public var high: Price
    public var low: Price
    /// Base units traded; nil where the feed tells no trades.
    public var volume: Quantity?
    /// Of them, in the last minute.
    public var minuteVolume: Quantity?

    public static let day: Int64 = 86_400

    public init(
        symbol: Symbol, at: UTCInstant, seconds: Int64 = MarketStatistics.day, change: Rate, high: Price,
        low: Price, volume: Quantity? = nil, minuteVolume: Quantity? = nil
    ) {
        self.symbol = symbol
        self.at = at
        self.seconds = seconds
        self.change = change
        self.high = high
        self.low = low
        self.volume = volume
        self.minuteVolume = minuteVolume
    }

    /// Base units a minute, over all that they cover.
    public var averageMinuteVolume: Quantity? {
        guard let volume, seconds > 0 else { return nil }
        return try? volume.scaled(by: 60, over: seconds, .halfEven)
    }
}
