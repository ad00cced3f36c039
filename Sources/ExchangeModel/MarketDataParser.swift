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

        // Made once: every line is compared with their number.
        private static let tradeColumns = ["time", "trade_id", "side", "price", "size"]
        private static let barColumns = ["time", "open", "high", "low", "close", "volume"]
        var header: [String] {
            self == .trades ? Self.tradeColumns : Self.barColumns
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
    /// Where the fields of the line in hand lie in it.
    private var fields: [Range<Int>] = []
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
        try feed(Array(bytes))
    }

    /// The same for what is at hand as an array.
    package mutating func feed(_ bytes: [UInt8]) throws(MarketDataError) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            try add(bytes[start..<end])
            try endLine()
            start = end + 1
        }
        try add(bytes[start...])
    }

    private mutating func add(_ piece: ArraySlice<UInt8>) throws(MarketDataError) {
        guard partial.count + piece.count <= Self.lineLimit else {
            line += 1
            throw fail("", "longer than \(Self.lineLimit) bytes")
        }
        partial.append(contentsOf: piece)
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
        cut()
        guard let format else {
            self.format = try header(fields.map { text($0) })
            return
        }
        guard fields.count == format.header.count else {
            throw fail("", "\(fields.count) fields instead of \(format.header.count)")
        }
        guard let at = UTCInstant(utf8: partial[fields[0]]) else {
            throw fail("time", "'\(text(fields[0]))' is not a UTC time like 2023-02-02T09:20:00.138Z")
        }
        if let last, at < last { throw fail("time", "\(at) is before the line above") }
        last = at
        switch format {
        case .trades: trades.append(try trade(at))
        case .bars: bars.append(try bar(at))
        }
    }

    /// Finds the fields of the line. Months of data have millions of lines: their text stays where it is.
    private mutating func cut() {
        fields.removeAll(keepingCapacity: true)
        var start = 0
        for index in partial.indices where partial[index] == UInt8(ascii: ",") {
            fields.append(start..<index)
            start = index + 1
        }
        fields.append(start..<partial.count)
    }

    private func text(_ field: Range<Int>) -> String { String(decoding: partial[field], as: UTF8.self) }

    private func header(_ fields: [String]) throws(MarketDataError) -> Format {
        for format in [Format.trades, .bars] where fields == format.header { return format }
        let known = [Format.trades, .bars].map { $0.header.joined(separator: ",") }
        throw fail("", "the header is neither '\(known[0])' nor '\(known[1])'")
    }

    private func trade(_ at: UTCInstant) throws(MarketDataError) -> TradeTick {
        let sideText = partial[fields[2]]
        guard let side = Side.allCases.first(where: { sideText.elementsEqual($0.rawValue.utf8) }) else {
            throw fail("side", "'\(text(fields[2]))' is neither 'buy' nor 'sell'")
        }
        return TradeTick(
            at: at, symbol: symbol, price: try positive(fields[3], "price"),
            size: try positive(fields[4], "size"), side: side)
    }

    private func bar(_ at: UTCInstant) throws(MarketDataError) -> Bar {
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
        _ field: Range<Int>, _ name: String
    ) throws(MarketDataError) -> Value {
        guard let value = Value(utf8: partial[field]) else {
            throw fail(name, ArithmeticError.malformed(text(field)).description)
        }
        return value
    }

    private func positive<Value: ExactDecimal>(
        _ field: Range<Int>, _ name: String
    ) throws(MarketDataError) -> Value {
        let value: Value = try value(field, name)
        guard value.isPositive else { throw fail(name, "\(value) is not positive") }
        return value
    }

    private func fail(_ field: String, _ problem: String) -> MarketDataError {
        MarketDataError(line: line, field: field, problem: problem)
    }
}
