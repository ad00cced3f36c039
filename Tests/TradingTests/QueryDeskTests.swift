import Testing
import TradingDomain

@testable import Trading

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
