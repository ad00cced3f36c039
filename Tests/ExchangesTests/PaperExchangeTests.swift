import Testing
import Trading
import TradingDomain

@testable import Exchanges

@Suite struct PaperExchangeTests {
    @Test func feedsConnectAndPricesCome() throws {
        let lab = try PaperLab()
        #expect(Set(lab.memory.all.feeds) == [.market, .orders])
        #expect(Set(lab.memory.all.quotes.map(\.symbol.description)) == ["BTC-USD", "ETH-USD", "SOL-USD"])
    }

    @Test func aRequestTakesEffectAtHalfTheLatencyAndIsAnsweredAfterAllOfIt() throws {
        let lab = try PaperLab()
        let sentAt = lab.clock.now().utc
        let id = try lab.place(1, 50_000)
        lab.pass(.milliseconds(49))
        #expect(lab.memory.answer(id) == nil)
        lab.pass(.milliseconds(1))
        #expect(lab.memory.acceptance(id)?.clientOrderID == "lab-1-1")
        #expect(try lab.view().orders.map(\.createdAt) == [sentAt + .milliseconds(25)])
    }

    @Test func aReusedIDReturnsTheStoredOrder() throws {
        let lab = try PaperLab()
        let first = try lab.place(1, 50_000)
        let second = try lab.place(1, 49_000)
        lab.pass(.milliseconds(50))
        #expect(lab.memory.acceptance(first) == lab.memory.acceptance(second))
        #expect(lab.memory.acceptance(second)?.terms?.type.limitPrice == Price(50_000))
    }

    @Test func aCancelIsAcceptedThenTakesEffect() throws {
        let lab = try PaperLab()
        let placed = try lab.place(1, 50_000)
        lab.pass(.milliseconds(50))
        let order = try #require(lab.memory.acceptance(placed)).exchangeOrderID
        let sentAt = lab.clock.now().utc
        let cancel = lab.submit(.cancel([order, ExchangeOrderID("X77")]))
        lab.pass(.milliseconds(50))
        #expect(
            lab.memory.answer(cancel)
                == .canceled(
                    .answered([
                        CancelResult(exchangeOrderID: order, verdict: .accepted),
                        CancelResult(exchangeOrderID: ExchangeOrderID("X77"), verdict: .unknownOrder),
                    ])))
        lab.pass(.milliseconds(20))
        #expect(lab.memory.all.orders.map(\.status) == [.open, .cancelQueued, .canceled])
        let seen = try #require(lab.view().orders.first)
        #expect(seen.status == .canceled)
        #expect(seen.updatedAt == sentAt + .milliseconds(35))
    }

    @Test func tooManyIDsCancelNothing() throws {
        let lab = try PaperLab { $0.cancelBatchLimit = 2 }
        let ids = (1...3).map { ExchangeOrderID("X\($0)") }
        let cancel = lab.submit(.cancel(ids))
        lab.pass(.milliseconds(50))
        guard case .canceled(.refused) = lab.memory.answer(cancel) else {
            Issue.record("not refused: \(String(describing: lab.memory.answer(cancel)))")
            return
        }
    }

    @Test func theRateLimitTurnsAwayAndSaysForHowLong() throws {
        let lab = try PaperLab { $0.rateLimit = .init(burst: 2, perSecond: 10) }
        let ids = [
            lab.submit(.listBalances), lab.submit(.listBalances), try lab.place(1, 50_000),
        ]
        lab.pass(.milliseconds(50))
        guard case .balances(.balances) = lab.memory.answer(ids[1]),
            case .placed(.unsent(let failure)) = lab.memory.answer(ids[2])
        else {
            Issue.record("\(lab.memory.all.answers)")
            return
        }
        #expect(failure.isRateLimit)
        #expect(failure.retryAfter == .milliseconds(100))
        #expect(try lab.view().orders.isEmpty)
        lab.pass(.milliseconds(50))
        let again = try lab.place(1, 50_000)
        lab.pass(.milliseconds(50))
        #expect(lab.memory.acceptance(again) != nil)
    }

    @Test func listsComeInPages() throws {
        let lab = try PaperLab { $0.pageLimit = 2 }
        for sequence in 1...3 { try lab.place(Int64(sequence), 50_000) }
        lab.pass(.milliseconds(50))
        let first = lab.submit(.listOrders(OrderQuery(.working())))
        lab.pass(.milliseconds(50))
        let page = try #require(lab.memory.page(first))
        #expect(page.orders.count == 2)
        let second = lab.submit(.listOrders(OrderQuery(.working(), cursor: page.nextCursor)))
        lab.pass(.milliseconds(50))
        let rest = try #require(lab.memory.page(second))
        #expect(rest.orders.map(\.clientOrderID) == ["lab-1-3"])
        #expect(rest.nextCursor == nil)
    }

    @Test func aRecordingEnds() throws {
        let path = PaperLab.directory() + ".csv"
        try """
        time,trade_id,side,price,size
        2023-02-02T09:20:00.000Z,1,buy,60000.00,0.5
        2023-02-02T09:20:01.000Z,2,sell,59990.00,0.5
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let file = try ReplayFile.load(
            path, symbol: PaperLab.bitcoin, spread: Rate(basisPoints: 1), depth: Quantity(1))
        let lab = try PaperLab(feed: .replay(file))
        #expect(lab.clock.now().utc < UTCInstant("2023-02-02T09:20:01Z")!)
        lab.pass(.seconds(2))
        lab.pass(.seconds(1))
        #expect(lab.memory.all.ended)
        #expect(lab.memory.all.quotes.last?.bid == Price(59_990))
    }

    @Test func aDryRunSendsNothingAndSaysSo() throws {
        let clock = HandClock(PaperLab.start)
        var network = PaperNetwork()
        network.latency = .zero
        let prices = try PaperExchange(
            account: .standard, feed: .simulated, network: network, clock: clock, isVirtual: true)
        let told = Told()
        let exchange = DryRunExchange(prices: prices, clock: clock) { told.add($0) }
        let memory = Memory()
        exchange.start(sink: memory)
        #expect(!exchange.capabilities.holdsOrders)
        let order = try PaperLab.approved(1, 50_000, .buy, .goodTillCanceled)
        for id in 1...3 { exchange.submit(NumberedCommand(id: CommandID(id), command: .place(order))) }
        exchange.submit(NumberedCommand(id: 4, command: .listOrders(OrderQuery(.working()))))
        exchange.submit(NumberedCommand(id: 5, command: .listBalances))
        exchange.advance(to: clock.now())
        #expect(memory.answer(3) == .placed(.rejected("dry run: not sent")))
        #expect(memory.page(4)?.orders.isEmpty == true)
        guard case .balances(.balances) = memory.answer(5) else {
            Issue.record("no balances")
            return
        }
        #expect(told.all == ["dry run: would have sent BUY 0.01 BTC-USD limit 50000"])
        #expect(!memory.all.quotes.isEmpty)
    }
}
