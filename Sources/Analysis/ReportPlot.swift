// Plots as SVG, drawn by hand: a line over time, bars over days, bars of parts. Amounts become binary floats here and
// only here, for places on the page; every number that is written is the exact one.

import TradingDomain

struct PlotScale {
    let low: Money
    let high: Money
    let ticks: [Money]

    /// Round steps that hold all of these, zero among them.
    init(_ values: [Money]) {
        let least = min(.zero, values.min() ?? .zero)
        let most = max(.zero, values.max() ?? .zero)
        let span = max(1, most.raw / 4 - least.raw / 4)
        var power: Int128 = 1
        while power <= span / 10 { power *= 10 }
        let step = [1, 2, 5, 10].map { power * $0 }.first { $0 >= span } ?? power * 10
        // Down to the step below the least, up to the one above the most.
        var first = least.raw / step
        if first * step > least.raw { first -= 1 }
        var last = most.raw / step
        if last * step < most.raw { last += 1 }
        if first == last { last += 1 }
        low = Money(raw: first * step)
        high = Money(raw: last * step)
        ticks = (first...last).map { Money(raw: $0 * step) }
    }

    /// 0 at the bottom, 1 at the top.
    func place(_ money: Money) -> Double {
        Double(money.raw - low.raw) / Double(high.raw - low.raw)
    }
}

enum ReportPlot {
    private static let width = 720.0
    private static let height = 240.0
    private static let left = 78.0
    private static let right = 14.0
    private static let top = 14.0
    private static let bottom = 30.0

    private static func number(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        let (whole, part) = (tenths.magnitude / 10, tenths.magnitude % 10)
        return (tenths < 0 ? "-" : "") + "\(whole)" + (part == 0 ? "" : ".\(part)")
    }

    private static func y(_ share: Double) -> Double { top + (1 - share) * (height - top - bottom) }

    private static func frame(_ title: String, _ summary: String, _ scale: PlotScale, _ body: String)
        -> String
    {
        var svg =
            "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" aria-label=\""
            + "\(ReportPage.escaped(title + ". " + summary))\">\n"
        for tick in scale.ticks {
            let at = number(y(scale.place(tick)))
            svg +=
                "<line class=\"\(tick.isZero ? "zero" : "rule")\" x1=\"\(number(left))\" x2=\""
                + "\(number(width - right))\" y1=\"\(at)\" y2=\"\(at)\"/>"
                + "<text class=\"tick\" x=\"\(number(left - 8))\" y=\"\(number(y(scale.place(tick)) + 4))\" "
                + "text-anchor=\"end\">\(tick)</text>\n"
        }
        return svg + body + "</svg>\n"
    }

    // MARK: A line over time

    static func line(_ curve: ReportCurve, from since: UTCInstant, to until: UTCInstant) -> String {
        let points = curve.thinned(to: 1_200)
        let scale = PlotScale(points.map(\.result))
        let span = Double(max(1, until.nanoseconds - since.nanoseconds))
        func x(_ at: UTCInstant) -> Double {
            left + Double(at.nanoseconds - since.nanoseconds) / span * (width - left - right)
        }
        var path = ""
        for (index, point) in points.enumerated() {
            let (px, py) = (number(x(point.at)), number(y(scale.place(point.result))))
            // The result stays as it is until something happens.
            path += index == 0 ? "M\(px) \(py)" : "H\(px)V\(py)"
        }
        let base = number(y(scale.place(.zero)))
        var body = ""
        if let first = points.first, let last = points.last {
            body += "<path class=\"area\" d=\"\(path)V\(base)H\(number(x(first.at)))Z\"/>"
            if let from = curve.drawdown.from, let to = curve.drawdown.to {
                let wide = max(1, x(to) - x(from))
                body +=
                    "<rect class=\"fall\" x=\"\(number(x(from)))\" y=\"\(number(top))\" width=\"\(number(wide))\" "
                    + "height=\"\(number(height - top - bottom))\"><title>largest drawdown "
                    + "\(ReportText.money(curve.drawdown.largest))</title></rect>"
            }
            body += "<path class=\"line\" d=\"\(path)\"/>"
            body +=
                "<circle class=\"dot\" cx=\"\(number(x(last.at)))\" cy=\"\(number(y(scale.place(last.result))))\" "
                + "r=\"3.5\"/>\n"
        }
        body += times(from: since, to: until, x)
        return frame(
            "Result over time in \(curve.currency)",
            "It ends at \(ReportText.money(points.last?.result ?? .zero)); the largest drawdown is "
                + "\(ReportText.money(curve.drawdown.largest))", scale, body)
    }

    private static func times(from since: UTCInstant, to until: UTCInstant, _ x: (UTCInstant) -> Double)
        -> String
    {
        let steps: [Int64] = [
            1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
            7_776_000, 31_536_000,
        ]
        let seconds = max(1, until.secondsSince1970 - since.secondsSince1970)
        let step = steps.first { seconds / $0 <= 7 } ?? 31_536_000
        var text = ""
        var at = (since.secondsSince1970 / step + 1) * step
        while at < until.secondsSince1970 {
            let moment = UTCInstant(seconds: at)
            let place = x(moment)
            at += step
            guard place > left + 14, place < width - right - 14 else { continue }
            let words = moment.description
            let label =
                step >= 86_400 ? words.dropFirst(5).prefix(5) : words.dropFirst(11).prefix(step < 60 ? 8 : 5)
            text +=
                "<line class=\"rule\" x1=\"\(number(place))\" x2=\"\(number(place))\" y1=\"\(number(height - bottom))\" "
                + "y2=\"\(number(height - bottom + 4))\"/><text class=\"tick\" x=\"\(number(place))\" "
                + "y=\"\(number(height - 10))\" text-anchor=\"middle\">\(label)</text>\n"
        }
        return text
    }

    // MARK: Bars

    /// Upright bars, one for each part.
    static func bars(_ title: String, _ parts: [(name: String, value: Money)]) -> String {
        let scale = PlotScale(parts.map(\.value))
        let slot = (width - left - right) / Double(max(1, parts.count))
        let wide = min(48, max(1, slot * 0.7))
        // Names that would run into each other are left out evenly.
        let longest = Double(parts.map(\.name.count).max() ?? 1) * 6.6 + 8
        let every = max(1, Int((longest / slot).rounded(.up)))
        var body = ""
        for (index, part) in parts.enumerated() {
            let middle = left + slot * (Double(index) + 0.5)
            let (zero, end) = (y(scale.place(.zero)), y(scale.place(part.value)))
            body +=
                "<rect class=\"\(part.value.isNegative ? "loss" : "gain")\" x=\"\(number(middle - wide / 2))\" "
                + "y=\"\(number(min(zero, end)))\" width=\"\(number(wide))\" "
                + "height=\"\(number(max(0.6, abs(zero - end))))\"><title>\(ReportPage.escaped(part.name)): "
                + "\(part.value)</title></rect>"
            if index % every == 0 {
                body +=
                    "<text class=\"tick\" x=\"\(number(middle))\" y=\"\(number(height - 10))\" "
                    + "text-anchor=\"middle\">\(ReportPage.escaped(part.name))</text>"
            }
            body += "\n"
        }
        let words = parts.prefix(12).map { "\($0.name) \(ReportText.money($0.value))" }.joined(
            separator: ", ")
        return frame(title, words, scale, body)
    }
}
