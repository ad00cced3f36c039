// Refused batches, bounded patience: what the asking for cancels does with an exchange that has its moods.

import Testing
import TradingDomain

@testable import Trading

@Suite("The asking for cancels")
struct CancelDeskTests {
    private var generator = SeededGenerator(seed: 1)
    private var desk = CancelDesk<ClientOrderID>(batchLimit: 100)
    private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

    private func id(_ sequence: Int64) -> ClientOrderID {
        ClientOrderID(bot: bot, epoch: 5, sequence: sequence)!
    }

    private mutating func want(_ sequences: ClosedRange<Int64>) {
        for sequence in sequences { desk.want(id(sequence), ExchangeOrderID("X\(sequence)")) }
    }

    /// Sends everything that is due to an exchange that refuses calls by this rule; the sizes of the calls in order.
    private mutating func send(
        at now: MonotonicInstant, refusing refuses: ([CancelDesk<ClientOrderID>.Target]) -> Bool
    ) -> [Int] {
        var sizes: [Int] = []
        while sizes.count < 1_000 {
            let batch = desk.nextBatch(at: now)
            guard !batch.isEmpty else { break }
            sizes.append(batch.count)
            let outcome: CancelOutcome =
                refuses(batch)
                ? .refused("400")
                : .answered(
                    batch.map { CancelResult(exchangeOrderID: $0.exchangeOrderID, verdict: .accepted) })
            _ = desk.answered(batch, outcome, at: now, &generator)
            if !refuses(batch) { for target in batch { desk.forget(target.id) } }
        }
        return sizes
    }

    @Test mutating func oneOrderThatIsRefusedIsFoundAndTheOthersGoInFullBatches() {
        want(1...400)
        let culprit = ExchangeOrderID("X37")
        let sizes = send(at: start) { $0.contains { $0.exchangeOrderID == culprit } }
        // 100 refused and divided seven times; three batches of a hundred beside it.
        #expect(sizes.filter { $0 == 100 }.count == 4)
        #expect(sizes.count <= 4 + 2 * 7)
        #expect(desk.ids == [id(37)])
        // Later the size is what it was.
        want(1_001...1_100)
        #expect(send(at: start) { _ in false }.first == 100)
    }

    @Test mutating func aVenueThatTakesFewerThanItSaysIsLearnedOnceAMinute() {
        want(1...400)
        let sizes = send(at: start) { $0.count > 25 }
        #expect(desk.isEmpty)
        #expect(sizes.count < 40)
        // What comes next is not divided anew, until a minute is over.
        want(1_001...1_100)
        #expect(send(at: start + .seconds(1)) { $0.count > 25 } == [25, 25, 25, 25])
        want(2_001...2_100)
        #expect(send(at: start + .seconds(62)) { _ in false } == [100])
    }

    @Test mutating func aVenueThatAsksForMinutesIsAskedAgainWithinSeconds() {
        want(1...3)
        let batch = desk.nextBatch(at: start)
        let failure = CallFailure("429", retryAfter: .seconds(600), isRateLimit: true)
        _ = desk.answered(batch, .unsent(failure), at: start, &generator)
        let due = desk.nextDue
        #expect(due.map { $0 > start && $0 <= start + .seconds(2) } == true)
    }

    @Test mutating func whatEndsWhileItsBatchIsDividedIsNotAskedAgain() {
        want(1...8)
        let batch = desk.nextBatch(at: start)
        _ = desk.answered(batch, .refused("400"), at: start, &generator)
        for sequence in Int64(1)...8 where sequence != 5 { desk.forget(id(sequence)) }
        #expect(desk.nextBatch(at: start).map(\.id) == [id(5)])
    }

    private func taken(_ batch: [CancelDesk<ClientOrderID>.Target]) -> CancelOutcome {
        .answered(batch.map { CancelResult(exchangeOrderID: $0.exchangeOrderID, verdict: .accepted) })
    }

    @Test mutating func oneRefusalOfTwoOrdersSaysNothingOfTheSize() {
        want(1...2)
        _ = desk.answered(desk.nextBatch(at: start), .refused("400"), at: start, &generator)
        for _ in 0..<2 {
            let part = desk.nextBatch(at: start)
            _ = desk.answered(part, taken(part), at: start, &generator)
            for target in part { desk.forget(target.id) }
        }
        want(101...400)
        #expect(desk.nextBatch(at: start + .seconds(1)).count == 100)
    }

    @Test mutating func aRefusalOfEverythingIsNoOrdersFault() {
        want(1...100)
        var now = start
        // For a while the venue refuses every call.
        for _ in 0..<400 {
            let batch = desk.nextBatch(at: now)
            if !batch.isEmpty { _ = desk.answered(batch, .refused("400"), at: now, &generator) }
            now = now + .milliseconds(5)
        }
        now = now + .seconds(5)
        var calls = 0
        while !desk.isEmpty, calls < 500 {
            let batch = desk.nextBatch(at: now)
            guard !batch.isEmpty else { break }
            calls += 1
            _ = desk.answered(batch, taken(batch), at: now, &generator)
            for target in batch { desk.forget(target.id) }
        }
        #expect(calls < 20)
    }
}
