import ExchangeModel
import Supervision
import Trading
import TradingDomain

// One schedule: a bot through all of its lives, an exchange, a disk and everything between them, in virtual
// time. Everything that happens follows from the seed and the options. It reads no clock and opens no file.

final class World {
    let seed: UInt64
    let options: ScheduleOptions
    let choices: Choices
    let scenario: Scenario

    var plan: FaultPlan
    let exchange: SimulatedExchange
    var disk = SimulatedDisk()
    var market: MarketWalk
    let judge: Judge
    var queue = EventQueue<Happening>()
    var now: Instant = 0
    /// How far the bot's wall clock is off.
    var skew: Instant = 0
    /// Those that run, at most a trader and a sweep.
    var processes: [CoreProcess] = []
    var guardian: GuardianProcess?
    /// The number of the process that was started last.
    var lives = 0
    var traders = 0
    /// Traders that began without faults and ended as they should.
    var healedEnds = 0
    /// Since all faults ended: something trades, or has stopped clean.
    var hasComeToSomething = false
    var isStartQueued = false
    /// After the loss of the host: nothing starts before.
    var hostBackAt: Instant = 0
    /// What the files of the host say, and until when somebody else holds the trader's lock.
    var settings = Settings.right
    var lockTakenUntil: Instant = 0
    /// How often the end of all faults was put off.
    var healDelays = 0
    /// When a placement was sent last, by any life.
    var lastPlacedAt: Instant = 0
    /// What the program outside wants in calm, and since which chapter.
    var programWishes: (chapter: Int64, wanted: [ExternalAnswer.Wish])?
    var isOver = false
    var result: ScheduleResult
    var coverage = Coverage()
    var digest = Digest()
    private var turnsAtThisInstant = 0
    private var lastInstant: Instant = -1

    /// More events than any lawful schedule has.
    private static let eventLimit = 60_000
    private static let instantLimit = 2_000
    private static let longestSchedule = milliseconds(3_600_000)

    init(seed: UInt64, options: ScheduleOptions) throws {
        self.seed = seed
        self.options = options
        choices = Choices(seed: seed)
        plan = FaultPlan(choices: choices, options: options)
        scenario = try Scenario(choices: choices, options: options, plan: plan)
        exchange = try SimulatedExchange(scenario: scenario)
        market = MarketWalk(
            choices: choices, products: scenario.products, firstTick: Scenario.firstTick)
        judge = Judge(
            configuration: scenario.configuration, capabilities: scenario.capabilities,
            asks: { options.asks($0) })
        judge.strategyLimits = scenario.strategyLimits
        judge.marketsTraded = scenario.products.count
        result = ScheduleResult(seed: seed)
    }

    /// Runs the schedule to its end, or to its first violation.
    func run() -> ScheduleResult {
        exchange.moveMarket(&market, at: now)
        placeForeignOrders()
        queue.add(.marketStep, at: scenario.marketInterval)
        if scenario.guardian != nil { queue.add(.heal, at: scenario.healsAt) }
        start(waitingSince: nil)
        while !isOver, judge.problem == nil { step() }
        if let problem = judge.problem {
            result.violation = Violation(
                seed: seed, time: now, event: result.events, life: lives, text: problem)
        }
        result.lives = lives
        result.isCalm = scenario.isCalm
        result.fired = plan.fired
        result.digest = digest.value
        result.placements = judge.placements
        return result
    }

    func trace(_ text: @autoclosure () -> String) {
        guard let tell = options.trace else { return }
        let time = String(now / 1000)
        tell("\(String(repeating: " ", count: max(0, 10 - time.count)))\(time) us  #\(lives)  \(text())")
    }

    // MARK: Time

