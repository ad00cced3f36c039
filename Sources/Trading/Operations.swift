// What each operator's word does. A word that changes what outlives us is recorded first; its answer waits until that
// is on disk. What only cancels never waits.

import TradingDomain

extension TradingCore {
    mutating func obey(_ order: OperatorOrder, _ turn: inout Turn) {
        let outcome = outcome(of: order, &turn)
        turn.replies.append(OperatorReply(number: order.number, outcome: outcome))
    }

    private mutating func outcome(of order: OperatorOrder, _ turn: inout Turn) -> OperatorReply.Outcome {
        switch order.word {
        case .pause(let reduceOnly): return pause(order, reduceOnly: reduceOnly, &turn)
        case .resume(let confirmed): return resume(order, confirmed: confirmed, &turn)
        case .stop: return stop(order, &turn)
        case .halt(let why):
            note(order, &turn)
            halt(.killSwitch, why.isEmpty ? "by \(order.by)" : "by \(order.by): \(why)", &turn)
            return .done(
                volatile.stop == nil
                    ? "halted; every order is being canceled. It stays so across restarts, until `resume --confirm`"
                    : "a stop is under way; the next life is halted until `resume --confirm`")
        case .flatten(let wish): return beginFlatten(order, wish, &turn)
        case .sweep: return sweep(order, &turn)
        case .reload(let settings): return reload(order, settings, &turn)
        case .strategy(let name, let word): return obey(order, strategy: name, word, &turn)
        }
    }

    mutating func note(_ order: OperatorOrder, _ turn: inout Turn) {
        record(.operatorSaid(OperatorNote(word: order.word, by: order.by, at: now.utc)), &turn)
        tell(.info, "operator", "\(order.word.name), by \(order.by)", &turn)
    }

    /// Why a word that is about trading makes no sense now.
    func refusal(of word: OperatorWord) -> OperatorReply.Outcome? {
        if volatile.stop != nil || volatile.pendingStop != nil {
            return .refused("a stop is under way", todo: "say it to the next life")
        }
        guard let halt = durable.halts.first else { return nil }
        return .refused(
            "halted since \(halt.at) (\(halt.cause.rawValue)): nothing is placed anyway",
            todo: "see why, then `trader247 resume --confirm`; after that, \(word.name)")
    }

    // MARK: Pause and resume

    /// Whether only orders may go out that bring a position nearer to zero.
    var reducesOnly: Bool { durable.standing != nil }

    private mutating func pause(_ order: OperatorOrder, reduceOnly: Bool, _ turn: inout Turn)
        -> OperatorReply.Outcome
    {
        if let refusal = refusal(of: order.word) { return refusal }
        if durable.standing?.kind == .stopped {
            return .refused(
                "stopped by an operator: nothing is placed anyway", todo: "`trader247 resume` first")
        }
        volatile.flatten = nil
        note(order, &turn)
        dropIntents("paused by \(order.by)", &turn)
        if reduceOnly { cancelEntries(&turn) }
        let words =
            reduceOnly
            ? "paused: resting entries are being canceled; what only closes positions goes on"
            : "paused: no new entries; exits and cancels go on, what rests stays"
        alert("paused", "\(words) (by \(order.by))", &turn)
        return .done(words)
    }

    private mutating func resume(_ order: OperatorOrder, confirmed: Bool, _ turn: inout Turn)
        -> OperatorReply.Outcome
    {
        if volatile.stop != nil || volatile.pendingStop != nil {
            return .refused("a stop is under way", todo: "resume the next life")
        }
        if let halt = durable.halts.first, !confirmed {
            return .refused(
                "halted since \(halt.at) (\(halt.cause.rawValue)): \(halt.detail)",
                todo: "when you have seen why: `trader247 resume --confirm`")
        }
        guard durable.standing != nil || !durable.halts.isEmpty else {
            return .done("there was nothing to resume: neither paused, stopped nor halted")
        }
        let measured = resume(by: order.by, &turn)
        if let halt = volatile.pendingHalt ?? durable.halts.first {
            return .done("resumed, and halted again at once (\(halt.cause.rawValue)): \(halt.detail)")
        }
        return .done("trading goes on\(measured)")
    }

    /// Leaves whatever stands: pause, stop and every halt.
    /// - Returns: what it changed beside that, in words that follow others.
    @discardableResult
    mutating func resume(by who: String, _ turn: inout Turn) -> String {
        guard volatile.stop == nil, durable.standing != nil || !durable.halts.isEmpty else { return "" }
        note(OperatorOrder(number: 0, by: who, word: .resume(confirmed: !durable.halts.isEmpty)), &turn)
        volatile.flatten = nil
        let lost = durable.halts.first { $0.cause == .dailyLoss }
        if !durable.halts.isEmpty { record(.resumed(at: now.utc), &turn) }
        var anew = ""
        // An operator who resumes after a daily loss has seen it: the day is measured from here, that of each strategy,
        // too. After any other halt it is not, or halt and resume would be a way around the limit.
        if let lost, let number = tradingDayNumber {
            anew = "; the loss of the day is measured anew from here (\(lost.detail))"
            record(
                .dayBegan(
                    TradingDay(number: number, baseline: volatile.markedResult, strategies: baselines)), &turn
            )
        }
        inform("resumed", "resumed by the operator\(anew)", &turn)
        if isHeld {
            volatile.sweep = nil
            beginTrading(&turn)
        }
        if volatile.lifecycle == .trading { volatile.nextCycleAt = now.monotonic }
        return anew
    }

