// A report for machines: every figure, exact, as text where it is a number with a fraction.

import Trading
import TradingDomain

extension TradingReport {
    package struct JSON: Encodable {
        struct RowText: Encodable {
            let row: Row

            private struct Name: CodingKey {
                let stringValue: String
                let intValue: Int? = nil
                init(_ name: String) { stringValue = name }
                init?(stringValue: String) { self.init(stringValue) }
                init?(intValue: Int) { nil }
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Name.self)
                if row.day != nil { try container.encode(ReportText.day(row.day), forKey: Name("day")) }
                try container.encodeIfPresent(row.strategy, forKey: Name("strategy"))
                try container.encodeIfPresent(row.symbol, forKey: Name("symbol"))
                try container.encode(row.currency, forKey: Name("currency"))
                for column in measures {
                    let text = column.exact(row)
                    if let count = Int(text), Self.counts.contains(column.name) {
                        try container.encode(count, forKey: Name(column.name))
                    } else if text.isEmpty {
                        try container.encodeNil(forKey: Name(column.name))
                    } else {
                        try container.encode(text, forKey: Name(column.name))
                    }
                }
            }

            private static let counts: Set<String> = [
                "fills", "orders_placed", "orders_filled", "orders_partly_filled", "orders_failed",
                "refusals",
            ]
        }

        struct CurveText: Encodable {
            let currency: String
            let maxDrawdown: Money
            let from: UTCInstant?
            let to: UTCInstant?
            let currentDrawdown: Money
            let points: [[String]]
        }
        struct OpenText: Encodable {
            let strategy: String
            let symbol: Symbol
            let quantity: Quantity
            let averageCost: Price?
            let mark: Mark?
            let unrealised: Money?
        }
        struct RefusalText: Encodable {
            let rule: String
            let strategy: String
            let count: Int
            let last: String
        }
        struct StopText: Encodable {
            let at: UTCInstant
            let reason: String
            let verdict: String?
            let remaining: Int
            let seq: Int64
        }
        struct HaltText: Encodable {
            let at: UTCInstant
            let cause: String
            let detail: String
            let resumedAt: UTCInstant?
            let seq: Int64
        }

        let bot: BotID
        let mode: String
        let since: UTCInstant
        let until: UTCInstant
        let strategy: String?
        let symbol: Symbol?
        let by: [String]
        let rows: [RowText]
        let totals: [RowText]
        let curves: [CurveText]
        let open: [OpenText]
        let refusals: [RefusalText]
        let lives: Int
        let stops: [StopText]
        let halts: [HaltText]
        let notes: [String]
    }

    package func json(by dimensions: Set<Dimension>) -> JSON {
        JSON(
            bot: bot, mode: mode.rawValue, since: since, until: until, strategy: strategy, symbol: symbol,
            by: Dimension.allCases.filter { dimensions.contains($0) }.map(\.rawValue),
            rows: rows(by: dimensions).map { JSON.RowText(row: $0) },
            totals: totals.map { JSON.RowText(row: $0) },
            curves: curves.map {
                JSON.CurveText(
                    currency: $0.currency, maxDrawdown: $0.drawdown.largest, from: $0.drawdown.from,
                    to: $0.drawdown.to, currentDrawdown: $0.drawdown.current,
                    points: $0.thinned(to: 1_000).map { ["\($0.at)", "\($0.result)"] })
            },
            open: open.map {
                JSON.OpenText(
                    strategy: $0.strategy, symbol: $0.symbol, quantity: $0.quantity,
                    averageCost: $0.averageCost, mark: $0.mark, unrealised: $0.unrealised)
            },
            refusals: refusals.map {
                JSON.RefusalText(
                    rule: $0.rule.rawValue, strategy: $0.strategy, count: $0.count, last: $0.last)
            },
            lives: lives,
            stops: stops.map {
                JSON.StopText(
                    at: $0.at, reason: $0.reason, verdict: $0.verdict?.rawValue, remaining: $0.remaining,
                    seq: $0.seq)
            },
            halts: halts.map {
                JSON.HaltText(
                    at: $0.at, cause: $0.cause.rawValue, detail: $0.detail, resumedAt: $0.resumedAt,
                    seq: $0.seq)
            }, notes: notes)
    }
}

extension ReportCurve {
    /// At most so many points, about: of each run of neighbours the lowest and the highest stay, so that no peak is lost.
    package func thinned(to limit: Int) -> [Point] {
        guard points.count > limit, limit >= 4 else { return points }
        let run = (points.count + limit / 2 - 1) / (limit / 2)
        var thin: [Point] = []
        for start in stride(from: 0, to: points.count, by: run) {
            let part = points[start..<min(start + run, points.count)].enumerated()
            guard let low = part.min(by: { $0.element.result < $1.element.result }),
                let high = part.max(by: { $0.element.result < $1.element.result })
            else { continue }
            if low.offset == high.offset {
                thin.append(low.element)
            } else {
                thin += low.offset < high.offset ? [low.element, high.element] : [high.element, low.element]
            }
        }
        if let last = points.last, thin.last != last { thin.append(last) }
        return thin
    }
}
