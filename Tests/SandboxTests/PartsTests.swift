import Testing
import TradingDomain

@testable import Sandbox

@Suite struct PartsTests {
    @Test func idsCarryTheirNumberAndStrangersAreRecognised() {
        let ids = VenueIDs(seed: 42)
        var seen: Set<String> = []
        for number in [0, 1, 2, 3, 99, 1_000_000, 1 << 40, (1 << 48) - 1] as [Int64] {
            for kind in [VenueIDs.Kind.order, .fill, .trade] {
                let text = ids.text(kind, number)
                #expect(ids.number(kind, text) == number)
                #expect(seen.insert(text).inserted)
                #expect(text.utf8.count == 36)
                #expect(Array(text)[14] == "4")
                #expect("89ab".contains(Array(text)[19]))
                #expect(VenueIDs(seed: 43).number(kind, text) == nil)
                #expect(ids.number(kind, text.uppercased()) == nil || text == text.uppercased())
            }
            #expect(ids.number(.fill, ids.text(.order, number)) == nil)
        }
        for text in ["", "x", "00000000-0000-4000-8000-000000000000", String(repeating: "-", count: 36)] {
            #expect(ids.number(.order, text) == nil)
        }
    }

    @Test func decimalsTimesAndTextAreWrittenAsTheyAreRead() throws {
        for text in [
            "0", "1", "-1", "0.01", "-0.000000000000000001", "170141183460469231731.687303715884105727",
            "60000.5",
        ] {
            var json = JSONWriter()
            json.decimal(try #require(Price(text)))
            #expect(String(decoding: json.bytes, as: UTF8.self) == "\"\(text)\"")
        }
        for text in [
            "1970-01-01T00:00:00.000000Z", "2000-02-29T23:59:59.999999Z", "2026-11-25T04:07:21.760874Z",
            "1899-12-31T01:02:03.000004Z", "2100-03-01T00:00:00.100000Z",
        ] {
            var json = JSONWriter()
            json.time(try #require(UTCInstant(text)))
            #expect(String(decoding: json.bytes, as: UTF8.self) == "\"\(text)\"")
        }
        var json = JSONWriter()
        json.object { json in
            json.field("a", "\"\\\u{1}\n é")
            json.array("b") { json in
                json.number(1)
                json.object { _ in }
                json.array { _ in }
            }
            json.null("c")
            json.field("d", true)
        }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"a":"\"\\\u0001\u000a é","b":[1,{},[]],"c":null,"d":true}"#)
    }

    @Test func patternsNameEndpoints() throws {
        func matches(_ pattern: String, _ method: String, _ path: String) -> Bool? {
            EndpointPattern(pattern)?.matches(method, path)
        }
        #expect(matches("*", "GET", "/time") == true)
        #expect(matches("POST /orders", "POST", "/orders") == true)
        #expect(matches("POST /orders", "POST", "/orders/edit") == false)
        #expect(matches("POST /orders", "GET", "/orders") == false)
        #expect(matches("GET /orders/historical/*", "GET", "/orders/historical/batch") == true)
        #expect(matches("* /orders*", "GET", "/orders/historical/batch") == true)
        #expect(matches("GET /products/*/ticker", "GET", "/products/BTC-USD/ticker") == true)
        #expect(matches("GET /products/*/ticker", "GET", "/products/BTC-USD/candles") == false)
        #expect(matches("WS *", "WS", "user") == true)
        #expect(matches("WS user", "WS", "ticker") == false)
        for text in ["", "POST", "POST  /x", "POST /x y"] { #expect(EndpointPattern(text) == nil) }
    }

    @Test func queriesAreDecodedAndRepeated() {
        let query = Query("a=1&b=%2F+x&a=2&c&flag=True&d%5B%5D=7&bad=%zz")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["b"] == "/ x")
        #expect(query["c"] == "")
        #expect(query.flag("flag"))
        #expect(query.all("d") == ["7"])
        #expect(query["nothing"] == nil)
    }

    @Test func oldEndedOrdersAreForgottenWhenThereAreTooMany() throws {
        var settings = SandboxSettings()
        settings.market = .still
        settings.orderLimit = 10
        settings.cancelDelay = .zero
        var venue = try Venue(settings, clock: VenueClock(), generation: 1)
        func place(_ index: Int) throws -> Int64 {
            let shape = OrderShape(kind: .limitGTC, baseSize: "0.001", limitPrice: "100")
            // A value of 1 at least.
            var request = CreateRequest(
                clientOrderID: "o-\(index)", productID: "BTC-USD", side: "BUY", shape: shape)
            request.shape.limitPrice = "1000"
            guard case .stored(let number, _) = venue.create(request) else {
                Issue.record("refused")
                return 0
            }
            return number
        }
        let kept = try place(0)
        for index in 1..<12 {
            let number = try place(index)
            _ = venue.cancel([venue.orderID(number)])
        }
        #expect(venue.engine.orderCount == 12)
        // Nothing ended long enough ago, so they stay; an hour later they go.
        venue.advance()
        #expect(venue.engine.orderCount == 12)
        venue.engine.advance(to: venue.engine.now + .seconds(3600))
        for index in 12..<20 { _ = try place(index) }
        #expect(venue.engine.orderCount < 12)
        #expect(venue.view(kept)?.status.description == "OPEN")
        let newest = venue.engine.newestNumber
        #expect(venue.view(newest)?.order.clientOrderID == "o-19")
        #expect(venue.note(newest) != nil)
        #expect(venue.engine.inconsistencies().isEmpty)
    }
}
