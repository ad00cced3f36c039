import Daemon
import Synchronization
import Testing
import Trading
import TradingDomain

@Suite struct InboxTests {
    @Test func signalsAndResultsGoBeforeQuotes() throws {
        let signals = SignalBox()
        let inbox = Inbox(signals: signals)
        inbox.end("over")
        inbox.quote(try Fixture.quote())
        inbox.feed(.market, .connected)
        #expect(inbox.request(.stop))
        inbox.order(try Fixture.snapshot("a"))
        inbox.answer(1, .withheld("test"))
        inbox.stored(.committed(checkpointed: nil))
        let arrival = MonotonicInstant(nanoseconds: 77)
        signals.post(.interrupt, at: arrival)

        #expect(inbox.take() == .signal(ArrivedSignal(.interrupt, at: arrival)))
        #expect(inbox.take() == .store(.committed(checkpointed: nil)))
        #expect(inbox.take() == .event(.operatorRequest(.stop)))
        #expect(inbox.take() == .event(.answered(1, .withheld("test"))))
        #expect(inbox.take() == .event(.order(try Fixture.snapshot("a"))))
        #expect(inbox.take() == .event(.feed(.market, .connected)))
        #expect(inbox.take() == .event(.quote(try Fixture.quote())))
        #expect(inbox.take() == .event(.endOfRun("over")))
        #expect(inbox.take() == nil)
        #expect(inbox.isEmpty())
    }

    @Test func theLatestQuoteOfASymbolWinsAndKeepsItsPlace() throws {
        let inbox = Inbox()
        inbox.quote(try Fixture.quote("BTC-USD", bid: 100))
        inbox.quote(try Fixture.quote("ETH-USD", bid: 5))
        for bid in Int64(101)...10_000 { inbox.quote(try Fixture.quote("BTC-USD", bid: bid)) }
        #expect(inbox.take() == .event(.quote(try Fixture.quote("BTC-USD", bid: 10_000))))
        #expect(inbox.take() == .event(.quote(try Fixture.quote("ETH-USD", bid: 5))))
        #expect(inbox.take() == nil)
    }

    @Test func anOlderReportNeverTakesBackWhatIsFinalOrFilled() throws {
        let inbox = Inbox()
        inbox.order(try Fixture.snapshot("a", .canceled, filled: 4))
        inbox.order(try Fixture.snapshot("a", .open, filled: 2))
        #expect(inbox.take() == .event(.order(try Fixture.snapshot("a", .canceled, filled: 4))))

        inbox.order(try Fixture.snapshot("a", .open, filled: 5))
        inbox.order(try Fixture.snapshot("a", .canceled, filled: 3))
        #expect(inbox.take() == .event(.order(try Fixture.snapshot("a", .canceled, filled: 5))))

        inbox.order(try Fixture.snapshot("a", .pending))
        inbox.order(try Fixture.snapshot("a", .open, filled: 1))
        inbox.order(try Fixture.snapshot("a", .filled, filled: 10))
        #expect(inbox.take() == .event(.order(try Fixture.snapshot("a", .filled, filled: 10))))
        #expect(inbox.take() == nil)
    }

    @Test func tooManyReportedOrdersMarkTheFeedOnce() throws {
        let inbox = Inbox(orderLimit: 3)
        for name in ["a", "b", "c", "d", "e"] { inbox.order(try Fixture.snapshot(name)) }
        inbox.order(try Fixture.snapshot("a", .canceled))
        #expect(inbox.reportsDropped == 2)
        var orders: [String] = []
        var gaps = 0
        while let item = inbox.take() {
            switch item {
            case .event(.order(let snapshot)): orders.append(snapshot.exchangeOrderID.description)
            case .event(.feed(.orders, .gap)): gaps += 1
            default: Issue.record("unexpected \(item)")
            }
        }
        #expect(orders == ["a", "b", "c"])
        #expect(gaps == 1)
        for name in ["d", "e", "f", "g"] { inbox.order(try Fixture.snapshot(name)) }
        #expect(inbox.reportsDropped == 3, "a new flood is a new gap")
    }

