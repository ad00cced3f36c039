// The result over a time, from fill to fill and price to price, and how far it fell from its best.

import Trading
import TradingDomain

package struct ReportCurve: Equatable, Sendable {
    package struct Point: Equatable, Sendable {
        package var at: UTCInstant
        /// Since the beginning of the time, after fees, quote units.
        package var result: Money
    }
    package var currency: String
    package private(set) var points: [Point] = []
    package private(set) var drawdown = Drawdown()
    private var best: Point

    /// Falls from the best result so far. Never negative.
    package struct Drawdown: Equatable, Sendable {
        package var largest = Money.zero
        /// When the best was before the largest fall, and when its worst.
        package var from: UTCInstant?
        package var to: UTCInstant?
        /// At the end of the time.
        package var current = Money.zero
    }

    init(currency: String, since: UTCInstant) {
        self.currency = currency
        best = Point(at: since, result: .zero)
        points = [best]
    }

    fileprivate mutating func add(_ at: UTCInstant, _ result: Money) throws(ArithmeticError) {
        let point = Point(at: at, result: result)
        if points.last?.at == at { points[points.count - 1] = point } else { points.append(point) }
        if result > best.result { best = point }
        drawdown.current = try best.result - result
        if drawdown.current > drawdown.largest {
            drawdown.largest = drawdown.current
            drawdown.from = best.at
            drawdown.to = at
        }
    }
}

extension ReportLedger {
    /// The curve of these books, which are all paid in one currency.
    func curve(
        of keys: [BookKey], currency: String, _ marks: MarkLine, from since: UTCInstant, to until: UTCInstant
    ) throws(ArithmeticError) -> ReportCurve {
        var cash = Money.zero
        var held: [Symbol: Quantity] = [:]
        var worth: [Symbol: Money] = [:]
        var prices: [Symbol: Price] = [:]
        var open = Money.zero
        func revalue(_ symbol: Symbol) throws(ArithmeticError) {
            guard let price = prices[symbol] else { return }
            let now = try price.times(held[symbol] ?? .zero, .halfEven)
            open = try open + (now - (worth[symbol] ?? .zero))
            worth[symbol] = now
        }
        var changes: [Change] = []
        for key in keys {
            for move in moves[key] ?? [] {
                if move.at < since {
                    cash = try cash + move.cash
                    held[key.symbol] = try (held[key.symbol] ?? .zero) + move.quantity
                } else {
                    changes.append(Change(at: move.at, symbol: key.symbol, move: move, price: nil))
                }
            }
        }
        let symbols = Set(keys.map(\.symbol)).sorted()
        for symbol in symbols {
            prices[symbol] = marks.last(symbol, before: since)?.price
            try revalue(symbol)
            changes += marks.between(symbol, since, until).map {
                Change(at: $0.at, symbol: symbol, move: nil, price: $0.price)
            }
        }
        let start = try cash + open
        var curve = ReportCurve(currency: currency, since: since)
        // The moves of a moment come before its prices: a fill is itself one.
        let sorted = changes.enumerated().sorted {
            ($0.element.at, $0.element.rank, $0.offset) < ($1.element.at, $1.element.rank, $1.offset)
        }
        for (number, entry) in sorted.enumerated() {
            let change = entry.element
            if let move = change.move {
                cash = try cash + move.cash
                held[change.symbol] = try (held[change.symbol] ?? .zero) + move.quantity
            }
            prices[change.symbol] = change.price ?? prices[change.symbol]
            try revalue(change.symbol)
            // What happens at one moment is one point: between a fill and its price lies no result.
            let isLast = number + 1 == sorted.count || sorted[number + 1].element.at != change.at
            if isLast { try curve.add(change.at, (cash + open) - start) }
        }
        if let last = curve.points.last, last.at < until { try curve.add(until, last.result) }
        return curve
    }

    private struct Change {
        let at: UTCInstant
        let symbol: Symbol
        let move: Move?
        let price: Price?
        var rank: Int { move == nil ? 1 : 0 }
    }
}
