// A strategy at work: the real core, the embedded exchange, its simulated market, and time that a test moves. A life can
// be killed between any two events; the next one begins with what was durable by then.

import Exchanges
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import Strategies

final class StrategyBench {
    /// What a process held in memory, and lost with it.
    private struct Process {
        var core: TradingCore
        var turns: TurnNumber = 0
        var wakeAt: MonotonicInstant?
    }

    /// Takes what the exchange says, in its order.
    private final class Ear: ExchangeSink {
        private let heard = Mutex<[Event]>([])
        func take() -> [Event] {
            heard.withLock { events in
                defer { events = [] }
                return events
            }
        }
        private func put(_ event: Event) { heard.withLock { $0.append(event) } }
        func answer(_ id: CommandID, _ answer: Answer) { put(.answered(id, answer)) }
        func quote(_ quote: Quote) { put(.quote(quote)) }
        func statistics(_ statistics: MarketStatistics) { put(.statistics(statistics)) }
        func order(_ snapshot: OrderSnapshot) { put(.order(snapshot)) }
        func feed(_ feed: Feed, _ condition: FeedCondition) { put(.feed(feed, condition)) }
        func rate(_ hint: RateHint) { put(.rate(hint)) }
        func endOfFeed() {}
    }

    private final class HandClock: TradingClock {
        private let stamp: Mutex<Stamp>
        init(_ utc: UTCInstant) {
            stamp = Mutex(Stamp(monotonic: MonotonicInstant(nanoseconds: 1_000), utc: utc))
        }
        func now() -> Stamp { stamp.withLock { $0 } }
        func realDelay(until instant: MonotonicInstant) -> Duration { .zero }
        func move(_ step: Duration) {
            stamp.withLock { $0 = Stamp(monotonic: $0.monotonic + step, utc: $0.utc + step) }
        }
    }

    static let start = UTCInstant(seconds: 1_772_366_400)

    let exchange: PaperExchange
    private let strategies: [AnyStrategy]
    private let clock: HandClock
    private let ear = Ear()
    private var process: Process
    /// What is on disk.
    private(set) var stored = DurableState()
    /// Of all lives, in order, as far as they were durable.
    private(set) var intents: [Order] = []
    private(set) var fills: [(order: ClientOrderID, fill: Fill)] = []
    private(set) var lives = 1
    /// Answers to a dead process reach nobody.
    private var idBase: CommandID = 0
    /// Events that the current life has handled, and the number of the one at which it is killed.
    private var events = 0
    private var killsAt: Int?
    /// Whether the records of the last turn reached the disk.
    private var diskIsFaster = true
    private(set) var balances: [Balance] = []

    var now: UTCInstant { clock.now().utc }

    init(
        _ strategies: [AnyStrategy], account: PaperAccount = .standard, killsAt: Int? = nil,
        diskIsFaster: Bool = true
    ) throws {
        self.strategies = strategies
        self.killsAt = killsAt
        self.diskIsFaster = diskIsFaster
        clock = HandClock(Self.start)
        var network = PaperNetwork()
        network.latency = .milliseconds(100)
        network.rateLimit = nil
        exchange = try PaperExchange(
            account: account, feed: .simulated, network: network, clock: clock, isVirtual: true)
        process = Process(core: try Self.core(strategies, exchange, DurableState()))
        exchange.start(sink: ear)
        handle(.started)
    }

    private static func core(
        _ strategies: [AnyStrategy], _ exchange: PaperExchange, _ durable: DurableState
    ) throws -> TradingCore {
        var configuration = CoreConfiguration(bot: try #require(BotID("bench")), mode: .paper)
        configuration.cycleInterval = .seconds(2)
        configuration.tellsOrders = false
        configuration.risk.maximumDailyLoss = .zero
        configuration.risk.maximumOrderNotional = Money(100_000)
        configuration.risk.maximumPositionNotional = Money(1_000_000)
        return try TradingCore(
            configuration: configuration, capabilities: exchange.capabilities, products: exchange.products,
            strategies: strategies, durable: durable)
    }

    /// Lets time pass; a life that is killed on the way is followed by the next one.
    func pass(_ duration: Duration, step: Duration = .milliseconds(200)) throws {
        let end = clock.now().monotonic + duration
        while clock.now().monotonic < end {
            clock.move(step)
            exchange.advance(to: clock.now())
            for event in ear.take() {
                guard let mine = own(event) else { continue }
                handle(mine)
                if isKilled { try restart() }
            }
            if let wakeAt = process.wakeAt, wakeAt <= clock.now().monotonic {
                handle(.woke)
                if isKilled { try restart() }
            }
        }
    }

    private var isKilled: Bool { killsAt.map { events >= $0 } ?? false }

    private func own(_ event: Event) -> Event? {
        guard case .answered(let id, let answer) = event else { return event }
        if case .balances(.balances(let told)) = answer { balances = told }
        return id > idBase ? .answered(id - idBase, answer) : nil
    }

    private func restart() throws {
        killsAt = nil
        lives += 1
        idBase += 1_000_000
        process = Process(core: try Self.core(strategies, exchange, stored))
        exchange.start(sink: ear)
        handle(.started)
    }

    private func handle(_ event: Event) {
        // The disk answers at once. No recursion: a core is large, and a test's stack is small.
        var next: Event? = event
        while let event = next, !isKilled { next = turn(event) }
    }

    /// - Returns: what the disk says of it.
    private func turn(_ event: Event) -> Event? {
        events += 1
        process.turns += 1
        var turn = Turn(number: process.turns)
        process.core.handle(event, at: clock.now(), into: &turn)
        process.wakeAt = turn.wakeAt
        // Death between the decision and the disk.
        if isKilled, !diskIsFaster { return nil }
        for record in turn.records { write(record) }
        // Death between the disk and the wire.
        if isKilled { return nil }
        for numbered in turn.commands {
            let command = NumberedCommand(id: idBase + numbered.id, command: numbered.command)
            exchange.submit(command)
        }
        return turn.records.isEmpty ? nil : .committed(through: turn.number)
    }

    private func write(_ record: Record) {
        do { try stored.apply(record) } catch { Issue.record("\(error)") }
        if case .intent(let order) = record { intents.append(order) }
        if case .fill(let id, let fill) = record { fills.append((id, fill)) }
    }

    // MARK: What came of it

    /// Money that the fills of these orders were worth, each fill once.
    func value(of orders: Set<ClientOrderID>) throws -> Money {
        var seen: Set<FillID> = []
        var sum = Money.zero
        for (order, fill) in fills where orders.contains(order) && seen.insert(fill.id).inserted {
            sum = try sum + fill.price.times(fill.quantity, .up)
        }
        return sum
    }

    /// Asks the exchange itself for the account, at the end of a test.
    func askBalances() throws {
        exchange.submit(NumberedCommand(id: -1, command: .listBalances))
        try pass(.seconds(1))
    }

    /// What the account lacks of its money, beside what all booked fills took: zero when nothing was forgotten.
    func unexplained(of currency: String, since before: Money) throws -> Money {
        let cash = try stored.ledger.positions.values.reduce(Money.zero) { try $0 + $1.cash }
        let balance = try #require(balances.first { $0.currency == currency })
        return try balance.available + balance.hold - before - cash
    }
}