    @Test func operatorRequestsBeyondTheLimitAreRefused() {
        let inbox = Inbox()
        for _ in 0..<Inbox.operatorLimit { #expect(inbox.request(.resume)) }
        #expect(!inbox.request(.stop))
        #expect(inbox.take() == .event(.operatorRequest(.resume)))
        #expect(inbox.request(.stop))
    }

    @Test func feedConditionsCollapseButKeepTheLatestAndALoss() {
        let inbox = Inbox()
        inbox.feed(.market, .silent)
        for round in 0..<1_000 { inbox.feed(.orders, round.isMultiple(of: 2) ? .lost("x") : .connected) }
        inbox.feed(.orders, .connected)
        var conditions: [FeedCondition] = []
        while case .event(.feed(let feed, let condition)) = inbox.take() {
            if feed == .orders { conditions.append(condition) } else { #expect(condition == .silent) }
        }
        #expect(conditions.count <= Inbox.feedLimit)
        #expect(conditions.last == .connected)
        #expect(conditions.contains { if case .lost = $0 { true } else { false } })
    }

    @Test func aReplayThatWaitsForItsDiskStillHearsTheOutside() throws {
        let inbox = Inbox()
        inbox.quote(try Fixture.quote())
        inbox.answer(1, .withheld(""))
        #expect(inbox.take(.outside) == nil)
        #expect(inbox.isEmpty(.outside))
        inbox.stored(.failed("full"))
        #expect(inbox.take(.outside) == .store(.failed("full")))
        #expect(inbox.take(.reports) == .event(.answered(1, .withheld(""))))
        #expect(inbox.take(.reports) == nil)
        #expect(inbox.take(.everything) == .event(.quote(try Fixture.quote())))
    }

    @Test func aSleepingLoopIsWokenByEachKindOfSender() throws {
        let signals = SignalBox()
        let inbox = Inbox(signals: signals)
        let quote = try Fixture.quote()
        let senders: [@Sendable () -> Void] = [
            { inbox.quote(quote) }, { inbox.answer(1, .withheld("")) },
            { inbox.stored(.failed("")) }, { _ = inbox.request(.stop) },
            { signals.post(.terminate, at: realNow()) },
        ]
        for sender in senders {
            try PlainThread.start("sender") { sender() }
            #expect(inbox.next(timeout: .seconds(10)) != nil)
        }
    }

    @Test func nothingIsLostBetweenManyThreads() throws {
        let inbox = Inbox()
        let threads = 4
        let each = 5_000
        for thread in 0..<threads {
            try PlainThread.start("sender") {
                for number in 0..<each { inbox.answer(Int64(thread * each + number), .withheld("")) }
            }
        }
        var seen = Set<CommandID>()
        while seen.count < threads * each, let item = inbox.next(timeout: .seconds(10)) {
            if case .event(.answered(let id, _)) = item { seen.insert(id) }
        }
        #expect(seen.count == threads * each)
    }

    @Test func aSignalOfTheStartUpIsKeptUntilTheLoopComes() {
        let signals = SignalBox()
        signals.post(.quit, at: MonotonicInstant(nanoseconds: 5))
        signals.post(.hangUp, at: MonotonicInstant(nanoseconds: 6))
        signals.post(.terminate, at: MonotonicInstant(nanoseconds: 7))
        let inbox = Inbox(signals: signals)
        #expect(inbox.pendingSignal == ArrivedSignal(.quit, at: MonotonicInstant(nanoseconds: 5)))
        #expect(inbox.take() == .signal(ArrivedSignal(.quit, at: MonotonicInstant(nanoseconds: 5))))
        #expect(inbox.take() == .signal(ArrivedSignal(.hangUp, at: MonotonicInstant(nanoseconds: 6))))
        #expect(inbox.take() == nil, "a third never enters: it ends the process")
    }
}
