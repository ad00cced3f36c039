import Supervision
import Trading
import TradingDomain

// The simulated kernel: processes begin, get signals and end; locks are free when their last holder is gone.

extension World {
    func process(_ number: Int) -> CoreProcess? { processes.first { $0.number == number } }

    func process(_ kind: ChildKind, of guardian: GuardianProcess) -> CoreProcess? {
        processes.first { $0.guardian == guardian.number && $0.isTrader == (kind == .trader) }
    }

    /// Held by the guardian, and by everything that it started.
    var isInstanceLockHeld: Bool { guardian != nil || !processes.isEmpty }

    /// Where everything is when something befalls the guardian.
    var place: Coverage.Place {
        if let process = processes.last {
            return process.life.map { Coverage.Place(process.role, $0.status) } ?? .starting
        }
        return guardian == nil ? .down : .pausing
    }

    // MARK: Beginning

    func startProcess(_ process: CoreProcess) {
        processes.append(process)
        trace("process \(process.number) starts: \(process.role)")
        guard process.guardian != nil else { return begin(process) }
        if let limit = process.limit {
            // A sweep's watchdog is armed from its first line on: nobody may be there to end it.
            queue.add(
                .die(process: process.number, signal: 0),
                at: now + limit.wholeNanoseconds + milliseconds(250))
        }
        var dice = choices.dice(.process, Int64(process.number))
        let delay = milliseconds(dice.chance(800) ? dice.between(5, 60) : dice.between(60, 400))
        if plan.fires(.slowStart, life: process.number, number: 0, at: now) {
            note(.slowStart, .starting)
            // It opens a huge store, or hangs there.
            if dice.chance(500) {
                if let limit = process.limit, let guardian, process.guardian == guardian.number {
                    guardian.hangs += limit
                }
                return
            }
            queue.add(.begin(process: process.number), at: now + milliseconds(dice.between(500, 12_000)))
        } else {
            queue.add(.begin(process: process.number), at: now + delay)
        }
    }

    func begin(_ process: CoreProcess) {
        guard process.life == nil, judge.problem == nil else { return }
        let holder = processes.first { $0 !== process && $0.takesTraderLock && $0.life != nil }
        if process.takesTraderLock, let holder {
            trace("process \(process.number) ends with 75: process \(holder.number) holds the trader lock")
            return gone(process, .exit(75))
        }
        if let code = refusal(of: process) {
            trace("process \(process.number) ends with \(code) before its core begins")
            note(refusalKind(code), .starting)
            coverage.feel(refusalKind(code))
            return gone(process, .exit(code))
        }
        process.isElsewhere = settings(of: process).isElsewhere
        if process.isElsewhere { coverage.feel(.otherPortfolio) }
        if process.isTrader { countTrader() }
        damageStore(process)
        if process.opensStore, disk.isPoisoned {
            trace("process \(process.number) traps on a record")
            note(.trap, .starting)
            result.crashes += 1
            return gone(process, .signal(4))
        }
        do { try live(process) } catch {
            judge.fail("process \(process.number) could not begin: \(error)")
        }
    }

    private func live(_ process: CoreProcess) throws {
        let hasStore = process.opensStore && !disk.isUnreadable
        let durable = hasStore ? try disk.replay() : DurableState()
        let configuration = configuration(process)
        let view = LifeView(
            scenario.capabilities, hasStore: hasStore, isSweep: !process.isTrader,
            configuration: configuration, isElsewhere: process.isElsewhere,
            hearsOrders: !scenario.capabilities.introducesItself)
        let wishBooks = scenario.isCalm ? wishBooks() : []
        if scenario.isCalm { view.calm = CalmView(wishBooks, at: now) }
        let core = try TradingCore(
            configuration: configuration, capabilities: scenario.capabilities,
            products: scenario.capabilities.introducesItself ? [] : scenario.products,
            strategies: !hasStore || !process.isTrader
                ? [] : scenario.isCalm ? steadyStrategies(wishBooks) : strategies(), durable: durable)
        let life = Life(
            number: process.number, startedAt: now, isHealed: plan.isHealed, view: view, core: core,
            actions: plan.isHealed ? [] : actions(process))
        process.life = life
        life.wishBooks = wishBooks
        if scenario.isCalm { planCalm(life) }
        judge.begin(life, disk, exchange)
        trace("life \(process.number) begins, \(plan.isHealed ? "healed" : "with faults")")
        if process.isTrader, !scenario.isCalm {
            let limit = (plan.isHealed ? LifePlan.longestLife * 2 : LifePlan.longestLife) * scenario.pace
            queue.add(.act(life: process.number, .enough), at: now + limit)
        }
        turn(life, .started)
        if let signal = process.pendingSignal, !life.hasEnded { take(signal, process) }
        guard process.isTrader else { return }
        if scenario.capabilities.introducesItself { raiseFeeds(life) }
        hearQuotes(life)
        if !scenario.isCalm, !durable.halts.isEmpty || durable.standing != nil { resumeSometime(life) }
    }

    private func actions(_ process: CoreProcess) -> [PlannedAction] {
        guard process.isTrader else {
            return LifePlan.sweepActions(choices: choices, plan: plan, life: process.number)
        }
        return LifePlan.actions(
            choices: choices, plan: plan, life: process.number, placements: judge.placements,
            isGuarded: process.guardian != nil)
    }

