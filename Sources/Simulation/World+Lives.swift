import Supervision
import Trading
import TradingDomain

// How lives begin and end.

extension World {
    private static let mostLives = 7

    // MARK: Beginning

    /// Another trader: bare schedules are healed after some of them.
    func countTrader() {
        traders += 1
        if scenario.guardian == nil {
            let isFaulty = traders <= scenario.faultyLives || (isThin && traders < Self.mostLives - 1)
            if !isFaulty { heal() }
        } else if traders > Self.mostLives * 2 {
            heal()
        }
    }

    /// The time at which a schedule with a guardian heals, unless it has seen too little yet.
    func healInTime() {
        healDelays += 1
        if isThin, traders < Self.mostLives, healDelays < 8 {
            queue.add(.heal, at: now + milliseconds(5_000))
        } else {
            heal()
        }
    }

    /// An operator looks at what an earlier life left standing: a halt, a pause, a stop.
    func resumeSometime(_ life: Life) {
        var dice = choices.dice(.restart, Int64(life.number), 1)
        queue.add(
            .act(life: life.number, .operatorRequest(.resume)),
            at: now + milliseconds(dice.between(10, 3_000)))
    }

    /// Whether the schedule has not had enough of everything yet.
    private var isThin: Bool {
        judge.placements < 20 || plan.fired.count < 3 || result.stops + result.crashes == 0
    }

    func raiseFeeds(_ life: Life) {
        for feed in Feed.allCases where !life.hasEnded {
            queue.add(.feedUp(life: life.number, feed), at: now + scenario.latency * 2)
        }
    }

    /// A new connection tells the prices at once.
    func hearQuotes(_ life: Life) {
        for product in scenario.products {
            guard !life.hasEnded, let quote = exchange.engine.quote(product.symbol) else { continue }
            queue.add(.toCore(life: life.number, .quote(onHostsClock(quote))), at: now + scenario.latency)
        }
    }

    // MARK: On the way

    /// Looks, after a turn, at what is planned.
    func takeActions(_ life: Life) {
        guard !life.hasEnded, !scenario.isCalm else { return }
        if plan.isHealed {
            if !life.view.isSweep { stopHealed(life) }
            return
        }
        guard !life.pending.isEmpty else { return }
        for index in life.pending where isDue(life.actions[index].trigger, life) {
            life.pending.removeAll { $0 == index }
            let kind = life.actions[index].kind
            guard plan.firesByPlan(kind, life: life.number, number: Int64(index), at: now) else { continue }
            noteFault(kind, life)
            begin(kind, life, Int64(index))
            if life.hasEnded { return }
        }
    }

    private func isDue(_ trigger: PlannedAction.Trigger, _ life: Life) -> Bool {
        switch trigger {
        case .turns(let count): life.turns >= count
        case .placements(let count): judge.placements >= count
        case .flushTurns(let count): life.flushTurns > count
        case .stopTurns(let count): life.stopBeganAt != nil && life.stopTurns >= count
        }
    }

    /// A life without faults trades for a while and is asked to stop.
    private func stopHealed(_ life: Life) {
        guard life.stopBeganAt == nil, life.view.isRecovered, life.turns >= 30, judge.placements >= 20,
            life.signals == 0
        else { return }
        life.signals = 1
        if let guardian = guardian(of: life) {
            queue.add(
                .guardianHears(guardian: guardian.number, .signal(15)), at: now + milliseconds(5))
        } else {
            queue.add(.act(life: life.number, .signal(.terminate)), at: now + milliseconds(5))
        }
    }

    func act(_ life: Life, _ act: Act) {
        switch act {
        case .processSignal: break
        case .signal(let signal): turn(life, .signal(signal))
        case .leave:
            trace("third signal")
            end(life, .cutShort("third signal"))
        case .operatorRequest(let request): turn(life, .operatorRequest(request))
        case .setClock(let jump): jumpClock(by: jump)
        case .loseFeed: loseFeed(life)
        case .deposit: deposit(life)
        case .endOfRun: turn(life, .endOfRun("the recording has no more data"))
        case .shellFailure: turn(life, .shellFailed("an index out of range"))
        case .enough: if life.stopBeganAt == nil { turn(life, .operatorRequest(.stop)) }
        }
    }

    // MARK: Ending

    func end(_ life: Life, _ ending: Ending) {
        guard !life.hasEnded else { return }
        life.hasEnded = true
        var dice = choices.dice(.restart, Int64(life.number))
        let how: ProcessEnd
        switch ending {
        case .exited(let report):
            result.stops += 1
            trace("exit \(report.exitCode) \(report.verdict.rawValue)")
            judge.exited(report, life, exchange, &disk, at: now)
            if life.isHealed, life.view.isRecovered { healedEnds += 1 }
            how = .exit(report.exitCode)
        case .cutShort(let why):
            result.stops += 1
            trace("cut short: \(why)")
            commitPerhaps(life, &dice)
            judge.cutShort(life, exchange, disk)
            how = .exit(ExitCode.ordersRemainAndStateNotFlushed)
        case .crashed(let why):
            result.crashes += 1
            trace("crash \(why)")
            commitPerhaps(life, &dice)
            judge.crashed(life, exchange, disk)
            how = .signal(9)
        case .killed(let signal):
            result.crashes += 1
            trace("dies of signal \(signal)")
            commitPerhaps(life, &dice)
            judge.crashed(life, exchange, disk)
            how = .signal(signal)
        }
        if let process = process(life.number) { gone(process, how) }
    }

    /// A second life without faults must find everything as the first one left it.
    var isFinished: Bool { scenario.isCalm ? healedEnds >= 2 : healedEnds >= (seed % 8 == 0 ? 2 : 1) }
}
