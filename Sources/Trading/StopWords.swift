// What a stop says to people. The lines of the reference are kept to the letter, with true values, because
// runbooks grep for them.

import TradingDomain

enum StopWords {
    private static let rule = String(repeating: "=", count: 40)

    private static func line(_ text: String, _ level: Notice.Level = .info) -> Notice {
        Notice(level, "stop", text)
    }

    static func opening(reason: String) -> [Notice] {
        [
            line(rule), line("SHUTDOWN SIGNAL RECEIVED - Initiating graceful shutdown"),
            line("Reason: \(reason)"), line(rule),
        ]
    }

    static func nothingToCancel(mode: Mode) -> Notice {
        line("\(mode.rawValue): no orders were sent, there is nothing to cancel")
    }

    static func cancelStep(_ working: [Order]) -> [Notice] {
        var lines = [line("Step 1: Canceling active orders...")]
        guard !working.isEmpty else { return lines + [line("No active orders to cancel")] }
        lines.append(line("Found \(working.count) active orders to cancel"))
        for order in working {
            let id = order.exchangeOrderID.map(\.description) ?? "unknown, placement in flight"
            lines.append(
                Notice(
                    .info, "stop", "  - \(order.terms.symbol) \(order.terms.side.wire) (order_id=\(id))",
                    order: order.id))
        }
        return lines
    }

    static func canceled(_ canceled: Int, _ otherwise: Int) -> [Notice] {
        guard canceled + otherwise > 0 else { return [line("Verifying with the exchange's own list...")] }
        let rest = otherwise > 0 ? ", \(otherwise) ended otherwise (filled, expired, never arrived)" : ""
        return [
            line("✅ \(canceled) orders canceled, seen at the exchange\(rest)"),
            line("Verifying with the exchange's own list..."),
        ]
    }

    static let flushStep = line("Step 2: Flushing StateStore to disk...")

    private static func what(_ order: ShutdownReport.RemainingOrder) -> String {
        guard let symbol = order.symbol, let side = order.side, let left = order.quantityLeft else {
            return "\(order.clientOrderID)"
        }
        return "\(symbol) \(side.wire) \(left)"
    }

    static func closing(_ report: ShutdownReport) -> [Notice] {
        let isClean = report.exitCode == ExitCode.clean
        var lines = [
            report.stateFlushed
                ? line("✅ StateStore flushed to disk")
                : line("❌ StateStore NOT flushed: what happened last may be missing from the store", .error),
            line(rule),
            line(
                isClean ? "GRACEFUL SHUTDOWN COMPLETE" : "GRACEFUL SHUTDOWN INCOMPLETE",
                isClean ? .info : .error),
            line("  Orders canceled: \(report.ordersCanceled)"),
            line("  Cancel errors: \(report.cancelErrors)"),
            line("  State flushed: \(report.stateFlushed ? "True" : "False")"),
            line("  Verified empty: \(report.verifiedEmpty ? "True" : "False")"),
            line("  Verdict: \(report.verdict.rawValue) (exit code \(report.exitCode))"),
            line("  Orders found: \(report.ordersFound), ended otherwise: \(report.ordersEndedOtherwise)"),
        ]
        if report.lateFills > 0 { lines.append(line("  Late fills: \(report.lateFills)")) }
        if !report.fillsIncomplete.isEmpty {
            lines.append(
                line(
                    "  Fills incomplete: \(report.fillsIncomplete.map(\.description).joined(separator: ", "))",
                    .warning))
        }
        if let ended = report.foreignOrdersEnded {
            lines.append(line("  Orders of others, canceled: \(ended)"))
        }
        if report.foreignOrders > 0 {
            lines.append(
                line(
                    "  Orders of others, \(report.foreignOrdersEnded == nil ? "not touched" : "left"): \(report.foreignOrders)"
                ))
        }
        lines.append(line("  Elapsed: \(report.elapsedMs) ms"))
        for order in report.remaining {
            let id = order.exchangeOrderID.map(\.description) ?? "unknown"
            lines.append(
                Notice(
                    .alert, "orders-remain",
                    "  STILL OUT: \(what(order)) (order_id=\(id)) \(order.status)", order: order.clientOrderID
                ))
        }
        lines.append(line(rule))
        return lines
    }
}
