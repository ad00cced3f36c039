// One strategy taken out, put back, or held to its limits, while the others go on. A strategy that rests decides
// nothing and wants nothing: what it has resting is canceled, its position stays as it is.

import TradingDomain

/// A strategy whose decisions were too slow this often within a minute is halted.
private let slowDecisionsAllowed = 2
private let slowWindow: Duration = .seconds(60)
/// One decision that took longer halts at once: orders were not looked after meanwhile.
private let longestDecision: Duration = .seconds(2)

/// Why a strategy rests.
enum StrategyRest: Equatable, Sendable {
    case configuration
    case switchedOff(StrategySwitch)
    case halted(StrategyHalt)

    var words: String {
        switch self {
        case .configuration: "the configuration has it disabled"
        case .switchedOff(let off): "disabled since \(off.at) by \(off.by)"
        case .halted(let halt): "halted since \(halt.at) (\(halt.cause.rawValue)): \(halt.detail)"
        }
    }
}

extension TradingCore {
    /// Why a strategy rests; nil while it may trade.
    func rest(of strategy: AnyStrategy) -> StrategyRest? { rest(of: strategy.name, strategy.isEnabled) }

    /// The same without a copy of the strategy, which most quotes would else make.
    func isResting(slot index: Int) -> Bool {
        rest(of: volatile.slots[index].strategy.name, volatile.slots[index].strategy.isEnabled) != nil
    }

    private func rest(of name: String, _ isEnabled: Bool) -> StrategyRest? {
        if let halt = durable.halt(of: name) { return .halted(halt) }
        if let off = durable.switchedOff(name) { return .switchedOff(off) }
        return isEnabled ? nil : .configuration
    }

    func slotIndex(_ strategy: String) -> Int? {
        // A closure would copy the core.
        for index in volatile.slots.indices where volatile.slots[index].strategy.name == strategy {
            return index
        }
        return nil
    }

    // MARK: Halts of one strategy

    mutating func halt(
        strategy name: String, _ cause: StrategyHalt.Cause, _ detail: String, _ turn: inout Turn
    ) {
        guard durable.halt(of: name) == nil else { return }
        record(
            .strategyHalted(StrategyHalt(strategy: name, cause: cause, detail: detail, at: now.utc)), &turn)
        alert(
            "strategy-halted",
            "strategy \(name) is halted (\(cause.rawValue)): \(detail); its orders are being canceled, its position "
                + "stays, the other strategies go on. It trades again after `trader247 strategy resume \(name)`",
            &turn)
        if let index = slotIndex(name) { takeOut(slot: index, &turn) }
    }

    /// Its wishes are gone, so its orders are canceled and what is on its way to the disk is not sent.
    private mutating func takeOut(slot index: Int, _ turn: inout Turn) {
        wantNothing(slot: index, because: .strategyOff, &turn)
    }

    /// A decision of it took this long, as the shell has measured.
    mutating func absorb(overworked name: String, took: Duration, _ turn: inout Turn) {
        guard let index = slotIndex(name), volatile.stop == nil else { return }
        if took > longestDecision {
            return halt(strategy: name, .tooSlow, "one decision took \(took)", &turn)
        }
        while let first = volatile.slots[index].slowDecisions.first, now.monotonic - first >= slowWindow {
            _ = volatile.slots[index].slowDecisions.popFirst()
        }
        volatile.slots[index].slowDecisions.append(now.monotonic)
        let count = volatile.slots[index].slowDecisions.count
        guard count <= slowDecisionsAllowed else {
            return halt(
                strategy: name, .tooSlow,
                "\(count) decisions within a minute took too long, the last one \(took)", &turn)
        }
        tell(
            .warning, "strategy-slow",
            "a decision of strategy \(name) took \(took); at the \(slowDecisionsAllowed + 1)rd within a minute it is "
                + "halted", &turn)
    }

    /// Called where a life that may trade begins: a strategy whose decision killed the process twice in a row would do
    /// so again.
    mutating func noteDeath(_ turn: inout Turn) {
        let (name, before) = (configuration.diedDeciding, durable.diedDeciding)
        if name != before { record(.diedDeciding(strategy: name, at: now.utc), &turn) }
        guard let name else { return }
        guard name == before else {
            return tell(
                .warning, "strategy-crash",
                "the last life died while strategy \(name) was deciding; if the next one does, too, it is halted",
                &turn)
        }
        halt(
            strategy: name, .crashed,
            "the process died twice in a row while it was deciding; see the guardian's log for how", &turn)
    }

