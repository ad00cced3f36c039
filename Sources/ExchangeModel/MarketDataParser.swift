import TradingDomain

// Recorded market data from comma-separated text, fed in pieces of any size:
//
//     time,trade_id,side,price,size          trades, ascending by time; `side` is the taker's
//     time,open,high,low,close,volume        bars, ascending by time; volume in quote units
//
// The first line names the format. Times are UTC, ISO 8601. A line that is wrong stops the parser with its
// number and field; nothing is skipped or guessed, except empty lines. It opens no file.

/// What is wrong with which line and field. Lines count from 1.
package struct MarketDataError: Error, Hashable, Sendable, CustomStringConvertible {
    package let line: Int
    /// The column's name; empty when the whole line is meant.
    package let field: String
    package let problem: String

    package var description: String {
        "line \(line)\(field.isEmpty ? "" : ", field '\(field)'"): \(problem)"
    }
}

package struct MarketDataParser: Sendable {
    package enum Format: Hashable, Sendable {
        case trades, bars

        var columns: [String] {
            switch self {
            case .trades: ["time", "trade_id", "side", "price", "size"]
            case .bars: ["time", "open", "high", "low", "close", "volume"]
            }
        }
    }

    package let symbol: Symbol
    /// Known after the first line.
    package private(set) var format: Format?
    /// What was read so far; the format fills one of the two.
    package private(set) var trades: [TradeTick] = []
    package private(set) var bars: [Bar] = []
    private var line = 0
    private var partial: [UInt8] = []
    private var last: UTCInstant?

    /// The longest line that is accepted, in bytes.
    package static let lineLimit = 4096

    package init(symbol: Symbol) { self.symbol = symbol }

    /// All of a text at once.
    package static func parse(
        _ text: String, symbol: Symbol, barInterval: Duration = .seconds(60)
    ) throws(MarketDataError) -> ReplayData {
        var parser = MarketDataParser(symbol: symbol)
        try parser.feed(text.utf8)
        try parser.finish()
        return parser.data(barInterval: barInterval)
    }

    /// Everything read so far, ready for a replay.
    package func data(barInterval: Duration) -> ReplayData {
        format == .bars ? .bars(bars, interval: barInterval) : .trades(trades)
    }

    /// Reads a piece of the text; it may end in the middle of a line.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(MarketDataError) {
        for byte in bytes { try feed(byte) }
    }

    /// The same for what is at hand as an array, without a generic look at each byte.
    package mutating func feed(_ bytes: [UInt8]) throws(MarketDataError) {
        for byte in bytes { try feed(byte) }
    }

    @inline(__always) private mutating func feed(_ byte: UInt8) throws(MarketDataError) {
        if byte == UInt8(ascii: "\n") { return try endLine() }
        guard partial.count < Self.lineLimit else {
            line += 1
            throw fail("", "longer than \(Self.lineLimit) bytes")
        }
        partial.append(byte)
    }

    /// Reads a last line without a line feed and checks that there was a header at all.
    package mutating func finish() throws(MarketDataError) {
        if !partial.isEmpty { try endLine() }
        if format == nil {
            throw MarketDataError(line: 1, field: "", problem: "the text has no header line")
        }
    }

    private mutating func endLine() throws(MarketDataError) {
        line += 1
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        defer { partial.removeAll(keepingCapacity: true) }
        if partial.isEmpty { return }
        let fields = partial.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let format else {
            self.format = try header(fields)
            return
        }
        guard fields.count == format.columns.count else {
            throw fail("", "\(fields.count) fields instead of \(format.columns.count)")
        }
        guard let at = UTCInstant(fields[0]) else {
            throw fail("time", "'\(fields[0])' is not a UTC time like 2023-02-02T09:20:00.138Z")
        }
        if let last, at < last { throw fail("time", "\(at) is before the line above") }
        last = at
        switch format {
        case .trades: trades.append(try trade(at, fields))
        case .bars: bars.append(try bar(at, fields))
        }
    }

    private func header(_ fields: [String]) throws(MarketDataError) -> Format {
        for format in [Format.trades, .bars] where fields == format.columns { return format }
        let known = [Format.trades, .bars].map { $0.columns.joined(separator: ",") }
        throw fail("", "the header is neither '\(known[0])' nor '\(known[1])'")
    }

    private func trade(_ at: UTCInstant, _ fields: [String]) throws(MarketDataError) -> TradeTick {
        guard let side = Side(rawValue: fields[2]) else {
            throw fail("side", "'\(fields[2])' is neither 'buy' nor 'sell'")
        }
        return TradeTick(
            at: at, symbol: symbol, price: try positive(fields[3], "price"),
            size: try positive(fields[4], "size"), side: side)
    }

    private func bar(_ at: UTCInstant, _ fields: [String]) throws(MarketDataError) -> Bar {
        let bar = Bar(
            at: at, symbol: symbol, open: try positive(fields[1], "open"),
            high: try positive(fields[2], "high"), low: try positive(fields[3], "low"),
            close: try positive(fields[4], "close"), volume: try value(fields[5], "volume"))
        guard bar.high >= max(bar.open, bar.close) else {
            throw fail("high", "\(bar.high) is below the open or the close")
        }
        guard bar.low <= min(bar.open, bar.close) else {
            throw fail("low", "\(bar.low) is above the open or the close")
        }
        guard !bar.volume.isNegative else { throw fail("volume", "\(bar.volume) is negative") }
        return bar
    }

    private func value<Value: ExactDecimal>(
        _ text: String, _ field: String
    ) throws(MarketDataError) -> Value {
        do throws(ArithmeticError) {
            return try Value(parsing: text)
        } catch {
            throw fail(field, "\(error)")
        }
    }

    private func positive<Value: ExactDecimal>(
        _ text: String, _ field: String
    ) throws(MarketDataError) -> Value {
        let value: Value = try value(text, field)
        guard value.isPositive else { throw fail(field, "\(value) is not positive") }
        return value
    }

    private func fail(_ field: String, _ problem: String) -> MarketDataError {
        MarketDataError(line: line, field: field, problem: problem)
    }
}
