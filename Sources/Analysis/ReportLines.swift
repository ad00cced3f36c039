// A report for a terminal.

import Trading
import TradingDomain

package enum ReportLines {
    package static func of(_ report: TradingReport, by dimensions: Set<TradingReport.Dimension>) -> [String] {
        var about = "Bot \(report.bot), \(report.mode.rawValue), \(report.since) to \(report.until)"
        if let strategy = report.strategy { about += ", strategy \(strategy)" }
        if let symbol = report.symbol { about += ", \(symbol)" }
        var lines = [about, ""]
        guard !report.totals.isEmpty else {
            return lines + ["Nothing was traded, placed or refused in this time."] + notes(report)
        }
        let keys = TradingReport.keys(dimensions)
        let measures = TradingReport.measuresForTerminals.filter {
            $0.name != "max_drawdown" || !dimensions.contains(.day)
        }
        let columns = keys + measures
        var cells = [columns.map(\.head)]
        cells += report.rows(by: dimensions).map { row in columns.map { $0.short(row) } }
        for total in report.totals {
            cells.append(
                columns.enumerated().map { index, column in
                    if index == 0, column.name != "currency" { return "all" }
                    return index < keys.count - 1 ? "" : column.short(total)
                })
        }
        lines += table(cells, right: Set(keys.count..<columns.count))
        for total in report.totals { lines += ["", drawdown(total)] }
        if !report.open.isEmpty {
            lines += ["", "Open at the end:"]
            for open in report.open {
                let mark = open.mark.map { "marked at \($0.price) (\($0.source.words), \($0.at))" }
                lines.append(
                    "  \(open.symbol) \(open.quantity) of \(ReportText.strategy(open.strategy)), "
                        + (mark ?? "no price is known")
                        + (open.unrealised.map { ": \(ReportText.money($0)) \(open.symbol.quote)" } ?? ""))
            }
        }
        if !report.refusals.isEmpty {
            lines += ["", "Refused by the risk gate (one that repeats is journaled once a minute):"]
            lines += report.refusals.map {
                "  \($0.count) × \($0.rule.rawValue), \($0.strategy); the last one: \($0.last)"
            }
        }
        if report.lives + report.stops.count + report.halts.count > 0 {
            lines += [
                "",
                "Lives begun: \(report.lives), stops: \(report.stops.count), halts: \(report.halts.count)",
            ]
            lines += report.stops.map {
                "  \($0.at) stop, \($0.verdict?.rawValue ?? "its end is not in the journal"): \($0.reason)"
            }
            lines += report.halts.map {
                "  \($0.at) halt (\($0.cause.rawValue)): \($0.detail); "
                    + ($0.resumedAt.map { "resumed \($0)" } ?? "not resumed")
            }
        }
        return lines + notes(report)
    }

    private static func notes(_ report: TradingReport) -> [String] {
        report.notes.isEmpty ? [] : [""] + report.notes.map { "To know: \($0)." }
    }

    private static func drawdown(_ total: TradingReport.Row) -> String {
        let fall = total.drawdown ?? ReportCurve.Drawdown()
        var text = "Largest drawdown \(ReportText.money(fall.largest)) \(total.currency)"
        if let from = fall.from, let to = fall.to { text += ", from \(from) to \(to)" }
        return text + "; now \(ReportText.money(fall.current)) below the best."
    }

    private static func table(_ rows: [[String]], right: Set<Int>) -> [String] {
        guard let head = rows.first else { return [] }
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var text = row.enumerated().map { column, cell in
                StoryWords.padded(cell, widths[column], right: right.contains(column))
            }.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
    }
}
