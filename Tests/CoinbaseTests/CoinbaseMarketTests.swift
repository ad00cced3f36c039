// The public market and the public list of products over real sockets, without a key.

import ExchangeModel
import Exchanges
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import Coinbase

private final class MarketEar: LiveMarketListener {
    struct Heard: Sendable {
        var bests: [Price] = []
        var trades: [Side] = []
        var conditions: [FeedCondition] = []
    }
    private let state = Mutex(Heard())
    var heard: Heard { state.withLock { $0 } }

    func best(_ symbol: Symbol, bid: BookLevel, ask: BookLevel) {
        state.withLock { $0.bests.append(bid.price) }
    }
    func trade(_ symbol: Symbol, side: Side, price: Price, size: Quantity) {
        state.withLock { $0.trades.append(side) }
    }
    func market(_ condition: FeedCondition) { state.withLock { $0.conditions.append(condition) } }
}

@Suite(.timeLimit(.minutes(10)))
struct CoinbaseMarketTests {
    private struct Place {
        let venue: TestVenue
        let settings: CoinbaseSettings

        init(_ act: @escaping @Sendable (TestVenue.Seen) -> TestVenue.Act = WellVenue.answer) async throws {
            venue = try await TestVenue(act)
            var settings = CoinbaseSettings()
            settings.restURL = "http://127.0.0.1:\(venue.port)"
            settings.marketURL = "ws://127.0.0.1:\(venue.port)/market"
            self.settings = settings
        }

        func market() throws -> CoinbaseMarket {
            try CoinbaseMarket(settings, symbols: [try symbol("ABC-USD")], clock: MachineClock())
        }

        func push(_ channel: String, _ event: String, _ sequence: Int) {
            venue.push(
                #"{"channel":"\#(channel)","timestamp":"2026-11-22T10:00:00Z","sequence_num":\#(sequence),"events":[\#(event)]}"#,
                on: "/market")
        }

        func acknowledge() {
            push("subscriptions", #"{"subscriptions":{"ticker":[],"market_trades":[],"heartbeats":[]}}"#, 0)
        }
    }

    private static let ticker =
        #"{"tickers":[{"product_id":"ABC-USD","best_bid":"11","best_ask":"12","best_bid_quantity":"1","best_ask_quantity":"1"}]}"#

    @Test func theMarketIsHeardLostAndConnectedAgainOnlyWhenAsked() async throws {
        let place = try await Place()
        let ear = MarketEar()
        let market = try place.market()
        market.start(ear)
        try await until("it subscribes") { place.venue.heard("/market").count == 3 }
        #expect(place.venue.heard("/market").allSatisfy { !$0.contains("jwt") })
        place.acknowledge()
        place.push("ticker", Self.ticker, 1)
        place.push(
            "market_trades",
            #"{"type":"update","trades":[{"product_id":"ABC-USD","price":"11","size":"1","side":"BUY"}]}"#, 3)
        try await until("prices and a trade") { ear.heard.bests.count == 2 && ear.heard.trades.count == 1 }
        #expect(ear.heard.trades == [.sell])
        #expect(ear.heard.conditions == [.connected, .gap("message 2 was expected, 3 came")])

        place.venue.hangUp("/market")
        try await until("the loss is told") { ear.heard.conditions.count == 3 }
        market.connect()
        try await until("it subscribes again") { place.venue.heard("/market").count == 6 }
        place.acknowledge()
        try await until("it is connected again") { ear.heard.conditions.last == .connected }
        #expect(place.venue.sockets("/market") == 2, "one attempt each time that it was asked")
        market.close()
        await place.venue.stop()
    }

    @Test func aMarketThatFallsSilentIsToldSo() async throws {
        let place = try await Place()
        let ear = MarketEar()
        let market = try place.market()
        market.start(ear)
        try await until("it subscribes") { place.venue.heard("/market").count == 3 }
        place.acknowledge()
        try await until("the silence is told") { ear.heard.conditions == [.connected, .silent] }
        market.close()
        await place.venue.stop()
    }

    @Test func aListenerThatIsGoneIsNotKept() async throws {
        let place = try await Place()
        let market = try place.market()
        weak var gone: MarketEar?
        do {
            let ear = MarketEar()
            gone = ear
            market.start(ear)
        }
        #expect(gone == nil)
        try await until("it subscribes") { place.venue.heard("/market").count == 3 }
        place.acknowledge()
        market.close()
        market.connect()
        await place.venue.stop()
    }

    @Test func thePublicListIsToldWithoutAToken() async throws {
        let place = try await Place()
        let answers = Mutex<[Result<ProductList, QuestionFailure>]>([])
        let catalogue = try PublicCatalogue(place.settings)
        try await until("the products are told") {
            catalogue.ask { answer in answers.withLock { $0.append(answer) } }
            return answers.withLock { all in all.contains { (try? $0.get()) != nil } }
        }
        let list = try #require(answers.withLock { $0.compactMap { try? $0.get() }.first })
        #expect(list.products.map(\.symbol.description) == ["ABC-USD"])
        #expect(!place.venue.seen("/market/products").isEmpty)
        #expect(place.venue.seen.allSatisfy { $0.token == nil })
        await place.venue.stop()
    }

    @Test(arguments: [429, 500])
    func aListThatIsNotToldIsAFailure(_ status: Int) async throws {
        let place = try await Place { _ in .answer(status, "no", [("Retry-After", "3")]) }
        let catalogue = try PublicCatalogue(place.settings)
        let reasons = Mutex<[String]>([])
        try await until("the refusal is told") {
            catalogue.ask { answer in
                if case .failure(let why) = answer { reasons.withLock { $0.append(why.failure.reason) } }
            }
            return reasons.withLock { $0.contains { $0.contains("HTTP \(status)") } }
        }
        await place.venue.stop()
    }
}
