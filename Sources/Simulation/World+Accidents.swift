import Supervision
import Trading
import TradingDomain

// What befalls a life on its way, by its plan.

extension World {
    func begin(_ kind: FaultKind, _ life: Life, _ number: Int64) {
        var dice = choices.dice(.life, Int64(life.number), 100 + number)
        if befallsProcesses(kind, life, &dice) { return }
        let signal = dice.pick([StopSignal.terminate, .interrupt, .quit, .hangUp])
        func later(_ act: Act, _ delay: Instant) {
            queue.add(.act(life: life.number, act), at: now + delay)
        }
        switch kind {
        case .crash: end(life, .crashed("at any event"))
        case .signal: later(.signal(signal), 0)
        case .quickDoubleSignal:
            later(.signal(.interrupt), 0)
            later(.signal(.terminate), milliseconds(dice.between(0, 290)))
        case .doubleSignal:
            later(.signal(signal), 0)
            later(.signal(signal), milliseconds(dice.between(310, 2_500)))
        case .tripleSignal:
            let second = milliseconds(dice.between(310, 900))
            later(.signal(signal), 0)
            later(.signal(signal), second)
            later(.leave, second + milliseconds(dice.between(310, 1_500)))
        case .operatorStop: later(.operatorRequest(.stop), 0)
        case .endOfRun: later(.endOfRun, 0)
        case .shellFailure: later(.shellFailure, 0)
        case .operatorHalt:
            later(.operatorRequest(.halt("drill")), 0)
            if dice.chance(800) {
                later(.operatorRequest(.resume), milliseconds(dice.between(1, 4_000)))
            }
        case .operatorResume: later(.operatorRequest(.resume), 0)
        case .operatorPause, .operatorFlatten, .operatorSweep, .durableStop:
            say(word(kind, &dice), life, 0)
            // A word that stands is mostly taken back in the same life.
            if kind != .operatorSweep, dice.chance(800) {
                let after = milliseconds(dice.between(1, 4_000))
                say(.resume(confirmed: dice.chance(700)), life, after)
            }
        case .overslept:
            let duration = milliseconds(dice.between(200, 6_000))
            life.stalledUntil = now + duration
            queue.add(
                .toCore(life: life.number, .overslept(.nanoseconds(duration))), at: life.stalledUntil)
        case .wallJump:
            let size: Int64 = dice.pick([700, 45_000, 3_600_000, 86_400_000])
            let jump = milliseconds(dice.between(-size, size))
            jumpClock(by: jump)
            // Somebody sets the clock right again, mostly.
            if dice.chance(800) { later(.setClock(by: -jump), milliseconds(dice.between(50, 4_000))) }
        case .reversedFill, .overfill, .foreignFlood, .secondInstance: befallExchange(kind, &dice)
        case .operatorReload: say(.reload(reloaded(life, &dice)), life, 0)
        case .operatorStrategy:
            let name = scenario.usesProgram && dice.chance(500) ? Self.programName : "churn"
            say(.strategy(name: name, .disable), life, 0)
            let word: StrategyWord = dice.chance(800) ? .enable : .resume
            say(.strategy(name: name, word), life, milliseconds(dice.between(1, 4_000)))
        case .spoiledConfiguration, .otherPortfolio, .heldLock: spoil(kind, &dice)
        case .lyingFeed:
            life.hearsOrders = false
            life.isLiedTo = true
            // It tells again some time, and never what it left out.
            queue.add(
                .feedTells(life: life.number),
                at: now + scenario.pace * milliseconds(dice.between(1_000, 30_000)))
        case .jumpInFlight: jumpInFlight(life, &dice)
        case .feedLost, .feedGap, .feedSilent: disturbFeed(kind, life, &dice)
        default: judge.fail("\(kind) cannot be planned")
        }
    }

    /// The wall clock of the host. A venue that does not introduce itself is in the same process and goes by it.
    func jumpClock(by jump: Instant) {
        skew += jump
        guard !scenario.capabilities.introducesItself else {
            judge.hostSkew = skew
            return
        }
        exchange.skew = skew
        // When anything was nobody knows any more.
        exchange.hasClockJumped = true
        // Nobody can tell how long ago something was.
        judge.forgetTimes(at: now)
    }

    /// The clock is wrong while orders are placed of which nobody hears, and right again when they are searched for.
    private func jumpInFlight(_ life: Life, _ dice: inout Dice) {
        let jump = milliseconds(dice.between(-7_200_000, 7_200_000))
        let back = now + milliseconds(dice.between(200, 2_500))
        jumpClock(by: jump)
        life.losesRepliesUntil = back
        life.deafUntil = max(life.deafUntil, back)
        queue.add(.clock(by: -jump), at: back)
        queue.add(.toCore(life: life.number, .feed(.orders, .gap("sequence 17, expected 12"))), at: back)
    }

