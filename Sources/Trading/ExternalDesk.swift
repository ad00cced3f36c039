// Strategies outside at their turn: when their programs run, what they are shown, what becomes of what they answer,
// and of their failures. A program that fails wants nothing: its orders are canceled, its position stays, the other
// strategies go on.

import TradingDomain

extension TradingCore {
    // MARK: What the shell tells

    mutating func absorb(_ report: ExternalReport, _ turn: inout Turn) {
        guard let index = slotIndex(report.strategy), let program = volatile.slots[index].program,
            program.run == report.run
        else { return }
        switch report.what {
        case .started(let pid):
            volatile.slots[index].program?.started(pid: pid)
            tell(
                .info, "program-started", "the program of strategy \(report.strategy) runs, pid \(pid)", &turn
            )
        case .answered(let answer): absorb(answer, slot: index, &turn)
        case .failed(let what): if program.state == .running { fail(slot: index, what, &turn) }
        case .ended(let how):
            // The program is gone: nobody need end it.
            volatile.slots[index].program?.ended()
            if program.state == .running { fail(slot: index, how, &turn) }
        }
    }

    private mutating func absorb(_ answer: ExternalAnswer, slot index: Int, _ turn: inout Turn) {
        guard volatile.slots[index].program?.state == .running else { return }
        let strategy = volatile.slots[index].strategy
        let awaited = volatile.slots[index].program?.asked?.n
        guard let asked = volatile.slots[index].program?.take(answer) else {
            return fail(
                slot: index,
                "it answered view \(answer.n), "
                    + (awaited.map { "was shown view \($0)" } ?? "none was asked"),
                &turn)
        }
        if let mistake = answer.mistake(for: strategy.symbols) { return fail(slot: index, mistake, &turn) }
        if volatile.slots[index].program?.takeRelief() == true {
            inform(
                "strategy-back", "the program of strategy \(strategy.name) runs and answers again", &turn)
        }
        // What it remembers is what it has seen, whatever becomes of its wishes.
        if let memory = volatile.slots[index].program?.remember(answer.memory) {
            record(.strategyMemory(strategy: strategy.name, memory: memory), &turn)
        }
        guard rest(of: strategy) == nil, isGateOpen, volatile.flatten == nil, !asked.isOutdated else {
            // It is asked again of what is true then.
            volatile.slots[index].program?.want(asked.trigger)
            return
        }
        take(answer.decision, slot: index, asked.trigger, seen: asked.seen, &turn)
    }

    // MARK: Failures

    /// We were not there to hear their answers.
    mutating func forgivePrograms() {
        for index in volatile.slots.indices {
            guard let rules = volatile.slots[index].program?.rules else { continue }
            volatile.slots[index].program?.forgive(until: now.monotonic + rules.answerWithin)
        }
    }

    /// Views that were not answered in time.
    mutating func watchPrograms(_ turn: inout Turn) {
        guard volatile.hasPrograms else { return }
        for index in volatile.slots.indices {
            guard let program = volatile.slots[index].program, program.state == .running,
                let asked = program.asked, asked.until <= now.monotonic
            else { continue }
            let patience = program.rules.patience(isFirst: !program.hasAnswered)
            fail(slot: index, "it did not answer view \(asked.n) within \(patience)", &turn)
        }
    }

    private mutating func fail(slot index: Int, _ what: String, _ turn: inout Turn) {
        // What ends beside a stop is no news, and nothing that it wanted is left.
        guard volatile.stop == nil, let count = volatile.slots[index].program?.fail(what, at: now),
            let program = volatile.slots[index].program
        else { return }
        let name = volatile.slots[index].strategy.name
        endProgram(slot: index, &turn)
        wantNothing(slot: index, because: .programFailed, &turn)
        guard count <= program.rules.restarts else {
            return halt(
                strategy: name, .programFailed,
                "its program failed \(count) times within \(program.rules.window), the last time: \(what)",
                &turn)
        }
        let delay = ExternalRules.backoff.delay(attempt: count, &volatile.generator)
        volatile.slots[index].program?.restart(at: now.monotonic + delay)
        alert(
            "strategy-failed",
            "the program of strategy \(name) failed: \(what); its orders are being canceled, its position stays; it is "
                + "started again (failure \(count); more than \(program.rules.restarts) within "
                + "\(program.rules.window) halt the strategy)", &turn)
    }

    /// What it asked for before counts no more.
    mutating func wantNothing(slot index: Int, because cause: CancelCause, _ turn: inout Turn) {
        volatile.slots[index].decideAt = nil
        volatile.slots[index].desired = []
        // A program that is started again has not said anything yet.
        if volatile.slots[index].program != nil { volatile.slots[index].asked = [] }
        compare(slot: index, because: cause, &turn)
    }

    private mutating func endProgram(slot index: Int, _ turn: inout Turn) {
        guard let program = volatile.slots[index].program, program.state == .running else { return }
        volatile.slots[index].program?.end()
        turn.programs.append(
            ExternalOrder(strategy: volatile.slots[index].strategy.name, run: program.run, word: .end))
    }

    // MARK: What is due

    /// Starts, views and ends that are due. Looks at the state only, and comes after every cancel of the turn.
    mutating func tellPrograms(_ turn: inout Turn, _ wake: inout Wake) {
        guard volatile.hasPrograms else { return }
        for index in volatile.slots.indices {
            guard let program = volatile.slots[index].program else { continue }
            guard volatile.lifecycle == .trading, rest(of: volatile.slots[index].strategy) == nil else {
                if program.state == .running {
                    endProgram(slot: index, &turn)
                    volatile.slots[index].asked = []
                    volatile.slots[index].desired = []
                }
                continue
            }
            switch program.state {
            case .ending: continue
            case .off:
                if let at = program.restartAt, at > now.monotonic {
                    wake.by(at)
                    continue
                }
                startProgram(slot: index, &turn)
            case .running: break
            }
            showView(slot: index, &turn)
            wake.by(volatile.slots[index].program?.asked?.until)
        }
    }

    private mutating func startProgram(slot index: Int, _ turn: inout Turn) {
        let strategy = volatile.slots[index].strategy
        volatile.slots[index].program?.start(at: now.utc)
        guard let program = volatile.slots[index].program else { return }
        let hello = ExternalHello(
            name: strategy.name, mode: configuration.mode, symbols: strategy.symbols,
            products: strategy.symbols.compactMap { products[$0] }, memory: program.memory)
        turn.programs.append(
            ExternalOrder(strategy: strategy.name, run: program.run, word: .start(hello)))
    }

    private mutating func showView(slot index: Int, _ turn: inout Turn) {
        guard let program = volatile.slots[index].program, program.asked == nil, let trigger = program.due,
            isGateOpen, volatile.flatten == nil,
            !awaitsFirstQuote(volatile.slots[index].strategy.symbols)
        else { return }
        let view = view(of: volatile.slots[index].strategy, trigger)
        var seen = DecisionView(trigger: .external, at: now.utc)
        for market in view.markets { seen.quotes[market.product.symbol] = market.quote }
        let patience = program.rules.patience(isFirst: !program.hasAnswered)
        guard let n = volatile.slots[index].program?.ask(trigger, seen, at: now.monotonic) else { return }
        turn.programs.append(
            ExternalOrder(
                strategy: volatile.slots[index].strategy.name, run: program.run,
                word: .tell(ExternalView(view, n: n, patience: patience))))
    }
}
