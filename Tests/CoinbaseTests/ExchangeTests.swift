// The whole adapter against a small server, over real sockets.

import Synchronization
import Testing
import Trading
import TradingDomain
import WebTokens

@testable import Coinbase

@Suite(.timeLimit(.minutes(10)))
struct ExchangeTests {
    @Test func anOrdersLifeOverTheWire() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        guard case .told(.time(let reading)) = try await rig.ask(.ask(.time)) else {
            Issue.record("no time")
            return
        }
        #expect((reading.offset - WellVenue.ahead).magnitude <= reading.uncertainty)

        let placed = try await rig.ask(try rig.order())
        let terms = OrderTerms(
            symbol: try symbol("ABC-USD"), side: .buy, type: .limit(Price(12), postOnly: true),
            quantity: try size("1.5"))
        #expect(
            placed
                == .placed(
                    .accepted(
                        Acceptance(exchangeOrderID: id("o-1"), clientOrderID: "grid-a1-7", terms: terms))))
        #expect(rig.listener.heard.rates == [RateHint(remaining: 29)])

        #expect(
            try await rig.ask(.cancel([id("o-1"), id("o-2"), id("o-3")]))
                == .canceled(
                    .answered([
                        CancelResult(exchangeOrderID: id("o-1"), verdict: .accepted),
                        CancelResult(exchangeOrderID: id("o-2"), verdict: .unknownOrder),
                    ])))

        guard case .orders(.page(let first)) = try await rig.ask(.listOrders(OrderQuery(.working()))),
            case .orders(.page(let second)) = try await rig.ask(
                .listOrders(OrderQuery(.working(), cursor: first.nextCursor)))
        else {
            Issue.record("no pages")
            return
        }
        #expect(first.nextCursor == "c/1")
        #expect((first.orders + second.orders).map(\.exchangeOrderID) == [id("o-1"), id("o-2")])
        #expect(second.nextCursor == nil)

        guard case .fills(.page(let fills)) = try await rig.ask(.listFills(fillQuery)) else {
            Issue.record("no fills")
            return
        }
        #expect(fills.fills.map(\.id) == [FillID("e1")])
        #expect(
            try await rig.ask(.listBalances)
                == .balances(
                    .balances([
                        Balance(currency: "BTC", available: Money(1), hold: .zero),
                        Balance(currency: "USD", available: Money(5), hold: .zero),
                    ])))
        await rig.stop()
        #expect(rig.listener.heard.answers.values.allSatisfy { $0.count == 1 })
    }

    @Test func questionsAreAnsweredAndIncrementsAreKept() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        #expect(
            try await rig.ask(.ask(.permissions))
                == .told(
                    .permissions(
                        KeyPermissions(canView: true, canTrade: true, canTransfer: false, portfolio: "p-1"))))
        #expect(
            try await rig.ask(.ask(.fees))
                == .told(
                    .fees(FeeRates(maker: Rate(basisPoints: 40), taker: Rate(basisPoints: 60)))))
        guard case .told(.products(let products)) = try await rig.ask(.ask(.products)) else {
            Issue.record("no products")
            return
        }
        #expect(products.map(\.symbol) == [try symbol("ABC-USD")])
        guard case .told(.quotes(let quotes)) = try await rig.ask(.ask(.quotes([try symbol("ABC-USD")])))
        else {
            Issue.record("no quotes")
            return
        }
        #expect(quotes.map(\.ask) == [Price(12)])
        try await rig.learnTheTime()
        _ = try await rig.ask(try rig.order())
        let body = try #require(rig.venue.seen("/orders").first?.body)
        #expect(body.contains(#""base_size":"1.500","limit_price":"12.00""#))
        await rig.stop()
    }

    @Test func everyCallIsSignedForItsOwnAddressOnTheVenuesClock() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        // A busy machine may take long for each step: what was signed, was signed between the first and the last.
        let venueThen = MachineClock().now().utc.secondsSince1970 + 120
        try await rig.learnTheTime()
        _ = try await rig.ask(try rig.order())
        _ = try await rig.ask(.listOrders(OrderQuery(.working())))
        let key = try #require(rig.key)
        let venueNow = MachineClock().now().utc.secondsSince1970 + 120

        #expect(rig.venue.seen("/time").allSatisfy { $0.token == nil })
        let placement = try WebToken.parse(try #require(rig.venue.seen("/orders").first?.token))
        #expect(placement.isSigned(by: key.key.verifyingKey))
        #expect(placement.uri == "POST 127.0.0.1:\(rig.venue.port)/api/v3/brokerage/orders")
        let (begin, end) = (try #require(placement.nbf), try #require(placement.exp))
        #expect(end - begin == 5)
        #expect((venueThen - 3...venueNow + 1).contains(begin))

        let list = try WebToken.parse(
            try #require(rig.venue.seen("/orders/historical/batch").first?.token))
        #expect(list.uri == "GET 127.0.0.1:\(rig.venue.port)/api/v3/brokerage/orders/historical/batch")
        #expect(try #require(list.exp) - (try #require(list.nbf)) == 60)
        #expect(list.nonce != placement.nonce)
        await rig.stop()
    }

    @Test func nothingIsPlacedBeforeTheVenuesClockIsKnown() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        #expect(
            try await rig.ask(try rig.order())
                == .placed(.unsent(CallFailure("the venue's clock is not known yet"))))
        #expect(rig.venue.seen("/orders").isEmpty)
        await rig.stop()
    }

    @Test func whatBecameOfAPlacementIsToldAsWhatItIs() async throws {
        let acts = Mutex<[TestVenue.Act]>([
            .drop, .answer(200, "<html>"), .answer(307, "", [("Location", "/elsewhere")]),
            .answer(502, "<html>"), .answer(429, "", [("Retry-After", "2")]), .answer(401, "Unauthorized"),
            .answer(400, #"{"error":"INVALID_ARGUMENT"}"#), .hang,
        ])
        var settings = CoinbaseSettings.patient
        settings.callTimeout = .milliseconds(300)
        let rig = try await Rig(settings: settings) { seen in
            seen.path.hasSuffix("/orders")
                ? acts.withLock { $0.isEmpty ? .drop : $0.removeFirst() } : WellVenue.answer(seen)
        }
        try await rig.start()
        try await rig.learnTheTime()
        var told: [String] = []
        for number in 1...8 {
            try await until("a connection for placements") { rig.exchange.placements.isWarm }
            guard case .placed(let outcome) = try await rig.ask(try rig.order(Int64(number))) else {
                continue
            }
            switch outcome {
            case .ambiguous: told.append("ambiguous")
            case .unsent(let failure):
                told.append(failure.isRateLimit ? "throttled \(failure.retryAfter ?? .zero)" : "unsent")
            case .rejected(let why): told.append(why)
            case .accepted: told.append("accepted")
            }
        }
        #expect(
            told == [
                "ambiguous", "ambiguous", "ambiguous", "ambiguous", "throttled 2.0 seconds",
                "throttled 0.0 seconds", "INVALID_ARGUMENT", "ambiguous",
            ])
        // Nothing was sent twice, and no redirect was followed.
        #expect(rig.venue.seen("/orders").count == 8)
        #expect(!rig.venue.seen.contains { $0.path == "/elsewhere" })
        await rig.stop()
    }

    @Test func aVenueThatIsDownMakesEverythingUnsent() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        try await rig.learnTheTime()
        await rig.venue.stop()
        try await until("the connections are gone") {
            rig.exchange.placements.openConnections == 0 && rig.exchange.questions.openConnections == 0
        }
        guard case .placed(.unsent(let failure)) = try await rig.ask(try rig.order()),
            case .canceled(.unsent) = try await rig.ask(.cancel([id("o-1")])),
            case .orders(.failed) = try await rig.ask(.listOrders(OrderQuery(.working()))),
            case .balances(.failed) = try await rig.ask(.listBalances),
            case .told(.failed) = try await rig.ask(.ask(.fees))
        else {
            Issue.record("\(rig.listener.heard.answers)")
            return
        }
        #expect(failure.reason.hasPrefix("POST /api/v3/brokerage/orders: "))
        rig.exchange.close()
    }

    @Test func oneFailedPageOfAccountsFailsThemAll() async throws {
        let rig = try await Rig { seen in
            seen.query.contains("cursor=next") ? .answer(503, "") : WellVenue.answer(seen)
        }
        try await rig.start()
        guard case .balances(.failed) = try await rig.ask(.listBalances) else {
            Issue.record("half of the accounts were taken for all")
            return
        }
        await rig.stop()
    }

    @Test func accountsWithoutEndAreGivenUp() async throws {
        let page = Mutex(0)
        let rig = try await Rig { seen in
            guard seen.path.hasSuffix("/accounts") else { return WellVenue.answer(seen) }
            let number = page.withLock { page -> Int in
                page += 1
                return page
            }
            return .answer(200, #"{"accounts":[],"has_next":true,"cursor":"c\#(number)"}"#)
        }
        try await rig.start()
        guard case .balances(.failed) = try await rig.ask(.listBalances) else {
            Issue.record("a list without end")
            return
        }
        #expect(rig.venue.seen("/accounts").count == 100)
        await rig.stop()
    }

    @Test func questionsAboutNothingAreNotSent() async throws {
        let rig = try await Rig(WellVenue.answer)
        try await rig.start()
        #expect(try await rig.ask(.cancel([id("")])) == .canceled(.answered([])))
        let nothing = OrderPage(orders: [], nextCursor: nil)
        #expect(try await rig.ask(.listOrders(OrderQuery(.ids([])))) == .orders(.page(nothing)))
        #expect(
            try await rig.ask(.listFills(FillQuery(orders: [])))
                == .fills(.page(FillPage(fills: [], nextCursor: nil))))
        #expect(rig.venue.seen.isEmpty)
        await rig.stop()
    }

    @Test func afterTheEndNothingIsSaid() async throws {
        let rig = try await Rig { seen in seen.path.hasSuffix("/time") ? WellVenue.answer(seen) : .hang }
        try await rig.start()
        rig.exchange.submit(NumberedCommand(id: 1, command: .listBalances))
        try await until("the venue was asked") { !rig.venue.seen("/accounts").isEmpty }
        let clock = ContinuousClock()
        let spent = clock.measure { rig.exchange.close() }
        #expect(spent < .milliseconds(200))
        rig.exchange.close()
        rig.exchange.submit(NumberedCommand(id: 2, command: .listBalances))
        await rig.venue.stop()
        #expect(rig.listener.heard.answers.isEmpty)
    }

    @Test func whatTheVenuePromisesOfItsListsIsTold() throws {
        var settings = CoinbaseSettings.patient
        settings.listLag = .milliseconds(700)
        settings.openListLimit = 40
        let exchange = try CoinbaseExchange(settings, key: nil, symbols: [], clock: MachineClock())
        let told = exchange.capabilities
        #expect(told.listLag == .milliseconds(700))
        #expect(told.listsOpenAlone && told.feedCanBeSilent)
        #expect(told.openListLimit == 40)
        #expect(CoinbaseSettings().openListLimit == 1_000)
        exchange.close()
    }

    /// Signed late, it lives no longer than one that was signed at once.
    @Test func aPlacementsTokenLivesFromTheHandOver() throws {
        let clock = StoppedClock()
        let venue = VenueClock(clock)
        let now = clock.now()
        venue.add(
            sentAt: now.monotonic, receivedAt: now.monotonic,
            venueMilliseconds: now.utc.nanoseconds / 1_000_000)
        let key = try KeyFile(name: "k", privateKey: SigningKey.generate(.es256).privateKeyText)
        let signer = Signer(key, venue, placementLife: .seconds(5))
        func begin(_ instant: MonotonicInstant) throws -> Int64 {
            let token = try WebToken.parse(signer.placementToken("POST", "h/p", submittedAt: instant))
            #expect(try #require(token.exp) - (try #require(token.nbf)) == 5)
            return try #require(token.nbf)
        }
        let late = try begin(now.monotonic)
        #expect(try begin(now.monotonic + .seconds(90)) - late == 90)
    }

    @Test func settingsThatMakeNoSenseAreRefused() throws {
        for url in ["http://api.coinbase.com", "ftp://x", "", "https://"] {
            var settings = CoinbaseSettings.patient
            settings.restURL = url
            #expect(throws: (any Error).self) {
                try CoinbaseExchange(settings, key: nil, symbols: [], clock: MachineClock())
            }
        }
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
