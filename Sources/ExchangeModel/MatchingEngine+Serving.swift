import TradingDomain

// What a server over the engine needs beside the queries: lists from the newest backwards, the public tape,
// and executions and failures of one chosen order, whoever stands before it. Trading itself never uses these.

/// An execution as everybody sees it.
package struct TapePrint: Hashable, Sendable {
    /// Ascending from 1.
    package let number: Int64
    package let symbol: Symbol
    package let price: Price
    package let quantity: Quantity
    package let taker: Side
    package let at: UTCInstant
}

/// The executions since the last time that somebody took them.
struct Tape: Sendable {
    var lastNumber: Int64 = 0
    var prints: [TapePrint] = []
}

extension MatchingEngine {
    /// From now on executions are kept until `drainTape` takes them. A stored engine forgets that.
    package mutating func keepTape() { if tape == nil { tape = Tape() } }

    package mutating func drainTape() -> [TapePrint] {
        guard let prints = tape?.prints, !prints.isEmpty else { return [] }
        tape?.prints = []
        return prints
    }

    mutating func print(_ market: Int, _ price: Price, _ quantity: Quantity, taker: Side) {
        guard let last = tape?.lastNumber else { return }
        tape?.lastNumber = last + 1
        tape?.prints.append(
            TapePrint(
                number: last + 1, symbol: markets[market].product.symbol, price: price, quantity: quantity,
                taker: taker, at: now))
    }

    // MARK: Lists from the newest backwards

    /// The number of the newest order; 0 before the first.
    package var newestNumber: Int64 { lastOrderNumber }

    /// The number of the newest fill; 0 before the first.
    package var newestFillNumber: Int64 { lastFillNumber }

    /// The number of the oldest order that is not forgotten; nil without any.
    package var oldestNumber: Int64? { orders.first?.number }

    package func detail(number: Int64) -> ModelOrder? { orderIndex(number).map { orders[$0] } }

    package func number(clientOrderID: String) -> Int64? { numberByClientID[clientOrderID] }

    /// Visits orders newest first, those with smaller numbers than `before`, until `visit` answers false.
    package func ordersBackwards(before: Int64 = .max, workingOnly: Bool, _ visit: (ModelOrder) -> Bool) {
        if workingOnly {
            var place = lowerBound(working.count) { working[$0] < before }
            while place > 0 {
                place -= 1
                guard let index = orderIndex(working[place]) else { continue }
                guard visit(orders[index]) else { return }
            }
        } else {
            var place = lowerBound(orders.count) { orders[$0].number < before }
            while place > 0 {
                place -= 1
                guard visit(orders[place]) else { return }
            }
        }
    }

    /// Visits fills newest first, those with smaller numbers than `before`, until `visit` answers false.
    package func fillsBackwards(before: Int64 = .max, _ visit: (Int64, Fill) -> Bool) {
        var place = lowerBound(fills.count) { fills[$0].number < before }
        while place > 0 {
            place -= 1
            guard visit(fills[place].number, fills[place]) else { return }
        }
    }

    // MARK: One order by force

    /// A counterpart trades with exactly this resting order at its limit, past whoever stands before it.
    /// - Returns: how much was traded.
    @discardableResult
    package mutating func executeResting(_ number: Int64, quantity: Quantity, at: UTCInstant) -> Quantity {
        advance(to: at)
        guard let index = orderIndex(number), !orders[index].status.isTerminal,
            let price = orders[index].terms.type.limitPrice
        else { return .zero }
        let market = orders[index].market
        let size = min(
            Quantity(raw: quantity.raw - quantity.raw % markets[market].product.baseIncrement.raw),
            orders[index].remaining)
        guard size.isPositive else { return .zero }
        let ends = size == orders[index].remaining
        if ends { removeResting(index) }
        guard book(index, price, size, .maker) else {
            if !ends { removeResting(index) }
            return .zero
        }
        print(market, price, size, taker: orders[index].terms.side.opposite)
        tellQuote(market)
        return size
    }

    /// The exchange gives an order up that it had accepted.
    /// - Returns: false when there is none that works.
    @discardableResult
    package mutating func fail(_ number: Int64, _ reason: String, at: UTCInstant) -> Bool {
        advance(to: at)
        guard let index = orderIndex(number), !orders[index].status.isTerminal else { return false }
        removeResting(index)
        finish(index, .failed, reason)
        tellQuote(orders[index].market)
        return true
    }
}
