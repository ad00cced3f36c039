// What the tests of the embedded exchange share: a clock that is moved by hand, a sink that remembers, a book
// in a directory of its own.

import Foundation
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import Exchanges

extension PaperFeed {
    var isReplay: Bool { if case .replay = self { true } else { false } }
}

final class HandClock: TradingClock {
    private let stamp: Mutex<Stamp>
    init(_ utc: UTCInstant) {
        stamp = Mutex(Stamp(monotonic: MonotonicInstant(nanoseconds: 1_000), utc: utc))
    }
    func now() -> Stamp { stamp.withLock { $0 } }
    func realDelay(until instant: MonotonicInstant) -> Duration { .zero }
    func move(_ distance: Duration) {
        stamp.withLock { $0 = Stamp(monotonic: $0.monotonic + distance, utc: $0.utc + distance) }
    }
}

final class Memory: ExchangeSink {
    struct Heard: Sendable {
        var answers: [CommandID: [Answer]] = [:]
        var quotes: [Quote] = []
        var orders: [OrderSnapshot] = []
        var feeds: [Feed] = []
        var ended = false
    }
    private let heard = Mutex(Heard())
    var all: Heard { heard.withLock { $0 } }

    func answer(_ id: CommandID, _ answer: Answer) {
        heard.withLock { $0.answers[id, default: []].append(answer) }
    }
    func quote(_ quote: Quote) { heard.withLock { $0.quotes.append(quote) } }
    func order(_ snapshot: OrderSnapshot) { heard.withLock { $0.orders.append(snapshot) } }
    func feed(_ feed: Feed, _ condition: FeedCondition) {
        heard.withLock { if condition == .connected { $0.feeds.append(feed) } }
    }
    func rate(_ hint: RateHint) {}
    func endOfFeed() { heard.withLock { $0.ended = true } }

    func answer(_ id: CommandID) -> Answer? { all.answers[id]?.last }
    func acceptance(_ id: CommandID) -> Acceptance? {
        if case .placed(.accepted(let acceptance)) = answer(id) { acceptance } else { nil }
    }
    func page(_ id: CommandID) -> OrderPage? {
        if case .orders(.page(let page)) = answer(id) { page } else { nil }
    }
}

/// One life of an embedded exchange in virtual time.
final class PaperLab {
    static let start = UTCInstant("2026-03-01T12:00:00Z")!
    static let bitcoin = Symbol("BTC-USD")!

    let directory: String
    let clock: HandClock
    let memory = Memory()
    var exchange: PaperExchange?
    private var lastID: CommandID = 0

    static func directory() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("paper-\(UUID().uuidString)").path
    }

    init(
        _ directory: String = PaperLab.directory(), at now: UTCInstant = PaperLab.start,
        feed: PaperFeed = .simulated, _ change: (inout PaperNetwork) -> Void = { _ in }
    ) throws {
        self.directory = directory
        var network = PaperNetwork()
        network.latency = .milliseconds(50)
        network.cancelDelay = .milliseconds(10)
        network.rateLimit = nil
        change(&network)
        var opened = try PaperBook.open(
            directory, account: .standard, feed: feed, network: network,
            now: feed.isReplay ? nil : now)
        // So that snapshots are made while a test looks.
        opened.book.upkeepWork = 1_000
        clock = HandClock(opened.startsAt)
        let exchange = PaperExchange(
            opened, network: network, clock: clock, isVirtual: true, live: feed.live)
        exchange.start(sink: memory)
        self.exchange = exchange
        pass(.milliseconds(60))
    }

    /// Lets time pass without another command.
    func pass(_ distance: Duration) {
        clock.move(distance)
        exchange?.advance(to: clock.now())
    }

    @discardableResult
    func submit(_ command: Command) -> CommandID {
        lastID += 1
        exchange?.submit(NumberedCommand(id: lastID, command: command))
        return lastID
    }

    @discardableResult
    func place(_ sequence: Int64, _ price: Int64, side: Side = .buy, _ time: TimeInForce = .goodTillCanceled)
        throws -> CommandID
    {
        submit(.place(try Self.approved(sequence, price, side, time)))
    }

    /// Only the risk gate makes the value that a placement takes.
    static func approved(_ sequence: Int64, _ price: Int64, _ side: Side, _ time: TimeInForce) throws
        -> RiskApproved
    {
        var limits = RiskLimits()
        limits.priceCollarBasisPoints = 9_000
        let bot = try #require(BotID("lab"))
        let id = try #require(ClientOrderID(bot: bot, epoch: 1, sequence: sequence))
        let terms = OrderTerms(
            symbol: bitcoin, side: side,
            type: .limit(price: Price(price), timeInForce: time, postOnly: true),
            quantity: Quantity("0.01")!)
        let product = try #require(
            PaperAccount.standard.listings.first { $0.product.symbol == bitcoin }?.product)
        let exposure = RiskExposure(
            product: product,
            quote: Quote(symbol: bitcoin, bid: Price(60_000), ask: Price(60_001), at: start),
            workingOrders: 0, workingOrdersOfSymbol: 0, position: .zero, workingBuys: .zero,
            workingSells: .zero, ordersInLastMinute: 0, freeBase: nil, freeQuote: nil)
        return try RiskGate(limits: limits).check(id, terms, strategy: "lab", exposure: exposure, at: start)
            .get()
    }

    /// As a kill does: nothing is written any more, the kernel lets go of the lock.
    func kill() { exchange = nil }

    func close() {
        exchange?.close()
        exchange = nil
    }

    func view(at now: UTCInstant? = nil) throws -> PaperBookView {
        try PaperBook.read(at: directory, now: now ?? clock.now().utc)
    }
}
