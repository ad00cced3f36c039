// A report as one page that needs nothing else: styles and plots are in it, and no script. It follows the reader's light
// or dark, prints, and says in a table beside each plot what the plot shows.

import Trading
import TradingDomain

package enum ReportPage {
    package static func page(_ report: TradingReport) -> String {
        var body = head(report)
        body += summary(report)
        for curve in report.curves { body += curveSection(curve, report) }
        body += parts(report, .day, "By day", "UTC days")
        body += parts(report, .strategy, "By strategy", "Each with a book of its own")
        body += parts(report, .symbol, "By market", "")
        body += open(report)
        body += refusals(report)
        body += stops(report)
        body += notes(report)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(escaped("trader247 report: \(report.bot), \(report.mode.rawValue)"))</title>
            <style>
            \(ReportStyle.text)
            </style></head><body><main>
            \(body)</main></body></html>

            """
    }

    static func escaped(_ text: String) -> String {
        var safe = ""
        for letter in VisibleText.line(text) {
            switch letter {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            default: safe.append(letter)
            }
        }
        return safe
    }

    // MARK: Sections

    private static func head(_ report: TradingReport) -> String {
        var about = [String]()
        if let strategy = report.strategy { about.append("strategy \(strategy) only") }
        if let symbol = report.symbol { about.append("\(symbol) only") }
        let only = about.isEmpty ? "" : " · " + about.joined(separator: ", ")
        return
            "<header><h1>Bot \(escaped("\(report.bot)")) <span class=\"mode\">\(escaped(report.mode.rawValue))</span>"
            + "</h1><p>\(time(report.since)) to \(time(report.until)) UTC\(escaped(only))</p></header>\n"
    }

    /// To the second: more than that nobody reads in a head.
    private static func time(_ at: UTCInstant) -> String {
        "<time datetime=\"\(at)\">"
            + UTCInstant(seconds: at.secondsSince1970).description.dropLast().replacing("T", with: " ")
            + "</time>"
    }

    private static func summary(_ report: TradingReport) -> String {
        guard !report.totals.isEmpty else {
            return "<p class=\"nothing\">Nothing was traded, placed or refused in this time.</p>\n"
        }
        var text = ""
        for total in report.totals {
            let figures = total.figures
            let drawdown = total.drawdown ?? .init()
            // What does not fit its type is not shown, as in the table.
            let result = try? figures.result
            let tiles: [(String, String, String)] = [
                (
                    "Result", ReportText.money(result, in: total.currency),
                    "realised \(ReportText.money(try? figures.netRealised)), open "
                        + ReportText.money(figures.unrealised)
                ),
                (
                    "Fees", ReportText.money(figures.fees),
                    "of a turnover of \(ReportText.money(figures.turnover))"
                ),
                (
                    "Largest drawdown", ReportText.money(drawdown.largest),
                    "now \(ReportText.money(drawdown.current)) below the best"
                ),
                (
                    "Orders filled", figures.fillRatio.map { ReportText.percent($0) } ?? "-",
                    "\(figures.ordersFilled) of \(figures.ordersPlaced), \(figures.ordersPartlyFilled) more in part"
                ),
                (
                    "As maker", figures.makerShare.map { ReportText.percent($0) } ?? "-",
                    "of the turnover, \(figures.fills) fills"
                ),
                (
                    "Slippage",
                    figures.slippageBasisPoints.map { ReportText.rounded($0, "0.01") + " bps" } ?? "-",
                    "against the mid at the decision; negative is better"
                ),
                (
                    "Median life of an order", figures.medianLifetime.map { StoryWords.duration($0) } ?? "-",
                    figures.longestLifetime.map { "longest \(StoryWords.duration($0))" } ?? "none has ended"
                ),
                (
                    "Refused by the gate", "\(figures.refusals)",
                    "\(count(report.stops.count, "stop")), \(count(report.halts.count, "halt"))"
                ),
            ]
            text += "<section class=\"tiles\" aria-label=\"\(escaped("Summary in \(total.currency)"))\">\n"
            for (name, value, more) in tiles {
                let sign = name == "Result" && result?.isNegative == true ? " class=\"down\"" : ""
                text +=
                    "<div><h2>\(escaped(name))</h2><p\(sign)>\(escaped(value))</p><small>\(escaped(more))</small></div>\n"
            }
            text += "</section>\n"
        }
        return text
    }

    private static func count(_ number: Int, _ what: String) -> String {
        "\(number) \(what)\(number == 1 ? "" : "s")"
    }

    private static func curveSection(_ curve: ReportCurve, _ report: TradingReport) -> String {
        guard curve.points.count > 2 else { return "" }
        let fall =
            curve.drawdown.from.flatMap { from in
                curve.drawdown.to.map { to in
                    "<p>Shaded: the largest drawdown, \(ReportText.money(curve.drawdown.largest)) "
                        + "\(escaped(curve.currency)) from \(time(from)) to \(time(to)).</p>"
                }
            } ?? ""
        // The ends of days are what a table can say of a line.
        var ends: [(day: Int64, result: Money)] = []
        for point in curve.points {
            let day = UTCInstant(nanoseconds: point.at.nanoseconds - 1).dayNumber
            if let last = ends.last, last.day >= day {
                ends[ends.count - 1].result = point.result
            } else {
                ends.append((day, point.result))
            }
        }
        let rows = ends.filter { UTCInstant(dayNumber: $0.day + 1) > report.since }.map {
            [ReportText.day($0.day), ReportText.money($0.result)]
        }
        return section(
            "Result over time (\(curve.currency))",
            ReportPlot.line(curve, from: report.since, to: report.until) + fall,
            table(["Day", "Result at its end"], rows, numbersFrom: 1))
    }

    private static func parts(
        _ report: TradingReport, _ dimension: TradingReport.Dimension, _ title: String, _ words: String
    ) -> String {
        var text = ""
        for total in report.totals {
            let rows = report.rows(by: [dimension]).filter { $0.currency == total.currency }
            guard !rows.isEmpty else { continue }
            func name(_ row: TradingReport.Row) -> String {
                switch dimension {
                case .day: String(ReportText.day(row.day).dropFirst(5))
                case .strategy: ReportText.strategy(row.strategy)
                case .symbol: row.symbol?.description ?? ""
                }
            }
            let bars = ReportPlot.bars(
                "\(title): result in \(total.currency)",
                // A bar of what does not fit its type would be a wrong one.
                rows.compactMap { row in (try? row.figures.result).map { (name(row), $0) } })
            let keys = TradingReport.keys([dimension]).filter { $0.name != "currency" }
            let columns =
                keys
                + TradingReport.measuresForTerminals.filter { $0.name != "max_drawdown" || dimension != .day }
            let cells = rows.map { row in columns.map { $0.short(row) } }
            let sum = columns.enumerated().map { index, column in
                index == 0 ? "All" : (column.isNumber ? column.short(total) : "")
            }
            let currency = report.totals.count > 1 ? " (\(total.currency))" : ""
            text += section(
                title + currency, bars + (words.isEmpty ? "" : "<p>\(escaped(words)).</p>"),
                table(columns.map { spoken($0.head) }, cells, numbersFrom: keys.count, sum: sum), wide: true)
        }
        return text
    }

    private static func open(_ report: TradingReport) -> String {
        guard !report.open.isEmpty else { return "" }
        let rows = report.open.map {
            [
                "\($0.symbol)", ReportText.strategy($0.strategy), "\($0.quantity)",
                $0.averageCost.map { ReportText.rounded(Rate(raw: $0.raw), "0.01") } ?? "-",
                $0.mark.map { ReportText.rounded(Rate(raw: $0.price.raw), "0.01") } ?? "-",
                $0.unrealised.map { ReportText.money($0) } ?? "-",
                $0.mark.map { "\($0.source.words), \($0.at)" } ?? "no price is known",
            ]
        }
        return section(
            "Open at the end", "",
            table(
                [
                    "Market", "Strategy", "Quantity", "Average cost", "Mark", "Unrealised",
                    "Where the mark is from",
                ],
                rows, numbersFrom: 2, through: 5))
    }

    private static func refusals(_ report: TradingReport) -> String {
        guard !report.refusals.isEmpty else { return "" }
        return section(
            "Refused by the risk gate",
            "<p>One that repeats is journaled, and counted here, once a minute.</p>",
            table(
                ["Rule", "Strategy", "Times", "The last one"],
                report.refusals.map { [$0.rule.rawValue, $0.strategy, "\($0.count)", $0.last] },
                numbersFrom: 2, through: 2))
    }

    private static func stops(_ report: TradingReport) -> String {
        var text = ""
        if !report.stops.isEmpty {
            text += section(
                "Stops", "",
                table(
                    ["At", "Why", "Verdict", "Orders left", "Journal row"],
                    report.stops.map {
                        [
                            "\($0.at)", $0.reason, $0.verdict?.rawValue ?? "its end is not in the journal",
                            "\($0.remaining)", "\($0.seq)",
                        ]
                    }, numbersFrom: 3))
        }
        if !report.halts.isEmpty {
            text += section(
                "Halts", "",
                table(
                    ["At", "Cause", "Detail", "Resumed", "Journal row"],
                    report.halts.map {
                        [
                            "\($0.at)", $0.cause.rawValue, $0.detail,
                            $0.resumedAt.map { "\($0)" } ?? "not yet",
                            "\($0.seq)",
                        ]
                    }, numbersFrom: 4))
        }
        return text
    }

    private static func notes(_ report: TradingReport) -> String {
        guard !report.notes.isEmpty else { return "" }
        return "<section><h2>To know</h2><ul>"
            + report.notes.map { "<li>\(escaped($0)).</li>" }.joined() + "</ul></section>\n"
    }

    // MARK: Parts of a page

    private static func section(_ title: String, _ plot: String, _ table: String, wide: Bool = false)
        -> String
    {
        "<section class=\"\(plot.contains("<svg") ? (wide ? "stacked" : "beside") : "plain")\">"
            + "<h2>\(escaped(title))</h2>\n<div class=\"parts\">"
            + (plot.isEmpty ? "" : "<figure>\(plot)</figure>\n")
            + "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(escaped(title + ", table"))\">\(table)</div>"
            + "</div></section>\n"
    }

    private static let results: Set<String> = ["Result", "Realised", "Unrealised", "Result at its end"]

    private static func table(
        _ head: [String], _ rows: [[String]], numbersFrom first: Int, through last: Int = .max,
        sum: [String]? = nil
    ) -> String {
        func cell(_ index: Int, _ text: String, _ tag: String) -> String {
            let isNumber = index >= first && index <= last
            let scope = tag == "th" ? " scope=\"col\"" : ""
            // A loss is one; slippage below zero is good.
            let down =
                tag == "td" && isNumber && results.contains(head[index]) && text.hasPrefix("-")
                && text.count > 1
            let style = [isNumber ? "n" : nil, down ? "down" : nil].compactMap { $0 }.joined(separator: " ")
            return "<\(tag)\(scope)\(style.isEmpty ? "" : " class=\"\(style)\"")>\(escaped(text))</\(tag)>"
        }
        func line(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.enumerated().map { cell($0.offset, $0.element, tag) }.joined() + "</tr>"
        }
        return "<table><thead>\(line(head, "th"))</thead><tbody>\n"
            + rows.map { line($0, "td") + "\n" }.joined() + "</tbody>"
            + (sum.map { "<tfoot>\(line($0, "td"))</tfoot>" } ?? "") + "</table>"
    }

    /// "FILL RATIO" as a page says it.
    private static func spoken(_ head: String) -> String {
        head.prefix(1) + head.dropFirst().lowercased().replacing("bps", with: "bps")
    }
}

extension Mark.Source {
    package var words: String {
        switch self {
        case .fill: "price of a fill"
        case .decision: "mid at a decision"
        case .quote: "mid of the running daemon"
        }
    }
}
