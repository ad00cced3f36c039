import Testing
import Trading
import TradingDomain

@testable import Coinbase

struct QuestionAnswerTests {
    @Test func permissionsAreNeverGuessed() {
        let whole =
            #"{"can_view":true,"can_trade":true,"can_transfer":false,"portfolio_uuid":"p-1","portfolio_type":"DEFAULT"}"#
        #expect(
            QuestionAnswers.permissions(of: reply(whole))
                == .permissions(
                    KeyPermissions(canView: true, canTrade: true, canTransfer: false, portfolio: "p-1")))
        for body in [
            "{}", #"{"can_view":true,"can_trade":true,"portfolio_uuid":"p"}"#,
            #"{"can_view":true,"can_trade":true,"can_transfer":false}"#,
        ] {
            guard case .failed = QuestionAnswers.permissions(of: reply(body)) else {
                Issue.record("\(body)")
                continue
            }
        }
    }

    @Test func theVolumeOfADayIsTheVenuesOwnSumOrWorkedOut() throws {
        func volume(_ fields: String) throws -> Money? {
            let body =
                #"{"products":[{"product_id":"ABC-USD","base_increment":"0.01","price_increment":"0.01","#
                + #""base_min_size":"0.01","base_max_size":"1000","status":"online"\#(fields)}]}"#
            return try #require(try ProductsAnswer.list(of: reply(body)).get().products.first).volume24h
        }
        #expect(
            try volume(#","approximate_quote_24h_volume":"12340","price":"1","volume_24h":"5""#)
                == Money(12_340))
        #expect(
            try volume(#","approximate_quote_24h_volume":"","price":"12.5","volume_24h":"4""#) == Money(50))
        #expect(try volume("") == nil)
    }

    @Test func feesAreReadAsStringsOrNumbers() throws {
        let maker = try #require(Rate("0.004"))
        let taker = try #require(Rate("0.006"))
        for body in [
            #"{"total_volume":1.5,"fee_tier":{"maker_fee_rate":"0.004","taker_fee_rate":"0.006"}}"#,
            #"{"fee_tier":{"maker_fee_rate":0.004,"taker_fee_rate":6e-3,"pricing_tier":""}}"#,
        ] {
            #expect(QuestionAnswers.fees(of: reply(body)) == .fees(FeeRates(maker: maker, taker: taker)))
        }
        guard case .failed = QuestionAnswers.fees(of: reply(#"{"fee_tier":{"maker_fee_rate":""}}"#)) else {
            Issue.record("an empty rate was taken for one")
            return
        }
    }

    @Test func timeIsMilliseconds() throws {
        #expect(
            try QuestionAnswers.time(of: reply(#"{"iso":"x","epochMillis":"1795341600123"}"#)).get()
                == 1_795_341_600_123)
        #expect(try QuestionAnswers.time(of: reply(#"{"epochMillis":1795341600123}"#)).get() > 0)
        for body in ["{}", #"{"epochMillis":"-5"}"#, #"{"epochMillis":"99999999999999999"}"#, "<html>"] {
            #expect(throws: QuestionFailure.self) { try QuestionAnswers.time(of: reply(body)).get() }
        }
    }

    @Test func quotesComeFromBooksWithBothSides() throws {
        func book(_ id: String, _ bids: String, _ asks: String) -> String {
            #"{"product_id":"\#(id)","bids":[\#(bids)],"asks":[\#(asks)],"time":"2026-11-22T10:00:01Z"}"#
        }
        let full = book("ABC-USD", #"{"price":"11.99","size":"1"}"#, #"{"price":"12.01","size":"1"}"#)
        let quote = Quote(
            symbol: try symbol("ABC-USD"), bid: try price("11.99"), ask: try price("12.01"),
            at: try instant("2026-11-22T10:00:00Z"))
        #expect(
            QuestionAnswers.quotes(
                of: reply(#"{"pricebooks":[\#(full),\#(book("X-USD", "", #"{"price":"1"}"#)),{}]}"#),
                offset: .seconds(1)) == .quotes([quote]))
        #expect(
            QuestionAnswers.quotes(of: reply(#"{"pricebook":\#(full),"last":"1"}"#), offset: .seconds(1))
                == .quotes([quote]))
        let crossed = book("ABC-USD", #"{"price":"12.02"}"#, #"{"price":"12.01"}"#)
        #expect(
            QuestionAnswers.quotes(of: reply(#"{"pricebook":\#(crossed)}"#), offset: .zero) == .quotes([]))
        guard case .failed = QuestionAnswers.quotes(of: reply("{}"), offset: .zero) else {
            Issue.record("no books are no answer")
            return
        }
    }

    private func product(_ id: String, _ changes: [String: String] = [:]) -> String {
        var fields = [
            "product_id": "\"\(id)\"", "base_increment": "\"0.00000001\"", "quote_increment": "\"0.01\"",
            "price_increment": "\"0.01\"", "base_min_size": "\"0.0001\"", "base_max_size": "\"3400\"",
            "quote_min_size": "\"1\"", "is_disabled": "false", "status": "\"online\"", "price": "\"\"",
            "product_type": "\"SPOT\"", "alias": "\"\"",
        ]
        fields.merge(changes) { $1 }
        return "{"
            + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
            + "}"
    }

    @Test func productsThatWeCannotExpressAreLeftOut() throws {
        let body =
            #"{"products":[\#(product("ABC-USD")),\#(product("ABC-USDC", ["alias": "\"ABC-USD\""])),"#
            + #"\#(product("F-X", ["product_type": "\"FUTURE\""])),\#(product("N-USD", ["base_increment": "\"\""])),"#
            + #"\#(product("lower-case")),7,{},\#(product("Q-USD", ["price_increment": "null"]))],"num_products":8}"#
        let list = try ProductsAnswer.list(of: reply(body)).get()
        #expect(list.products.map(\.symbol.description) == ["ABC-USD", "ABC-USDC", "Q-USD"])
        #expect(list.aliases == [try symbol("ABC-USDC"): try symbol("ABC-USD")])
        let first = try #require(list.products.first)
        #expect(first.baseIncrement == (try size("0.00000001")))
        #expect(first.minimumNotional == Money(1))
        #expect(first.maximumQuantity == Quantity(3400))
        #expect(list.products.last?.priceIncrement == (try price("0.01")))
    }

    @Test(arguments: [
        (["status": "\"offline\""], Product.Status.disabled), (["status": "\"delisted\""], .disabled),
        (["status": "\"\""], .online), (["trading_disabled": "true"], .disabled),
        (["is_disabled": "true"], .disabled), (["view_only": "true"], .disabled),
        (["cancel_only": "true"], .cancelOnly), (["post_only": "true"], .postOnly),
        (["limit_only": "true"], .limitOnly), (["auction_mode": "true"], .limitOnly),
    ])
    func theStatusOfAMarketIsRead(_ changes: [String: String], _ status: Product.Status) throws {
        let body = #"{"products":[\#(product("ABC-USD", changes))]}"#
        #expect(try ProductsAnswer.list(of: reply(body)).get().products.first?.status == status)
    }

    @Test func aListOfProductsThatGoesOnFails() {
        for body in [
            #"{"products":[],"pagination":{"has_next":true}}"#, "{}", "<html>", #"{"products":null}"#,
        ] {
            #expect(throws: QuestionFailure.self) { try ProductsAnswer.list(of: reply(body)).get() }
        }
    }

    private func account(_ currency: String, _ available: String, _ hold: String?) -> String {
        let held = hold.map { #","hold":{"value":"\#($0)","currency":"\#(currency)"}"# } ?? ""
        return
            #"{"currency":"\#(currency)","available_balance":{"value":"\#(available)","currency":"\#(currency)"}\#(held)}"#
    }

    @Test func accountsOfOneCurrencyAreOneBalance() throws {
        let body =
            #"{"accounts":[\#(account("BTC", "1.5", "0.5")),\#(account("USD", "", nil)),\#(account("BTC", "1", "0"))],"has_next":true,"cursor":"c","size":3}"#
        guard case .page(let balances, let cursor) = AccountsAnswer.page(of: reply(body)) else {
            Issue.record("no page")
            return
        }
        #expect(cursor == "c")
        #expect(
            AccountsAnswer.summed(balances) == [
                Balance(currency: "BTC", available: try money("2.5"), hold: try money("0.5")),
                Balance(currency: "USD", available: .zero, hold: .zero),
            ])
        let most = Balance(currency: "X", available: Money(raw: .max), hold: .zero)
        #expect(AccountsAnswer.summed([most, most]) == nil)
    }

    @Test(arguments: [
        #"{"accounts":[{"currency":"BTC"}]}"#, #"{"accounts":[{"available_balance":{"value":"1"}}]}"#,
        #"{"accounts":[{"currency":"BTC","available_balance":{"value":"one"}}]}"#, "{}",
        #"{"accounts":[],"has_next":true}"#,
    ])
    func anAccountThatCannotBeReadFailsItsPage(_ body: String) {
        guard case .failed(let failure) = AccountsAnswer.page(of: reply(body)) else {
            Issue.record("\(body)")
            return
        }
        #expect(failure.reason.hasPrefix("GET /x: "))
    }
}

struct ClockEstimateTests {
    private func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func nothingIsKnownWithoutAMeasurement() {
        #expect(ClockEstimate().reading(at: stamp(0)) == nil)
    }

    @Test func theMiddleOfTheRoundTripIsTheVenuesMoment() throws {
        var estimate = ClockEstimate()
        estimate.add(sentAt: at(1_000), receivedAt: at(1_040), venueMilliseconds: 1_790_000_003_020)
        let reading = try #require(estimate.reading(at: stamp(1.02)))
        // The venue cuts its milliseconds: half of one is added, and is uncertain.
        #expect(reading.offset == .milliseconds(2_000) + .microseconds(500))
        #expect(reading.uncertainty == .milliseconds(20) + .microseconds(500))
    }

    @Test func theBestMeasurementIsUsedUntilItsAgeOutweighsIt() throws {
        var estimate = ClockEstimate()
        estimate.add(sentAt: at(0), receivedAt: at(2), venueMilliseconds: 1_790_000_001_001)
        estimate.add(sentAt: at(20_000), receivedAt: at(20_008), venueMilliseconds: 1_790_000_021_004)
        // 1.5 ms and a drift of 20 s are still better than 4.5 ms.
        #expect(try #require(estimate.reading(at: stamp(20.1))).uncertainty == .microseconds(2_500))
        estimate.add(sentAt: at(100_000), receivedAt: at(100_008), venueMilliseconds: 1_790_000_101_004)
        #expect(try #require(estimate.reading(at: stamp(100.1))).uncertainty == .microseconds(4_500))
        let late = try #require(estimate.reading(at: stamp(399)))
        #expect(late.uncertainty == .microseconds(4_500 + 298 * 50))
        #expect(estimate.reading(at: stamp(401)) == nil)
    }

    @Test func aCorrectionOfOurClockMovesOnlyTheOffset() throws {
        var estimate = ClockEstimate()
        estimate.add(sentAt: at(0), receivedAt: at(2), venueMilliseconds: 1_790_000_001_001)
        let before = try #require(estimate.reading(at: stamp(1)))
        var corrected = stamp(1)
        corrected.utc = corrected.utc + .seconds(1)
        let after = try #require(estimate.reading(at: corrected))
        #expect(before.offset - after.offset == .seconds(1))
        let venue = try #require(estimate.venueTime(at: at(1_001)))
        #expect(venue.utc == UTCInstant(nanoseconds: 1_790_000_002_001_500_000))
    }

    /// One answer may come out of a cache. Whoever asked sees it; nothing else goes by it before the next one says the same.
    @Test(arguments: [false, true])
    func anOddAnswerIsToldAndBelievedTheSecondTime(isSaidAgain: Bool) throws {
        var estimate = ClockEstimate()
        estimate.add(sentAt: at(0), receivedAt: at(40), venueMilliseconds: 1_790_000_001_020)
        // Thirty seconds behind, and the fastest of all.
        estimate.add(sentAt: at(5_000), receivedAt: at(5_002), venueMilliseconds: 1_789_999_976_001)
        let odd = try #require(estimate.reading(at: stamp(5.002)))
        let known = try #require(estimate.venueTime(at: at(5_002)))
        #expect(known.utc - (stamp(5.002).utc + odd.offset) > .seconds(29))
        estimate.add(
            sentAt: at(10_000), receivedAt: at(10_040),
            venueMilliseconds: isSaidAgain ? 1_789_999_981_020 : 1_790_000_011_020)
        let next = try #require(estimate.venueTime(at: at(10_040)))
        let step = (next.utc - known.utc) - .milliseconds(5_038)
        #expect((step < .seconds(-29)) == isSaidAgain && step < .seconds(1))
        let told = stamp(10.04).utc + (try #require(estimate.reading(at: stamp(10.04))).offset)
        #expect(max(told - next.utc, next.utc - told) < .seconds(1))
    }

    @Test func impossibleMeasurementsAreLeftOut() {
        var estimate = ClockEstimate()
        estimate.add(sentAt: at(5), receivedAt: at(4), venueMilliseconds: 1)
        estimate.add(sentAt: at(5), receivedAt: at(6), venueMilliseconds: .max)
        #expect(estimate.venueTime(at: at(6)) == nil)
        for number in 0..<1_000 {
            estimate.add(
                sentAt: at(Int64(number)), receivedAt: at(Int64(number) + 1), venueMilliseconds: 5)
        }
        #expect(estimate.venueTime(at: at(1_000)) != nil)
    }
}
