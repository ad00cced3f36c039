// What a guardian does, decided purely: one event at one instant in, actions out. It knows nothing of orders; it
// knows processes, one deadline and which sweep follows which death. The shell beside it carries it out, and the
// simulation drives the same plan.
//
// A sweep begins only after the kernel reports the trader's death. A trader that cannot be killed is swept beside,
// by the exchange's lists alone, again and again, and that is never called clean.

package struct GuardianPlan: Equatable, Sendable {
    struct Child: Equatable, Sendable {
        var startedAt: Duration
        /// For a trader.
        var lastBeat: Duration?
        /// For a sweep.
        var kind = SweepKind.afterCrash
        var limit: Duration = .zero
        var abortedAt: Duration?
        var killedAt: Duration?
    }

    enum Pause: Equatable, Sendable { case beforeTrader, beforeSweep }

    let limits: GuardianLimits
    let start: GuardianStart
    var trader: Child?
    var sweep: Child?
    /// What follows when nothing runs.
    var pause: (what: Pause, until: Duration)?
    var restarts = 0
    /// When traders ended that should not have, lately.
    var crashes: [Duration] = []
    /// How the last one ended, for its sweep's report.
    var cause = ""
    /// What the guardian would leave with, had the sweep nothing to add. A stop during the sweep of an earlier life is asked
    /// for, and nothing has died: an end of ours alone says otherwise.
    var codeAfterSweep = GuardianExit.clean
    /// What the last sweep said; a stop that finds nothing running has no more to say.
    var sweptCode = GuardianExit.clean
    /// An order of ours may rest, and no sweep has proved since that none does. Nobody leaves with 64, 75 or 78 then.
    var mayRest: Bool
    /// Whose configuration the sweeps have.
    var settings: SweepSettings
    /// A sweep with these settings found that the orders are another bot's or account's: an empty list of ours proves
    /// nothing then.
    var isOthers = false
    /// Orders rest since a death without a sweep.
    var aloneSince: Duration?
    /// Whatever is usual after a crash, this one is swept.
    var mustSweep = false
    /// No trader is started again.
    var isClosing = false
    var failedSweeps = 0
    /// Sweeps in a row that ended by themselves and had not proved it in their time.
    var shortSweeps = 0

    // The stop.
    var wishes = 0
    var lastWishAt: Duration?
    var stopAt: Duration?
    var hasLeft = false
    /// What it leaves with as soon as the sweep that was killed is gone.
    var codeAfterKill: Int32?

    private var lastSeen: Duration?
    /// The guardian itself was not scheduled before this.
    private var awakeSince: Duration = .zero
    private var pingedAt: Duration = .zero

    static let wishWindow: Duration = .milliseconds(300)
    static let abortGrace: Duration = .milliseconds(500)
    /// A process that is there so long after SIGKILL hangs in the kernel.
    static let killPatience: Duration = .seconds(2)
    /// The trader's own watchdog leaves a quarter of a second after its deadline.
    static let traderGrace: Duration = .milliseconds(400)
    /// Below this no sweep is worth its start.
    static let shortestSweep: Duration = .milliseconds(350)
    /// Kept of what remains for the end of a sweep that overruns.
    static let sweepReserve: Duration = .milliseconds(150)
    /// A sweep gets at most eight times its usual limit.
    static let sweepDoublings = 3
    static let besideInterval: Duration = .seconds(5)
    static let aloneLimit: Duration = .seconds(30)
    static let tick: Duration = .seconds(1)

    package init(_ limits: GuardianLimits, start: GuardianStart = .fresh) {
        self.limits = limits
        self.start = start
        mayRest = start != .fresh
        switch start {
        case .fresh, .unproved: settings = .accepted
        case .otherAccount: settings = .kept
        case .refused(let code):
            settings = .kept
            isClosing = true
            codeAfterSweep = code
        }
    }

    /// How many times its usual limit the next sweep gets.
    package var patience: Int { 1 << min(shortSweeps, Self.sweepDoublings) }

    package static func == (a: Self, b: Self) -> Bool {
        a.trader == b.trader && a.sweep == b.sweep && a.pause?.until == b.pause?.until
            && a.restarts == b.restarts && a.crashes == b.crashes && a.wishes == b.wishes
            && a.stopAt == b.stopAt && a.hasLeft == b.hasLeft && a.isClosing == b.isClosing
            && a.aloneSince == b.aloneSince && a.failedSweeps == b.failedSweeps
            && a.shortSweeps == b.shortSweeps && a.mayRest == b.mayRest && a.settings == b.settings
            && a.isOthers == b.isOthers && a.codeAfterKill == b.codeAfterKill
    }

    package mutating func handle(_ event: GuardianEvent, at now: Duration) -> [GuardianAction] {
        guard !hasLeft else { return [] }
        if let lastSeen, now - lastSeen > Self.tick * 2 { awakeSince = now }
        lastSeen = now
        var actions: [GuardianAction] = []
        switch event {
        case .started: begin(at: now, &actions)
        case .signal(let number): take(signal: number, at: now, &actions)
        case .reload: if trader != nil { actions.append(.kill(.trader, Signal.hangUp)) }
        case .said(let word): hear(word, at: now, &actions)
        case .ended(.trader, let end): traderEnded(end, at: now, &actions)
        case .ended(.sweep, let end): sweepEnded(end, at: now, &actions)
        case .notSpawned(let child, let why):
            actions.append(.say(.alert, "not-started", why))
            switch child {
            case .trader: traderEnded(.exit(GuardianExit.internalError), at: now, &actions)
            case .sweep: sweepEnded(.exit(GuardianExit.internalError), at: now, &actions)
            }
        case .woke: break
        }
        if !hasLeft { look(at: now, &actions) }
        return actions
    }

    /// When to call again if nothing happens before; nil once it has left.
    package var wakeAt: Duration? {
        guard !hasLeft, let lastSeen else { return nil }
        var moments = [lastSeen + Self.tick]
        if let trader {
            moments.append(trader.killedAt.map { $0 + Self.killPatience } ?? hangsAt(trader))
            if let at = trader.abortedAt, trader.killedAt == nil { moments.append(at + Self.abortGrace) }
            if let stopAt, trader.killedAt == nil { moments.append(traderEnd(stopAt)) }
        }
        if let end = lastMoment { moments.append(end) }
        if let sweep, sweep.killedAt == nil { moments.append(sweepEnd(sweep)) }
        if let pause { moments.append(pause.until) }
        if let aloneSince { moments.append(aloneSince + Self.aloneLimit) }
        // What is due and was not done waits for the kernel, not for time: nothing can spin.
        let later = moments.map { $0 > lastSeen ? $0 : lastSeen + .milliseconds(50) }
        return later.min()
    }

    package var isTraderAlive: Bool { trader != nil }
    package var isSweeping: Bool { sweep != nil }

    // MARK: The trader

    private mutating func begin(at now: Duration, _ actions: inout [GuardianAction]) {
        guard settings == .kept else { return spawnTrader(at: now, &actions) }
        cause = "the last life left no proof that nothing rests"
        actions.append(
            .say(
                .alert, "swept-first",
                "\(cause), and what is configured now can't look after it: sweeping as that life was configured"
            ))
        spawnSweep(.afterCrash, at: now, &actions)
    }

    mutating func spawnTrader(at now: Duration, _ actions: inout [GuardianAction]) {
        trader = Child(startedAt: now)
        pause = nil
        actions.append(
            .spawnTrader(restarts: restarts, adopts: restarts > 0 && limits.onCrash == .adoptAndRestart))
    }

    private mutating func hear(_ word: TraderWord, at now: Duration, _ actions: inout [GuardianAction]) {
        guard trader != nil else { return }
        switch word {
        case .beat:
            trader?.lastBeat = now
            // Somebody looks after them again.
            aloneSince = nil
        case .ready:
            // From here on it places.
            mayRest = true
            actions.append(.notify("READY=1"))
        case .reloading: actions.append(.notify("RELOADING=1"))
        case .stopping: actions.append(.notify("STOPPING=1"))
        case .status(let text):
            // What it waits for before its loop has begun has no bound, and the time for the rest begins anew.
            if trader?.lastBeat == nil { trader?.startedAt = now }
            actions.append(.notify("STATUS=\(text)"))
        }
    }

    /// When its silence counts as a hang.
    private func hangsAt(_ trader: Child) -> Duration {
        let patience = trader.lastBeat == nil ? limits.startLimit : limits.hangLimit
        return max(trader.lastBeat ?? trader.startedAt, awakeSince) + patience
    }

    func traderEnd(_ stopAt: Duration) -> Duration {
        stopAt + GuardianLimits.traderShare(of: limits.stopDeadline) + Self.traderGrace
    }

    // MARK: Time

    /// What is due at this instant, whatever the event was.
    private mutating func look(at now: Duration, _ actions: inout [GuardianAction]) {
        watchTrader(at: now, &actions)
        watchSweep(at: now, &actions)
        watchAdopted(at: now, &actions)
        watchDeadline(at: now, &actions)
        if let pause, !hasLeft, now >= pause.until, sweep == nil {
            self.pause = nil
            switch pause.what {
            case .beforeTrader: spawnTrader(at: now, &actions)
            case .beforeSweep: spawnSweep(trader == nil ? .afterCrash : .besideTrader, at: now, &actions)
            }
        }
        if !hasLeft, now - pingedAt >= Self.tick {
            pingedAt = now
            actions.append(.notify("WATCHDOG=1"))
        }
    }

    private mutating func watchTrader(at now: Duration, _ actions: inout [GuardianAction]) {
        guard let trader else { return }
        if let killedAt = trader.killedAt {
            guard now - killedAt >= Self.killPatience, sweep == nil, pause == nil else { return }
            actions.append(
                .say(
                    .alert, "not-killable",
                    "the trader does not die of SIGKILL; sweeping beside it, which proves nothing"))
            spawnSweep(.besideTrader, at: now, &actions)
        } else if let stopAt, now >= traderEnd(stopAt) {
            actions.append(.say(.alert, "overrun", "the trader overran its stop and is killed"))
            kill(&actions, Signal.kill, at: now)
        } else if let abortedAt = trader.abortedAt {
            if now - abortedAt >= Self.abortGrace { kill(&actions, Signal.kill, at: now) }
        } else if now >= hangsAt(trader) {
            actions.append(
                .say(
                    .alert, "hang",
                    "the trader has completed no turn for \(now - (trader.lastBeat ?? trader.startedAt)); it is killed"
                ))
            kill(&actions, Signal.abort, at: now)
        }
    }

    mutating func kill(_ actions: inout [GuardianAction], _ signal: Int32, at now: Duration) {
        if signal == Signal.kill { trader?.killedAt = now } else { trader?.abortedAt = now }
        actions.append(.kill(.trader, signal))
    }

    private mutating func watchAdopted(at now: Duration, _ actions: inout [GuardianAction]) {
        guard let aloneSince, now - aloneSince >= Self.aloneLimit, sweep == nil else { return }
        self.aloneSince = nil
        actions.append(
            .say(.alert, "adopted-alone", "adopted orders had no live trader for \(Self.aloneLimit)"))
        if trader != nil {
            // Its end brings the sweep.
            mustSweep = true
            if trader?.killedAt == nil { kill(&actions, Signal.kill, at: now) }
        } else {
            spawnSweep(.afterCrash, at: now, &actions)
        }
    }
}
