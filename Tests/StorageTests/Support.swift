import Foundation
import GRDB
import Storage
import Testing
import Trading
import TradingDomain

/// A directory of its own for one test, removed with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/trader247-storage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var files: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
    var store: String { StateStore.file(in: path) }

    /// Runs SQL on the closed store, as somebody with a database tool would.
    func tamper(_ sql: String) throws {
        let queue = try DatabaseQueue(path: store)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }
}

/// A small filesystem of its own. Needs root and the right to mount.
final class SmallDisk {
    let path: String
    static let isPossible: Bool = {
        guard getuid() == 0, let directory = try? TemporaryDirectory(),
            run("/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory.path)
        else { return false }
        return run("/bin/umount", directory.path)
    }()

    init(kilobytes: Int) throws {
        path = FileManager.default.temporaryDirectory.path + "/trader247-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(run("/bin/mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path))
    }
    deinit {
        _ = run("/bin/umount", "-l", path)
        try? FileManager.default.removeItem(atPath: path)
    }
    func remount(_ options: String) { #expect(run("/bin/mount", "-o", "remount,\(options)", path)) }
}

func run(_ tool: String, _ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}

func bot(_ name: String = "grid") throws -> BotID { try #require(BotID(name)) }
func symbol(_ name: String = "BTC-USD") throws -> Symbol { try #require(Symbol(name)) }
func orderID(_ sequence: Int64, epoch: Int64 = 7) throws -> ClientOrderID {
    try #require(ClientOrderID(bot: try bot(), epoch: epoch, sequence: sequence))
}

func restingOrder(_ sequence: Int64, epoch: Int64 = 7, price: String = "61234.56") throws -> Order {
    let terms = OrderTerms(
        symbol: try symbol(), side: .buy,
        type: .limit(try #require(Price(price)), postOnly: true), quantity: try #require(Quantity("0.0125")))
    return Order(
        id: try orderID(sequence, epoch: epoch), terms: terms, strategy: "grid",
        createdAt: UTCInstant(seconds: 1_800_000_000 + sequence))
}

func stamp(_ number: Int64) -> Stamp {
    Stamp(
        monotonic: MonotonicInstant(nanoseconds: number),
        utc: UTCInstant(nanoseconds: 1_800_000_000_000_000_000 + number))
}

func entry(_ number: Int64, event: Event? = nil, _ records: Trading.Record...) -> TurnEntry {
    TurnEntry(number: number, stamp: stamp(number), event: event, records: records, commands: [])
}

extension StateStore {
    /// Commits these turns as one transaction and expects it to succeed.
    func mustCommit(_ turns: TurnEntry..., checkpoint: Bool = false) throws {
        let result = commit(Transaction(number: 1, turns: turns, checkpoint: checkpoint))
        guard case .committed = result else { throw CommitRefused(result: result) }
    }
}
struct CommitRefused: Error { let result: CommitResult }

/// An order that passed the gate, and the command that places it.
func placement(of order: Order) throws -> NumberedCommand {
    let price = try #require(order.terms.type.limitPrice)
    let product = Product(
        symbol: order.terms.symbol, baseIncrement: try #require(Quantity("0.0001")),
        priceIncrement: try #require(Price("0.01")), minimumQuantity: try #require(Quantity("0.0001")),
        maximumQuantity: Quantity(1_000), minimumNotional: Money(1), makerFee: Rate(basisPoints: 10),
        takerFee: Rate(basisPoints: 20))
    let exposure = RiskExposure(
        product: product,
        quote: Quote(symbol: order.terms.symbol, bid: price, ask: price, at: order.createdAt),
        workingOrders: 0, workingOrdersOfSymbol: 0, position: .zero, workingBuys: .zero, workingSells: .zero,
        ordersInLastMinute: 0, freeBase: nil, freeQuote: nil)
    let approved = try RiskGate(limits: RiskLimits()).check(
        order.id, order.terms, strategy: order.strategy, exposure: exposure, at: order.createdAt
    ).get()
    return NumberedCommand(id: order.id.sequence, command: .place(approved))
}
