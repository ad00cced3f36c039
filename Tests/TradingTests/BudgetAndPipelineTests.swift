import Testing
import TradingDomain

@testable import Trading

@Suite("The rate budget")
struct RateBudgetTests {
    func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func placementsLeaveTheReserveToCancels() {
        var budget = RateBudget(limits: RateLimits())
        var placed = 0
        while budget.take(.placement, at: at(0)) { placed += 1 }
        #expect(placed == 20)
        var canceled = 0
        while budget.take(.cancel, at: at(0)) { canceled += 1 }
        #expect(canceled == 10)
        let early = budget.take(.cancel, at: at(33))
        #expect(!early)
        let due = budget.take(.cancel, at: at(34))
        #expect(due)
    }

    @Test func theNextRequestIsForeseenExactly() {
        var budget = RateBudget(limits: RateLimits())
        while budget.take(.cancel, at: at(0)) {}
        let next = budget.nextAvailable(.cancel, at: at(0))
        let early = budget.take(.cancel, at: MonotonicInstant(nanoseconds: next.nanoseconds - 1))
        let due = budget.take(.cancel, at: next)
        #expect(!early && due)
    }

    @Test func neverMoreThanBurstPlusRefill() {
        var budget = RateBudget(limits: RateLimits())
        var taken = 0
        for millisecond in 0...2_000 { while budget.take(.cancel, at: at(Int64(millisecond))) { taken += 1 } }
        #expect(taken <= 30 + 60 && taken >= 30 + 59)
    }

    @Test func aNearMissCostsItsWaitAndManySlowDown() {
        var budget = RateBudget(limits: RateLimits())
        while budget.take(.cancel, at: at(0)) {}
        budget.throttled(.cancel, retryAfter: .milliseconds(20), at: at(40))
        let early = budget.take(.cancel, at: at(59))
        let due = budget.take(.cancel, at: at(60))
        #expect(!early && due)
        // The refill goes on at its full speed.
        let next = budget.take(.cancel, at: at(67))
        #expect(next)
        for _ in 0..<4 { budget.throttled(.cancel, retryAfter: .milliseconds(20), at: at(70)) }
        let slowed = budget.take(.cancel, at: at(130))
        #expect(!slowed)
    }

    @Test func aThrottleThatDoesNotSayHowLongIsANearMissAFewTimes() {
        var budget = RateBudget(limits: RateLimits())
        while budget.take(.cancel, at: at(0)) {}
        budget.throttled(.cancel, retryAfter: nil, at: at(40))
        let early = budget.take(.cancel, at: at(73))
        let due = budget.take(.cancel, at: at(74))
        #expect(!early && due)
        // It goes on being too fast: now it costs half a second and the pace.
        for _ in 0..<4 { budget.throttled(.cancel, retryAfter: nil, at: at(80)) }
        let blocked = budget.take(.cancel, at: at(579))
        let free = budget.take(.cancel, at: at(580))
        #expect(!blocked && free)
    }

    @Test func aThrottleHoldsBackItsOwnKindOnly() {
        var budget = RateBudget(limits: RateLimits())
        #expect(budget.throttled(.placement, retryAfter: .seconds(600), at: at(0)) == .seconds(600))
        let placed = budget.take(.placement, at: at(599_000))
        let canceled = budget.take(.cancel, at: at(0))
        let asked = budget.take(.proof, at: at(0))
        let free = budget.take(.placement, at: at(600_000))
        #expect(!placed && canceled && asked && free)
    }

    @Test func theVenuesAnswerToACancelHoldsBackTheNextOneBriefly() {
        var budget = RateBudget(limits: RateLimits())
        #expect(budget.throttled(.cancel, retryAfter: .seconds(600), at: at(0)) == .seconds(2))
        let early = budget.take(.cancel, at: at(1_999))
        let due = budget.take(.cancel, at: at(2_000))
        let placed = budget.take(.placement, at: at(2_000))
        #expect(!early && due && placed)
    }

    @Test func aProofIsNotPutOffForLong() {
        var budget = RateBudget(limits: RateLimits())
        budget.throttled(.query, retryAfter: .seconds(600), at: at(0))
        let query = budget.take(.query, at: at(500_000))
        let early = budget.take(.proof, at: at(4_999))
        let due = budget.take(.proof, at: at(5_000))
        #expect(!query && !early && due)
    }

