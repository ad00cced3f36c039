import Supervision
import Trading
import TradingDomain

// What befalls more than one process: stores that are lost, several deaths at once, the end of all faults.

extension World {
    /// Before a process opens the store, somebody or something may have been at it.
    func damageStore(_ process: CoreProcess) {
        guard process.opensStore, scenario.guardian != nil else { return }
        let number = process.number
        let place: Coverage.Place = process.isTrader ? .starting : .afterCrash
        // A copy is not put back within the life of a request: nobody could tell what else may arrive, or show up in lists.
        if plan.fires(.lostStore, life: number, number: 0, at: now) {
            note(.lostStore, place)
            if disk.cut(toTransactions: 0) { judge.isMemoryLost = true }
        } else if now - lastPlacedAt >= scenario.capabilities.requestLife.wholeNanoseconds,
            plan.fires(.restoredStore, life: number, number: 0, at: now)
        {
            note(.restoredStore, place)
            var dice = choices.dice(.process, Int64(number), 3)
            if disk.cut(toTransactions: Int(dice.below(Int64(disk.transactions) + 1))) {
                judge.isMemoryLost = true
            }
        }
        if plan.fires(.unreadableStore, life: number, number: 0, at: now) {
            note(.unreadableStore, place)
            disk.isUnreadable = true
        } else if disk.isUnreadable {
            // Somebody mended it.
            var dice = choices.dice(.process, Int64(number), 4)
            if dice.chance(600) { disk.isUnreadable = false }
        }
    }

    /// What a disk acknowledged and holds in its own memory only.
    func isSynced(_ life: Life, _ transaction: Transaction) -> Bool {
        !fires(.lyingSync, life, transaction.number)
    }

    func killBoth() {
        killGuardian("with everything of its")
        for process in processes { send(9, to: process) }
        endOrStart(patient: false)
    }

    /// Power, or the kernel: everything is gone at once, and what was not durable, too.
    func loseHost(_ dice: inout Dice) {
        trace("the host is lost")
        // It does not come back within the life of a request.
        hostBackAt =
            now + scenario.capabilities.requestLife.wholeNanoseconds + milliseconds(dice.between(0, 5_000))
        killGuardian("host lost")
        for process in processes {
            process.frozenUntil = 0
            if let life = process.life {
                end(life, .killed(9))
            } else {
                gone(process, .signal(9))
            }
        }
        if disk.unsynced > 0 {
            let number = Int64(disk.transactions)
            var keeps = disk.transactions - disk.unsynced
            if plan.fires(.tornWrite, life: lives, number: number, at: now) {
                note(.tornWrite, .down)
                // Some of what was not synced is there, up to where the last write was torn.
                keeps += Int(dice.below(Int64(disk.unsynced)))
            }
            if disk.cut(toTransactions: keeps) { judge.isMemoryLost = true }
        }
        endOrStart(patient: true)
    }

    // MARK: The end of all faults

    func heal() {
        guard !plan.isHealed else { return }
        trace("all faults end")
        plan.isHealed = true
        jumpClock(by: -skew)
        mend()
        exchange.endFlood(at: now)
        disk.isUnreadable = false
        if !scenario.poisonOutlivesHealing { disk.isPoisoned = false }
        for process in processes {
            process.life?.actions = []
            process.life?.pending = []
            // Whoever paused it has lost interest.
            if let life = process.life, life.view.standing != nil { resumeSometime(life) }
            // Whoever heard that it must wait for an hour is started again.
            if let life = process.life, life.throttledUntil > now + milliseconds(5_000) {
                queue.add(.act(life: process.number, .processSignal(.terminate)), at: now + 1)
            }
            // The kernel lets go of it; a loop that hangs goes on hanging.
            if process.frozenUntil > now { process.frozenUntil = now }
            if process.isDoomed { queue.add(.die(process: process.number, signal: 9), at: now) }
        }
        // A cancel that the exchange was slow with would outlast a short deadline, lawfully.
        exchange.completeCancels(at: now)
        publish()
        if let bound = livenessBound { queue.add(.reckon, at: now + bound) }
    }

    /// How long the way from anything at all to trading, or to a clean stop, may take once nothing fails any more.
    private var livenessBound: Instant? {
        guard let limits = scenario.guardian else { return nil }
        // One that hangs now, one that is short of time, and one that has twice as much.
        let sweeps = limits.sweepLimit * (1 + 3 * (guardian?.plan.patience ?? 1))
        let waits = limits.hangLimit + limits.startLimit + sweeps + limits.longestBackoff * 2
        let rest = scenario.configuration.stop.deadline * 2 + scenario.capabilities.requestLife * 3
        return (waits + rest + .seconds(40)).wholeNanoseconds
    }

    func reckon() {
        judge.demand(
            hasComeToSomething,
            "long after all faults ended nothing trades and nothing is proved: "
                + "\(exchange.liveOrders.count) orders live, \(processes.count) processes run, "
                + "guardian \(guardian == nil ? "gone" : "alive"), store \(disk.isPoisoned ? "poisoned" : "sound")"
        )
    }

    /// A record that traps the core stays until the account is clean without it.
    func curePoison() {
        guard plan.isHealed, disk.isPoisoned, exchange.liveOrders.isEmpty, exchange.arriving.isEmpty else {
            return
        }
        trace("the store is mended")
        disk.isPoisoned = false
        // What can be bounded is what follows.
        if !hasComeToSomething, let bound = livenessBound { queue.add(.reckon, at: now + bound) }
    }
}