    // MARK: An operator's words

    mutating func obey(
        _ order: OperatorOrder, strategy name: String, _ word: StrategyWord, _ turn: inout Turn
    ) -> OperatorReply.Outcome {
        if volatile.stop != nil || volatile.pendingStop != nil {
            return .refused("a stop is under way", todo: "say it to the next life")
        }
        guard let index = slotIndex(name) else {
            let names = volatile.slots.map(\.strategy.name).joined(separator: ", ")
            return .refused(
                "there is no strategy '\(name)'",
                todo: names.isEmpty ? "this life has no strategies" : "strategies here: \(names)")
        }
        let halt = durable.halt(of: name)
        switch word {
        case .disable:
            guard durable.switchedOff(name) == nil else { return .done("\(name) was disabled already") }
            note(order, &turn)
            takeOut(slot: index, &turn)
            inform("strategy-disabled", "strategy \(name) is disabled by \(order.by)", &turn)
            return .done(
                "\(name) is disabled: its orders are being canceled, its position stays. It stays so across restarts, "
                    + "until `strategy enable \(name)`")
        case .enable:
            guard volatile.slots[index].strategy.isEnabled else {
                return .refused(
                    "the configuration has \(name) disabled",
                    todo: "set enabled: true for it there, then `trader247 reload`")
            }
            guard durable.switchedOff(name) != nil else { return .done("\(name) was enabled already") }
            note(order, &turn)
            inform("strategy-enabled", "strategy \(name) is enabled by \(order.by)", &turn)
        case .resume:
            guard let halt else { return .done("\(name) was not halted") }
            note(order, &turn)
            let anew = measureDayAnew(name, after: halt, &turn)
            inform(
                "strategy-resumed",
                "strategy \(name) is resumed by \(order.by) (it was halted: \(halt.cause.rawValue))\(anew)",
                &turn)
            return putBack(slot: index, saying: anew, &turn)
        }
        return putBack(slot: index, &turn)
    }

    private mutating func putBack(slot index: Int, saying more: String = "", _ turn: inout Turn)
        -> OperatorReply.Outcome
    {
        let strategy = volatile.slots[index].strategy
        if let rest = rest(of: strategy) {
            return .done("done, but \(strategy.name) still rests: \(rest.words)\(more)")
        }
        volatile.slots[index].slowDecisions = Fifo()
        volatile.slots[index].program?.forgetFailures()
        decideAtOnce(slot: index, &turn)
        return .done("\(strategy.name) trades\(more)")
    }

    private mutating func decideAtOnce(slot index: Int, _ turn: inout Turn) {
        // It may answer that nothing has changed, and mean what it wanted before it rested.
        volatile.slots[index].desired = wanted(
            volatile.slots[index].asked, by: volatile.slots[index].strategy)
        volatile.slots[index].mustCompare = true
        guard isGateOpen, volatile.flatten == nil else { return }
        decide(slot: index, .cycle, &turn)
    }

    /// What a reload changes of strategies that are there. Others need a restart.
    mutating func take(_ settings: [ReloadedSettings.Strategy], _ turn: inout Turn) {
        for setting in settings {
            guard let index = slotIndex(setting.name) else { continue }
            let wasResting = rest(of: volatile.slots[index].strategy) != nil
            volatile.slots[index].strategy.isEnabled = setting.isEnabled
            volatile.slots[index].strategy.limits = setting.limits
            let rests = rest(of: volatile.slots[index].strategy) != nil
            if rests, !wasResting { takeOut(slot: index, &turn) }
            if !rests, wasResting { decideAtOnce(slot: index, &turn) }
        }
    }

    // MARK: Its day

    /// Realised after fees plus unrealised, since the first fill; nil for an open position without a price.
    func result(of strategy: String) throws(ArithmeticError) -> Money? {
        var sum = Money.zero
        for symbol in durable.ledger.books.symbols(of: strategy) {
            let position = durable.ledger.books.position(strategy, symbol)
            sum = try sum + position.netRealised
            guard !position.quantity.isZero else { continue }
            guard let quote = volatile.quotes[symbol] else { return nil }
            sum = try sum + position.unrealised(at: quote.mid)
        }
        return sum
    }

