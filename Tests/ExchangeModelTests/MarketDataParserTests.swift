// The parser of recorded data: both formats, any cut of the text, each mistake by line and field.

import ExchangeModel
import Testing
import TradingDomain

@Suite struct MarketDataParserTests {
    private let trades = """
        time,trade_id,side,price,size
        2023-02-02T09:20:00.138Z,1,buy,1666.8,26.062
        2023-02-02T09:20:00.214Z,2,sell,1666.79,0.152

        """
    private let bars = "time,open,high,low,close,volume\r\n2021-12-31T23:01:00Z,1.5,2,1,1.75,0\r\n"

    @Test("trades and bars are read exactly")
    func reads() throws {
        guard case .trades(let ticks) = try MarketDataParser.parse(trades, symbol: eth) else {
            Issue.record("not trades")
            return
        }
        #expect(ticks.map(\.price) == ["1666.8", "1666.79"])
        #expect(ticks.map(\.size) == ["26.062", "0.152"])
        #expect(ticks.map(\.side) == [.buy, .sell])
        #expect(ticks.map(\.at.description) == ["2023-02-02T09:20:00.138Z", "2023-02-02T09:20:00.214Z"])
        #expect(ticks.allSatisfy { $0.symbol == eth })

        guard case .bars(let read, .seconds(60)) = try MarketDataParser.parse(bars, symbol: btc) else {
            Issue.record("not bars")
            return
        }
        #expect(read.map(\.path) == [["1.5", "1", "2", "1.75"]])
    }

    @Test("the text may come in pieces of any size, with or without a last line feed", arguments: 1...9)
    func pieces(_ size: Int) throws {
        let whole = try MarketDataParser.parse(trades, symbol: eth)
        let bytes = Array(trades.utf8.dropLast())
        var parser = MarketDataParser(symbol: eth)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try parser.feed(bytes[start..<min(start + size, bytes.count)])
        }
        try parser.finish()
        #expect(parser.data(barInterval: .seconds(60)) == whole)
        #expect(parser.trades.count == 2)
    }

    @Test("several trades may happen in one instant and keep their order")
    func sameInstant() throws {
        let text = """
            time,trade_id,side,price,size
            2023-02-02T09:20:00Z,1,buy,1,1
            2023-02-02T09:20:00Z,2,sell,2,1
            """
        guard case .trades(let ticks) = try MarketDataParser.parse(text, symbol: eth) else {
            Issue.record("not trades")
            return
        }
        #expect(ticks.map(\.price) == ["1", "2"])
    }

    @Test(
        "each mistake is named with its line and field",
        arguments: [
            ("", 1, ""), ("time,open\n", 1, ""), ("trades\n", 1, ""),
            ("T\n2023-02-02T09:20:00Z,1,buy,1\n", 2, ""), ("T\n2023-02-02T09:20:00Z,1,buy,1,1,1\n", 2, ""),
            ("T\n2023-02-30T09:20:00Z,1,buy,1,1\n", 2, "time"), ("T\nyesterday,1,buy,1,1\n", 2, "time"),
            ("T\n\n2023-02-02T09:20:00Z,1,BUY,1,1\n", 3, "side"),
            ("T\n2023-02-02T09:20:00Z,1,buy,1e3,1\n", 2, "price"),
            ("T\n2023-02-02T09:20:00Z,1,buy,0,1\n", 2, "price"),
            ("T\n2023-02-02T09:20:00Z,1,buy,1,-1\n", 2, "size"),
            ("T\n2023-02-02T09:20:00Z,1,buy,1,", 2, "size"),
            ("T\n2023-02-02T09:20:01Z,1,buy,1,1\n2023-02-02T09:20:00Z,1,buy,1,1", 3, "time"),
            ("B\n2023-02-02T09:20:00Z,2,1,1,1,1\n", 2, "high"),
            ("B\n2023-02-02T09:20:00Z,1,2,1.5,2,1\n", 2, "low"),
            ("B\n2023-02-02T09:20:00Z,1,2,1,x,1\n", 2, "close"),
            ("B\n2023-02-02T09:20:00Z,1,2,1,2,-1\n", 2, "volume"),
            ("B\n2023-02-02T09:20:00Z,1,2,1,2,\n", 2, "volume"),
        ])
    func mistakes(_ short: String, _ line: Int, _ field: String) {
        let text = short.replacing("T\n", with: "time,trade_id,side,price,size\n", maxReplacements: 1)
            .replacing("B\n", with: "time,open,high,low,close,volume\n", maxReplacements: 1)
        do throws(MarketDataError) {
            let data = try MarketDataParser.parse(text, symbol: btc)
            Issue.record("was read: \(data)")
        } catch {
            #expect(error.line == line)
            #expect(error.field == field)
            #expect(
                error.description.hasPrefix(
                    field.isEmpty ? "line \(line): " : "line \(line), field '\(field)': "))
        }
    }

    @Test("a line without end is refused instead of being kept")
    func endlessLine() {
        var parser = MarketDataParser(symbol: btc)
        let error = #expect(throws: MarketDataError.self) {
            try parser.feed(repeatElement(UInt8(ascii: "x"), count: 5000))
        }
        #expect(error?.description == "line 1: longer than 4096 bytes")
    }
}
