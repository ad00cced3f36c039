import Foundation
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import Exchanges

final class Told: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct PaperBookTests {
    @Test func aBookSurvivesCloseAndReopening() throws {
        let lab = try PaperLab()
        let placed = try lab.place(1, 50_000)
        lab.pass(.milliseconds(50))
        let order = try #require(lab.memory.acceptance(placed)).exchangeOrderID
        lab.close()
        let again = try PaperLab(lab.directory, at: PaperLab.start + .seconds(5))
        let list = again.submit(.listOrders(OrderQuery(.working())))
        again.pass(.milliseconds(50))
        #expect(again.memory.page(list)?.orders.map(\.exchangeOrderID) == [order])
    }

    /// A request that was taken before a kill and never answered still takes effect.
    @Test func whatAKilledLifeSentStillArrives() throws {
        let lab = try PaperLab()
        let id = try lab.place(1, 50_000)
        lab.pass(.milliseconds(10))
        #expect(lab.memory.answer(id) == nil)
        lab.kill()
        let view = try PaperBook.read(at: lab.directory, now: PaperLab.start + .milliseconds(70))
        #expect(view.orders.map(\.clientOrderID) == ["lab-1-1"])
        let again = try PaperLab(lab.directory, at: PaperLab.start + .milliseconds(75))
        again.pass(.milliseconds(100))
        #expect(try again.view().working == 1)
        let repeated = try again.place(1, 50_000)
        again.pass(.milliseconds(50))
        #expect(again.memory.acceptance(repeated) != nil)
        #expect(try again.view().orders.count == 1)
    }

    @Test func aCancelThatAKilledLifeSentTakesEffect() throws {
        let lab = try PaperLab()
        let placed = try lab.place(1, 50_000)
        lab.pass(.milliseconds(50))
        let order = try #require(lab.memory.acceptance(placed)).exchangeOrderID
        lab.submit(.cancel([order]))
        lab.kill()
        let again = try PaperLab(lab.directory, at: PaperLab.start + .seconds(3_600))
        #expect(try again.view().orders.map(\.status) == [.canceled])
    }

    @Test func timePassesWhileNobodyRuns() throws {
        let lab = try PaperLab()
        let end = PaperLab.start + .seconds(600)
        try lab.place(1, 50_000, .goodTillDate(end))
        // Half a per cent above the market: some hours reach it.
        try lab.place(2, 60_300, side: .sell)
        lab.pass(.milliseconds(50))
        #expect(try lab.view().working == 2)
        lab.kill()
        let again = try PaperLab(lab.directory, at: PaperLab.start + .seconds(86_400))
        let orders = try again.view().orders
        #expect(orders.first?.status == .expired)
        #expect(orders.first?.updatedAt == end)
        #expect(orders.last?.status == .filled)
        let fills = again.submit(.listFills(FillQuery(orders: orders.map(\.exchangeOrderID))))
        again.pass(.milliseconds(50))
        guard case .fills(.page(let page)) = again.memory.answer(fills) else {
            Issue.record("no fills")
            return
        }
        #expect(page.fills.map(\.price) == [Price(60_300)])
    }

    /// What was told before a kill is true afterwards: the book goes the same way again.
    @Test func aKilledBookGoesTheSameWayAgain() throws {
        let lab = try PaperLab()
        for level in 1...40 {
            try lab.place(Int64(level), 60_000 - Int64(level) * 3)
            try lab.place(Int64(100 + level), 60_010 + Int64(level) * 3, side: .sell)
        }
        for _ in 1...200 { lab.pass(.seconds(1)) }
        let before = try lab.view()
        #expect(before.fills.count > 3)
        lab.kill()
        let again = try PaperLab(lab.directory, at: lab.clock.now().utc + .seconds(7_200))
        let after = try again.view()
        #expect(Array(after.fills.map(\.fillID).prefix(before.fills.count)) == before.fills.map(\.fillID))
        #expect(Array(after.fills.map(\.at).prefix(before.fills.count)) == before.fills.map(\.at))
        let told = Set(lab.memory.all.orders.filter { $0.status == .filled }.map(\.exchangeOrderID))
        let filled = Set(after.orders.filter { $0.status == .filled }.map(\.exchangeOrderID))
        #expect(told.isSubset(of: filled))
    }

