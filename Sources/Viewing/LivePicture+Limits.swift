// How much of the risk limits is used, as bars.

import Control
import Trading
import TradingDomain

extension LivePicture {
    private static let labels: [String: String] = [
        "working_orders": "orders", "orders_per_minute": "per minute", "daily_loss": "daily loss",
        "position_notional": "position",
    ]

    func limitRows(_ core: CoreOverview, _ canvas: Canvas) -> [Row] {
        let bars = core.limits.compactMap { limit -> Row? in
            guard let label = Self.labels[limit.name], let used = limit.used.flatMap({ Money($0) }),
                let whole = Money(limit.limit)
            else { return nil }
            return Self.bar(
                label + (limit.symbol.map { " \($0.base)" } ?? ""), used, whole,
                isCount: limit.symbol == nil && limit.name != "daily_loss", canvas)
        }
        // Two beside each other where there is room.
        let width = canvas.columns >= 76 ? 2 : 1
        return stride(from: 0, to: bars.count, by: width).map { index in
            var row = bars[index]
            if width == 2, index + 1 < bars.count {
                row.add(String(repeating: " ", count: max(2, canvas.columns / 2 - row.width)))
                row.add(bars[index + 1])
            }
            return row
        }
    }

    private static func bar(_ label: String, _ used: Money, _ whole: Money, isCount: Bool, _ canvas: Canvas)
        -> Row
    {
        let length = 10
        let filled = Glance.cells(used.raw, of: whole.raw, length)
        let ink: Ink = filled >= length ? .bad : filled * 5 >= length * 4 ? .warning : .good
        var row = Row(label + String(repeating: " ", count: max(1, 13 - TextWidth.columns(of: label))))
        row.add(String(repeating: canvas.glyphs.full, count: filled), ink)
        row.add(String(repeating: canvas.glyphs.empty, count: length - filled), .dim)
        row.add(
            " " + (isCount ? "\(used)" : Glance.money(used, isSigned: false)) + "/\(whole)")
        return row
    }
}
