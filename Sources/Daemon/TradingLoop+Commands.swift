// What the loop does with the commands of a turn, and how it ends.

import CLinux
import Exchanges
import Trading
import TradingDomain

extension TradingLoop {
    func carryOut(_ commands: [NumberedCommand]) {
        for command in commands {
            if let meter = parts.meter, let call = callWatch.begin(command, at: parts.clock.real()) {
                meter.called(call)
            }
            switch command.command {
            case .place:
                // A place that was decided before a long sleep is not what the core would decide now.
                guard !hasOverslept else {
                    parts.inbox.answer(
                        command.id, .withheld("the process was not scheduled since the order was decided"))
                    continue
                }
                parts.exchange.submit(command)
            case .cancel, .listOrders, .listFills, .listBalances, .ask, .connect:
                parts.exchange.submit(command)
            case .flush: pipeline.flush(command.id)
            case .exit(let report):
                exitCode = end(report)
                return
            }
        }
    }

    /// Report, words, log, in this order; then nothing runs any more. Returns the exit code.
    private func end(_ decided: ShutdownReport) -> Int32 {
        parts.programs?.close()
        var report = decided
        report.version = parts.facts.version
        report.pid = parts.facts.pid
        parts.log.progress(nil)
        tellEnd(report)
        // Whatever brought us here, leaving has a limit.
        parts.overseer?.arm(deadline: parts.clock.real() + .seconds(2) + (parts.meter?.linger ?? .zero))
        let text = SnapshotWriter.text(report)
        if let overseer = parts.overseer,
            !overseer.beginReport(SnapshotWriter.snapshot(final: report), exitCode: report.exitCode)
        {
            // The watchdog is leaving with its own words and will be gone in a moment.
            _ = cl_wait_readable(-1, -1, Duration.seconds(2).wholeNanoseconds)
            return report.exitCode
        }
        do throws(FileFailure) {
            try parts.reportFile.write(text)
            parts.log.write(
                LogLine(
                    .info, "shutdown-report",
                    "verdict \(report.verdict.rawValue), exit code \(report.exitCode), report \(parts.reportFile.path)",
                    at: report.stoppedAt))
        } catch {
            // The state's own verdict stands: what is in the store does not depend on this file.
            parts.log.write(
                LogLine(
                    .alert, "shutdown-report",
                    "\(error); the report is on stderr; verdict \(report.verdict.rawValue), "
                        + "exit code \(report.exitCode)", at: report.stoppedAt))
            parts.log.drain(.milliseconds(100))
            _ = text.withUnsafeBytes {
                cl_write_within(2, $0.baseAddress, $0.count, Duration.milliseconds(200).wholeNanoseconds)
            }
        }
        giveReplies(isDurable: report.stateFlushed)
        parts.operations?.ended(report)
        parts.meter?.ended(report)
        parts.recorder?.finish()
        parts.log.drain()
        parts.overseer?.concluded()
        awaitAlerts()
        concludeMeter()
        parts.exchange.close()
        return report.exitCode
    }
}