    @Test func aTornLastLineIsDropped() throws {
        let lab = try PaperLab()
        try lab.place(1, 50_000)
        lab.pass(.milliseconds(50))
        lab.kill()
        let path = lab.directory + "/entries.log"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let whole = bytes.count
        bytes.append(contentsOf: Array("0123456789abcdef {\"number\":".utf8))
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try lab.view().working == 1)
        let again = try PaperLab(lab.directory, at: PaperLab.start + .seconds(1))
        #expect(try again.view().working == 1)
        again.kill()
        let after = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(after.prefix(whole) == bytes.prefix(whole))
        #expect(after.last == UInt8(ascii: "\n"))
    }

    @Test func damageIsNamedWithFileAndLine() throws {
        let lab = try PaperLab()
        try lab.place(1, 50_000)
        try lab.place(2, 50_000)
        lab.pass(.milliseconds(50))
        lab.kill()
        let path = lab.directory + "/entries.log"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let line = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
        bytes[line + 40] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let expected = PaperBookError.corrupt(
            file: path, line: 2, "its checksum does not fit its content")
        #expect(throws: expected) { try lab.view() }
        #expect(throws: expected) { try PaperLab(lab.directory, at: PaperLab.start) }
    }

    @Test func aDamagedSnapshotIsNamed() throws {
        let lab = try PaperLab()
        lab.kill()
        let path = lab.directory + "/snapshot.json"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[200] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(throws: PaperBookError.self) { try lab.view() }
    }

    @Test func oneProcessAtATime() throws {
        let lab = try PaperLab()
        #expect(throws: PaperBookError.locked(directory: lab.directory, holder: "pid \(getpid())")) {
            try PaperLab(lab.directory)
        }
        #expect(throws: PaperBookError.self) { try PaperBook.reset(lab.directory) }
        lab.kill()
        try PaperBook.reset(lab.directory)
        #expect(throws: PaperBookError.missing(directory: lab.directory)) { try lab.view() }
    }

    @Test func readingChangesNothing() throws {
        let lab = try PaperLab()
        try lab.place(1, 50_000)
        lab.pass(.milliseconds(50))
        let files = ["snapshot.json", "entries.log", "lock"].map { lab.directory + "/" + $0 }
        let before = try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        _ = try lab.view(at: PaperLab.start + .seconds(100_000))
        #expect(try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == before)
        lab.kill()
    }

    @Test func snapshotsAreMadeOnTheWayAndLoseNothing() throws {
        let lab = try PaperLab()
        try lab.place(1, 50_000)
        lab.pass(.milliseconds(50))
        for _ in 1...20 { lab.pass(.seconds(30)) }
        lab.kill()
        let entries = try BookLog.read(lab.directory).entries
        #expect(entries.count < 20)
        let again = try PaperLab(lab.directory, at: lab.clock.now().utc)
        #expect(try again.view().orders.count == 1)
    }

    @Test func aRecordingGoesOnWhereItStood() throws {
        let path = PaperLab.directory() + ".csv"
        let rows = (0..<100).map {
            "2023-02-02T09:20:\($0 < 50 ? "0" : "1")\($0 % 10).000Z,\($0),buy,60000,0.1"
        }
        try ("time,trade_id,side,price,size\n" + rows.sorted().joined(separator: "\n"))
            .write(toFile: path, atomically: true, encoding: .utf8)
        let file = try ReplayFile.load(
            path, symbol: PaperLab.bitcoin, spread: Rate(basisPoints: 1), depth: Quantity(1))
        let lab = try PaperLab(feed: .replay(file))
        lab.pass(.seconds(5))
        lab.close()
        let again = try PaperLab(lab.directory, feed: .replay(file))
        #expect(again.clock.now().utc < UTCInstant("2023-02-02T09:20:06Z")!)
        #expect(again.clock.now().utc > UTCInstant("2023-02-02T09:20:04Z")!)
        again.pass(.seconds(60))
        again.pass(.seconds(1))
        let ended = again.memory.all.ended
        #expect(ended)
    }
}
