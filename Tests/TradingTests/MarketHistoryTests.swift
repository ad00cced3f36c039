import Testing
import Trading
import TradingDomain

/// Three days of prices against the plain walk over the last 1,440 minutes.
@Suite struct MarketHistoryTests {
    private struct Minute {
        var number: Int64
        var first: Price
        var last: Price
        var high: Price
        var low: Price
        var volume = Quantity.zero
    }

    @Test(arguments: [Int64(-1), 0, 1]) func figuresAreThoseOfTheLastDay(trend: Int64) throws {
        let symbol = try #require(Symbol("BTC-USD"))
        var history = MarketHistory(symbol)
        var minutes: [Minute] = []
        var state: UInt64 = 42
        func draw(_ limit: Int64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(state >> 33) % limit
        }
        var price: Int64 = 60_000
        var second: Int64 = 0
        var checked = 0
        var step = 0
        while second < 4 * 86_400 {
            // Now and then nothing happens for long: minutes are missing, and once more than a day of them.
            second += draw(100) == 0 ? draw(3_600) : 1 + draw(50)
            step += 1
            if step == 5_000 { second += 90_000 }
            price += draw(41) - 20 + trend
            let now = Price(max(1, price))
            let volume = Quantity(draw(5))
            let told = history.note(now, traded: volume, at: UTCInstant(seconds: second))
            let number = second / 60
            if var last = minutes.last, last.number == number {
                last.last = now
                last.high = max(last.high, now)
                last.low = min(last.low, now)
                last.volume = try last.volume + volume
                minutes[minutes.count - 1] = last
                continue
            }
            // The first price of a minute closes the one before. A walk over a day for each would take long.
            minutes.removeFirst(max(0, minutes.count - 1_500))
            guard number % 13 == 0 else {
                minutes.append(
                    Minute(number: number, first: now, last: now, high: now, low: now, volume: volume))
                continue
            }
            let window = minutes.filter { $0.number >= number - 1_440 }
            minutes.append(
                Minute(number: number, first: now, last: now, high: now, low: now, volume: volume))
            guard let first = window.first, let last = window.last else {
                #expect(told == nil)
                continue
            }
            let figures = try #require(told)
            checked += 1
            #expect(figures.high == window.map(\.high).max())
            #expect(figures.low == window.map(\.low).min())
            #expect(figures.volume == (try window.reduce(Quantity.zero) { try $0 + $1.volume }))
            #expect(figures.minuteVolume == (last.number == number - 1 ? last.volume : .zero))
            #expect(figures.seconds == min(1_440, number - first.number) * 60)
            let change = try Money(raw: last.last.raw - first.first.raw).over(
                Money(raw: first.first.raw), .halfEven)
            #expect(figures.change == change)
            #expect(history.statistics == figures)
        }
        #expect(checked > 100)
    }
}
