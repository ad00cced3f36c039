import Foundation
import Storage
import Synchronization
import Testing
import Trading
import TradingDomain

@Suite struct BackupTests {
    @Test func aCopyMadeWhileCommitsGoOnIsOneMomentOfTheStoreAndOpensAsOne() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        var stream = try LawfulStream(seed: 5)
        for number in 0..<200 as Range<Int64> {
            _ = store.commit(Transaction(number: number, turns: [try stream.next()], checkpoint: false))
        }
        var committed: Int64 = 0
        let rowsBefore = try rows(directory)
        // Commits go on between the pages.
        let moves = Mutex(0)
        let writer = Mutex(stream)
        let result = try StoreBackup.make(of: directory.path, to: directory.path + "/copy.db") { _, _ in
            moves.withLock { $0 += 1 }
            writer.withLock { stream in
                guard let turn = try? stream.next() else { return }
                _ = store.commit(Transaction(number: 1_000, turns: [turn], checkpoint: true))
            }
        }
        committed = try rows(directory) - rowsBefore
        #expect(moves.withLock { $0 } > 0)
        #expect(committed > 0)
        #expect(result.lastRow == rowsBefore)
        #expect(result.rows == result.lastRow)
        #expect(try directory.files.filter { $0.hasPrefix("copy") } == ["copy.db"])
        // Restored, it is a store, and its journal makes what its tables hold.
        let restored = try TemporaryDirectory()
        try FileManager.default.copyItem(atPath: result.path, toPath: restored.store)
        let copy = try StateStore.open(at: restored.path, bot: try bot())
        #expect(try copy.verifyJournal() == .intact(rows: result.rows))
        #expect(try copy.load() == copy.rebuildFromJournal())
        #expect(try copy.load().epoch == result.epoch)
        try copy.mustCommit(entry(9_999, .epochRaised(result.epoch + 1)))
    }

    private func rows(_ directory: TemporaryDirectory) throws -> Int64 {
        guard case .intact(let rows, _) = try StateReader(at: directory.path).verifyJournal() else {
            return -1
        }
        return rows
    }

    @Test func aFileThatIsThereIsReplacedOnlyWhenAsked() throws {
        let directory = try TemporaryDirectory()
        try StateStore.open(at: directory.path, bot: try bot()).close()
        let target = directory.path + "/copy.db"
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
        #expect(throws: StoreError.self) { try StoreBackup.make(of: directory.path, to: target) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data("precious".utf8))
        _ = try StoreBackup.make(of: directory.path, to: target, replaces: true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)).count > 4_096)
        #expect(try directory.files == ["copy.db", "state.db"])
    }

    @Test func theStoreIsNeverReplacedByItsOwnCopy() throws {
        let directory = try TemporaryDirectory()
        try StateStore.open(at: directory.path, bot: try bot()).close()
        let other = directory.path + "/other.db"
        try FileManager.default.linkItem(atPath: directory.store, toPath: other)
        for target in [directory.store, other] {
            #expect(throws: StoreError.self) {
                try StoreBackup.make(of: directory.path, to: target, replaces: true)
            }
        }
        #expect(try StateStore.open(at: directory.path, bot: try bot()).load() == DurableState())
    }

    @Test func aDamagedStoreMakesNoBackup() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .epochRaised(7)), entry(2, .epochRaised(8)))
        try store.close()
        try directory.tamper("DELETE FROM journal WHERE seq = 2")
        let target = directory.path + "/copy.db"
        #expect(throws: StoreError.self) { try StoreBackup.make(of: directory.path, to: target) }
        #expect(try directory.files == ["state.db"])
    }
}
