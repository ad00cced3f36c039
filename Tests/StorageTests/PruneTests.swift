import FoundationEssentials
import Storage
import Testing
import Trading
import TradingDomain

@Suite struct PruneTests {
    /// A closed store with the journal of many lives.
    private func used(seed: UInt64, turns: Int = 600) throws -> (TemporaryDirectory, LawfulStream) {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        var stream = try LawfulStream(seed: seed)
        for number in 0..<turns {
            _ = store.commit(
                Transaction(number: Int64(number), turns: [try stream.next()], checkpoint: false))
        }
        try store.close()
        return (directory, stream)
    }

    /// Prunes all that may go, as years later.
    private func prune(_ directory: TemporaryDirectory) throws -> PruneResult {
        try JournalPruning.prune(
            at: directory.path, keep: .zero, now: UTCInstant(seconds: 4_000_000_000))
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func aPrunedJournalVerifiesAndMakesTheSameState(seed: UInt64) throws {
        let (directory, life) = try used(seed: seed)
        var stream = life
        let all = stream.state
        let times = try instants(directory)
        let half = times[times.count / 2]
        // The orders of this stream are as old as it is; what they hold back is another test.
        let queue = try heldBack(directory)
        let first = try JournalPruning.prune(at: directory.path, keep: .seconds(1), now: half + .seconds(1))
        try put(queue, back: directory)
        #expect(first.removed > 0 && first.kept > 0)
        let store = try StateStore.open(at: directory.path, bot: try bot())
        guard case .intact(first.kept, let anchor?) = try store.verifyJournal() else {
            Issue.record("not intact after a prune")
            return
        }
        #expect(anchor.seq == first.removed)
        #expect(try store.load() == all)
        #expect(try store.rebuildFromJournal() == all)
        // Life goes on, and what is pruned later begins at the first anchor.
        for number in 0..<100 {
            _ = store.commit(
                Transaction(number: Int64(number), turns: [try stream.next()], checkpoint: false))
        }
        #expect(try store.rebuildFromJournal() == stream.state)
        try store.close()
        let more = try heldBack(directory)
        let second = try prune(directory)
        try put(more, back: directory)
        #expect(second.kept == 1)
        let reader = try StateReader(at: directory.path)
        #expect(try reader.rebuildFromJournal() == stream.state)
        #expect(try reader.load() == stream.state)
        #expect(try prune(directory).removed == 0)
    }

    private func instants(_ directory: TemporaryDirectory) throws -> [UTCInstant] {
        var times: [UTCInstant] = []
        try StateReader(at: directory.path).journal {
            times.append($0.utc)
            return true
        }
        return times
    }

    /// Hides the unfinished orders' ages; the answer puts them back.
    private func heldBack(_ directory: TemporaryDirectory) throws -> String {
        try directory.tamper(
            """
            CREATE TABLE ages AS SELECT epoch, sequence, created_at FROM orders WHERE finished IS NULL;
            UPDATE orders SET created_at = 9000000000000000000 WHERE finished IS NULL
            """)
        return """
            UPDATE orders SET created_at = (SELECT a.created_at FROM ages a WHERE a.epoch = orders.epoch
                AND a.sequence = orders.sequence) WHERE finished IS NULL;
            DROP TABLE ages
            """
    }
    private func put(_ sql: String, back directory: TemporaryDirectory) throws { try directory.tamper(sql) }

    private func lives() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .lifeBegan(epoch: 7, mode: .paper, at: stamp(1).utc)))
        for number in 2...20 as ClosedRange<Int64> {
            try store.mustCommit(entry(number, .epochRaised(6 + number)))
        }
        try store.close()
        return directory
    }

    @Test func theDryRunSaysWhatThePruningDoes() throws {
        let directory = try lives()
        let plan = try StateReader(at: directory.path).pruningPlan(keep: .nanoseconds(10), now: stamp(20).utc)
        #expect(plan == PruneResult(removed: 9, kept: 11, anchor: 9))
        let result = try JournalPruning.prune(at: directory.path, keep: .nanoseconds(10), now: stamp(20).utc)
        #expect(result == plan)
    }

    @Test func theRowsOfAnOrderThatIsNotFinishedStay() throws {
        let directory = try lives()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        var order = try restingOrder(1)
        order = Order(id: order.id, terms: order.terms, strategy: "grid", createdAt: stamp(21).utc)
        try store.mustCommit(entry(21, .intent(order)))
        for number in 22...30 as ClosedRange<Int64> {
            try store.mustCommit(entry(number, .epochRaised(number)))
        }
        try store.close()
        let result = try prune(directory)
        #expect(result == PruneResult(removed: 20, kept: 10, anchor: 20, heldBackBy: order.createdAt))
    }

    @Test(arguments: [
        "UPDATE anchor SET state = replace(state, '\"epoch\":15', '\"epoch\":16')",
        "UPDATE anchor SET hash = zeroblob(32)", "UPDATE anchor SET seq = 8",
        "UPDATE anchor SET pruned_at = pruned_at + 1", "UPDATE anchor SET keep = 0",
        "DELETE FROM anchor", "DELETE FROM journal WHERE seq = 10",
        "UPDATE journal SET payload = replace(payload, '20', '21') WHERE seq = 14",
    ])
    func tamperingIsNoticedAfterAPruneToo(sql: String) throws {
        let directory = try lives()
        _ = try JournalPruning.prune(at: directory.path, keep: .nanoseconds(10), now: stamp(20).utc)
        #expect(try StateReader(at: directory.path).verifyJournal().description.contains("anchor at row 9"))
        try directory.tamper(sql)
        guard case .broken = try StateReader(at: directory.path).verifyJournal() else {
            Issue.record("not noticed: \(sql)")
            return
        }
    }

    @Test func aBrokenJournalIsNotPruned() throws {
        let directory = try lives()
        try directory.tamper("UPDATE journal SET turn = 99 WHERE seq = 4")
        #expect(throws: StoreError.self) { try prune(directory) }
        guard case .broken(4, _) = try StateReader(at: directory.path).verifyJournal() else {
            Issue.record("the bad row is gone")
            return
        }
        #expect(try instants(directory).count == 20)
    }
}
