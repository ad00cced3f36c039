// Where a schedule plays: a directory with one store and one book, the account, and what each life begins with.

import Exchanges
import Foundation
import Storage
import Trading
import TradingDomain

/// What the harness itself got wrong.
struct BadScene: Error, CustomStringConvertible {
    let description: String
}

final class Scene {
    let root: String
    let chronicle = Chronicle()
    let plan: SchedulePlan
    /// When the life begins, or began.
    var now: UTCInstant
    var lifeNumber = 0

    init(_ plan: SchedulePlan) throws {
        self.plan = plan
        now = UTCInstant(seconds: 1_800_000_000)
        // In memory where there is such a place: what the disk itself does is other tests' concern.
        let memory = "/dev/shm"
        let base =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        root = "\(base)/trader247-shell-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: stateDirectory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    var bookDirectory: String { "\(root)/book" }
    /// Each life works on a copy of what the one before left at its last moment: a process that dies closes
    /// nothing, and neither does one that exits.
    var stateDirectory: String { stateDirectory(lifeNumber) }
    func stateDirectory(_ number: Int) -> String { "\(root)/state-\(number)" }
    /// A copy for the judge, who may close it.
    var courtDirectory: String { "\(root)/court-\(lifeNumber)" }

    /// Copies the store as a crash would leave it; nothing is closed and nothing is synced.
    func copyStore(to target: String, logCut: Int?) throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        let file = StateStore.file(in: stateDirectory)
        try FileManager.default.copyItem(atPath: file, toPath: StateStore.file(in: target))
        let log = StateStore.file(in: target) + "-wal"
        if FileManager.default.fileExists(atPath: file + "-wal") {
            try FileManager.default.copyItem(atPath: file + "-wal", toPath: log)
        }
        guard let logCut else { return }
        let handle = try FileHandle(forWritingTo: URL(filePath: log))
        try handle.truncate(atOffset: UInt64(logCut))
        try handle.close()
    }

    // MARK: Who trades what

    static let bot = known(BotID("shell"))
    static let symbol = known(Symbol("BTC-USD"))
    static let foreignID = "other-1-1"

    static let account: PaperAccount = {
        var account = PaperAccount.standard
        account.listings = account.listings.filter { $0.product.symbol == symbol }
        return account
    }()

    private static func known<T>(_ value: T?) -> T {
        guard let value else { preconditionFailure("a constant of the harness is malformed") }
        return value
    }

    var strategy: ChurnStrategy {
        ChurnStrategy(symbols: [Self.symbol], seed: plan.strategySeed, size: 5)
    }

    func configuration(seed: UInt64) -> CoreConfiguration {
        var core = CoreConfiguration(bot: Self.bot, mode: .paper)
        core.cycleInterval = .milliseconds(700)
        core.leftovers = plan.leftovers
        core.orderMaximumAge = plan.orderMaximumAge
        core.risk.maximumDailyLoss = .zero
        core.callTimeout = .seconds(3)
        core.tellsOrders = false
        core.seed = seed
        return core
    }

    /// An order of somebody else's, far from the market: nobody of us may touch it.
    static func foreignOrder(at now: UTCInstant) throws -> NumberedCommand {
        guard let id = ClientOrderID(foreignID), let quantity = Quantity("0.001"),
            let product = account.listings.first?.product
        else { throw BadScene(description: "the foreign order is malformed") }
        let terms = OrderTerms(
            symbol: symbol, side: .buy, type: .limit(Price(50_000)), quantity: quantity)
        let exposure = RiskExposure(
            product: product,
            quote: Quote(symbol: symbol, bid: Price(60_000), ask: Price(60_001), at: now), workingOrders: 0,
            workingOrdersOfSymbol: 0, position: .zero, workingBuys: .zero, workingSells: .zero,
            ordersInLastMinute: 0, freeBase: nil, freeQuote: nil)
        let approved = try RiskGate(limits: RiskLimits()).check(
            id, terms, strategy: "other", exposure: exposure, at: now
        ).get()
        return NumberedCommand(id: -1_000, command: .place(approved))
    }
}