    /// Cancels what rests and would open or widen a position; of what would close one, the oldest stay.
    mutating func cancelEntries(_ turn: inout Turn) {
        var left: [Symbol: Quantity] = [:]
        var entries: [ClientOrderID] = []
        for id in durable.ledger.live {
            guard let order = durable.ledger[id], order.cancelRequestedAt == nil else { continue }
            let symbol = order.terms.symbol
            let open = left[symbol] ?? position(of: symbol)
            let closes = order.terms.side == .sell ? open.isPositive : open.isNegative
            guard closes, order.leavesQuantity <= open.magnitude else {
                entries.append(id)
                continue
            }
            let leaves = order.leavesQuantity.raw
            left[symbol] = Quantity(raw: open.raw - (open.isPositive ? leaves : -leaves))
        }
        requestCancels(entries, .reduceOnly, &turn)
    }

    // MARK: Stop

    /// Written before it is acted on; the gate is closed at once.
    mutating func stop(_ order: OperatorOrder, _ turn: inout Turn) -> OperatorReply.Outcome {
        let isNews = durable.standing?.kind != .stopped
        note(order, &turn)
        guard volatile.stop == nil else {
            volatile.stop?.isAskedFor()
            return .done(
                isNews
                    ? "a stop is under way already; the next life will wait for `resume`"
                    : "the stop is under way")
        }
        guard volatile.pendingStop == nil else { return .done("the stop is under way") }
        volatile.flatten = nil
        volatile.pendingStop = PendingStop(turn: turn.number, reason: "operator stop by \(order.by)")
        dropIntents("operator stop by \(order.by)", &turn)
        return .done(
            "stopping: every order is canceled and proved gone, then the process ends. A restart waits for `resume`"
        )
    }

    /// The stop's record is on disk: now it begins. A disk that fails or hangs begins it, too.
    mutating func beginPendingStop(_ turn: inout Turn) {
        guard let pending = volatile.pendingStop, volatile.durableThrough >= pending.turn else { return }
        volatile.pendingStop = nil
        beginStop(pending.reason, &turn)
    }

    // MARK: Idle

    /// Up, swept and waiting: halted, or stopped by an operator.
    var isHeld: Bool { volatile.lifecycle == .halted || volatile.lifecycle == .idle }

    /// What a recovery that is complete leads to, where something stands.
    mutating func holdAfterRecovery(_ turn: inout Turn) -> Bool {
        if let halt = durable.halts.first {
            volatile.lifecycle = .halted
            alert(
                "halted",
                "halted since \(halt.at) (\(halt.cause.rawValue)): \(halt.detail); trading goes on after "
                    + "`trader247 resume --confirm`", &turn)
        } else if let standing = durable.standing, standing.kind == .stopped {
            volatile.lifecycle = .idle
            tell(
                .warning, "stopped-by-operator",
                "stopped since \(standing.at) by \(standing.by): nothing is traded until `trader247 resume`",
                &turn)
        } else {
            return false
        }
        beginSweep(heldCause, &turn)
        return true
    }

    // MARK: Sweep

    private mutating func sweep(_ order: OperatorOrder, _ turn: inout Turn) -> OperatorReply.Outcome {
        if volatile.stop != nil || volatile.pendingStop != nil {
            return .refused(
                "a stop is under way, which sweeps", todo: "see its report: `trader247 last-stop`")
        }
        note(order, &turn)
        volatile.flatten = nil
        dropIntents("sweep by \(order.by)", &turn)
        if volatile.lifecycle == .trading || isHeld || volatile.sweep == nil {
            beginSweep(.sweep, &turn)
            hurryWhatWaits()
        }
        return .done("sweeping: every working order of this bot is canceled, then proved gone")
    }

    /// A sweep that somebody asked for is over when it is proved; then trading goes on.
    mutating func endAskedSweep(_ turn: inout Turn) {
        guard volatile.lifecycle == .trading, volatile.stop == nil, volatile.sweep?.isProved == true
        else { return }
        volatile.sweep = nil
        volatile.nextCycleAt = now.monotonic
        inform("swept", "swept: the exchange's list shows none of our orders", &turn)
    }

    // MARK: Reload

    private mutating func reload(
        _ order: OperatorOrder, _ settings: ReloadedSettings, _ turn: inout Turn
    ) -> OperatorReply.Outcome {
        note(order, &turn)
        configuration.risk = settings.risk
        configuration.cycleInterval = settings.cycleInterval
        configuration.orderMaximumAge = settings.orderMaximumAge
        riskGate = RiskGate(limits: settings.risk)
        if let strategies = settings.strategies { take(strategies, &turn) }
        if let universe = settings.universe, universe != configuration.universe {
            configuration.universe = universe
            if volatile.lifecycle == .trading { chooseUniverse(&turn) }
        }
        if let at = volatile.nextCycleAt {
            volatile.nextCycleAt = min(at, now.monotonic + settings.cycleInterval)
        }
        return .done("reloaded")
    }
}

/// An operator's stop that waits for its record to be on disk.
struct PendingStop: Sendable {
    let turn: TurnNumber
    let reason: String
}
