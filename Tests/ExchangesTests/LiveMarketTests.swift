// The embedded exchange on a real venue's prices.

import ExchangeModel
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import Exchanges

private final class HandMarket: LiveMarket {
    let source = "hand"
    private let attempts = Mutex(0)
    private struct Line: Sendable { weak var listener: (any LiveMarketListener)? }
    private let line = Mutex(Line())
    var connects: Int { attempts.withLock { $0 } }
    var told: (any LiveMarketListener)? { line.withLock { $0.listener } }

    func start(_ listener: any LiveMarketListener) { line.withLock { $0.listener = listener } }
    func connect() { attempts.withLock { $0 += 1 } }
    func close() { line.withLock { $0.listener = nil } }

    func best(_ bid: Int64, _ ask: Int64) {
        told?.best(
            PaperLab.bitcoin, bid: BookLevel(Price(bid), Quantity(1)), ask: BookLevel(Price(ask), Quantity(1))
        )
    }
}

@Suite struct LiveMarketTests {
    @Test func ordersFillAtTheVenuesPricesAndNothingElseMovesThem() throws {
        let market = HandMarket()
        let lab = try PaperLab(feed: .live(market))
        defer { lab.close() }
        #expect(lab.memory.all.quotes.isEmpty)
        market.best(50_000, 50_010)
        lab.pass(.milliseconds(60))
        #expect(lab.memory.all.quotes.last?.bid == Price(50_000))
        try lab.place(1, 49_000)
        lab.pass(.milliseconds(60))
        #expect(try lab.view().working == 1)
        lab.pass(.seconds(3_600))
        #expect(try lab.view().working == 1)
        market.told?.trade(PaperLab.bitcoin, side: .sell, price: Price(49_000), size: Quantity(5))
        lab.pass(.milliseconds(60))
        #expect(try lab.view().fills.map(\.price) == [Price(49_000)])
        #expect(try lab.view().working == 0)
    }

    @Test func theFeedIsUpWhenTheVenueSaysSo() throws {
        let market = HandMarket()
        let lab = try PaperLab(feed: .live(market))
        defer { lab.close() }
        #expect(lab.memory.all.feeds == [.orders])
        let id = lab.submit(.connect(.market))
        #expect(market.connects == 1)
        #expect(lab.memory.answer(id) == .connected(.begun))
        market.told?.market(.connected)
        #expect(lab.memory.all.feeds == [.orders, .market])
    }

    @Test func aKilledBookKnowsItsPricesAndItsFills() throws {
        let market = HandMarket()
        let first = try PaperLab(feed: .live(market))
        market.best(50_000, 50_010)
        first.pass(.milliseconds(60))
        try first.place(1, 49_000)
        try first.place(2, 48_000)
        first.pass(.milliseconds(60))
        market.best(48_500, 48_510)
        first.pass(.milliseconds(60))
        first.kill()
        let second = try PaperLab(first.directory, at: first.clock.now().utc, feed: .live(market))
        defer { second.close() }
        let view = try second.view()
        #expect(view.fills.map(\.price) == [Price(49_000)])
        #expect(view.orders.filter(\.isWorking).compactMap(\.price) == [Price(48_000)])
    }

    /// Before it is started an exchange has no thread yet, as if its thread were held up for ever.
    @Test func aMarketThatIsFasterThanTheBookKeepsItsNewestPrices() async throws {
        let market = HandMarket()
        let (memory, clock) = (Memory(), HandClock(PaperLab.start))
        let exchange = try PaperExchange(
            account: .standard, feed: .live(market), network: PaperNetwork(), clock: clock, isVirtual: false)
        let count = 2 * Int64(PaperExchange.backlogLimit)
        for number in 1...count {
            exchange.best(
                PaperLab.bitcoin, bid: BookLevel(Price(20_000 + number), Quantity(1)),
                ask: BookLevel(Price(50_000), Quantity(1)))
            exchange.trade(PaperLab.bitcoin, side: .buy, price: Price(50_000), size: Quantity(1))
        }
        #expect(exchange.backlog <= PaperExchange.backlogLimit + 1)
        exchange.start(sink: memory)
        defer { exchange.close() }
        let end = ContinuousClock.now + .seconds(600)
        while memory.all.quotes.last?.bid != Price(20_000 + count), ContinuousClock.now < end {
            clock.move(.milliseconds(1))
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(memory.all.quotes.last?.bid == Price(20_000 + count))
        #expect(exchange.backlog == 0)
    }
}
