import ExchangeModel
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
    var life: Life?
    var lives = 0
    /// Lives without faults, at the end.
    var healedLives = 0
    var isOver = false
    var result: ScheduleResult
    var coverage = Coverage()
    var digest = Digest()
    private var turnsAtThisInstant = 0
    private var lastInstant: Instant = -1

    /// More events than any lawful schedule has.
    private static let eventLimit = 60_000
    private static let instantLimit = 2_000

    init(seed: UInt64, options: ScheduleOptions) throws {
        self.seed = seed
        self.options = options
        choices = Choices(seed: seed)
        scenario = try Scenario(choices: choices, options: options)
        plan = FaultPlan(choices: choices, options: options)
        exchange = try SimulatedExchange(scenario: scenario)
        market = MarketWalk(
            choices: choices, products: scenario.products, firstTick: Scenario.firstTick)
        judge = Judge(configuration: scenario.configuration, capabilities: scenario.capabilities)
        result = ScheduleResult(seed: seed)
    }

    /// Runs the schedule to its end, or to its first violation.
    func run() -> ScheduleResult {
        exchange.moveMarket(&market, at: now)
        placeForeignOrders()
        queue.add(.marketStep, at: scenario.marketInterval)
        startLife()
        while !isOver, judge.problem == nil { step() }
        if let problem = judge.problem {
            result.violation = Violation(
                seed: seed, time: now, event: result.events, life: lives, text: problem)
        }
        result.lives = lives
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

    private func step() {
        let queued = queue.nextTime ?? .max
        guard let life, !life.hasEnded else {
            happen()
            return
        }
        let wake = life.wakeAt.map { max(now, life.stalledUntil, instant($0, life)) } ?? .max
        let tick = life.pipeline.nextTick.map { max(now, life.stalledUntil, instant($0, life)) } ?? .max
        let watchdog = life.stopBeganAt.map { $0 + watchdogDelay } ?? .max
        let next = min(queued, wake, tick, watchdog)
        if next == .max {
            judge.fail("nothing will ever happen again: the core asked for no wake-up")
        } else if queued == next {
            happen()
        } else if watchdog == next {
            now = next
            trace("the watchdog ends the life")
            judge.watchdogFired(life)
            end(life, .cutShort("watchdog"))
        } else if tick == next {
            now = next
            for event in life.pipeline.tick(at: monotonic(life)) where !life.hasEnded { turn(life, event) }
            pump(life)
        } else {
            now = next
            life.wakeAt = nil
            turn(life, .woke)
        }
    }

    private var watchdogDelay: Instant {
        scenario.configuration.stop.deadline.wholeNanoseconds + milliseconds(250)
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

    private func happen() {
        guard let (time, happening) = queue.pop() else {
            isOver = true
            return
        }
        now = max(now, time)
        switch happening {
        case .toCore(let number, let event): deliver(number, happening) { turn($0, event) }
        case .commitDone(let number, let outcome, let isThere, let crashes):
            deliver(number, happening) {
                self.commitDone($0, outcome, isThere: isThere, crashes: crashes)
            }
        case .act(let number, let act): deliver(number, happening) { self.act($0, act) }
        case .arrive(let request): arrive(request)
        case .cancelEffect(let id):
            exchange.completeCancel(id, at: now)
            publish()
        case .tradeAgainst(let id, let permille):
            exchange.trade(against: id, permille: permille, at: now)
            publish()
        case .crash(let number):
            if let life, life.number == number { end(life, .crashed("at a commit")) }
        case .feedUp(let number, let feed):
            guard let life, life.number == number else { return }
            switch feed {
            case .market: life.hearsMarket = true
            case .orders: life.hearsOrders = true
            }
            deliver(number, .toCore(life: number, .feed(feed, .connected))) {
                turn($0, .feed(feed, .connected))
            }
        case .marketStep:
            exchange.moveMarket(&market, at: now)
            queue.add(.marketStep, at: now + scenario.marketInterval)
            publish()
        case .startLife: startLife()
        }
    }

    /// Lets the life handle it now, or when its loop runs again.
    private func deliver(_ number: Int, _ happening: Happening, _ handle: (Life) -> Void) {
        guard let life, life.number == number, !life.hasEnded else { return }
        if life.stalledUntil > now {
            queue.add(happening, at: life.stalledUntil)
        } else {
            handle(life)
        }
    }

    // MARK: Faults

    func fires(_ kind: FaultKind, _ life: Life, _ number: Int64) -> Bool {
        guard plan.fires(kind, life: life.number, number: number, at: now) else { return false }
        noteFault(kind, life)
        return true
    }

    func noteFault(_ kind: FaultKind, _ life: Life) {
        coverage.note(kind, Coverage.Place(life.status))
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
