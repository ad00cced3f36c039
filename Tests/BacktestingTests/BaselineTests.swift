import Testing
import TradingDomain

@testable import Backtesting

@Suite struct BaselineTests {
    private func baseline(
        checksum: String = "00", _ runs: [([BacktestParameter], (inout BacktestFigures) -> Void)]
    ) -> Baseline {
        let data = DataIdentity(
            file: "btc-usd.csv", symbol: Lab.bitcoin, kind: "trades", rows: 3, bytes: 90, checksum: checksum)
        return Baseline(
            data: [data],
            runs: runs.map { parameters, change in
                var figures = BacktestFigures()
                figures.result = Money(100)
                figures.trades = 50
                change(&figures)
                return Baseline.Run(parameters: parameters, figures: figures)
            })
    }

    @Test func whatMovedBeyondTheToleranceIsNamed() {
        let old = baseline([([], { _ in })])
        #expect(old.differences(from: old, tolerance: .zero).isEmpty)
        let within = baseline([([], { $0.result = Money(102) })])
        #expect(old.differences(from: within, tolerance: Rate(2)).isEmpty)
        let beyond = baseline([([], { $0.result = Money("97.9")! })])
        #expect(old.differences(from: beyond, tolerance: Rate(2)) == ["result was 100, is 97.9 (-2.1 %)"])
        #expect(old.differences(from: beyond, tolerance: Rate(3)).isEmpty)
        let two = baseline([([], { ($0.trades, $0.result) = (52, Money(-100)) })])
        #expect(
            old.differences(from: two, tolerance: Rate(2)) == [
                "result was 100, is -100 (-200 %)", "trades was 50, is 52 (+4 %)",
            ])
    }

    @Test func whatWasZeroMustStayZero() {
        let old = baseline([([], { _ in })])
        let new = baseline([([], { $0.refusals = 1 })])
        #expect(old.differences(from: new, tolerance: Rate(2)) == ["refusals was 0, is 1"])
    }

    @Test func otherDataAndOtherRunsAreNoComparison() {
        let five = [BacktestParameter(key: "strategies[0].levels", value: "5")]
        let ten = [BacktestParameter(key: "strategies[0].levels", value: "10")]
        let old = baseline([(five, { _ in })])
        let new = baseline(checksum: "01", [(ten, { _ in })])
        let found = old.differences(from: new, tolerance: Rate(2))
        #expect(found.count == 3)
        #expect(found[0].hasPrefix("the data are others: BTC-USD trades 01"))
        #expect(found[1] == "the baseline has a run that is missing now: strategies[0].levels=5")
        #expect(found[2] == "strategies[0].levels=10: the baseline has no such run")
    }
}
