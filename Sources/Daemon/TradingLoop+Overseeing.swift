// What the loop tells the watchdog and the terminal after each turn, at a cost that never matters.

import Trading
import TradingDomain

/// What has been told already.
struct StopWatch: Sendable {
    var storeFailed = false
    var deadline: MonotonicInstant?
    var isSlowed = false
    /// Orders that work, while stopping.
    var working = 0
    /// When the last snapshot was published, and how long it took to make.
    var publishedAt: MonotonicInstant?
    var cost: Duration = .zero
    var published: CoreStatus?
    var isDirty = false
    /// What the guardian knows.
    var told: CoreStatus.Lifecycle?
}

/// What operators have been shown, and who waits for an answer.
struct OperatorsView: Sendable {
    var told: CoreStatus?
    var shownAt: MonotonicInstant?
    var cost: Duration = .zero
    var isDirty = false
    var replies: [(turn: TurnNumber, reply: OperatorReply)] = []

    func isDue(at real: MonotonicInstant) -> Bool {
        shownAt.map { real - $0 >= max(.milliseconds(100), cost * 100) } ?? true
    }
}

extension TradingLoop {
    func oversee(_ status: CoreStatus, changed: Bool) {
        tellGuardian(status)
        if status.lifecycle == .stopping || status.lifecycle == .ended { showProgress(status) }
        guard parts.overseer != nil, watch.isDirty || changed || status != watch.published else { return }
        watch.isDirty = true
        let real = parts.clock.real()
        let phaseChanged =
            status.phase != watch.published?.phase || status.lifecycle != watch.published?.lifecycle
        if phaseChanged || watch.publishedAt.map({ real - $0 >= patience(status) }) ?? true {
            publish(status, at: real)
        }
    }

    /// Before a sleep: what the pace held back is told, if its time has come.
    func publishWhatIsNew() {
        guard watch.isDirty, parts.overseer != nil else { return }
        let real = parts.clock.real()
        let status = core.status
        if watch.publishedAt.map({ real - $0 >= patience(status) }) ?? true { publish(status, at: real) }
    }

    /// For operators: what they see, what happened, and their answers. At once where somebody waits or where the
    /// life has moved on, else at a pace that costs a hundredth of the time at most.
    func tellOperators(_ turn: Turn, _ status: CoreStatus, at stamp: Stamp) {
        guard parts.operations != nil || parts.meter != nil else { return }
        if let operations = parts.operations, !turn.records.isEmpty, operations.wantsRecords {
            operations.happened(turn.records, at: stamp.utc)
        }
        let real = parts.clock.real()
        let moved = status.lifecycle != operators.told?.lifecycle || status.phase != operators.told?.phase
        operators.isDirty = true
        if moved || !turn.replies.isEmpty || operators.isDue(at: real) { showOperators(status, at: real) }
        for reply in turn.replies {
            guard !turn.records.isEmpty else {
                parts.operations?.answer(reply, isDurable: true)
                continue
            }
            operators.replies.append((turn.number, reply))
        }
    }

    /// Before a sleep: what the pace held back is shown, if its time has come.
    func showOperatorsWhatIsNew() {
        guard operators.isDirty else { return }
        let real = parts.clock.real()
        if operators.isDue(at: real) { showOperators(core.status, at: real) }
    }

    private func showOperators(_ status: CoreStatus, at real: MonotonicInstant) {
        guard parts.operations != nil || parts.meter != nil, let overview = core.overview else { return }
        parts.operations?.show(overview)
        parts.meter?.show(overview)
        operators.told = status
        operators.isDirty = false
        operators.shownAt = real
        operators.cost = parts.clock.real() - real
    }

    /// Answers that waited for the disk.
    func giveReplies(after event: Event) {
        guard !operators.replies.isEmpty else { return }
        switch event {
        case .committed(let through):
            giveReplies(isDurable: true) { $0 <= through }
        case .storeFailed: giveReplies(isDurable: false) { _ in true }
        default: break
        }
    }

    func giveReplies(isDurable: Bool, _ isDue: (TurnNumber) -> Bool = { _ in true }) {
        for (turn, reply) in operators.replies where isDue(turn) {
            parts.operations?.answer(reply, isDurable: isDurable)
        }
        operators.replies.removeAll { isDue($0.turn) }
    }

    /// What must be so before a command of a stop goes out: time passes, and somebody watches it.
    func overseeStop(_ status: CoreStatus) {
        guard status.lifecycle == .stopping || status.lifecycle == .ended else { return }
        watch.working = status.workingOrders
        if !watch.isSlowed {
            watch.isSlowed = true
            parts.clock.slowToRealTime()
        }
        if let deadline = status.stopDeadline, deadline != watch.deadline {
            watch.deadline = deadline
            // The core's deadline is trading time, which now passes as real time does.
            let left = deadline - parts.clock.now().monotonic
            parts.overseer?.arm(deadline: parts.clock.real() + left)
        }
    }

    private func tellGuardian(_ status: CoreStatus) {
        guard let lifeline = parts.lifeline, watch.told != status.lifecycle else { return }
        watch.told = status.lifecycle
        switch status.lifecycle {
        case .trading, .paused, .halted, .idle: lifeline.say(.ready)
        case .stopping: lifeline.say(.stopping)
        case .starting, .recovering, .ended: break
        }
        lifeline.say(.status(status.lifecycle.rawValue))
    }

    private func showProgress(_ status: CoreStatus) {
        if parts.log.showsProgress, parts.view == nil {
            parts.log.progress(
                status.workingOrders == 0 && status.unknownPlacements == 0
                    ? "stopping: no working order known, \(status.phase?.rawValue ?? "ending")"
                    : "stopping: \(status.workingOrders) of \(status.ordersFound) orders still working"
                        + (status.unknownPlacements == 0 ? "" : ", \(status.unknownPlacements) unknown"))
        }
    }

    /// How long to wait between snapshots, so that making them costs a twentieth of a stop's time and a
    /// hundredth of trading time.
    private func patience(_ status: CoreStatus) -> Duration {
        switch status.lifecycle {
        case .stopping, .ended:
            // Reports that wait change what there is to tell: not after each handful of them.
            max(.milliseconds(parts.inbox.isEmpty(.reports) ? 5 : 50), watch.cost * 20)
        case .starting, .recovering, .trading, .paused, .halted, .idle: max(.seconds(1), watch.cost * 100)
        }
    }

    private func publish(_ status: CoreStatus, at real: MonotonicInstant) {
        guard let overseer = parts.overseer else { return }
        overseer.publish(
            SnapshotWriter.snapshot(
                parts.facts, status: status, remaining: core.remainingOrders(), at: parts.clock.now().utc))
        watch.cost = parts.clock.real() - real
        watch.publishedAt = real
        watch.published = status
        watch.isDirty = false
    }
}
