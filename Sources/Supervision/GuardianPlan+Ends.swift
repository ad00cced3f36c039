// What follows the death of a trader, the end of a sweep, and a wish to stop.

extension GuardianPlan {
    // MARK: Stops

    /// Forwarded as it came: the trader tells one wish from the next by itself. Counted here as it counts them.
    mutating func take(signal: Int32, at now: Duration, _ actions: inout [GuardianAction]) {
        if lastWishAt.map({ now - $0 >= Self.wishWindow }) ?? true {
            lastWishAt = now
            wishes += 1
        }
        if trader != nil { actions.append(.kill(.trader, signal)) }
        if sweep != nil { actions.append(.kill(.sweep, signal)) }
        if stopAt == nil {
            stopAt = now
            actions.append(.notify("STOPPING=1"))
        }
        if wishes >= 3 {
            // The trader leaves at once by itself; whatever else runs is not waited for.
            if trader == nil || trader?.killedAt != nil { leave(worst(GuardianExit.ordersRemain), &actions) }
            return
        }
        if trader == nil, sweep == nil { stopBetween(at: now, &actions) }
    }

    /// Nothing runs: after a sweep that was clean there is nothing left to do.
    private mutating func stopBetween(at now: Duration, _ actions: inout [GuardianAction]) {
        pause = nil
        if !mayRest { return leave(sweptCode, &actions) }
        spawnSweep(.afterCrash, at: now, &actions)
    }

    // MARK: The trader's end

    mutating func traderEnded(_ end: ProcessEnd, at now: Duration, _ actions: inout [GuardianAction]) {
        guard let child = trader else { return }
        trader = nil
        // Restarting what ran for long is not a loop.
        crashes.removeAll { now - $0 > limits.crashWindow }
        if case .exit(let code) = end, child.killedAt == nil {
            if code == GuardianExit.clean { return leave(code, &actions) }
            // It did nothing, and nothing is there to be looked after. Else it is a failed attempt like any other.
            if GuardianExit.isRefusal(code), !mayRest { return leave(code, &actions) }
        }
        mayRest = true
        cause = Self.words(end, child)
        codeAfterSweep = Self.code(end)
        let isOver = wishes >= 3
        if !isOver {
            actions.append(.say(.alert, "crash", cause))
            crashes.append(now)
        }
        // What a sweep beside the trader finds is of no use any more; it ends first, since it has the lock.
        if sweep != nil {
            if isOver { codeAfterKill = unsweptCode(end) }
            sweep?.killedAt = now
            actions.append(.kill(.sweep, Signal.kill))
            return
        }
        if isOver { return leave(unsweptCode(end), &actions) }
        pause = nil
        let adopts = limits.onCrash == .adoptAndRestart && !mustSweep && !isClosing
        mustSweep = false
        if adopts, stopAt == nil, crashes.count < limits.crashLimit {
            aloneSince = aloneSince ?? now
            return restart(at: now, &actions)
        }
        spawnSweep(.afterCrash, at: now, &actions)
    }

    private static func words(_ end: ProcessEnd, _ child: Child) -> String {
        switch end {
        case .exit(let code): "the trader ended with exit code \(code)"
        case .signal(let number) where child.abortedAt != nil:
            "the trader hung and was killed (signal \(number))"
        case .signal(0): "the trader ended, nobody knows how"
        case .signal(let number): "the trader died of signal \(number)\(name(number))"
        }
    }

    private static func name(_ signal: Int32) -> String {
        switch signal {
        case 4: " (SIGILL, a trap)"
        case 5: " (SIGTRAP, a trap)"
        case Signal.abort: " (SIGABRT)"
        case 7: " (SIGBUS)"
        case 8: " (SIGFPE)"
        case Signal.kill: " (SIGKILL)"
        case 11: " (SIGSEGV)"
        default: ""
        }
    }

    /// What remains to be said of this end once a sweep was clean: a stop that could not finish is finished by
    /// it; a death stays an internal error.
    private static func code(_ end: ProcessEnd) -> Int32 {
        switch end {
        case .exit(let code) where (3...5).contains(code): GuardianExit.clean
        case .exit(let code) where GuardianExit.isRefusal(code): code
        default: GuardianExit.internalError
        }
    }

