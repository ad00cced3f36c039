import Testing
import TradingDomain

@testable import ExternalStrategies

@Suite("How much of a program is read")
struct ProgramFlowTests {
    private func at(_ nanoseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds) }

    /// As much as a flood offers, taken whenever it may be.
    private func read(_ flow: inout ProgramFlow, from start: Int64, to end: Int64, step: Int64, cost: Int)
        -> Int
    {
        var sum = 0
        for now in stride(from: start, to: end, by: Int64.Stride(step)) {
            let allowed = flow.allowance(at: at(now))
            guard allowed > 0 else { continue }
            let bytes = min(allowed, 65_536)
            flow.spend(bytes)
            flow.spend(cost)
            sum += bytes + cost
        }
        return sum
    }

    @Test(arguments: [1_000 as Int64, 10_000, 1_000_000, 100_000_000])
    func aFloodIsReadSoManyBytesASecond(_ step: Int64) {
        var flow = ProgramFlow(perSecond: 1_000_000)
        let start = read(&flow, from: 0, to: 100_000_000, step: step, cost: 0)
        #expect(start <= 1_170_000, "what may come at once, and a little")
        let second = read(&flow, from: 100_000_000, to: 1_100_000_000, step: step, cost: 0)
        #expect(second <= 1_080_000)
        #expect(second >= 700_000 || step > 10_000_000)
    }

    /// Small lines take as long as long ones, so they count as such.
    @Test func whatALineCostsIsPaidBackBeforeMoreIsRead() {
        var flow = ProgramFlow(perSecond: 1_000_000)
        _ = read(&flow, from: 0, to: 1_000_000, step: 1_000_000, cost: 3_000_000)
        #expect(flow.allowance(at: at(1_500_000_000)) == 0)
        #expect(flow.pause > .milliseconds(500) && flow.pause < .milliseconds(600))
        #expect(flow.allowance(at: at(2_200_000_000)) > 0)
        #expect(flow.pause == .zero)
    }

    /// Neither a long rest nor a clock that stands still earns more than a second's worth.
    @Test func aRestEarnsNoMoreThanASecond() {
        var flow = ProgramFlow(perSecond: 1_000_000)
        #expect(flow.allowance(at: at(0)) == 1_000_000)
        flow.spend(1_000_000)
        #expect(flow.allowance(at: at(0)) == 0)
        #expect(flow.allowance(at: at(9_000_000_000_000_000)) == 1_000_000)
        #expect(flow.allowance(at: at(0)) == 1_000_000)
    }
}