    /// As the command line makes it for each kind of process.
    private func configuration(_ process: CoreProcess) -> CoreConfiguration {
        var configuration = scenario.configuration
        guard let limits = scenario.guardian, process.guardian != nil else { return configuration }
        if let limit = process.limit {
            configuration.sweepsOnly = true
            configuration.crash = process.reason
            configuration.leftovers = .cancel
            configuration.stop.deadline = max(.milliseconds(200), limit - .milliseconds(100))
            let deadline = configuration.stop.deadline
            configuration.stop.flushReserve = min(configuration.stop.flushReserve, deadline * 3 / 16)
            configuration.stop.reportReserve = min(configuration.stop.reportReserve, deadline / 16)
        } else {
            configuration.stop.deadline = GuardianLimits.traderShare(of: limits.stopDeadline)
            configuration.stop.flushReserve = GuardianLimits.traderShare(of: configuration.stop.flushReserve)
            configuration.stop.reportReserve = GuardianLimits.traderShare(
                of: configuration.stop.reportReserve)
            if process.adopts { configuration.leftovers = .adopt }
        }
        return configuration
    }

    // MARK: Signals

    func send(_ signal: Int32, to process: CoreProcess) {
        switch signal {
        case 9:
            if process.isStopped {
                process.isStopped = false
                process.frozenUntil = now
            }
            doom(process, signal)
        case 6:
            if process.isStopped {
                queue.add(.die(process: process.number, signal: signal), at: process.frozenUntil)
            } else {
                doom(process, signal)
            }
        case 15: queue.add(.act(life: process.number, .processSignal(.terminate)), at: now)
        case 2: queue.add(.act(life: process.number, .processSignal(.interrupt)), at: now)
        case 3: queue.add(.act(life: process.number, .processSignal(.quit)), at: now)
        default: queue.add(.act(life: process.number, .processSignal(.hangUp)), at: now)
        }
    }

    /// It dies soon, or when the kernel lets it.
    private func doom(_ process: CoreProcess, _ signal: Int32) {
        guard !process.isDoomed else { return }
        process.isDoomed = true
        var dice = choices.dice(.process, Int64(process.number), 1)
        let at = now + dice.between(50_000, milliseconds(3))
        queue.add(.die(process: process.number, signal: signal), at: max(at, process.frozenUntil))
    }

    func die(_ process: CoreProcess, of signal: Int32) {
        if signal == 0 {
            guard process.life == nil else { return }
            trace("the watchdog ends process \(process.number), which had not begun")
            gone(process, .exit(ExitCode.ordersRemainAndStateNotFlushed))
        } else if process.frozenUntil > now {
            queue.add(.die(process: process.number, signal: signal), at: process.frozenUntil)
        } else if let life = process.life {
            end(life, .killed(signal))
        } else {
            result.crashes += 1
            trace("process \(process.number) dies of signal \(signal)")
            gone(process, .signal(signal))
        }
    }

    /// A signal as the watchdog's thread takes it, which runs whatever the loop does.
    func take(_ signal: StopSignal, _ process: CoreProcess) {
        guard let life = process.life else {
            // The watchdog's thread runs from the first line on; the core hears of it when it begins.
            guard process.pendingSignal == nil else { return }
            process.pendingSignal = signal
            let deadline = configuration(process).stop.deadline.wholeNanoseconds
            queue.add(.die(process: process.number, signal: 0), at: now + deadline + milliseconds(250))
            return
        }
        guard process.frozenUntil <= now else {
            if process.frozenUntil < Life.forever {
                queue.add(.act(life: process.number, .processSignal(signal)), at: process.frozenUntil)
            }
            return
        }
        if signal == .guardianLost, life.wishes > 0 { return }
        if let last = life.lastWishAt, now - last < milliseconds(300) { return }
        life.lastWishAt = now
        life.wishes += 1
        life.firstSignalAt = min(life.firstSignalAt, now)
        let stop = life.core.configuration.stop
        let patience =
            life.wishes == 1 ? stop.deadline : stop.expedited + stop.flushReserve + stop.reportReserve
        life.patienceEndsAt = min(life.patienceEndsAt, now + patience.wholeNanoseconds + milliseconds(250))
        if life.wishes >= 3 {
            trace("third signal")
            end(life, .cutShort("third signal"))
        } else {
            queue.add(.toCore(life: process.number, .signal(signal)), at: now)
        }
    }

    // MARK: Ending

    /// The kernel has reaped it; whoever waits is told.
    func gone(_ process: CoreProcess, _ end: ProcessEnd) {
        processes.removeAll { $0 === process }
        process.life = nil
        if let guardian, process.guardian == guardian.number {
            var dice = choices.dice(.process, Int64(process.number), 2)
            if process.isTrader { guardian.hasUnheardEnd = true }
            queue.add(
                .guardianHears(
                    guardian: guardian.number, .ended(process.isTrader ? .trader : .sweep, end)),
                at: now + dice.between(10_000, milliseconds(2)))
        }
        if guardian == nil { endOrStart(patient: true) }
    }

    /// When nothing of ours runs any more the schedule is over, or begins anew.
    func endOrStart(patient: Bool) {
        guard guardian == nil else { return }
        if processes.isEmpty { judge.nobodyIsThere(exchange, disk) }
        if processes.isEmpty, isFinished {
            judge.over(exchange, &disk)
            isOver = true
        } else if processes.isEmpty || scenario.guardian != nil {
            startLater(patient: patient)
        }
    }
}
