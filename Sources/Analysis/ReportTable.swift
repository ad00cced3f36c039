// A report as columns: the same ones for a terminal, for CSV and for a page.

import Trading
import TradingDomain

extension TradingReport {
    /// One column: its name for machines, its head for people, its unit in words.
    package struct Column: Sendable {
        package var name: String
        package var head: String
        package var isNumber: Bool
        /// Exact, for machines; empty where there is none.
        let exact: @Sendable (Row) -> String
        /// Short, for eyes.
        let short: @Sendable (Row) -> String
    }

    package static func keys(_ dimensions: Set<Dimension>) -> [Column] {
        var columns: [Column] = []
        func text(_ name: String, _ value: @escaping @Sendable (Row) -> String) {
            columns.append(
                Column(
                    name: name, head: name.uppercased(), isNumber: false, exact: value, short: value))
        }
        if dimensions.contains(.day) { text("day") { ReportText.day($0.day) } }
        if dimensions.contains(.strategy) { text("strategy") { ReportText.strategy($0.strategy) } }
        if dimensions.contains(.symbol) { text("symbol") { $0.symbol?.description ?? "" } }
        text("currency") { $0.currency }
        return columns
    }

    package static let measures: [Column] = [
        // A sum that does not fit its type is left out: no number is better than a wrong one.
        money("result", "RESULT") { try? $0.figures.result },
        money("net_realised", "REALISED") { try? $0.figures.netRealised },
        money("unrealised", "UNREALISED") { $0.figures.unrealised },
        money("fees", "FEES") { $0.figures.fees },
        money("max_drawdown", "DRAWDOWN") { $0.drawdown?.largest },
        money("current_drawdown", "NOW BELOW BEST") { $0.drawdown?.current },
        money("turnover", "TURNOVER") { $0.figures.turnover },
        count("fills", "FILLS") { $0.figures.fills },
        count("orders_placed", "ORDERS") { $0.figures.ordersPlaced },
        count("orders_filled", "FILLED") { $0.figures.ordersFilled },
        count("orders_partly_filled", "PARTLY") { $0.figures.ordersPartlyFilled },
        count("orders_failed", "FAILED") { $0.figures.ordersFailed },
        ratio("fill_ratio", "FILL RATIO") { $0.figures.fillRatio },
        ratio("fill_ratio_by_value", "BY VALUE") { $0.figures.fillRatioByValue },
        ratio("maker_share", "MAKER") { $0.figures.makerShare },
        Column(
            name: "slippage_bps", head: "SLIPPAGE BPS", isNumber: true,
            exact: { $0.figures.slippageBasisPoints?.description ?? "" },
            short: { $0.figures.slippageBasisPoints.map { ReportText.rounded($0, "0.01") } ?? "-" }),
        money("slippage", "SLIPPAGE") { $0.figures.slippageFills == 0 ? nil : $0.figures.slippage },
        duration("median_lifetime_s", "MEDIAN LIFE") { $0.figures.medianLifetime },
        duration("longest_lifetime_s", "LONGEST LIFE") { $0.figures.longestLifetime },
        count("refusals", "REFUSALS") { $0.figures.refusals },
    ]

    /// What a terminal has room for.
    package static let measuresForTerminals = [
        "result", "net_realised", "unrealised", "fees", "max_drawdown", "turnover", "fills", "orders_placed",
        "fill_ratio", "maker_share", "slippage_bps", "median_lifetime_s", "refusals",
    ].compactMap { name in measures.first { $0.name == name } }

    private static func money(_ name: String, _ head: String, _ value: @escaping @Sendable (Row) -> Money?)
        -> Column
    {
        Column(
            name: name, head: head, isNumber: true, exact: { value($0)?.description ?? "" },
            short: { ReportText.money(value($0)) })
    }

    private static func count(_ name: String, _ head: String, _ value: @escaping @Sendable (Row) -> Int)
        -> Column
    {
        Column(
            name: name, head: head, isNumber: true, exact: { "\(value($0))" }, short: { "\(value($0))" })
    }

    private static func ratio(_ name: String, _ head: String, _ value: @escaping @Sendable (Row) -> Rate?)
        -> Column
    {
        Column(
            name: name, head: head, isNumber: true, exact: { value($0)?.description ?? "" },
            short: { value($0).map { ReportText.percent($0) } ?? "-" })
    }

    private static func duration(
        _ name: String, _ head: String, _ value: @escaping @Sendable (Row) -> Duration?
    ) -> Column {
        Column(
            name: name, head: head, isNumber: true,
            exact: { value($0).map { ReportText.seconds($0) } ?? "" },
            short: { value($0).map { StoryWords.duration($0) } ?? "-" })
    }

    // MARK: CSV

    /// One tidy table (RFC 4180, but lines end with a line feed): a head, then one row per part, exact numbers.
    package func csv(by dimensions: Set<Dimension>) -> String {
        let columns = Self.keys(dimensions) + Self.measures
        let lines =
            [columns.map(\.name)] + rows(by: dimensions).map { row in columns.map { $0.exact(row) } }
        return lines.map { $0.map(ReportText.csv).joined(separator: ",") + "\n" }.joined()
    }
}

/// How a report writes what it says.
enum ReportText {
    static func day(_ number: Int64?) -> String {
        number.map { String(UTCInstant(dayNumber: $0).description.prefix(10)) } ?? ""
    }

    /// Orders that only the exchange told of have none.
    static func strategy(_ name: String?) -> String {
        guard let name else { return "" }
        return name.isEmpty ? "(not known)" : name
    }

    /// Cents are enough for eyes, unless that would hide all of it.
    static func money(_ money: Money) -> String {
        let text = rounded(Rate(raw: money.raw), "0.01")
        if text == "0.00" || text == "-0.00", !money.isZero {
            return rounded(Rate(raw: money.raw), "0.00000001")
        }
        return text
    }

    /// `-` where there is none.
    static func money(_ money: Money?, in currency: String? = nil) -> String {
        guard let money else { return "-" }
        return self.money(money) + (currency.map { " " + $0 } ?? "")
    }

    static func percent(_ rate: Rate) -> String {
        // Too large to be multiplied: said as the plain number that it is.
        guard let whole = try? rate.scaled(by: 100, over: 1, .halfEven) else { return "\(rate)" }
        return rounded(whole, "0.1") + "%"
    }

    /// With as many digits after the point as the step has; exact when it is too large to be rounded.
    static func rounded(_ rate: Rate, _ step: String) -> String {
        guard let unit = Rate(step), let value = try? rate.rounded(to: unit, .halfEven) else {
            return "\(rate)"
        }
        let digits = step.count - 2
        var text = value.description
        if !text.contains(".") { text += "." }
        let have = text.distance(from: text.firstIndex(of: ".") ?? text.startIndex, to: text.endIndex) - 1
        return text + String(repeating: "0", count: max(0, digits - have))
    }

    /// Exact seconds with their fraction.
    static func seconds(_ duration: Duration) -> String {
        Rate(raw: Int128(duration.wholeNanoseconds) * 1_000_000_000).description
    }

    /// A cell of CSV. A text that a spreadsheet would take for a formula is made plain; numbers stay numbers.
    static func csv(_ text: String) -> String {
        var cell = VisibleText.line(text)
        // White space before it would hide it from us, and not from every spreadsheet.
        if let first = cell.first(where: { !$0.isWhitespace }),
            "=+@＝＋－＠".contains(first) || (first == "-" && Rate(cell) == nil)
        {
            cell = "'" + cell
        }
        guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
