import Foundation
import Storage
import Testing
import Trading
import TradingDomain

@Suite struct ReaderTests {
    @Test func nothingThereIsSaidAndNothingIsMade() throws {
        let directory = try TemporaryDirectory()
        #expect {
            try StateReader(at: directory.path)
        } throws: {
            $0 as? StoreError == .notFound(file: directory.store)
        }
        #expect(try directory.files.isEmpty)
    }

    @Test func aClosedStoreIsReadWithoutATrace() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .intent(try restingOrder(1))))
        try store.close()
        #expect(try directory.files == ["state.db"])
        let reader = try StateReader(at: directory.path)
        #expect(try reader.orders() == [try restingOrder(1)])
        #expect(try directory.files == ["state.db"])
    }

    @Test func aStoreThatBeginsToBeWrittenIsOpenedAgain() throws {
        let directory = try TemporaryDirectory()
        try StateStore.open(at: directory.path, bot: try bot()).close()
        let reader = try StateReader(at: directory.path)
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .intent(try restingOrder(1))), checkpoint: true)
        #expect(try reader.orders() == [try restingOrder(1)])
        try store.mustCommit(entry(2, .intent(try restingOrder(2))))
        #expect(try reader.orders().count == 2)
    }

    @Test func aStoreThatIsWrittenToWhileItIsReadWithoutLocksIsSaid() throws {
        let directory = try TemporaryDirectory()
        let first = try StateStore.open(at: directory.path, bot: try bot())
        try first.mustCommit(entry(1, .intent(try restingOrder(1))))
        try first.close()
        let reader = try StateReader(at: directory.path)
        #expect {
            try reader.journal { _ in
                let store = try StateStore.open(at: directory.path, bot: try bot())
                try store.mustCommit(entry(2, .intent(try restingOrder(2))), checkpoint: true)
                return true
            }
        } throws: {
            $0 as? StoreError == .changedWhileReading(file: directory.store)
        }
    }

    /// Closing removes the log's index before the log.
    @Test func aStoreThatIsBeingClosedIsRead() throws {
        let directory = try TemporaryDirectory()
        let closing = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .intent(try restingOrder(1))), checkpoint: true)
        for file in ["state.db", "state.db-wal"] {
            try FileManager.default.copyItem(
                atPath: "\(directory.path)/\(file)", toPath: "\(closing.path)/\(file)")
        }
        let log = closing.store + "-wal"
        #expect(try Data(contentsOf: URL(fileURLWithPath: log)).count > 0)
        Thread {
            usleep(50_000)
            unlink(log)
        }.start()
        #expect(try StateReader(at: closing.path).orders() == [try restingOrder(1)])
        #expect(try closing.files == ["state.db"])
    }

    @Test func whatACrashLeftIsReadWithoutATrace() throws {
        let directory = try TemporaryDirectory()
        let crashed = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .intent(try restingOrder(1))))
        // What a killed process leaves: the files as they are, and nobody who holds them.
        for file in try directory.files {
            try FileManager.default.copyItem(
                atPath: "\(directory.path)/\(file)", toPath: "\(crashed.path)/\(file)")
        }
        let before = try contents(crashed)
        #expect(before.keys.sorted() == ["state.db", "state.db-shm", "state.db-wal"])
        #expect(try StateReader(at: crashed.path).orders() == [try restingOrder(1)])
        #expect(try contents(crashed) == before)
        // Killed while it closed the store, of which SQLite removes the index before the log.
        try FileManager.default.removeItem(atPath: crashed.store + "-shm")
        let reader = try StateReader(at: crashed.path)
        #expect(try reader.orders() == [try restingOrder(1)])
        #expect(try contents(crashed) == before.filter { $0.key != "state.db-shm" })
        #expect(try StateStore.open(at: crashed.path, bot: try bot()).load().ledger.count == 1)
    }

    private func contents(_ directory: TemporaryDirectory) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for file in try directory.files {
            contents[file] = try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/\(file)"))
        }
        return contents
    }

    @Test func aPathWithStrangeLettersIsRead() throws {
        let directory = try TemporaryDirectory()
        let strange = directory.path + "/100% ?mode=rwc #ö"
        try StateStore.open(at: strange, bot: try bot()).close()
        #expect(try StateReader(at: strange).orders().isEmpty)
    }

    @Test func ordersAreFiltered() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let terms = OrderTerms(
            symbol: try symbol("ETH-USD"), side: .sell, type: .market, quantity: Quantity(1))
        let ether = Order(id: try orderID(9), terms: terms, strategy: "dca", createdAt: stamp(1).utc)
        try store.mustCommit(
            entry(1, .intent(try restingOrder(1)), .intent(try restingOrder(2)), .intent(ether)),
            entry(
                2, .sent(try orderID(2), at: stamp(2).utc), .sent(ether.id, at: stamp(2).utc),
                .changed(OrderChange(id: ether.id, state: .rejected, reason: "no", at: stamp(3).utc))))
        let reader = try StateReader(at: directory.path)
        #expect(try reader.orders().map(\.id.sequence) == [9, 2, 1])
        #expect(try reader.orders(OrderFilter(workingOnly: true)).map(\.id.sequence) == [2])
        #expect(try reader.orders(OrderFilter(symbol: ether.terms.symbol)).map(\.reason) == ["no"])
        #expect(try reader.orders(OrderFilter(limit: 2)).map(\.id.sequence) == [9, 2])
        #expect(try reader.load() == store.load())
    }

    @Test func everyLookSeesWholeTransactions() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let rounds: Int64 = 150
        let writer = Thread {
            for round in 0..<rounds {
                // Two orders and a checkpoint now and then, in one transaction each.
                guard let first = try? restingOrder(round * 2 + 1),
                    let second = try? restingOrder(round * 2 + 2)
                else { return }
                _ = store.commit(
                    Transaction(
                        number: round, turns: [entry(round, .intent(first)), entry(round, .intent(second))],
                        checkpoint: round % 25 == 24))
            }
        }
        writer.start()
        let reader = try StateReader(at: directory.path)
        var seen = 0
        while seen < Int(rounds) * 2 {
            let count = try reader.orders().count
            #expect(count % 2 == 0 && count >= seen)
            seen = count
            if writer.isFinished, try reader.orders().count < Int(rounds) * 2 {
                Issue.record("the reader does not see the last commits")
                return
            }
        }
        #expect(try reader.verifyJournal() == .intact(rows: rounds * 2))
        #expect(try reader.rebuildFromJournal() == store.load())
    }
}