    private func say(_ word: OperatorWord, _ life: Life, _ delay: Instant) {
        let order = OperatorOrder(number: 1, by: "the simulation", word: word)
        queue.add(.act(life: life.number, .operatorRequest(.said(order))), at: now + delay)
    }

    /// Other limits, narrower or wider, and another pace.
    private func reloaded(_ life: Life, _ dice: inout Dice) -> ReloadedSettings {
        var configuration = scenario.configuration
        configuration.risk.maximumWorkingOrders = Int(dice.pick([2, 5, 500]))
        configuration.risk.maximumWorkingOrdersPerSymbol = Int(dice.pick([2, 4, 200]))
        configuration.risk.maximumOrdersPerMinute = Int(dice.pick([20, 600]))
        configuration.risk.maximumOrderNotional = dice.chance(500) ? Money(10) : Money(10_000)
        configuration.cycleInterval = .milliseconds(dice.pick([150, 400, 900]))
        return ReloadedSettings(configuration)
    }

    private func word(_ kind: FaultKind, _ dice: inout Dice) -> OperatorWord {
        switch kind {
        case .operatorPause: .pause(reduceOnly: dice.chance(500))
        case .operatorFlatten:
            .flatten(
                FlattenOrder(
                    slippageBasisPoints: dice.pick([1, 50, 2_000]), timeout: .seconds(dice.between(1, 10)),
                    next: dice.pick(FlattenOrder.Next.allCases)))
        case .operatorSweep: .sweep
        default: .stop
        }
    }

    private func disturbFeed(_ kind: FaultKind, _ life: Life, _ dice: inout Dice) {
        let feed: Feed = dice.chance(750) ? .orders : .market
        switch kind {
        case .feedLost:
            if feed == .orders { life.hearsOrders = false } else { life.hearsMarket = false }
            queue.add(
                .toCore(life: life.number, .feed(feed, .lost("connection reset"))),
                at: now + milliseconds(dice.between(0, 50)))
        case .feedGap:
            life.deafUntil = now + milliseconds(dice.between(5, 400))
            queue.add(
                .toCore(life: life.number, .feed(feed, .gap("sequence 17, expected 12"))),
                at: life.deafUntil)
            if feed == .market {
                // A gap of one feed is no reason for the other to be silent.
                life.deafUntil = 0
            }
        default:
            life.deafUntil = now + milliseconds(dice.between(300, 2_000))
            for feed in Feed.allCases {
                queue.add(.toCore(life: life.number, .feed(feed, .silent)), at: life.deafUntil)
            }
        }
    }

    // MARK: Processes

    func guardian(of life: Life) -> GuardianProcess? {
        guard let guardian, process(life.number)?.guardian == guardian.number else { return nil }
        return guardian
    }

    /// Faults of processes; false for one that is the core's alone.
    private func befallsProcesses(_ kind: FaultKind, _ life: Life, _ dice: inout Dice) -> Bool {
        guard let process = process(life.number) else { return false }
        switch kind {
        case .hang: life.stalledUntil = Life.forever
        case .unkillable:
            let longest: Int64 = dice.chance(500) ? 45_000 : 10_000
            freeze(process, life, milliseconds(dice.between(500, longest)))
        case .stopped:
            process.isStopped = true
            // Somebody notices, some time.
            freeze(process, life, milliseconds(dice.between(1_000, 60_000)))
        case .killBoth: killBoth()
        case .hostLoss: loseHost(&dice)
        case .killGuardian where guardian(of: life) == nil: end(life, .crashed("SIGKILL"))
        case .killGuardian, .signal, .quickDoubleSignal, .doubleSignal, .tripleSignal:
            guard let guardian = guardian(of: life) else { return false }
            befall(kind, guardian, &dice)
        default: return false
        }
        return true
    }

    private func freeze(_ process: CoreProcess, _ life: Life, _ duration: Instant) {
        process.frozenUntil = now + duration
        life.stalledUntil = max(life.stalledUntil, process.frozenUntil)
        queue.add(
            .toCore(life: life.number, .overslept(.nanoseconds(duration))), at: process.frozenUntil)
    }

    /// The guardian's charges are looked after by whatever turns.
    func care(for life: Life) { guardian(of: life)?.caredAt = now }
}
