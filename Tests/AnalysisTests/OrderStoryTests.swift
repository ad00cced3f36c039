// The story of an order, from rows that are made by hand.

import Foundation
import Testing
import Trading
import TradingDomain

@testable import Analysis

@Suite struct OrderStoryTests {
    private let start = UTCInstant(seconds: 1_800_000_000)
    private let id: ClientOrderID
    private let exchangeID = ExchangeOrderID("X17")

    init() throws {
        let bot = try #require(BotID("grid"))
        id = try #require(ClientOrderID(bot: bot, epoch: 7, sequence: 17))
    }

    private func order() throws -> Order {
        let terms = OrderTerms(
            symbol: try #require(Symbol("BTC-USD")), side: .buy,
            type: .limit(Price(59_940), postOnly: true), quantity: try #require(Quantity("0.01")))
        var order = Order(id: id, terms: terms, strategy: "grid", createdAt: start)
        order.basis = OrderBasis(
            trigger: .quote, bid: Price(59_999), ask: Price(60_001), waited: .zero, position: .zero,
            workingOrders: 20, workingOrdersOfSymbol: 10, ordersInLastMinute: 14)
        return order
    }

    private func fill(_ name: String, _ quantity: String) throws -> Fill {
        Fill(
            id: FillID(name), exchangeOrderID: exchangeID, symbol: try #require(Symbol("BTC-USD")),
            side: .buy, price: Price(59_940), quantity: try #require(Quantity(quantity)),
            fee: try #require(Money("0.24")), liquidity: .maker, at: start + .seconds(2))
    }

    private func turn(
        _ seq: Int64, after: Duration, _ event: Event? = nil, _ records: [Trading.Record] = [],
        _ commands: [SentCommand] = []
    ) -> JournaledTurn {
        JournaledTurn(
            seq: seq, epoch: 7, at: start + after, event: event, records: records, commands: commands)
    }

    /// Wanted, accepted, partly filled, canceled at the second try by an operator's stop.
    private func life() throws -> (order: Order, fills: [Fill], turns: [JournaledTurn]) {
        var state = DurableState()
        var turns: [JournaledTurn] = []
        func at(_ ms: Int64) -> UTCInstant { start + .milliseconds(ms) }
        func add(
            _ ms: Int64, _ event: Event? = nil, _ records: [Trading.Record] = [],
            _ commands: [SentCommand] = []
        ) throws {
            for record in records { try state.apply(record) }
            turns.append(
                turn(Int64(turns.count) + 100, after: .milliseconds(ms), event, records, commands))
        }
        let fill = try fill("f1", "0.004")
        try add(0, nil, [.intent(try order())])
        try add(1, nil, [.sent(id, at: at(1))], [SentCommand(id: 5, what: .place(id))])
        try add(
            44,
            .answered(
                5, .placed(.accepted(Acceptance(exchangeOrderID: exchangeID, clientOrderID: nil, terms: nil)))
            ),
            [.changed(OrderChange(id: id, state: .open, exchangeOrderID: exchangeID, at: at(44)))])
        try add(
            2_050, nil,
            [
                .changed(
                    OrderChange(
                        id: id, state: .partiallyFilled, filledQuantity: fill.quantity, at: at(2_050)))
            ])
        try add(2_060, nil, [.fill(id, fill)])
        let said = OperatorNote(word: .stop, by: "socket uid 1000", at: at(9_000))
        try add(
            9_000, nil, [.operatorSaid(said), .cancelRequested([id], at: at(9_000), why: .stop)],
            [SentCommand(id: 6, what: .cancel([exchangeID, ExchangeOrderID("X18")]))])
        try add(
            9_020, .answered(6, .canceled(.unsent(CallFailure("slow down", isRateLimit: true)))), [],
            [SentCommand(id: 7, what: .cancel([exchangeID]))])
        try add(
            9_040,
            .answered(
                7, .canceled(.answered([CancelResult(exchangeOrderID: exchangeID, verdict: .accepted)]))))
        try add(9_060, nil, [.changed(OrderChange(id: id, state: .canceled, at: at(9_060)))])
        return (try #require(state.ledger[id]), [fill], turns)
    }

    @Test func everyStepIsTold() throws {
        let (order, fills, turns) = try life()
        let story = OrderStory(order, fills: fills, turns: turns)
        #expect(
            story.steps.map(\.kind) == [
                .wanted, .gate, .sent, .accepted, .seen, .fill, .cancelWanted, .cancelSent, .cancelAnswered,
                .cancelSent, .cancelAnswered, .ended,
            ], "\(story.lines.joined(separator: "\n"))")
        let text = story.lines.joined(separator: "\n")
        for words in [
            "Strategy grid wanted it, on a new price: it saw bid 59999, ask 60001, its price is 10 bps below the mid",
            "let it through: 20 orders worked, 10 of them in BTC-USD; position 0 BTC; 14 orders in the minute before",
            "accepted it as X17, 43 ms after the request",
            "Filled 0.004 @ 59940 as maker, fee 0.24 USD", "10 bps better than the mid",
            "Its cancel was wanted: the bot was to stop (stop, by socket uid 1000)",
            "A cancel was sent together with 1 others", "we were too fast: slow down",
            "The cancel was sent again (2. time)", "took the cancel, 20 ms after it was sent",
            "Ended canceled, 9 s after it was wanted: 0.004 of 0.01 filled at 59940 on average, fees 0.24 USD.",
        ] { #expect(text.contains(words), "missing: \(words)\n\(text)") }
        #expect(story.missing.isEmpty)
        #expect(story.steps.allSatisfy { $0.seq != nil })
    }

    @Test func whatAFlattenClosedIsToldUnderThoseWhoHeldIt() throws {
        let order = Order(id: id, terms: try order().terms, strategy: Flatten.strategy, createdAt: start)
        var bought = try fill("f0", "0.003")
        bought.side = .sell
        var books = StrategyBooks()
        try books.book(bought, strategy: "grid")
        let closing = try fill("f1", "0.004")
        let parts = try books.book(closing, strategy: order.strategy)
        let story = OrderStory(order, fills: [closing], turns: [], parts: [closing.id: parts])
        let words = "booked: 0.003 under grid, 0.001 under operator/flatten"
        #expect(story.steps.contains { $0.kind == .fill && $0.text.hasSuffix(words) }, "\(story.lines)")
    }

    @Test func aPrunedJournalLeavesTheTables() throws {
        let (order, fills, turns) = try life()
        let story = OrderStory(
            order, fills: fills, turns: Array(turns.suffix(1)), journalBegins: start + .seconds(9))
        #expect(story.steps.map(\.kind) == [.wanted, .gate, .sent, .fill, .cancelWanted, .ended])
        #expect(story.steps.filter { $0.seq == nil }.count == 5)
        #expect(story.missing.count == 1 && story.missing[0].contains("was pruned"))
        let nothing = OrderStory(order, fills: fills, turns: [], journalBegins: start + .seconds(9))
        #expect(nothing.steps.last?.kind == .ended)
    }

    @Test func anOrderOfAnOlderVersionSaysWhatIsNotKnown() throws {
        var order = try order()
        order.basis = nil
        order.cancelRequestedAt = start + .seconds(1)
        order.sentAt = start
        let story = OrderStory(order, fills: [], turns: [turn(1, after: .zero, nil, [.intent(order)])])
        #expect(story.missing.count == 2)
        #expect(story.lines.contains { $0.contains("nobody recorded why") })
        #expect(story.ending.contains("what became of it is not known yet"))
    }

    @Test func anOrderThatWasDroppedWasNeverAtTheExchange() throws {
        var order = try order()
        order.state = .failed
        order.endedAt = start + .seconds(1)
        let change = OrderChange(id: id, state: .failed, reason: "stopping: SIGTERM", at: start + .seconds(1))
        let story = OrderStory(
            order, fills: [],
            turns: [
                turn(1, after: .zero, nil, [.intent(order)]),
                turn(2, after: .seconds(1), nil, [.changed(change)]),
            ])
        #expect(story.steps.last?.text == "It was dropped before it was sent: stopping: SIGTERM")
        #expect(story.ending == "Never sent: the exchange has not seen it.")
    }

    @Test func everyAnswerHasWords() throws {
        let failure = CallFailure("broken pipe")
        let outcomes: [(PlaceOutcome, OrderStory.Step.Kind, String)] = [
            (.rejected("post only would cross"), .rejected, "post only would cross"),
            (.unsent(failure), .unsent, "broken pipe"),
            (
                .unsent(CallFailure("429", retryAfter: .seconds(2), isRateLimit: true)), .throttled,
                "asked for 2 s of patience"
            ),
            (.ambiguous(failure), .unknown, "never sent again"),
        ]
        for (outcome, kind, words) in outcomes {
            let turns = [
                turn(1, after: .zero, nil, [.intent(try order())]),
                turn(2, after: .zero, nil, [.sent(id, at: start)], [SentCommand(id: 3, what: .place(id))]),
                turn(3, after: .milliseconds(40), .answered(3, .placed(outcome))),
            ]
            let story = OrderStory(try order(), fills: [], turns: turns)
            let step = try #require(story.steps.first { $0.kind == kind })
            #expect(step.text.contains(words), "\(step.text)")
        }
        let verdicts: [CancelResult.Verdict] = [
            .accepted, .duplicateRequest, .alreadyFinal, .unknownOrder, .refused("busy"),
            .notAllowed("frozen"),
        ]
        let texts = verdicts.map {
            StoryWords.canceled(
                .answered([CancelResult(exchangeOrderID: exchangeID, verdict: $0)]), exchangeID, "1 ms")
        }
        #expect(Set(texts).count == verdicts.count)
        for cause in CancelCause.allCases {
            #expect(StoryWords.cancelWish(cause, nil, try order(), isFirst: true).count > 20)
        }
    }

    @Test func commandsAreReadBackFromTheJournal() throws {
        let text =
            #"[{"command":{"place":{"_0":{"clientOrderID":"grid-7-h","terms":{}}}},"id":5},"#
            + #"{"command":{"cancel":{"_0":["X17","X18"]}},"id":6},{"command":{"flush":{}},"id":7}]"#
        let commands = try JSONDecoder().decode([SentCommand].self, from: Data(text.utf8))
        #expect(
            commands == [
                SentCommand(id: 5, what: .place(id)),
                SentCommand(id: 6, what: .cancel([exchangeID, ExchangeOrderID("X18")])),
                SentCommand(id: 7, what: .other),
            ])
    }

    @Test func durationsAreForEyes() {
        for (nanoseconds, text) in [
            (0, "0 us"), (430_000, "430 us"), (1_240_000, "1.2 ms"), (43_700_000, "43 ms"),
            (9_060_000_000, "9 s"), (61_000_000_000, "1 min 1 s"), (7_500_000_000_000, "2 h 5 min"),
            (260_000_000_000_000, "3 d 0 h"),
        ] as [(Int64, String)] {
            #expect(StoryWords.duration(.nanoseconds(nanoseconds)) == text)
        }
    }
}
