import Foundation
import Storage
import Testing
import Trading
import TradingDomain

/// What a durable intent costs, against a bare append of as many bytes as it grew the log. Prints; asks
/// nothing of the machine. Runs only on request:
/// `TRADER247_BENCHMARK=1 swift test -c release --filter CommitBenchmark`
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TRADER247_BENCHMARK"] != nil), .serialized)
struct CommitBenchmark {
    @Test func oneIntentPerTransaction() throws {
        try measure("intent") { number in [entry(number, .intent(try restingOrder(number)))] }
    }

    @Test func intentAnswerAndSend() throws {
        try measure("intent, then committed + sent + place") { number in
            let order = try restingOrder(number)
            let send = TurnEntry(
                number: number * 2 + 1, stamp: stamp(number), event: .committed(through: number * 2),
                records: [.sent(order.id, at: stamp(number).utc)], commands: [try placement(of: order)])
            return [entry(number * 2, .intent(order)), send]
        }
    }

    @Test func tenIntentsPerTransaction() throws {
        try measure("10 intents in one turn", count: 1_000) { number in
            let records = try (0..<10).map { Trading.Record.intent(try restingOrder(number * 10 + $0)) }
            return [
                TurnEntry(number: number, stamp: stamp(number), event: nil, records: records, commands: [])
            ]
        }
    }

    private func measure(_ name: String, count: Int = 3_000, _ turns: (Int64) throws -> [TurnEntry]) throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(0, .lifeBegan(epoch: 7, mode: .paper, at: stamp(0).utc)), checkpoint: true)
        let log = directory.store + "-wal"
        let transactions = try (1...Int64(count)).map {
            Transaction(number: $0, turns: try turns($0), checkpoint: false)
        }
        // How much one commit grows the log, from a tenth of the work.
        let before = try size(of: log)
        var bytes = 0
        let bare = open(directory.path + "/bare", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        #expect(bare >= 0)
        defer { close(bare) }
        var commits: [Double] = []
        var appends: [Double] = []
        var work: [Double] = []
        for (index, transaction) in transactions.enumerated() {
            let start = ContinuousClock.now
            let startWork = threadTime()
            let result = store.commit(transaction)
            commits.append((ContinuousClock.now - start) / .microseconds(1))
            work.append(threadTime() - startWork)
            guard case .committed = result else {
                Issue.record("\(result)")
                return
            }
            if index < count / 10 { continue }
            if bytes == 0 { bytes = (try size(of: log) - before) / (index + 1) }
            let block = [UInt8](repeating: 7, count: bytes)
            let appendStart = ContinuousClock.now
            #expect(write(bare, block, block.count) == block.count)
            #expect(fdatasync(bare) == 0)
            appends.append((ContinuousClock.now - appendStart) / .microseconds(1))
        }
        commits.removeFirst(count / 10)
        commits.sort()
        work.sort()
        appends.sort()
        func at(_ share: Double, _ times: [Double]) -> Int {
            Int(times[Int(Double(times.count - 1) * share)])
        }
        let perSecond = Int(1e6 * Double(commits.count) / commits.reduce(0, +))
        let ratio = commits[commits.count / 2] / appends[appends.count / 2]
        print(
            "\(name): \(bytes) bytes per commit; commit p50 \(at(0.5, commits)) p99 \(at(0.99, commits)) us, "
                + "CPU \(at(0.5, work)) us, \(perSecond)/s; append+fdatasync p50 \(at(0.5, appends)) "
                + "p99 \(at(0.99, appends)) us; ratio of medians " + String(format: "%.2f", ratio))
    }

    /// CPU time of this thread, microseconds.
    private func threadTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    private func size(of path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }
}