    /// What an end means that no sweep follows, where orders may rest.
    private func unsweptCode(_ end: ProcessEnd) -> Int32 {
        guard case .exit(let code) = end else { return GuardianExit.both }
        return GuardianExit.isRefusal(code) ? GuardianExit.ordersRemain : code
    }

    private mutating func restart(at now: Duration, _ actions: inout [GuardianAction]) {
        restarts += 1
        let doublings = min(max(0, crashes.count - 1), 16)
        let backoff = min(limits.firstBackoff * (1 << doublings), limits.longestBackoff)
        pause = (.beforeTrader, now + backoff)
        actions.append(.say(.info, "restart", "the trader is started again in \(backoff)"))
        actions.append(.notify("STATUS=the trader is started again in \(backoff)"))
    }

    /// The one deadline, which also holds beside a trader that does not die. A sweep that was killed at it has a moment
    /// to be reaped.
    var lastMoment: Duration? {
        stopAt.map { $0 + limits.stopDeadline + (sweep == nil ? .zero : Self.sweepReserve) }
    }

    mutating func watchDeadline(at now: Duration, _ actions: inout [GuardianAction]) {
        guard let lastMoment, now >= lastMoment else { return }
        actions.append(
            .say(
                .alert, "not-finished",
                trader == nil
                    ? "the deadline of the stop has come; orders may remain"
                    : "the deadline of the stop has come and the trader does not die; orders may remain"))
        leave(worst(GuardianExit.both), &actions)
    }

    // MARK: Sweeps

    mutating func spawnSweep(_ kind: SweepKind, at now: Duration, _ actions: inout [GuardianAction]) {
        // One that could not prove it in its time has more the next time: a venue may be slow, an account large.
        var limit = limits.sweepLimit * patience
        if let stopAt {
            limit = min(limit, stopAt + limits.stopDeadline - now - Self.sweepReserve)
            guard limit >= Self.shortestSweep else {
                actions.append(.say(.alert, "not-swept", "no time is left for a sweep; orders may remain"))
                return leave(worst(GuardianExit.both), &actions)
            }
        }
        pause = nil
        sweep = Child(startedAt: now, kind: kind, limit: limit)
        actions.append(.spawnSweep(kind, limit: limit, reason: cause, settings: settings))
        actions.append(.notify("STATUS=sweeping: \(cause)"))
    }

    func sweepEnd(_ sweep: Child) -> Duration {
        let end = sweep.startedAt + sweep.limit + (stopAt == nil ? .seconds(1) : Self.sweepReserve)
        return min(end, stopAt.map { $0 + limits.stopDeadline } ?? end)
    }

    mutating func watchSweep(at now: Duration, _ actions: inout [GuardianAction]) {
        guard let sweep, sweep.killedAt == nil, now >= sweepEnd(sweep) else { return }
        actions.append(.say(.alert, "sweep-overran", "the sweep overran and is killed"))
        self.sweep?.killedAt = now
        actions.append(.kill(.sweep, Signal.kill))
    }

    mutating func sweepEnded(_ end: ProcessEnd, at now: Duration, _ actions: inout [GuardianAction]) {
        guard let child = sweep else { return }
        sweep = nil
        if let codeAfterKill { return leave(codeAfterKill, &actions) }
        var code: Int32?
        if case .exit(let number) = end, number == 0 || (3...5).contains(number) { code = number }
        if trader != nil {
            // Beside a trader that may act, nothing is proved.
            if let stopAt, now >= stopAt + limits.stopDeadline - Self.shortestSweep {
                return leave(GuardianExit.both, &actions)
            }
            pause = (.beforeSweep, now + Self.besideInterval)
            return
        }
        if child.kind == .besideTrader {
            // The trader died meanwhile: now it can be proved.
            return spawnSweep(.afterCrash, at: now, &actions)
        }
        if end == .exit(GuardianExit.alreadyRunning) { return waitForHolder(at: now, &actions) }
        note(owner: end, of: child)
        if code == nil, child.kind == .afterCrash {
            actions.append(
                .say(
                    .alert, "sweep-died",
                    "the sweep with the store did not end by itself; sweeping by the exchange's lists alone"))
            return spawnSweep(.exchangeOnly, at: now, &actions)
        }
        // One that hung (its watchdog says 5) or died is no reason to wait longer for the next.
        shortSweeps = code == GuardianExit.ordersRemain ? shortSweeps + 1 : 0
        // An empty list of another bot's.
        if isOthers, code == GuardianExit.stateNotFlushed { code = GuardianExit.ordersRemain }
        conclude(code ?? Self.unsaid(end), at: now, &actions)
    }

