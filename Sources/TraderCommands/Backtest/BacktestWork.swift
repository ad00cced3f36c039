// Backtests on several threads: each takes the next parameter set that nobody has. Results keep the order of the sets.

import Backtesting
import Daemon
import Glibc
import Synchronization

final class BacktestWork: Sendable {
    private struct State: Sendable {
        var next = 0
        var unfinished: Int
        /// Rows of the data played so far, per set.
        var played: [Int]
        var results: [Result<BacktestResult, BacktestError>?]
    }

    /// One for each parameter set, not yet begun.
    private let backtests: [Backtest]
    private let state: Mutex<State>
    let rows: Int

    init(_ backtests: [Backtest]) {
        self.backtests = backtests
        rows = backtests.reduce(0) { $0 + $1.rows }
        state = Mutex(
            State(
                unfinished: backtests.count, played: Array(repeating: 0, count: backtests.count),
                results: Array(repeating: nil, count: backtests.count)))
    }

    var played: Int { state.withLock { $0.played.reduce(0, +) } }

    /// Runs all of them; `look` is called now and then while they run.
    func run(jobs: Int, _ look: () -> Void) throws -> [BacktestResult] {
        for number in 0..<max(1, min(jobs, backtests.count)) {
            try PlainThread.start("backtest-\(number)", stack: 4 << 20) { [self] in work() }
        }
        while state.withLock({ $0.unfinished > 0 }) {
            usleep(2_000)
            look()
        }
        return try state.withLock { $0.results }.map { result in
            guard let result else { throw BacktestError.noData }
            return try result.get()
        }
    }

    private func work() {
        while let index = state.withLock({ take(&$0) }) {
            let result = live(index)
            state.withLock {
                $0.results[index] = result
                $0.played[index] = backtests[index].rows
                $0.unfinished -= 1
            }
        }
    }

    private func take(_ state: inout State) -> Int? {
        guard state.next < backtests.count else { return nil }
        defer { state.next += 1 }
        return state.next
    }

    private func live(_ index: Int) -> Result<BacktestResult, BacktestError> {
        var backtest = backtests[index]
        do throws(BacktestError) {
            while try backtest.advance(instants: 20_000) {
                let played = backtest.played
                state.withLock { $0.played[index] = played }
            }
            return .success(try backtest.result())
        } catch {
            return .failure(error)
        }
    }
}