    /// Since 00:00 UTC, or since an operator resumed it; nil while it is not known.
    func dayResult(of strategy: String) throws(ArithmeticError) -> Money? {
        guard let baselines = durable.day?.strategies, let result = try result(of: strategy) else {
            return nil
        }
        let baseline = baselines.first { $0.strategy == strategy }?.result ?? .zero
        return try result - baseline
    }

    /// What each strategy's day begins from. One without a price begins from what it has realised.
    var baselines: [StrategyBaseline] {
        durable.ledger.books.strategies.compactMap { strategy in
            let known = (try? result(of: strategy)) ?? nil
            guard let result = known ?? (try? realised(of: strategy)), !result.isZero else { return nil }
            return StrategyBaseline(strategy: strategy, result: result)
        }
    }

    func realised(of strategy: String) throws(ArithmeticError) -> Money {
        var sum = Money.zero
        for symbol in durable.ledger.books.symbols(of: strategy) {
            sum = try sum + durable.ledger.books.position(strategy, symbol).netRealised
        }
        return sum
    }

    /// Who resumes it after a daily loss has seen that loss; after any other halt the day goes on as it was measured.
    /// - Returns: the words that say so, empty where nothing is measured anew.
    private mutating func measureDayAnew(_ strategy: String, after halt: StrategyHalt, _ turn: inout Turn)
        -> String
    {
        guard halt.cause == .dailyLoss, var day = durable.day else { return "" }
        var strategies = (day.strategies ?? baselines).filter { $0.strategy != strategy }
        strategies += baselines.filter { $0.strategy == strategy }
        day.strategies = strategies.sorted { $0.strategy < $1.strategy }
        record(.dayBegan(day), &turn)
        return "; its loss of the day is measured anew from here"
    }

    /// The daily losses of those strategies that have a limit and hold this market.
    mutating func checkStrategyLosses(_ symbol: Symbol, _ turn: inout Turn) throws(ArithmeticError) {
        guard volatile.lifecycle == .trading else { return }
        for index in volatile.slots.indices {
            guard let limit = volatile.slots[index].strategy.limits.maximumDailyLoss, limit.isPositive else {
                continue
            }
            let name = volatile.slots[index].strategy.name
            guard
                durable.ledger.books.positions[name]?[symbol] != nil,
                let result = try dayResult(of: name), result < -limit
            else { continue }
            halt(strategy: name, .dailyLoss, "lost \(-result) since 00:00 UTC, limit \(limit)", &turn)
        }
    }

    // MARK: Its limits

    /// What a strategy has before another order of it is added; nil for who is none.
    mutating func strategyExposure(_ strategy: String, _ symbol: Symbol) throws(ArithmeticError)
        -> StrategyExposure?
    {
        guard let index = slotIndex(strategy) else { return nil }
        let limits = volatile.slots[index].strategy.limits
        while let first = volatile.slots[index].recentIntents.first, now.monotonic - first >= .seconds(60) {
            _ = volatile.slots[index].recentIntents.popFirst()
        }
        let totals = durable.ledger.working(symbol, of: strategy)
        var others = Money.zero
        if limits.budget != nil {
            for other in durable.ledger.symbols(of: strategy) where other != symbol {
                others = try others + reachableValue(strategy, other)
            }
        }
        return StrategyExposure(
            limits: limits, workingOrders: durable.ledger.workingCount(of: strategy),
            ordersInLastMinute: volatile.slots[index].recentIntents.count,
            position: position(of: symbol, strategy), workingBuys: totals.buys, workingSells: totals.sells,
            otherMarkets: others)
    }

    /// What fills of this strategy add up to, those that are known and not booked yet included.
    func position(of symbol: Symbol, _ strategy: String) -> Quantity {
        let booked = durable.ledger.books.position(strategy, symbol).quantity
        return (try? booked + durable.ledger.working(symbol, of: strategy).unbooked) ?? booked
    }

    /// The largest value that fills of what works could bring a strategy's position to; without a price, what the
    /// position cost.
    func reachableValue(_ strategy: String, _ symbol: Symbol) throws(ArithmeticError) -> Money {
        let totals = durable.ledger.working(symbol, of: strategy)
        let open = position(of: symbol, strategy)
        guard let mid = volatile.quotes[symbol]?.mid else {
            return durable.ledger.books.position(strategy, symbol).costBasis.magnitude
        }
        let reach = try max(open.magnitude, (open + totals.buys).magnitude, (open - totals.sells).magnitude)
        return try mid.times(reach, .up)
    }
}