    func monotonic(_ life: Life) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: now - life.startedAt + Int64(life.number) * 7_000_000_000)
    }

    private func instant(_ monotonic: MonotonicInstant, _ life: Life) -> Instant {
        let (difference, overflow) = monotonic.nanoseconds.subtractingReportingOverflow(
            Int64(life.number) * 7_000_000_000 - life.startedAt)
        return overflow ? .max : difference
    }

    func stamp(_ life: Life) -> Stamp {
        Stamp(monotonic: monotonic(life), utc: scenario.start + .nanoseconds(now + skew))
    }

    /// What is due next besides the queue.
    private enum Due {
        case queued, guardian
        case wake(Life)
        case tick(Life)
        case watchdog(Life)
    }

    private func step() {
        var due = Due.queued
        var next = queue.nextTime ?? .max
        func consider(_ time: Instant, _ what: Due) {
            guard time < next else { return }
            next = time
            due = what
        }
        for process in processes {
            guard let life = process.life else { continue }
            let ready = max(now, life.stalledUntil)
            if ready < Life.forever {
                if let tick = life.pipeline.nextTick {
                    consider(max(ready, instant(tick, life)), .tick(life))
                }
                if let wake = life.wakeAt { consider(max(ready, instant(wake, life)), .wake(life)) }
            }
            if let end = patienceEnd(life) { consider(max(now, process.frozenUntil, end), .watchdog(life)) }
        }
        if let guardian { consider(max(now, guardian.stalledUntil, guardian.wakeAt), .guardian) }
        if next == .max { return judge.fail("nothing will ever happen again: nobody asked for a wake-up") }
        guard next < Self.longestSchedule * scenario.pace else {
            return judge.fail("the schedule does not end: \(next / 1_000_000_000) s")
        }
        switch due {
        case .queued: happen()
        case .guardian:
            now = next
            if let guardian { wake(guardian) }
        case .watchdog(let life):
            now = next
            trace("the watchdog ends the life")
            judge.watchdogFired(life)
            end(life, .cutShort("watchdog"))
        case .tick(let life):
            now = next
            for event in life.pipeline.tick(at: monotonic(life)) where !life.hasEnded { turn(life, event) }
            pump(life)
        case .wake(let life):
            now = next
            life.wakeAt = nil
            turn(life, .woke)
        }
    }

    private func patienceEnd(_ life: Life) -> Instant? {
        guard let began = life.stopBeganAt else {
            return life.patienceEndsAt == .max ? nil : life.patienceEndsAt
        }
        let deadline = life.core.configuration.stop.deadline.wholeNanoseconds
        return min(life.patienceEndsAt, began + deadline + milliseconds(250))
    }

    /// Detects a core that is busy without time passing, and a schedule that never ends.
    func countTurn() {
        result.events += 1
        if now == lastInstant {
            turnsAtThisInstant += 1
            if turnsAtThisInstant > Self.instantLimit {
                judge.fail("livelock: \(turnsAtThisInstant) turns at the same instant")
            }
        } else {
            lastInstant = now
            turnsAtThisInstant = 0
        }
        if result.events > Self.eventLimit {
            judge.fail("the schedule does not end: \(result.events) events")
        }
    }

    // MARK: Faults

    func fires(_ kind: FaultKind, _ life: Life, _ number: Int64) -> Bool {
        guard plan.fires(kind, life: life.number, number: number, at: now) else { return false }
        noteFault(kind, life)
        return true
    }

    func noteFault(_ kind: FaultKind, _ life: Life) {
        note(kind, Coverage.Place(process(life.number)?.role ?? .trader, life.status))
    }

    func note(_ kind: FaultKind, _ place: Coverage.Place) {
        coverage.note(kind, place)
        trace("fault \(kind.name)")
    }

    /// Orders of others on the same account, with ids that only look like ours.
    private func placeForeignOrders() {
        guard let product = scenario.products.first else { return }
        for (index, id) in ["sim2-1-1", "sim-01-1", "by-hand"].enumerated() {
            let price = Price(raw: product.priceIncrement.raw * Int128(2_000 + 100 * Int64(index)))
            exchange.placeForeign(
                id,
                OrderTerms(
                    symbol: product.symbol, side: .buy, type: .limit(price), quantity: Quantity(1)),
                at: now)
        }
        publish()
    }
}
