// How an order, a fill and a position lie in their tables, and how they are read back. A value that cannot
// be what we wrote is an error that names its row, never a default.

import GRDB
import Trading
import TradingDomain

/// A stored value that cannot be what we wrote.
struct RowError: Error, CustomStringConvertible {
    let table: String
    let key: String
    let column: String
    let value: String
    var description: String { "table \(table), row \(key): \(column) is \(value)" }
}

/// Reads one row's columns by their position, naming the row in errors.
struct ColumnReader {
    let table: String
    let key: String
    let row: Row

    func text(_ index: Int) throws(RowError) -> String {
        guard let value = String.fromDatabaseValue(row[index] as DatabaseValue) else { throw bad(index) }
        return value
    }
    func optionalText(_ index: Int) throws(RowError) -> String? {
        row.hasNull(atIndex: index) ? nil : try text(index)
    }
    func integer(_ index: Int) throws(RowError) -> Int64 {
        guard let value = Int64.fromDatabaseValue(row[index] as DatabaseValue) else { throw bad(index) }
        return value
    }
    func optionalInteger(_ index: Int) throws(RowError) -> Int64? {
        row.hasNull(atIndex: index) ? nil : try integer(index)
    }
    func bytes(_ index: Int) throws(RowError) -> [UInt8] {
        guard case .blob(let data) = (row[index] as DatabaseValue).storage else { throw bad(index) }
        return Array(data)
    }
    func decimal<D: ExactDecimal>(_ index: Int) throws(RowError) -> D {
        guard let value = D(try text(index)) else { throw bad(index) }
        return value
    }
    func instant(_ index: Int) throws(RowError) -> UTCInstant {
        UTCInstant(nanoseconds: try integer(index))
    }
    func optionalInstant(_ index: Int) throws(RowError) -> UTCInstant? {
        try optionalInteger(index).map { UTCInstant(nanoseconds: $0) }
    }
    func value<V: RawRepresentable>(_ index: Int) throws(RowError) -> V where V.RawValue == String {
        guard let value = V(rawValue: try text(index)) else { throw bad(index) }
        return value
    }
    func symbol(_ index: Int) throws(RowError) -> Symbol {
        guard let symbol = Symbol(try text(index)) else { throw bad(index) }
        return symbol
    }
    func bad(_ index: Int) -> RowError {
        RowError(
            table: table, key: key, column: Array(row.columnNames)[index],
            value: "\(row[index] as DatabaseValue)")
    }
}

extension Row {
    fileprivate func hasNull(atIndex index: Int) -> Bool { (self[index] as DatabaseValue).isNull }
}

enum OrderRow {
    static let columns = """
        epoch, sequence, symbol, side, type, price, time_in_force, good_till, post_only, quantity, strategy, \
        created_at, state, exchange_id, sent_at, cancel_requested_at, filled, booked, ended_at, reason, \
        cancel_cause, basis, once_key, awaits_size
        """

    static func read(_ row: Row, bot: BotID) throws(RowError) -> Order {
        let key = "\(row[0] as DatabaseValue)-\(row[1] as DatabaseValue)"
        let column = ColumnReader(table: "orders", key: key, row: row)
        guard let id = ClientOrderID(bot: bot, epoch: try column.integer(0), sequence: try column.integer(1))
        else { throw column.bad(1) }
        let terms = OrderTerms(
            symbol: try column.symbol(2), side: try column.value(3), type: try type(column),
            quantity: try column.decimal(9))
        var order = Order(
            id: id, terms: terms, strategy: try column.text(10), createdAt: try column.instant(11))
        order.state = try column.value(12)
        order.exchangeOrderID = try column.optionalText(13).map { ExchangeOrderID($0) }
        order.sentAt = try column.optionalInstant(14)
        order.cancelRequestedAt = try column.optionalInstant(15)
        order.filledQuantity = try column.decimal(16)
        order.bookedQuantity = try column.decimal(17)
        order.endedAt = try column.optionalInstant(18)
        order.reason = try column.text(19)
        if try column.optionalText(20) != nil { order.cancelCause = try column.value(20) }
        if let text = try column.optionalText(21) {
            guard let basis = OrderBasis(text) else { throw column.bad(21) }
            order.basis = basis
        }
        order.onceKey = try column.optionalText(22)
        order.awaitsSize = try column.optionalInteger(23).map { $0 != 0 }
        return order
    }

    private static func type(_ column: ColumnReader) throws(RowError) -> OrderType {
        switch try column.text(4) {
        case "market": return .market
        case "limit":
            let timeInForce: TimeInForce
            switch try column.text(6) {
            case "GTC": timeInForce = .goodTillCanceled
            case "GTD": timeInForce = .goodTillDate(try column.instant(7))
            case "IOC": timeInForce = .immediateOrCancel
            case "FOK": timeInForce = .fillOrKill
            default: throw column.bad(6)
            }
            return .limit(
                price: try column.decimal(5), timeInForce: timeInForce, postOnly: try column.integer(8) != 0)
        default: throw column.bad(4)
        }
    }

    /// The columns of `type`, `price`, `time_in_force`, `good_till` and `post_only`.
    static func values(of type: OrderType) -> [(any DatabaseValueConvertible)?] {
        switch type {
        case .market: return ["market", nil, nil, nil, nil]
        case .limit(let price, let timeInForce, let postOnly):
            let word: String
            var until: Int64?
            switch timeInForce {
            case .goodTillCanceled: word = "GTC"
            case .goodTillDate(let instant):
                word = "GTD"
                until = instant.nanoseconds
            case .immediateOrCancel: word = "IOC"
            case .fillOrKill: word = "FOK"
            }
            return ["limit", price.description, word, until, postOnly ? 1 : 0]
        }
    }
}

/// One fill with the order it belongs to.
package struct BookedFill: Equatable, Sendable {
    package var order: ClientOrderID
    package var fill: Fill
}

enum FillRow {
    static let columns = """
        epoch, sequence, id, exchange_id, symbol, side, price, quantity, fee, liquidity, at, kind
        """

    static func read(_ row: Row, bot: BotID) throws(RowError) -> BookedFill {
        let key = "\(row[0] as DatabaseValue)-\(row[1] as DatabaseValue) \(row[2] as DatabaseValue)"
        let column = ColumnReader(table: "fills", key: key, row: row)
        guard let id = ClientOrderID(bot: bot, epoch: try column.integer(0), sequence: try column.integer(1))
        else { throw column.bad(1) }
        let fill = Fill(
            id: FillID(try column.text(2)), exchangeOrderID: ExchangeOrderID(try column.text(3)),
            symbol: try column.symbol(4), side: try column.value(5), price: try column.decimal(6),
            quantity: try column.decimal(7), fee: try column.decimal(8), liquidity: try column.value(9),
            at: try column.instant(10), kind: try column.value(11))
        return BookedFill(order: id, fill: fill)
    }
}

enum PositionRow {
    static let columns = "symbol, quantity, cost_basis, realised, fees, cash"

    static func read(_ row: Row) throws(RowError) -> (symbol: Symbol, position: Position) {
        let column = ColumnReader(table: "positions", key: "\(row[0] as DatabaseValue)", row: row)
        var position = Position()
        position.quantity = try column.decimal(1)
        position.costBasis = try column.decimal(2)
        position.realised = try column.decimal(3)
        position.fees = try column.decimal(4)
        position.cash = try column.decimal(5)
        return (try column.symbol(0), position)
    }
}
