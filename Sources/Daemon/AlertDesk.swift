// What the loop tells whoever sends alerts, and how long it waits for that at the end: never for a sink that does not
// answer.

import Trading
import TradingDomain

package protocol AlertDesk: AnyObject, Sendable {
    /// Returns at once.
    func post(_ alerts: [OutgoingAlert])
    /// The life is over. Waits for what is on its way to sinks that answer, at most so long; `atLeisure`, also for what
    /// is on its way for the first time.
    func conclude(within limit: Duration, atLeisure: Bool)
}

extension TradingLoop {
    /// An end that a record tells of is held back until it has come.
    func tellAlerts(_ records: [Record], epoch: Int64, at utc: UTCInstant) {
        guard let desk = parts.alerts, !records.isEmpty else { return }
        let alerts = OutgoingAlert.of(
            records, bot: parts.facts.bot, epoch: epoch, turn: turnNumber, at: utc)
        guard !alerts.isEmpty else { return }
        // A verdict that was withdrawn is not told; the one that took its place is.
        let ends = alerts.filter(\.isEnd).map(\.alert)
        if !ends.isEmpty { lastAlerts = ends }
        let now = alerts.filter { !$0.isEnd }.map(\.alert)
        if !now.isEmpty { desk.post(now) }
    }

    /// The verdict is final: what the last record says is true now, or, without a flush, never was.
    func tellEnd(_ report: ShutdownReport) {
        guard let desk = parts.alerts else { return }
        if report.stateFlushed {
            if !lastAlerts.isEmpty { desk.post(lastAlerts) }
        } else {
            // No next life takes it up.
            endsInMemory = true
            desk.post([
                OutgoingAlert(
                    id: "\(report.bot)-\(report.epoch)-\(turnNumber)-end", name: "store-failed",
                    level: .alert,
                    message:
                        "stopped, verdict \(report.verdict.rawValue): the state was not flushed, and what "
                        + "happened last may be missing from the store", at: report.stoppedAt)
            ])
        }
    }

    /// All is written; a watchdog that comes now leaves with the report's code.
    func awaitAlerts() {
        guard let desk = parts.alerts else { return }
        let atLeisure = parts.endsAtLeisure || endsInMemory
        var limit: Duration = atLeisure ? .seconds(1) : .milliseconds(450)
        if let deadline = core.status.stopDeadline {
            limit = min(limit, deadline - parts.clock.now().monotonic - .milliseconds(50))
        }
        if limit > .zero { desk.conclude(within: limit, atLeisure: atLeisure) }
    }
}
