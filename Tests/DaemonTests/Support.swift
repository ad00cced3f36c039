// What the tests of the daemon share: markets, orders, a scripted core, exchange and store, and a way to wait
// for a fact instead of for time.

import Daemon
import Exchanges
import Foundation
import Synchronization
import Testing
import Trading
import TradingDomain

/// A fixture that the test's own text got wrong.
struct BadFixture: Error {}

enum Fixture {
    static func symbol(_ text: String = "BTC-USD") throws -> Symbol { try #require(Symbol(text)) }

    static func quote(_ symbol: String = "BTC-USD", bid: Int64 = 100) throws -> Quote {
        Quote(
            symbol: try self.symbol(symbol), bid: Price(bid), ask: Price(bid + 1),
            at: UTCInstant(seconds: 1_000))
    }

    static func snapshot(
        _ id: String, _ status: ExchangeOrderStatus = .open, filled: Int64 = 0
    ) throws -> OrderSnapshot {
        OrderSnapshot(
            exchangeOrderID: ExchangeOrderID(id), clientOrderID: "grid-1-1", terms: try terms(),
            status: status, filledQuantity: Quantity(filled), createdAt: UTCInstant(seconds: 1_000))
    }

    static func terms() throws -> OrderTerms {
        OrderTerms(symbol: try symbol(), side: .buy, type: .limit(Price(100)), quantity: Quantity(10))
    }

    static func bot() throws -> BotID { try #require(BotID("grid")) }

    static func clientID(_ sequence: Int64 = 1) throws -> ClientOrderID {
        try #require(ClientOrderID(bot: try bot(), epoch: 7, sequence: sequence))
    }

    /// A placement, by way of the only gate that makes one.
    static func placement(_ sequence: Int64 = 1) throws -> Command {
        let symbol = try symbol()
        let product = Product(
            symbol: symbol, baseIncrement: Quantity(1), priceIncrement: Price(1),
            minimumQuantity: Quantity(1),
            maximumQuantity: Quantity(1_000), minimumNotional: Money(1), makerFee: Rate(basisPoints: 0),
            takerFee: Rate(basisPoints: 0))
        let exposure = RiskExposure(
            product: product, quote: try quote(), workingOrders: 0, workingOrdersOfSymbol: 0,
            position: .zero, workingBuys: .zero, workingSells: .zero, ordersInLastMinute: 0, freeBase: nil,
            freeQuote: nil)
        let checked = RiskGate(limits: RiskLimits()).check(
            try clientID(sequence), try terms(), strategy: "test", exposure: exposure,
            at: UTCInstant(seconds: 1_000))
        switch checked {
        case .success(let approved): return .place(approved)
        case .failure: throw BadFixture()
        }
    }

    static func remaining(_ sequence: Int64 = 1) throws -> ShutdownReport.RemainingOrder {
        ShutdownReport.RemainingOrder(
            clientOrderID: try clientID(sequence), exchangeOrderID: ExchangeOrderID("x\"\(sequence)"),
            symbol: try symbol(), side: .buy, quantityLeft: Quantity(3), status: "working")
    }

    static func facts(mode: Mode = .paper) throws -> LifeFacts {
        LifeFacts(
            version: "1.2.3", bot: try bot(), pid: 42, startedAt: UTCInstant(seconds: 500), mode: mode)
    }

    static func report(clean: Bool = true) throws -> ShutdownReport {
        var report = ShutdownReport(
            bot: try bot(), epoch: 7, startedAt: UTCInstant(seconds: 500),
            stoppedAt: UTCInstant(seconds: 900),
            mode: .paper, reason: "SIGTERM")
        report.verifiedEmpty = clean
        report.stateFlushed = true
        if !clean { report.remaining = [try remaining()] }
        report.judge(nothingToCancel: false)
        return report
    }

    static let start = Stamp(
        monotonic: MonotonicInstant(nanoseconds: 1_000_000_000), utc: UTCInstant(seconds: 1_000))
}

/// A directory that goes with the test.
final class TemporaryDirectory {
    let path: String
    init() throws {
        var template = Array("/tmp/daemon-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BadFixture() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }
    func names(_ sub: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + sub).sorted()
    }
}

/// Waits until the fact is true, at most ten seconds; a fact that never comes fails the test.
func eventually(_ what: Comment, _ fact: () -> Bool) {
    let end = realNow() + .seconds(10)
    while !fact() {
        guard realNow() < end else {
            Issue.record(what)
            return
        }
        usleep(200)
    }
}

/// A core that does what its script says at each event, and remembers what it was told.
struct ScriptedCore: LoopCore {
    var status = CoreStatus()
    var seen: [Event] = []
    var stamps: [Stamp] = []
    var remaining: [ShutdownReport.RemainingOrder] = []
    var script: (Event, Stamp, inout Turn, inout CoreStatus) -> Void = { _, _, _, _ in }

    mutating func handle(_ event: Event, at stamp: Stamp, into turn: inout Turn) {
        seen.append(event)
        stamps.append(stamp)
        script(event, stamp, &turn, &status)
    }

    func remainingOrders() -> [ShutdownReport.RemainingOrder] { remaining }
}

/// Remembers what it was asked; answers nothing by itself.
final class ScriptedExchange: Exchange {
    let capabilities = ExchangeCapabilities()
    let products: [Product] = []
    private let commands = Mutex<[NumberedCommand]>([])
    var submitted: [NumberedCommand] { commands.withLock { $0 } }
    func start(sink: any ExchangeSink) {}
    func submit(_ command: NumberedCommand) { commands.withLock { $0.append(command) } }
    func close() {}
}

/// A store whose next results are told in advance, and which remembers its transactions.
final class ScriptedStore: TransactionStore {
    private let state = Mutex<(results: [CommitResult], transactions: [Trading.Transaction])>(([], []))
    var transactions: [Trading.Transaction] { state.withLock { $0.transactions } }
    func script(_ results: CommitResult...) { state.withLock { $0.results += results } }
    func commit(_ transaction: Trading.Transaction) -> CommitResult {
        state.withLock { state in
            state.transactions.append(transaction)
            if !state.results.isEmpty { return state.results.removeFirst() }
            return .committed(checkpointed: transaction.checkpoint ? true : nil)
        }
    }
}

/// Remembers what the loop told its watchdog.
final class ScriptedOverseer: Overseer {
    struct Told: Sendable {
        var deadlines: [MonotonicInstant] = []
        var snapshots: [Snapshot] = []
        var durable: [Bool] = []
        var reportCode: Int32?
        var concluded = false
    }
    private let state = Mutex(Told())
    var told: Told { state.withLock { $0 } }
    func arm(deadline: MonotonicInstant) { state.withLock { $0.deadlines.append(deadline) } }
    func publish(_ snapshot: Snapshot) { state.withLock { $0.snapshots.append(snapshot) } }
    func setDurable(_ isDurable: Bool) { state.withLock { $0.durable.append(isDurable) } }
    func beginReport(_ snapshot: Snapshot, exitCode: Int32) -> Bool {
        state.withLock { $0.reportCode = exitCode }
        return true
    }
    func concluded() { state.withLock { $0.concluded = true } }
}

/// Real time that a test moves.
final class ScriptedRealTime: Sendable {
    private let nanoseconds = Atomic<Int64>(5_000_000_000)
    var now: MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }
    func pass(_ duration: Duration) {
        nanoseconds.wrappingAdd(duration.wholeNanoseconds, ordering: .relaxed)
    }
}
