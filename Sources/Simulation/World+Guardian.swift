import Supervision
import Trading
import TradingDomain

// The shell of a guardian: events into the real plan, its actions carried out on the simulated kernel. It decides
// nothing.

extension World {
    // MARK: Beginning

    /// Whoever starts trader247 does it as often as it takes.
    func start(waitingSince: Instant?) {
        guard now >= hostBackAt else { return queue.add(.start(waitingSince: nil), at: hostBackAt) }
        isStartQueued = false
        guard !isOver, guardian == nil else { return }
        guard let limits = scenario.guardian else {
            startProcess(CoreProcess(number: nextNumber(), role: .trader, guardian: nil))
            return
        }
        guard !isInstanceLockHeld else {
            let since = waitingSince ?? now
            guard now - since < scenario.lockWait else {
                trace("exit 75: another instance holds the lock")
                return startLater(patient: true)
            }
            isStartQueued = true
            queue.add(.start(waitingSince: since), at: now + milliseconds(100))
            return
        }
        let number = nextNumber()
        let dice = choices.dice(.guardian, Int64(number))
        var chances = dice
        if !plan.isHealed, chances.chance(120) {
            // Somebody runs it bare, for once.
            startProcess(CoreProcess(number: number, role: .trader, guardian: nil))
            return
        }
        guard let start = startOfGuardian() else {
            trace("exit \(settings.refusal ?? 0): the configuration is refused")
            note(.spoiledConfiguration, .down)
            coverage.feel(.spoiledConfiguration)
            return startLater(patient: true)
        }
        let guardian = GuardianProcess(
            number: number, limits: limits, start: start, accepted: settings, at: now)
        self.guardian = guardian
        trace("guardian \(number) begins")
        for (index, action) in LifePlan.guardianActions(choices: choices, guardian: number).enumerated()
        where !plan.isHealed {
            guard
                plan.firesByPlan(action.kind, life: number, number: Int64(500 + index), at: now + action.at)
            else { continue }
            queue.add(.guardianAct(guardian: number, action.kind), at: now + action.at)
        }
        tell(guardian, .started)
    }

    /// The next number of a process, of whatever kind.
    func nextNumber() -> Int {
        lives += 1
        return lives
    }

    /// Service managers come back within a second; where they don't, people do.
    func startLater(patient: Bool) {
        guard !isStartQueued, !isOver else { return }
        isStartQueued = true
        var dice = choices.dice(.restart, Int64(lives), now)
        let pause =
            !patient || dice.chance(500)
            ? milliseconds(dice.between(1, 300)) : milliseconds(dice.between(300, 6_000))
        queue.add(.start(waitingSince: nil), at: max(now + pause, hostBackAt))
    }

    // MARK: Time and events

    func wake(_ guardian: GuardianProcess) {
        beat(guardian)
        tell(guardian, .woke)
    }

    /// What the loop of its trader says after turns, and once a second when it is idle: nothing else says it.
    private func beat(_ guardian: GuardianProcess) {
        guard let trader = process(.trader, of: guardian), let life = trader.life,
            life.stalledUntil <= now, trader.frozenUntil <= now
        else { return }
        tell(guardian, .said(.beat))
    }

    func tell(_ guardian: GuardianProcess, _ event: GuardianEvent) {
        guard self.guardian === guardian, judge.problem == nil else { return }
        guard guardian.stalledUntil <= now else {
            if case .woke = event { return }
            queue.add(.guardianHears(guardian: guardian.number, event), at: guardian.stalledUntil)
            return
        }
        if case .signal = event, guardian.stopAskedAt == nil { guardian.stopAskedAt = now }
        if case .ended(.trader, _) = event { guardian.hasUnheardEnd = false }
        countTurn()
        let actions = guardian.plan.handle(event, at: .nanoseconds(now))
        guardian.wakeAt = guardian.plan.wakeAt.map { $0.wholeNanoseconds + 1 } ?? .max
        if options.digests {
            digest.add("guardian \(guardian.number) \(now) \(event)")
            for action in actions { digest.add("\(action)") }
        }
        if options.trace != nil {
            if event != .woke, event != .said(.beat) { trace("guardian hears \(event)") }
            for action in actions { traceAction(action) }
        }
        for action in actions where self.guardian === guardian { carryOut(action, guardian) }
        if self.guardian === guardian { judge.watch(guardian, processes, exchange, at: now) }
    }

