import Testing
import TradingDomain

@testable import Trading

@Suite("Keys by when they are due")
struct TimerHeapTests {
    /// Whatever the order in which they were added; of those that are due together the first added is first.
    @Test func everyKeyComesOutAtItsTime() {
        var heap = TimerHeap<Int>()
        var state: UInt64 = 7
        var added: [(key: Int, at: MonotonicInstant)] = []
        for key in 0..<200 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let at = MonotonicInstant(nanoseconds: Int64(state >> 58))
            heap.add(key, at: at)
            added.append((key, at))
        }
        let expected = added.sorted { $0.at == $1.at ? $0.key < $1.key : $0.at < $1.at }
        for (key, at) in expected {
            #expect(heap.nextDue == at)
            let early = heap.popDue(at: at - .nanoseconds(1))
            #expect(early == nil)
            let due = heap.popDue(at: at)
            #expect(due == key)
        }
        #expect(heap.isEmpty && heap.nextDue == nil)
    }
}

@Suite("Questions that wait for their turn")
struct QueryDeskTests {
    private let start = MonotonicInstant(nanoseconds: 0)

    @Test func whatIsDueIsHandedOutOnceAndInItsOrder() {
        var desk = QueryDesk<String>()
        for (index, key) in ["c", "a", "b"].enumerated() {
            desk.want(key, at: start + .milliseconds(Int64(index)))
        }
        // Whoever asks for a batch need not have looked before.
        let got1 = desk.nextBatch(limit: 2, at: start + .milliseconds(5))
        #expect(got1 == ["c", "a"])
        let got2 = desk.nextBatch(limit: 2, at: start + .milliseconds(5))
        #expect(got2 == ["b"])
        let got3 = desk.nextBatch(limit: 2, at: start + .milliseconds(5))
        #expect(got3 == [])
        #expect(!desk.isEmpty, "none of them was answered")
    }

    @Test func nothingIsHandedOutBeforeItIsDue() {
        var desk = QueryDesk<String>()
        desk.want("a", at: start + .milliseconds(10))
        let got4 = desk.hasDue(at: start + .milliseconds(9))
        #expect(!got4)
        let got5 = desk.nextBatch(limit: 1, at: start + .milliseconds(9))
        #expect(got5 == [])
        #expect(desk.nextDue == start + .milliseconds(10))
        let got6 = desk.nextBatch(limit: 1, at: start + .milliseconds(10))
        #expect(got6 == ["a"])
    }

    @Test func whatIsForgottenIsNotHandedOut() {
        var desk = QueryDesk<String>()
        desk.want("a", at: start)
        let got7 = desk.hasDue(at: start)
        #expect(got7)
        desk.forget("a")
        let got8 = desk.hasDue(at: start)
        #expect(!got8 && desk.isEmpty)
        let got9 = desk.nextBatch(limit: 1, at: start)
        #expect(got9 == [])
    }

    @Test func hurryBringsForwardWhatWaitsAndLeavesWhatIsUnderWay() {
        var desk = QueryDesk<String>()
        desk.want("under way", at: start)
        let got10 = desk.nextBatch(limit: 1, at: start)
        #expect(got10 == ["under way"])
        desk.want("later", at: start + .seconds(60))
        desk.hurry(at: start + .seconds(1))
        let got11 = desk.nextBatch(limit: 5, at: start + .seconds(1))
        #expect(got11 == ["later"])
    }

    @Test func aNewBeginningCountsNoEarlierAttempts() {
        var desk = QueryDesk<String>()
        desk.want("a", at: start)
        _ = desk.nextBatch(limit: 1, at: start)
        #expect(desk.fewestAttempts == 1)
        desk.beginAnew(at: start)
        #expect(desk.fewestAttempts == 0)
    }
}
