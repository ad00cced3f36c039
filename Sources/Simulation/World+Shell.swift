import ExchangeModel
import Trading
import TradingDomain

// The shell of a life, as the design has it: one event after the other into the core, its records into the
// pipeline, its commands to where they belong. It decides nothing.

extension World {
    func turn(_ life: Life, _ event: Event) {
        guard !life.hasEnded, judge.problem == nil else { return }
        countTurn()
        life.turns += 1
        let stamp = stamp(life)
        var turn = Turn(number: life.turns)
        judge.before(event, life, at: now)
        life.core.handle(event, at: stamp, into: &turn)
        life.readStatus()
        note(life, event, turn)
        judge.after(event, turn, life, exchange, disk, at: now)
        guard judge.problem == nil else { return }

        life.pipeline.add(
            TurnEntry(
                number: life.turns, stamp: stamp, event: event.isJournaled ? event : nil,
                records: turn.records, commands: turn.commands))
        life.wakeAt = turn.wakeAt
        if life.stopBeganAt == nil, life.status.lifecycle == .stopping {
            life.stopBeganAt = now
            judge.stopBegan(life, exchange)
        }
        if life.stopBeganAt != nil { life.stopTurns += 1 }
        if life.status.phase == .flush {
            life.flushTurns += 1
            if life.flushTurns == 1 { placeLateOrder(life) }
        }
        switch life.status.lifecycle {
        case .trading, .paused, .halted, .idle: if plan.isHealed { hasComeToSomething = true }
        default: break
        }
        care(for: life)
        for command in turn.commands {
            carryOut(life, command)
            if life.hasEnded { return }
        }
        for program in turn.programs { carryOut(program, life) }
        pump(life)
        takeActions(life)
    }

    private func note(_ life: Life, _ event: Event, _ turn: Turn) {
        if options.digests {
            digest.add("\(life.number) \(turn.number) \(now) \(event)")
            for record in turn.records { digest.add("\(record)") }
            for command in turn.commands { digest.add("\(command)") }
            digest.add(turn.wakeAt.map { "\($0.nanoseconds)" } ?? "never")
        }
        if options.trace != nil {
            if case .quote = event {} else { trace("event \(event)") }
            for record in turn.records { trace("    record \(record)") }
            for command in turn.commands { trace("    command \(command.id) \(command.command)") }
        }
        if let hook = options.hook,
            let problem = hook(
                HookView(
                    events: result.events, fired: plan.fired, placements: judge.placements))
        {
            judge.fail(problem)
        }
    }

    private func carryOut(_ life: Life, _ command: NumberedCommand) {
        switch command.command {
        case .place, .cancel, .listOrders, .listFills, .listBalances, .ask: send(life, command)
        case .connect(let feed): connect(life, command.id, feed)
        case .flush: life.pipeline.flush(command.id)
        case .exit(let report): end(life, .exited(report))
        }
    }

    private func connect(_ life: Life, _ id: CommandID, _ feed: Feed) {
        var dice = choices.dice(.call, Int64(life.number), id)
        let soon = now + dice.between(scenario.latency, scenario.latency * 3)
        if fires(.failedConnect, life, id) {
            answer(life.number, id, .connected(.failed(CallFailure("no route"))), at: soon)
        } else {
            answer(life.number, id, .connected(.begun), at: soon)
            queue.add(.feedUp(life: life.number, feed), at: soon + scenario.latency)
        }
    }

    func answer(_ life: Int, _ id: CommandID, _ answer: Answer, at time: Instant) {
        queue.add(.toCore(life: life, .answered(id, answer)), at: time)
    }

    // MARK: The disk

    /// Hands the next transaction to the disk if it is free.
    func pump(_ life: Life) {
        guard !life.hasEnded, let transaction = life.pipeline.next(at: monotonic(life)) else { return }
        life.transaction = transaction
        let number = transaction.number
        var dice = choices.dice(.commit, Int64(life.number), number)
        var done = now + dice.between(scenario.commitTime / 8, scenario.commitTime)
        guard life.view.hasStore else {
            return add(life, .failed("the store is left alone"), false, now + milliseconds(1))
        }
        if fires(.hungCommit, life, number) { return }
        if fires(.slowCommit, life, number) { done = now + milliseconds(dice.between(1_800, 4_000)) }
        if fires(.crashBeforeCommit, life, number) {
            queue.add(.crash(life: life.number), at: done)
            life.transaction = nil
        } else if fires(.failedCommit, life, number) {
            add(life, .failed("no space left on device"), false, done)
        } else if fires(.failedCommitThere, life, number) {
            add(life, .failed("fsync: input/output error"), true, done)
        } else {
            let crashes = fires(.crashAfterCommit, life, number)
            add(
                life, .committed(checkpointed: transaction.checkpoint ? true : nil), true, done,
                crashes: crashes)
        }
    }

    private func add(
        _ life: Life, _ result: CommitResult, _ isThere: Bool, _ time: Instant, crashes: Bool = false
    ) {
        queue.add(
            .commitDone(life: life.number, result, isThere: isThere, crashes: crashes), at: time)
    }

    func commitDone(_ life: Life, _ result: CommitResult, isThere: Bool, crashes: Bool) {
        guard let transaction = life.transaction else { return }
        life.transaction = nil
        if isThere { commit(transaction, of: life) }
        if crashes {
            end(life, .crashed("after the commit"))
            return
        }
        if scenario.guardian != nil, isThere, fires(.poisonedStore, life, transaction.number) {
            disk.isPoisoned = true
            end(life, .killed(4))
            return
        }
        trace("commit \(transaction.number): \(result)")
        let dies = fires(.crashAfterAcknowledgement, life, transaction.number)
        for event in life.pipeline.finished(result) { turn(life, event) }
        if dies, !life.hasEnded {
            end(life, .crashed("after the acknowledgement"))
        } else {
            pump(life)
        }
    }

    private func commit(_ transaction: Transaction, of life: Life) {
        guard life.view.hasStore else { return }
        disk.commit(transaction, isSynced: scenario.guardian == nil || isSynced(life, transaction))
    }

    /// A transaction that was at the disk may be there or not; it is never there in part.
    func commitPerhaps(_ life: Life, _ dice: inout Dice) {
        guard life.view.hasStore, let transaction = life.transaction, dice.chance(500) else { return }
        commit(transaction, of: life)
        trace("the transaction under way is on the disk")
    }
}
