// What a guardian, or the state directory, could not be given at once is given later.

import CLinux
import Daemon
import Foundation
import Glibc
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import TraderCommands

@Suite struct AcceptanceTests {
    /// What is handed up last, after everything that is there to be read.
    private func heard(_ lifeline: Int32) throws -> AcceptedMemory? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var last: AcceptedMemory?
        var handed: Int32 = -1
        while cl_hear(lifeline, &bytes, bytes.count, &handed) > 0 {
            if handed >= 0 { last = try AcceptedMemory(inherited: handed) }
        }
        return last
    }

    @Test func whatAGuardianHasNoRoomForIsHandedUpLater() throws {
        var ends: [Int32] = [-1, -1]
        try #require(cl_lifeline(&ends) == 0)
        defer { for end in ends { close(end) } }
        let (guardian, lifeline) = (ends[0], try Lifeline(inheriting: ends[1]))
        // Nobody reads, until nothing more goes in.
        var beat = UInt8(ascii: "\n")
        while write(ends[1], &beat, 1) == 1 {}
        #expect(errno == EAGAIN)
        let complaints = Mutex(0)
        let acceptance = Acceptance(AcceptedMemory(["key": [1]]), lifeline) { _ in
            complaints.withLock { $0 += 1 }
        }
        acceptance.take(key: [2], of: "key")
        acceptance.take(key: [3], of: "key")
        #expect(complaints.withLock { $0 } == 1)
        let end = ContinuousClock.now + .seconds(20)
        var memory: AcceptedMemory?
        while memory == nil, ContinuousClock.now < end {
            _ = cl_wait_readable(guardian, -1, 100_000_000)
            memory = try heard(guardian)
        }
        #expect(memory?.start == ["key": [3]], "the newest, once")
        // And what comes then goes at once.
        acceptance.take(key: [4], of: "key")
        #expect(try heard(guardian)?.start == ["key": [4]])
    }

    private struct NullStore: TransactionStore {
        func commit(_ transaction: Trading.Transaction) -> CommitResult { .committed(checkpointed: nil) }
    }

    private func intent() throws -> Trading.Transaction {
        let bot = try #require(BotID("test"))
        let terms = OrderTerms(
            symbol: try #require(Symbol("BTC-USD")), side: .buy,
            type: .limit(try #require(Price("100")), postOnly: true), quantity: try #require(Quantity("1")))
        let utc = UTCInstant(seconds: 1_800_000_000)
        let order = Order(
            id: try #require(ClientOrderID(bot: bot, epoch: 1, sequence: 1)), terms: terms, strategy: "grid",
            createdAt: utc)
        let turn = TurnEntry(
            number: 1, stamp: Stamp(monotonic: MonotonicInstant(nanoseconds: 1), utc: utc), event: nil,
            records: [.intent(order)], commands: [])
        return Trading.Transaction(number: 1, turns: [turn], checkpoint: false)
    }

    @Test func aLifeThatCouldNotBeKeptIsKeptWithTheNextIntent() throws {
        let directory = FileManager.default.temporaryDirectory.path + "/trader247-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // Something else is in its place.
        try "".write(toFile: directory, atomically: false, encoding: .utf8)
        let complaints = Mutex(0)
        let store = KeepingStore(NullStore(), KeptLife(try #require(Configuration())), in: directory) { _ in
            complaints.withLock { $0 += 1 }
        }
        let intent = try intent()
        for _ in 0..<2 { #expect(store.commit(intent) == .committed(checkpointed: nil)) }
        #expect(complaints.withLock { $0 } == 1)
        try FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        _ = store.commit(intent)
        guard case .life = KeptLife.read(in: directory) else {
            Issue.record("nothing is kept")
            return
        }
        // Once is enough.
        KeptLife.forget(in: directory)
        _ = store.commit(intent)
        guard case .none = KeptLife.read(in: directory) else {
            Issue.record("it was written again")
            return
        }
    }
}
