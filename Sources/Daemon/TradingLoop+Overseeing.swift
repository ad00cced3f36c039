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
        case .trading, .halted: lifeline.say(.ready)
        case .stopping: lifeline.say(.stopping)
        case .starting, .recovering, .ended: break
        }
        lifeline.say(.status(status.lifecycle.rawValue))
    }

    private func showProgress(_ status: CoreStatus) {
        if parts.log.showsProgress {
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
        case .starting, .recovering, .trading, .halted: max(.seconds(1), watch.cost * 100)
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
