// The last 24 hours of one market by the minute, as far as they were watched. A price costs one comparison with the
// minute under way; figures are made once a minute.

import TradingDomain

package struct MarketHistory: Sendable {
    private struct Minute: Sendable {
        var number: Int64
        var first: Price
        var last: Price
        var high: Price
        var low: Price
        var volume: Quantity = .zero
    }

    private static let length: Int64 = 1_440

    private let symbol: Symbol
    /// Complete ones, ascending; minutes in which nothing happened are absent. Those before `head` have left the window.
    private var minutes: [Minute] = []
    private var head = 0
    /// What was traded in the minutes of the window.
    private var volume = Quantity.zero
    /// Minutes of the window that no later one exceeds; the first is the extreme.
    private var highs = Fifo<(number: Int64, price: Price)>()
    private var lows = Fifo<(number: Int64, price: Price)>()
    private var current: Minute?
    private var tradesAreKnown = false
    /// Of the complete minutes; nil before the first is over.
    package private(set) var statistics: MarketStatistics?

    package init(_ symbol: Symbol) { self.symbol = symbol }

    /// A price at which the market stood, or at which so much was traded.
    /// - Returns: new figures when a minute is over.
    @discardableResult
    package mutating func note(_ price: Price, traded volume: Quantity? = nil, at instant: UTCInstant)
        -> MarketStatistics?
    {
        let number = instant.secondsSince1970 / 60
        if volume != nil { tradesAreKnown = true }
        // A clock that went back does not begin an earlier minute.
        guard var minute = current, number <= minute.number else {
            let told = current.flatMap { close($0, at: number) }
            current = Minute(
                number: number, first: price, last: price, high: price, low: price, volume: volume ?? .zero)
            return told
        }
        minute.last = price
        if price > minute.high { minute.high = price }
        if price < minute.low { minute.low = price }
        if let volume { minute.volume = (try? minute.volume + volume) ?? minute.volume }
        current = minute
        return nil
    }

    private mutating func close(_ minute: Minute, at number: Int64) -> MarketStatistics? {
        add(minute)
        forget(before: number - Self.length)
        guard head < minutes.count, let high = highs.first?.price, let low = lows.first?.price else {
            statistics = nil
            return nil
        }
        let first = minutes[head]
        let difference = Money(raw: minute.last.raw - first.first.raw)
        guard let change = try? difference.over(Money(raw: first.first.raw), .halfEven) else { return nil }
        let inLastMinute = minute.number == number - 1 ? minute.volume : .zero
        statistics = MarketStatistics(
            symbol: symbol, at: UTCInstant(seconds: number * 60),
            seconds: min(Self.length, number - first.number) * 60, change: change, high: high, low: low,
            volume: tradesAreKnown ? volume : nil, minuteVolume: tradesAreKnown ? inLastMinute : nil)
        return statistics
    }

    private mutating func add(_ minute: Minute) {
        minutes.append(minute)
        // A volume that does not fit was not added, and is not subtracted: the sum stays one of real minutes.
        if let sum = try? volume + minute.volume {
            volume = sum
        } else {
            minutes[minutes.count - 1].volume = .zero
        }
        while let last = highs.last, last.price <= minute.high { _ = highs.popLast() }
        highs.append((minute.number, minute.high))
        while let last = lows.last, last.price >= minute.low { _ = lows.popLast() }
        lows.append((minute.number, minute.low))
    }

    private mutating func forget(before number: Int64) {
        while head < minutes.count, minutes[head].number < number {
            volume = (try? volume - minutes[head].volume) ?? .zero
            head += 1
        }
        while let first = highs.first, first.number < number { _ = highs.popFirst() }
        while let first = lows.first, first.number < number { _ = lows.popFirst() }
        guard head >= Int(Self.length) else { return }
        minutes.removeFirst(head)
        head = 0
    }
}

/// What the core knows of a market's last day: what the venue tells where it does, else what it has seen itself.
struct MarketRecord: Sendable {
    /// Told figures that are older are no longer believed.
    private static let patience: Duration = .seconds(300)

    private var seen: MarketHistory
    private var told: MarketStatistics?

    init(_ symbol: Symbol) { seen = MarketHistory(symbol) }

    /// When the last quote was heard.
    private(set) var heardAt: Stamp?

    mutating func note(_ quote: Quote, at now: Stamp) {
        heardAt = now
        seen.note(quote.mid, at: now.utc)
    }

    /// A venue that tells only what was traded in 24 hours tells by their change what was traded in between.
    mutating func note(_ statistics: MarketStatistics) {
        var news = statistics
        if news.minuteVolume == nil, let volume = news.volume, let before = told, let old = before.volume {
            let seconds = (news.at - before.at).wholeMilliseconds / 1_000
            if (30...300).contains(seconds) {
                // What left the window is taken for an average one.
                let left = news.averageMinuteVolume.flatMap {
                    try? $0.scaled(by: seconds, over: 60, .halfEven)
                }
                let traded = (try? volume - old).flatMap { try? $0 + (left ?? .zero) } ?? .zero
                news.minuteVolume = try? max(.zero, traded).scaled(by: 60, over: seconds, .halfEven)
            }
        }
        told = news
    }

    func statistics(at now: UTCInstant) -> MarketStatistics? {
        if let told, now - told.at <= Self.patience { return told }
        return seen.statistics
    }
}