    @Test func aStopCapsWhatItsProofWaitsFor() {
        var budget = RateBudget(limits: RateLimits())
        budget.throttled(.query, retryAfter: .seconds(60), at: at(0))
        budget.capBlock(at: at(1_500))
        let still = budget.take(.proof, at: at(1_499))
        let free = budget.take(.proof, at: at(1_500))
        #expect(!still && free)
    }

    @Test func whatIsProbablyWellLeavesHalfOfTheBudget() {
        var budget = RateBudget(limits: RateLimits())
        var taken = 0
        while budget.take(.spare, at: at(0)) { taken += 1 }
        #expect(taken == 15)
    }

    @Test func anHourlyLimitHolds() {
        var limits = RateLimits()
        limits.perHour = 40
        var budget = RateBudget(limits: limits)
        var taken = 0
        for second in 0..<60 { while budget.take(.cancel, at: at(Int64(second) * 1_000)) { taken += 1 } }
        #expect(taken == 40)
    }
}

@Suite("The commit pipeline")
struct CommitPipelineTests {
    let stamp = Stamp(monotonic: MonotonicInstant(nanoseconds: 0), utc: UTCInstant(nanoseconds: 0))
    func entry(_ number: Int64, _ event: Event? = .started) -> TurnEntry {
        TurnEntry(number: number, stamp: stamp, event: event, records: [], commands: [])
    }
    func at(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

    @Test func turnsGroupWhileACommitIsUnderWay() {
        var pipeline = CommitPipeline()
        pipeline.add(entry(1))
        #expect(pipeline.next(at: at(0))?.turns.map(\.number) == [1])
        pipeline.add(entry(2))
        pipeline.add(entry(3, nil))
        pipeline.add(entry(4))
        #expect(pipeline.next(at: at(0)) == nil)
        #expect(pipeline.finished(.committed(checkpointed: nil)) == [.committed(through: 1)])
        #expect(pipeline.next(at: at(0))?.turns.map(\.number) == [2, 4])
        #expect(pipeline.finished(.committed(checkpointed: nil)) == [.committed(through: 4)])
        #expect(pipeline.isIdle)
    }

    @Test func aFlushIsAnsweredByATransactionBegunAfterIt() {
        var pipeline = CommitPipeline()
        pipeline.add(entry(1))
        _ = pipeline.next(at: at(0))
        pipeline.add(entry(2))
        pipeline.flush(7)
        #expect(pipeline.finished(.committed(checkpointed: nil)) == [.committed(through: 1)])
        let second = pipeline.next(at: at(0))
        #expect(second?.checkpoint == true)
        #expect(
            pipeline.finished(.committed(checkpointed: true)) == [
                .committed(through: 2), .answered(7, .flushed(.flushed(checkpointed: true))),
            ])
    }

    @Test func aFailureIsFinal() {
        var pipeline = CommitPipeline()
        pipeline.add(entry(1))
        _ = pipeline.next(at: at(0))
        pipeline.add(entry(2))
        #expect(pipeline.finished(.failed("disk full")) == [.storeFailed("disk full")])
        pipeline.add(entry(3))
        pipeline.flush(9)
        #expect(pipeline.next(at: at(0)) == nil)
        #expect(pipeline.tick(at: at(0)) == [.answered(9, .flushed(.failed("disk full")))])
    }

    @Test func aSlowCommitIsSaidOnce() {
        var pipeline = CommitPipeline()
        pipeline.add(entry(1))
        _ = pipeline.next(at: at(0))
        #expect(pipeline.tick(at: at(1)) == [])
        #expect(pipeline.nextTick == at(2))
        #expect(pipeline.tick(at: at(2)) == [.commitOverdue])
        #expect(pipeline.tick(at: at(3)) == [])
    }
}

