// What each strategy holds and has earned: the same fills as the bot's positions, booked once more under the strategy
// whose order was filled. The books of all strategies together are the bot's position, at every moment.
//
// An order that only the exchange told us of has no strategy; its fills stand under the empty name. A flatten closes
// the bot's position, so its fills go to the strategies whose position they bring nearer to zero. Whoever says what a
// strategy traded asks here; only how many fills there were is counted under the name that wanted the order.

import TradingDomain

package struct StrategyBooks: Equatable, Sendable {
    /// How many fills of one UTC day were booked.
    package struct Day: Codable, Equatable, Sendable {
        /// Days since 1970-01-01, of the newest fill.
        package var number: Int64
        package var fills: Int

        package init(number: Int64, fills: Int) {
            self.number = number
            self.fills = fills
        }
    }

    /// What one fill moved of one strategy's book: all of it, but for a flatten's.
    package struct Part: Equatable, Sendable {
        package var strategy: String
        /// With this part's quantity and fee.
        package var fill: Fill
    }

    package private(set) var positions: [String: [Symbol: Position]] = [:]
    package private(set) var days: [String: Day] = [:]

    package init() {}

    package func position(_ strategy: String, _ symbol: Symbol) -> Position {
        positions[strategy]?[symbol] ?? Position()
    }

    /// Sorted by name.
    package var strategies: [String] { positions.keys.sorted() }

    /// The markets in which a strategy has ever traded, sorted.
    package func symbols(of strategy: String) -> [Symbol] { positions[strategy]?.keys.sorted() ?? [] }

    /// What all of them hold and have paid of one market: quantity, cash and fees are those of the bot.
    package func total(of symbol: Symbol) throws(ArithmeticError) -> Position {
        var sum = Position()
        for strategy in strategies {
            let own = position(strategy, symbol)
            sum.quantity = try sum.quantity + own.quantity
            sum.cash = try sum.cash + own.cash
            sum.fees = try sum.fees + own.fees
        }
        return sum
    }

    /// Under which names a fill of an order of `strategy` may be booked, sorted.
    package func names(for strategy: String, _ symbol: Symbol) -> [String] {
        guard strategy == Flatten.strategy else { return [strategy] }
        return (positions.keys.filter { positions[$0]?[symbol] != nil && $0 != strategy } + [strategy])
            .sorted()
    }

    /// Books one fill of an order of `strategy` and says under which names. Throws without changing anything.
    @discardableResult
    package mutating func book(_ fill: Fill, strategy: String) throws(ArithmeticError) -> [Part] {
        let parts = try parts(of: fill, strategy: strategy)
        var changed: [(name: String, position: Position)] = []
        for part in parts {
            var position = position(part.strategy, fill.symbol)
            try position.book(part.fill)
            changed.append((part.strategy, position))
        }
        for (name, position) in changed { positions[name, default: [:]][fill.symbol] = position }
        let number = fill.at.dayNumber
        let day = days[strategy] ?? Day(number: number, fills: 0)
        if number >= day.number {
            days[strategy] = Day(number: number, fills: number == day.number ? day.fills + 1 : 1)
        }
        return parts
    }

    private func parts(of fill: Fill, strategy: String) throws(ArithmeticError) -> [Part] {
        guard strategy == Flatten.strategy, fill.kind == .trade else {
            return [Part(strategy: strategy, fill: fill)]
        }
        var left = fill
        var parts: [Part] = []
        for name in names(for: strategy, fill.symbol) where name != strategy {
            let held = position(name, fill.symbol).quantity
            guard fill.side == .sell ? held.isPositive : held.isNegative, left.quantity.isPositive else {
                continue
            }
            var part = left
            part.quantity = min(held.magnitude, left.quantity)
            // The last part pays what is left of the fee: together they pay it all.
            if part.quantity < left.quantity {
                part.fee = Money(raw: try left.fee.share(part.quantity, of: left.quantity))
            }
            left.quantity = try left.quantity - part.quantity
            left.fee = try left.fee - part.fee
            parts.append(Part(strategy: name, fill: part))
        }
        if left.quantity.isPositive { parts.append(Part(strategy: strategy, fill: left)) }
        return parts
    }

    // MARK: Loading

    package mutating func restore(_ position: Position, of strategy: String, _ symbol: Symbol) {
        positions[strategy, default: [:]][symbol] = position
    }

    package mutating func restore(_ day: Day, of strategy: String) { days[strategy] = day }
}