    private func traceAction(_ action: GuardianAction) {
        if case .notify = action { return }
        trace("guardian does \(action)")
    }

    private func carryOut(_ action: GuardianAction, _ guardian: GuardianProcess) {
        switch action {
        case .spawnTrader(_, let adopts):
            judge.spawnsTrader(guardian, processes)
            let process = CoreProcess(number: nextNumber(), role: .trader, guardian: guardian.number)
            process.adopts = adopts
            spawn(process, guardian)
        case .spawnSweep(let kind, let limit, let reason, let settings):
            judge.spawnsSweep(kind, guardian, processes)
            let process = CoreProcess(number: nextNumber(), role: .sweep(kind), guardian: guardian.number)
            process.limit = limit
            process.sweepSettings = settings
            process.reason = reason
            spawn(process, guardian)
        case .kill(let kind, let signal):
            if let process = process(kind, of: guardian) { send(signal, to: process) }
        case .notify: break
        case .say(let level, let name, _): if level == .alert { guardian.noteAlarm(name) }
        case .leave(let code): leave(guardian, code)
        }
    }

    private func spawn(_ process: CoreProcess, _ guardian: GuardianProcess) {
        if plan.fires(.notSpawned, life: process.number, number: 0, at: now) {
            note(.notSpawned, .starting)
            let kind: ChildKind = process.isTrader ? .trader : .sweep
            queue.add(
                .guardianHears(
                    guardian: guardian.number, .notSpawned(kind, "out of processes")),
                at: now + 1)
        } else {
            startProcess(process)
        }
    }

    // MARK: Ending

    private func leave(_ guardian: GuardianProcess, _ code: Int32) {
        trace("guardian \(guardian.number) leaves with \(code)")
        judge.left(guardian, code, processes, exchange, at: now)
        result.stops += 1
        self.guardian = nil
        orphan(guardian)
        if guardian.hasAlarmed, processes.isEmpty {
            judge.named.formUnion(exchange.liveOrders + exchange.arriving)
        }
        // Units don't restart what was asked to end, or what ended in an order that restarting can't mend.
        let isRestarted = ![0, 64, 78].contains(code) && guardian.stopAskedAt == nil
        endOrStart(patient: !isRestarted)
    }

    func killGuardian(_ why: String) {
        guard let guardian else { return }
        trace("guardian \(guardian.number) is killed: \(why)")
        result.crashes += 1
        self.guardian = nil
        orphan(guardian)
    }

    /// The kernel closes the lifeline.
    private func orphan(_ guardian: GuardianProcess) {
        for process in processes where process.guardian == guardian.number && process.isTrader {
            queue.add(.act(life: process.number, .processSignal(.guardianLost)), at: now + milliseconds(1))
        }
    }

    func act(_ guardian: GuardianProcess, _ kind: FaultKind) {
        guard !plan.isHealed else { return }
        let number = Int64(900 + Int(kind.rawValue))
        note(kind, place)
        var dice = choices.dice(.guardian, Int64(guardian.number), number)
        befall(kind, guardian, &dice)
    }

    func befall(_ kind: FaultKind, _ guardian: GuardianProcess, _ dice: inout Dice) {
        func signal(_ number: Int32, _ delay: Instant) {
            queue.add(.guardianHears(guardian: guardian.number, .signal(number)), at: now + delay)
        }
        let number: Int32 = dice.pick([15, 2, 3, 1])
        switch kind {
        case .signal: signal(number, 0)
        case .quickDoubleSignal:
            signal(2, 0)
            signal(15, milliseconds(dice.between(0, 290)))
        case .doubleSignal:
            signal(number, 0)
            signal(number, milliseconds(dice.between(310, 2_500)))
        case .tripleSignal:
            let second = milliseconds(dice.between(310, 900))
            signal(number, 0)
            signal(number, second)
            signal(number, second + milliseconds(dice.between(310, 1_500)))
        case .guardianStall:
            guardian.stalledUntil = now + milliseconds(dice.between(300, 12_000))
            guardian.stalledAt = guardian.stalledUntil
        case .killGuardian:
            killGuardian("SIGKILL")
            endOrStart(patient: false)
        case .killBoth: killBoth()
        case .hostLoss: loseHost(&dice)
        default: judge.fail("\(kind) cannot befall a guardian")
        }
    }
}
