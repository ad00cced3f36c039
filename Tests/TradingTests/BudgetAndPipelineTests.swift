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
        budget.throttled(retryAfter: .milliseconds(20), at: at(40))
        let early = budget.take(.cancel, at: at(59))
        let due = budget.take(.cancel, at: at(60))
        #expect(!early && due)
        // The refill goes on at its full speed.
        let next = budget.take(.cancel, at: at(67))
        #expect(next)
        for _ in 0..<4 { budget.throttled(retryAfter: .milliseconds(20), at: at(70)) }
        let slowed = budget.take(.cancel, at: at(130))
        #expect(!slowed)
    }

    @Test func aThrottleBlocksEveryoneAndAStopCapsIt() {
        var budget = RateBudget(limits: RateLimits())
        budget.throttled(retryAfter: .seconds(60), at: at(0))
        let blocked = budget.take(.cancel, at: at(1_000))
        budget.capBlock(at: at(1_500))
        let still = budget.take(.cancel, at: at(1_499))
        let free = budget.take(.cancel, at: at(1_500))
        #expect(!blocked && !still && free)
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
