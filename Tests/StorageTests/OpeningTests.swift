import Foundation
import Storage
import Testing
import Trading
import TradingDomain

@Suite struct OpeningTests {
    /// A closed store with a few orders in it.
    private func usedStore() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        for number in 1...40 as ClosedRange<Int64> {
            try store.mustCommit(entry(number, .intent(try restingOrder(number))))
        }
        try store.close()
        return directory
    }

    private func failure(_ directory: String, bot name: String = "grid") throws -> StoreError? {
        let bot = try bot(name)
        do throws(StoreError) {
            _ = try StateStore.open(at: directory, bot: bot)
            return nil
        } catch {
            return error
        }
    }

    private func content(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test func aMissingDirectoryIsMade() throws {
        let directory = try TemporaryDirectory()
        let deep = directory.path + "/var/lib/bot"
        let store = try StateStore.open(at: deep, bot: try bot())
        #expect(store.file == deep + "/state.db")
        #expect(FileManager.default.fileExists(atPath: store.file))
        #expect(!FileManager.default.fileExists(atPath: store.file + ".new"))
    }

    @Test func aFileThatIsNoDatabaseIsRefusedAndKept() throws {
        let directory = try TemporaryDirectory()
        let garbage = Data("these are not the bytes of a database at all, and there are many of them".utf8)
        try garbage.write(to: URL(fileURLWithPath: directory.store))
        guard case .corrupt(directory.store, _, _) = try failure(directory.path) else {
            Issue.record("opened \(garbage)")
            return
        }
        #expect(try content(directory.store) == garbage)
    }

    @Test func anEmptyFileIsRefusedAndKept() throws {
        let directory = try TemporaryDirectory()
        #expect(FileManager.default.createFile(atPath: directory.store, contents: nil))
        guard case .corrupt = try failure(directory.path) else {
            Issue.record("an empty file was taken for a new store")
            return
        }
        #expect(try content(directory.store).isEmpty)
    }

    @Test func aTruncatedFileIsRefusedAndKept() throws {
        let directory = try usedStore()
        let size = try content(directory.store).count
        for keep in [size - 4_096, size / 2, 4_096, 100] {
            let copy = try TemporaryDirectory()
            try content(directory.store).prefix(keep).write(to: URL(fileURLWithPath: copy.store))
            guard case .corrupt = try failure(copy.path) else {
                Issue.record("opened the first \(keep) of \(size) bytes")
                continue
            }
            #expect(try content(copy.store).count == keep)
        }
    }

    @Test func aDamagedPageIsRefused() throws {
        let directory = try usedStore()
        var bytes = try content(directory.store)
        // Zero the middle of every page but the first: rows and cells no longer fit.
        for start in stride(from: 4_096, to: bytes.count, by: 4_096) {
            bytes.replaceSubrange(start..<start + 64, with: Data(repeating: 0xA5, count: 64))
        }
        try bytes.write(to: URL(fileURLWithPath: directory.store))
        guard case .corrupt = try failure(directory.path) else {
            Issue.record("opened a store with damaged pages")
            return
        }
    }

    @Test func aLogWithoutItsDatabaseIsRefused() throws {
        let directory = try TemporaryDirectory()
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: directory.store + "-wal"))
        guard case .corrupt = try failure(directory.path) else {
            Issue.record("made a new store beside an orphaned log")
            return
        }
        #expect(try directory.files == ["state.db-wal"])
    }

    @Test func aRowThatCannotBeTrueIsNamed() throws {
        let directory = try usedStore()
        try directory.tamper("UPDATE orders SET quantity = 'lots' WHERE sequence = 3")
        let store = try StateStore.open(at: directory.path, bot: try bot())
        #expect {
            try store.load()
        } throws: {
            guard case .corrupt(directory.store, _, let cause)? = $0 as? StoreError else { return false }
            return cause.contains("orders") && cause.contains("7-3") && cause.contains("quantity")
                && cause.contains("lots")
        }
    }

    @Test func aNewerSchemaIsRefusedNamingBothVersions() throws {
        let directory = try usedStore()
        try directory.tamper("PRAGMA user_version = 10")
        #expect(try failure(directory.path) == .newerSchema(file: directory.store, found: 10, known: 9))
        #expect {
            try StateReader(at: directory.path)
        } throws: {
            $0 as? StoreError == .newerSchema(file: directory.store, found: 10, known: 9)
        }
    }

    @Test func anotherBotsStoreIsRefused() throws {
        let directory = try usedStore()
        #expect(
            try failure(directory.path, bot: "grid2")
                == .otherBot(file: directory.store, found: "grid", expected: "grid2"))
    }

    @Test func anotherProgramsDatabaseIsRefused() throws {
        let directory = try TemporaryDirectory()
        try directory.tamper("CREATE TABLE cats (name TEXT)")
        #expect(try failure(directory.path) == .foreign(file: directory.store))
    }

    @Test func aHalfMadeStoreIsMadeAnew() throws {
        let directory = try TemporaryDirectory()
        try Data("half".utf8).write(to: URL(fileURLWithPath: directory.store + ".new"))
        let store = try StateStore.open(at: directory.path, bot: try bot())
        #expect(try store.load() == DurableState())
    }

    @Test func networkFilesystemsAreKnownByTheirNumber() {
        #expect(Filesystem.networkType(0x6969) == "nfs")
        #expect(Filesystem.networkType(0xFF53_4D42) == "cifs")
        #expect(Filesystem.networkType(0xFE53_4D42) == "smb2")
        // ext4, tmpfs, overlayfs, FUSE, 9p: what machines and containers have for a local disk.
        for local in [0xEF53, 0x0102_1994, 0x794C_7630, 0x6573_5546, 0x0102_1997] as [Int64] {
            #expect(Filesystem.networkType(local) == nil)
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and the right to mount"))
    func aReadOnlyDiskIsRefusedAndCanStillBeRead() throws {
        let disk = try SmallDisk(kilobytes: 4_096)
        let store = try StateStore.open(at: disk.path, bot: try bot())
        try store.mustCommit(entry(1, .intent(try restingOrder(1))))
        try store.close()
        disk.remount("ro")
        guard case .readOnly(let file, _, let cause) = try failure(disk.path) else {
            Issue.record("opened a store on a read-only disk")
            return
        }
        #expect(file == disk.path && cause.contains("Read-only"))
        #expect(try StateReader(at: disk.path).orders().map(\.id) == [try orderID(1)])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and the right to mount"))
    func aFullDiskIsToldAtTheStart() throws {
        let disk = try SmallDisk(kilobytes: 64)
        let filler = FileManager.default.createFile(
            atPath: disk.path + "/filler", contents: Data(repeating: 1, count: 60 * 1_024))
        #expect(filler)
        guard case .diskFull = try failure(disk.path) else {
            Issue.record("made a store on a full disk")
            return
        }
        try FileManager.default.removeItem(atPath: disk.path + "/filler")
        disk.remount("size=4096k")
        #expect(try failure(disk.path) == nil)
    }

    @Test(.enabled(if: getuid() != 0, "root may write anywhere"))
    func aDirectoryOfSomebodyElseIsRefused() throws {
        let directory = try TemporaryDirectory()
        chmod(directory.path, 0o500)
        guard case .readOnly = try failure(directory.path) else {
            Issue.record("opened a store in a directory without write permission")
            return
        }
    }
}
