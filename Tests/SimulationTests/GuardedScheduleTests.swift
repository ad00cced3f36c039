import Testing
import Trading
import TradingDomain

@testable import Simulation

struct GuardedScheduleTests {
    private func seeds(guarded: Bool, from first: UInt64 = 1) throws -> [UInt64] {
        try (first..<first + 60).filter {
            let scenario = try Scenario(choices: Choices(seed: $0), options: ScheduleOptions())
            return (scenario.guardian != nil) == guarded
        }
    }

    @Test func halfOfTheSeedsAreGuarded() throws {
        #expect((20...40).contains(try seeds(guarded: true).count))
    }

    @Test func everyKindOfProcessIsMetByViolence() throws {
        let summary = Campaign(first: 5_000, count: 300, threads: 2).run()
        #expect(summary.violations == [])
        let coverage = summary.coverage
        for kind in [FaultKind.crash, .killGuardian, .killBoth, .hostLoss, .hang, .stopped, .unkillable] {
            for place in [Coverage.Place.recovering, .trading, .afterCrash] {
                #expect(coverage.count(kind, place) > 0, "\(kind) never met \(place)")
            }
            #expect(coverage.total(kind) > 0)
        }
        for kind in [FaultKind.lostStore, .restoredStore, .unreadableStore, .slowStart, .notSpawned] {
            #expect(coverage.count(kind, .starting) > 0, "\(kind) never happened")
        }
        #expect(coverage.total(.lyingSync) > 0)
        #expect(coverage.total(.poisonedStore) > 0)
        #expect(coverage.count(.crash, .exchangeOnly) > 0)
    }
}

struct SimulatedDiskTests {
    @Test func whatWasNotSyncedIsLostFromTheEnd() {
        var disk = SimulatedDisk()
        for number in 1...5 as ClosedRange<Int64> {
            disk.commit(.with(number), isSynced: number <= 3)
        }
        #expect(disk.transactions == 5)
        #expect(disk.unsynced == 2)
        let losesNothing = disk.cut(toTransactions: 5)
        let loses = disk.cut(toTransactions: disk.transactions - disk.unsynced)
        #expect(!losesNothing && loses)
        #expect(disk.records.count == 3)
        // What is synced later makes everything before it safe.
        disk.commit(.with(6), isSynced: false)
        disk.commit(.with(7), isSynced: true)
        #expect(disk.unsynced == 0)
    }

    @Test func aShorterStoreReplaysToItsOwnState() throws {
        var disk = SimulatedDisk()
        for number in 1...4 as ClosedRange<Int64> { disk.commit(.with(number)) }
        let whole = try disk.replay()
        #expect(whole.epoch == 4)
        _ = disk.cut(toTransactions: 2)
        let half = try disk.replay()
        #expect(half.epoch == 2)
        _ = disk.cut(toTransactions: 0)
        let empty = try disk.replay()
        let again = try disk.replayFromNothing()
        #expect(empty == again && disk.records.isEmpty)
    }
}

extension Transaction {
    /// With one life's beginning in it.
    fileprivate static func with(_ number: Int64) -> Transaction {
        let record = Record.lifeBegan(epoch: number, mode: .paper, at: UTCInstant(seconds: number))
        let turn = TurnEntry(
            number: number,
            stamp: Stamp(monotonic: MonotonicInstant(nanoseconds: 0), utc: UTCInstant(seconds: 0)),
            event: nil, records: [record], commands: [])
        return Transaction(number: number, turns: [turn], checkpoint: false)
    }
}