@Suite("The hand-over to the exchange")
struct HandOverTests {
    /// Ten requests a second, five at once, none kept for cancels.
    func harness(
        _ orders: Int, capabilities: ExchangeCapabilities = ExchangeCapabilities(),
        _ configure: (inout CoreConfiguration) -> Void = { _ in }
    ) throws -> CoreHarness {
        var harness = try CoreHarness(
            [AnyStrategy(FixedStrategy.ladder(orders))], capabilities: capabilities
        ) {
            $0.rate.burst = 5
            $0.rate.perSecond = 10
            $0.rate.cancelReserve = 0
            configure(&$0)
        }
        harness.commitsAtOnce = false
        try harness.startTrading()
        harness.pass(.seconds(1))
        return harness
    }

    /// Intents that wait for their commit.
    func intents(_ harness: CoreHarness) -> Int {
        harness.records.count { if case .intent = $0 { true } else { false } }
    }

    @Test func whatASlowDiskHeldUpIsSentAsFastAsTheBudgetAllows() throws {
        var harness = try harness(12)
        // Each intent reserves one of the five requests, so the disk never holds more.
        #expect(intents(harness) == 5)
        harness.pass(.milliseconds(900))
        #expect(intents(harness) == 5)
        #expect(harness.placements == 0)
        harness.send(.committed(through: harness.turns))
        #expect(harness.placements == 5)
        // Those that were decided in the same turn wait for a commit, and then each for its request.
        harness.pass(.milliseconds(50))
        harness.send(.committed(through: harness.turns))
        var sent = harness.placements
        for _ in 0..<10 {
            harness.pass(.milliseconds(100))
            harness.send(.committed(through: harness.turns))
            #expect(harness.placements - sent <= 1)
            sent = harness.placements
        }
        #expect(sent == 12)
    }

    @Test func aDurableIntentWaitsForARequestThatACancelTook() throws {
        var harness = try harness(5) { $0.rate.perSecond = 1 }
        harness.pass(.seconds(3))
        #expect(intents(harness) == 5)
        // The venue says that only two are left.
        harness.send(.rate(RateHint(remaining: 2)))
        harness.send(.committed(through: harness.turns))
        #expect(harness.placements == 2)
        let wake = try #require(harness.wakeAt)
        #expect(wake - harness.clock.monotonic <= .seconds(1))
        harness.pass(.milliseconds(1_050))
        #expect(harness.placements == 3)
        // The gate closes over the rest.
        harness.send(.signal(.terminate))
        harness.pass(.milliseconds(1_050))
        #expect(harness.placements == 3)
        let dropped = harness.core.durable.ledger.liveOrders.filter { $0.sentAt == nil }
        #expect(dropped.isEmpty)
    }

    @Test func anIntentThatWaitedTooLongIsNotSent() throws {
        var harness = try harness(5) { $0.risk.maximumQuoteAge = .seconds(2) }
        harness.pass(.seconds(3))
        harness.send(.committed(through: harness.turns))
        #expect(harness.placements == 0)
    }

    @Test func noMorePlacementsAreUnderWayThanTheExchangeTakes() throws {
        var capabilities = ExchangeCapabilities()
        capabilities.placementsAtOnce = 2
        var harness = try harness(5, capabilities: capabilities)
        harness.send(.committed(through: harness.turns))
        #expect(harness.placements == 2)
        harness.pass(.seconds(1))
        harness.send(.committed(through: harness.turns))
        #expect(harness.placements == 2)
        harness.commitsAtOnce = true
        let first = try harness.takePlacement()
        harness.answer(first.id, .placed(.rejected("no")))
        harness.pass(.seconds(1))
        #expect(harness.placements == 2)
    }

    @Test func noMoreCancelsAreUnderWayThanTheExchangeTakes() throws {
        var capabilities = ExchangeCapabilities(cancelBatchLimit: 1)
        capabilities.callsAtOnce = 2
        var harness = try harness(4, capabilities: capabilities) { $0.rate.burst = 100 }
        harness.commitsAtOnce = true
        harness.send(.committed(through: harness.turns))
        try harness.acceptPlacements()
        harness.send(.signal(.terminate))
        #expect(harness.cancels == 2)
        let first = try harness.takeCancel()
        harness.answer(
            first.id,
            .canceled(.answered([CancelResult(exchangeOrderID: first.value[0], verdict: .accepted)])))
        #expect(harness.cancels == 2)
    }
}