    /// Only a sweep that opened the store takes a doubt back: with 4 it may have had none.
    private mutating func note(owner end: ProcessEnd, of child: Child) {
        switch end {
        case .exit(SweepExit.otherOwner): isOthers = true
        case .exit(GuardianExit.clean), .exit(GuardianExit.ordersRemain):
            if child.kind == .afterCrash { isOthers = false }
        default: break
        }
    }

    /// What an end means that says nothing of orders: one that refused has touched nothing.
    private static func unsaid(_ end: ProcessEnd) -> Int32 {
        if case .exit(let code) = end, GuardianExit.isRefusal(code) || code == SweepExit.otherOwner {
            return GuardianExit.ordersRemain
        }
        return GuardianExit.both
    }

    /// Nothing is canceled while somebody else may act on the account; they may end without having done it.
    private mutating func waitForHolder(at now: Duration, _ actions: inout [GuardianAction]) {
        failedSweeps += 1
        shortSweeps = 0
        sweptCode = GuardianExit.ordersRemain
        actions.append(
            .say(
                .alert, "lock-held",
                "another process holds the bot's lock: nothing is canceled while it lives, and then it is swept"
            ))
        if stopAt != nil { return leave(GuardianExit.ordersRemain, &actions) }
        sweepAgain(at: now, &actions)
    }

    /// Nobody else will look after what may rest.
    private mutating func sweepAgain(at now: Duration, _ actions: inout [GuardianAction]) {
        let backoff = min(limits.firstBackoff * (1 << min(failedSweeps, 16)), limits.longestBackoff)
        pause = (.beforeSweep, now + backoff)
    }

    /// A sweep said what it could.
    private mutating func conclude(_ code: Int32, at now: Duration, _ actions: inout [GuardianAction]) {
        let isEmpty = code == GuardianExit.clean || code == GuardianExit.stateNotFlushed
        if isEmpty {
            aloneSince = nil
            mayRest = false
        }
        sweptCode = code
        failedSweeps = isEmpty ? 0 : failedSweeps + 1
        actions.append(
            isEmpty
                ? .say(.info, "swept", "the sweep proved that none of our orders is left (exit code \(code))")
                : .say(
                    .alert, "orders-remain",
                    isOthers
                        ? "what may rest is another bot's, mode's or account's than was swept: nothing is proved"
                        : "the sweep ended with \(code): orders remain or may remain"))
        if stopAt != nil { return leave(worst(code), &actions) }
        let isLoop = crashes.count >= limits.crashLimit
        if isLoop, !isClosing {
            actions.append(
                .say(
                    .alert, "crash-loop",
                    "\(crashes.count) crashes within \(limits.crashWindow): the trader is not started again"))
        }
        if settings == .kept, !isClosing {
            // Whoever is configured now knows nothing of these orders: no trader begins before the proof.
            guard isEmpty else { return sweepAgain(at: now, &actions) }
            settings = .accepted
            isOthers = false
            return spawnTrader(at: now, &actions)
        }
        if isLoop || limits.onCrash == .sweepAndExit { isClosing = true }
        guard isClosing else { return restart(at: now, &actions) }
        guard isEmpty else { return sweepAgain(at: now, &actions) }
        leave(worst(code), &actions)
    }

    /// A sweep's code goes before the one that the death left, but for a refusal: proved is all that it waits for.
    func worst(_ sweepCode: Int32) -> Int32 {
        let isRefusal = GuardianExit.isRefusal(codeAfterSweep)
        switch sweepCode {
        case GuardianExit.clean: return codeAfterSweep
        case GuardianExit.stateNotFlushed where isRefusal: return codeAfterSweep
        default: return sweepCode
        }
    }

    mutating func leave(_ code: Int32, _ actions: inout [GuardianAction]) {
        hasLeft = true
        actions.append(.leave(code))
    }
}
