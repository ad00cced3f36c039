// A whole adapter against a small server: what it is told, and the clock that it runs on.

import Exchanges
import Glibc
import Synchronization
import Testing
import Trading
import TradingDomain
import WebTokens

@testable import Coinbase

final class MachineClock: TradingClock {
    private func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
    func now() -> Stamp {
        Stamp(
            monotonic: MonotonicInstant(nanoseconds: read(CLOCK_BOOTTIME)),
            utc: UTCInstant(nanoseconds: read(CLOCK_REALTIME)))
    }
    func realDelay(until instant: MonotonicInstant) -> Duration { max(.zero, instant - now().monotonic) }
}

/// For what is reckoned with whole seconds: between two calls none begins.
final class StoppedClock: TradingClock {
    private let stamp = MachineClock().now()
    func now() -> Stamp { stamp }
    func realDelay(until instant: MonotonicInstant) -> Duration { max(.zero, instant - stamp.monotonic) }
}

/// Keeps everything that the exchange says.
final class Listener: ExchangeSink {
    struct Heard: Sendable {
        var answers: [CommandID: [Answer]] = [:]
        var quotes: [Quote] = []
        var orders: [OrderSnapshot] = []
        var feeds: [Feed: [FeedCondition]] = [:]
        var rates: [RateHint] = []
    }
    private let state = Mutex(Heard())
    var heard: Heard { state.withLock { $0 } }

    func answer(_ id: CommandID, _ answer: Answer) {
        state.withLock { $0.answers[id, default: []].append(answer) }
    }
    func quote(_ quote: Quote) { state.withLock { $0.quotes.append(quote) } }
    func order(_ snapshot: OrderSnapshot) { state.withLock { $0.orders.append(snapshot) } }
    func feed(_ feed: Feed, _ condition: FeedCondition) {
        state.withLock { $0.feeds[feed, default: []].append(condition) }
    }
    func rate(_ hint: RateHint) { state.withLock { $0.rates.append(hint) } }
    func endOfFeed() {}

    func last(_ feed: Feed) -> FeedCondition? { heard.feeds[feed]?.last }
}

extension CoinbaseSettings {
    /// Calls are given up by tests that want that, not by a busy machine.
    static let patient: CoinbaseSettings = {
        var settings = CoinbaseSettings()
        settings.queryTimeout = .seconds(120)
        settings.callTimeout = .seconds(120)
        return settings
    }()
}

/// Waits until something is so, at most ten seconds.
func until(
    _ what: String, _ holds: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let clock = ContinuousClock()
    // Long enough for a machine whose every thread is busy with other tests.
    let end = clock.now + .seconds(120)
    while !holds() {
        if clock.now > end {
            Issue.record("waited in vain: \(what)", sourceLocation: sourceLocation)
            throw InVain()
        }
        try await clock.sleep(for: .milliseconds(2))
    }
}
struct InVain: Error {}

/// An adapter, its server and its listener.
final class Rig: Sendable {
    let venue: TestVenue
    let exchange: CoinbaseExchange
    let listener = Listener()
    let key: KeyFile?
    private let numbers = Atomic<Int64>(0)

    static let restPrefix = "/api/v3/brokerage"

    init(
        keyed: Bool = true, symbols: [String] = ["ABC-USD"],
        settings: CoinbaseSettings = .patient, userURL: String? = nil,
        _ act: @escaping @Sendable (TestVenue.Seen) -> TestVenue.Act
    ) async throws {
        venue = try await TestVenue(act)
        key =
            keyed
            ? try KeyFile(
                name: "organizations/test/apiKeys/test",
                privateKey: SigningKey.generate(.es256).privateKeyText) : nil
        var settings = settings
        settings.restURL = "http://127.0.0.1:\(venue.port)"
        settings.marketURL = "ws://127.0.0.1:\(venue.port)/market"
        settings.userURL = userURL ?? "ws://127.0.0.1:\(venue.port)/user"
        settings.placementConnections = 2
        settings.queryConnections = 3
        exchange = try CoinbaseExchange(
            settings, key: key, symbols: symbols.compactMap { Symbol($0) }, clock: MachineClock())
    }

    /// Starts, and waits until the lanes are open.
    func start() async throws {
        exchange.start(sink: listener)
        try await until("the lanes are warm") {
            exchange.questions.isWarm && (key == nil || exchange.placements.isWarm)
        }
    }

    func stop() async {
        exchange.close()
        await venue.stop()
    }

    /// Submits a command and waits for its one answer.
    func ask(_ command: Command) async throws -> Answer {
        let id = numbers.add(1, ordering: .relaxed).newValue
        exchange.submit(NumberedCommand(id: id, command: command))
        try await until("the answer of command \(id)") { listener.heard.answers[id] != nil }
        return try #require(listener.heard.answers[id]?.first)
    }

    func learnTheTime() async throws {
        guard case .told(.time) = try await ask(.ask(.time)) else {
            Issue.record("no time was told")
            return
        }
    }

    /// An order that has passed the gate, as the port demands.
    func order(_ sequence: Int64 = 7) throws -> Command {
        let abc = try symbol("ABC-USD")
        let now = MachineClock().now().utc
        let product = Product(
            symbol: abc, baseIncrement: try size("0.1"), priceIncrement: try price("0.01"),
            minimumQuantity: try size("0.1"), maximumQuantity: Quantity(100), minimumNotional: .zero,
            makerFee: .zero, takerFee: .zero)
        let exposure = RiskExposure(
            product: product, quote: Quote(symbol: abc, bid: Price(12), ask: Price(13), at: now),
            workingOrders: 0, workingOrdersOfSymbol: 0, position: .zero, workingBuys: .zero,
            workingSells: .zero, ordersInLastMinute: 0, freeBase: nil, freeQuote: nil)
        let bot = try #require(BotID("grid"))
        let id = try #require(ClientOrderID(bot: bot, epoch: 361, sequence: sequence))
        let terms = OrderTerms(
            symbol: abc, side: .buy, type: .limit(Price(12), postOnly: true), quantity: try size("1.5"))
        return .place(
            try RiskGate(limits: RiskLimits()).check(id, terms, strategy: "s", exposure: exposure, at: now)
                .get())
    }

    /// Acknowledges every channel of both feeds and ends the snapshot.
    func connectFeeds() async throws {
        try await until("both feeds subscribe") {
            venue.heard("/market").count >= 2 && (key == nil || venue.heard("/user").count >= 2)
        }
        pushAll()
        try await until("the feeds are connected") {
            listener.last(.market) == .connected && (key == nil || listener.last(.orders) == .connected)
        }
    }

    func pushAll() {
        venue.push(
            message("subscriptions", #"{"subscriptions":{"ticker":[],"heartbeats":[]}}"#, 0), on: "/market")
        venue.push(
            message("subscriptions", #"{"subscriptions":{"user":[],"heartbeats":[]}}"#, 0), on: "/user")
        venue.push(message("user", #"{"type":"snapshot","orders":[]}"#, 1), on: "/user")
    }

    func message(_ channel: String, _ event: String, _ sequence: Int) -> String {
        #"{"channel":"\#(channel)","timestamp":"2026-11-22T10:00:00Z","sequence_num":\#(sequence),"events":[\#(event)]}"#
    }
}

func venueMilliseconds(ahead: Duration = .zero) -> String {
    String((MachineClock().now().utc + ahead).nanoseconds / 1_000_000)
}

func timeAnswer(ahead: Duration = .zero) -> TestVenue.Act {
    .answer(200, #"{"iso":"x","epochMillis":"\#(venueMilliseconds(ahead: ahead))"}"#)
}
