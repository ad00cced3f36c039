import Testing
import TradingDomain

@testable import Trading

// What the shell may rely on: which events it keeps, which commands count as calls, and that a turn begins empty.

@Suite("What the core and its shell agree on")
struct ShellContractTests {
    private func report(_ what: ExternalReport.What) -> Event {
        .external(ExternalReport(strategy: "outside", run: 1, what: what))
    }

    @Test func theJournalKeepsWhatDecidesAndNotWhatComesWithEachPrice() {
        let quote = Quote(symbol: btc, bid: Price(99), ask: Price(100), at: UTCInstant(seconds: 0))
        for event in [
            Event.woke, .quote(quote), .committed(through: 1), .answered(1, .told(.quotes([quote]))),
            .answered(1, .flushed(.flushed(checkpointed: true))),
            report(.answered(ExternalAnswer(n: 1, wanted: nil))),
        ] {
            #expect(!event.isJournaled, "\(event)")
        }
        for event in [
            Event.started, .signal(.terminate), .commitOverdue, .storeFailed("disk"),
            .feed(.orders, .connected), .answered(1, .told(.products([]))), .overslept(.seconds(1)),
            report(.started(pid: 7)), report(.failed("nonsense")), report(.ended("it ended with 0")),
        ] {
            #expect(event.isJournaled, "\(event)")
        }
    }

    @Test func whatTheExchangeAnswersCountsAsACall() throws {
        for command in [
            Command.cancel([]), .listOrders(OrderQuery(.working())), .listFills(FillQuery(orders: [])),
            .listBalances, .ask(.time),
        ] {
            #expect(command.isExchangeCall, "\(command)")
        }
        for command in [Command.connect(.orders), .flush] { #expect(!command.isExchangeCall, "\(command)") }
        var bench = try CoreHarness()
        try bench.startTrading()
        #expect(Command.place(try bench.takePlacement().value).isExchangeCall)
    }

    @Test func thePhasesOfAStopAreNumberedInTheirOrder() {
        #expect(StopPhase.allCases.map(\.number) == [1, 2, 3, 4, 5, 6])
    }

    @Test func aTurnBeginsWithNothingOfTheLastOne() throws {
        var turn = Turn(number: 1)
        turn.records = [.epochRaised(2)]
        turn.commands = [NumberedCommand(id: 1, command: .flush)]
        turn.programs = [ExternalOrder(strategy: "outside", run: 1, word: .end)]
        turn.notices = [Notice(.info, "event", "words")]
        turn.replies = [OperatorReply(number: 1, outcome: .done("words"))]
        turn.refusals = [.funds]
        turn.wakeAt = MonotonicInstant(nanoseconds: 7)
        turn.begin(2)
        #expect(turn.number == 2 && turn.wakeAt == nil)
        #expect(turn.records.isEmpty && turn.commands.isEmpty && turn.programs.isEmpty)
        #expect(turn.notices.isEmpty && turn.replies.isEmpty && turn.refusals.isEmpty)
    }
}

@Suite("What a program outside is shown next")
struct ExternalProgramTests {
    private func program() -> ExternalProgram {
        ExternalProgram(ExternalRules(), memory: nil, recordsMemory: true)
    }

    /// As docs/external-strategies.md promises authors.
    @Test func anAnswerMayBeAsLargeAsIsDocumented() {
        #expect(ExternalRules.keyLimit == 100)
        func mistake(_ orders: Int, memory: Int = 0) -> String? {
            let wish = ExternalAnswer.Wish(
                terms: OrderTerms(
                    symbol: btc, side: .buy, type: .limit(Price(100)), quantity: Quantity(1)))
            return ExternalAnswer(
                n: 1, wanted: Array(repeating: wish, count: orders),
                memory: String(repeating: "m", count: memory)
            ).mistake(for: [btc])
        }
        #expect(mistake(1_000, memory: 16_384) == nil)
        #expect(mistake(1_001) != nil)
        #expect(mistake(1, memory: 16_385) != nil)
    }

    @Test(arguments: [
        (StrategyView.Trigger.quote(btc), StrategyView.Trigger.cycle, StrategyView.Trigger.cycle),
        (.cycle, .quote(btc), .cycle), (.order(btc), .cycle, .order(btc)),
        (.order(btc), .quote(eth), .order(btc)), (.cycle, .order(eth), .order(eth)),
        (.quote(btc), .quote(eth), .quote(eth)),
    ])
    func ordersMatterMoreThanTimeAndTimeMoreThanAPrice(
        _ first: StrategyView.Trigger, _ second: StrategyView.Trigger, _ shown: StrategyView.Trigger
    ) {
        var program = program()
        #expect(program.due == nil)
        program.want(first)
        #expect(program.due == first)
        program.want(second)
        #expect(program.due == shown)
    }
}
