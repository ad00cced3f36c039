// Points in time: printing, parsing, days, saturation.

import Foundation
import Testing
import TradingDomain

@Suite struct UTCInstantTests {
    @Test(
        "instants print in ISO 8601 with groups of three fractional digits, and parse back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_700_000_000_000_000_000, "2023-11-14T22:13:20Z"),
            (1_700_000_000_123_000_000, "2023-11-14T22:13:20.123Z"), (1_000, "1970-01-01T00:00:00.000001Z"),
            (1, "1970-01-01T00:00:00.000000001Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (-2_203_891_200_000_000_000, "1900-03-01T00:00:00Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
        ] as [(Int64, String)])
    func known(_ nanoseconds: Int64, _ text: String) {
        let instant = UTCInstant(nanoseconds: nanoseconds)
        #expect(instant.description == text)
        #expect(UTCInstant(text) == instant)
    }

    @Test(
        "every instant between 1678 and 2262 parses back from its print, and agrees with Foundation's calendar"
    )
    func roundTrip() throws {
        var chance = Chance(state: 6)
        let formatter = ISO8601DateFormatter()
        for round in 0..<20_000 {
            let bound: Int64 = 9_200_000_000_000_000_000
            let unit = ([1, 1000, 1_000_000, 1_000_000_000] as [Int64])[round % 4]
            let instant = UTCInstant(
                nanoseconds: Int64.random(in: -bound...bound, using: &chance) / unit * unit)
            let text = instant.description
            #expect(UTCInstant(text) == instant)
            if round % 40 == 3 {
                // Foundation's calendar is Gregorian for all these years.
                #expect(formatter.date(from: text)?.timeIntervalSince1970 == Double(instant.secondsSince1970))
            }
        }
    }

    @Test("more fractional digits than nine are cut, fewer are filled")
    func fractions() {
        #expect(UTCInstant("2023-01-01T00:00:00.5Z")?.description == "2023-01-01T00:00:00.500Z")
        #expect(
            UTCInstant("2023-01-01T00:00:00.1234567899Z")?.description == "2023-01-01T00:00:00.123456789Z")
    }

    @Test(
        "what is no UTC time is refused",
        arguments: [
            "", "Z", "2023-01-01", "2023-01-01T00:00:00", "2023-01-01T00:00:00+00:00", "2023-01-01 00:00:00Z",
            "2023-1-01T00:00:00Z", "2023-13-01T00:00:00Z", "2023-00-01T00:00:00Z", "2023-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z", "2023-04-31T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-01T24:00:00Z",
            "2023-01-01T00:60:00Z", "2023-01-01T00:00:61Z", "2023-01-01T00:00:00.Z",
            "2023-01-01T00:00:00.12aZ",
            "2023-01-01T00:00:00.123456789xZ", "2023-01-01T00:00:00,5Z", "1677-01-01T00:00:00Z",
            "2262-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "-023-01-01T00:00:00Z", "２023-01-01T00:00:00Z",
            "2023-01-01T00:00:00.123456789012345678xZ", "2023-01-01T00:00:00.12345678901234567890Z",
            "2023-01-01T00:00:00z", "2023-01-01T00:00:00ZZ",
        ])
    func refused(_ text: String) {
        #expect(UTCInstant(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([UTCInstant].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test("a trading day begins at midnight UTC, also before 1970")
    func days() {
        #expect(UTCInstant(nanoseconds: -1).dayNumber == -1)
        #expect(UTCInstant(nanoseconds: -1).secondsSince1970 == -1)
        #expect(UTCInstant(seconds: 86_399).dayNumber == 0)
        #expect(UTCInstant(seconds: 86_400).dayNumber == 1)
        #expect(UTCInstant(dayNumber: 19_000).description == "2022-01-08T00:00:00Z")
    }

    @Test("arithmetic saturates at the ends of time")
    func saturation() {
        let last = UTCInstant(nanoseconds: .max)
        let first = UTCInstant(nanoseconds: .min)
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect(last - first == .nanoseconds(Int64.max))
        #expect(first - last == .nanoseconds(Int64.min))
        #expect(MonotonicInstant.distantFuture + .seconds(1) == .distantFuture)
        #expect(UTCInstant(seconds: 5) - UTCInstant(seconds: 3) == .seconds(2))
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
    }

    @Test("the middle of a quote lies between its prices, exact where it can be")
    func mid() throws {
        let symbol = try #require(Symbol("BTC-USD"))
        func mid(_ bid: Int128, _ ask: Int128) -> Int128 {
            Quote(
                symbol: symbol, bid: Price(raw: bid), ask: Price(raw: ask), at: UTCInstant(seconds: 0)
            ).mid.raw
        }
        #expect(mid(2, 4) == 3)
        #expect(mid(3, 4) == 3)
        #expect(mid(3, 5) == 4)
        #expect(mid(.max, .max) == .max)
    }
}
