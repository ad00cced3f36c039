// The files that a backtest reads: recorded trades or bars of one market each, several for one market in the order of
// their times.

import Backtesting
import ExchangeModel
import Exchanges
import Trading
import TradingDomain

struct RecordedData: Sendable {
    private(set) var series: [BacktestSeries] = []
    /// As they were named, in their order.
    private(set) var identities: [DataIdentity] = []

    var symbols: [Symbol] { series.map(\.symbol) }

    /// - Parameter names: `FILE` or `SYMBOL=FILE`.
    static func load(_ names: [String], symbol: Symbol?) throws -> RecordedData {
        var data = RecordedData()
        for name in names { try data.add(name, symbol) }
        data.series.sort { $0.symbol < $1.symbol }
        return data
    }

    /// The part from `from` on and before `to`.
    mutating func clip(from: UTCInstant?, to: UTCInstant?) throws {
        series = series.map { $0.clipped(from: from, to: to) }
        guard series.contains(where: { $0.rows > 0 }) else {
            throw Leave(
                ExitCode.configuration,
                "no data lie from \(from?.description ?? "the beginning") to \(to?.description ?? "the end")")
        }
    }

    private mutating func add(_ name: String, _ common: Symbol?) throws {
        var path = name
        var symbol = common
        if let sign = name.firstIndex(of: "="), let named = Symbol(String(name[..<sign])) {
            symbol = named
            path = String(name[name.index(after: sign)...])
        }
        guard let symbol = symbol ?? ReplayFile.guessedSymbol(path) else {
            throw Leave(
                ExitCode.usage,
                "\(path): its name does not begin with a market (btc-usd-…); name it with --symbol BTC-USD, or "
                    + "BTC-USD=\(path)")
        }
        let bytes = try read(path)
        let data = try parse(bytes, path, symbol)
        let read = BacktestSeries(symbol: symbol, data: data)
        let kind = if case .bars = data { "bars" } else { "trades" }
        identities.append(
            DataIdentity(
                file: path, symbol: symbol, kind: kind, rows: read.rows, bytes: bytes.count,
                checksum: BookFiles.hex(BookFiles.checksum(bytes))))
        guard let index = series.firstIndex(where: { $0.symbol == symbol }) else {
            series.append(read)
            return
        }
        series[index].data = try joined(series[index], read, path)
    }

    private func read(_ path: String) throws -> [UInt8] {
        do {
            guard let bytes = try BookFiles.read(path) else {
                throw Leave(ExitCode.configuration, "\(path): there is no such file")
            }
            guard !bytes.starts(with: [0x1F, 0x8B]) else {
                throw Leave(ExitCode.configuration, "\(path): it is compressed; gunzip it first")
            }
            return bytes
        } catch let error as PaperBookError {
            throw Leave(ExitCode.configuration, "\(error)")
        }
    }

    private func parse(_ bytes: [UInt8], _ path: String, _ symbol: Symbol) throws -> ReplayData {
        do throws(MarketDataError) {
            var parser = MarketDataParser(symbol: symbol)
            try parser.feed(bytes)
            try parser.finish()
            let data = parser.data(barInterval: ReplayFile.interval(parser.bars))
            if BacktestSeries(symbol: symbol, data: data).rows > 0 { return data }
        } catch {
            let field = error.field.isEmpty ? "" : "\(error.field): "
            throw Leave(ExitCode.configuration, "\(path):\(error.line): \(field)\(error.problem)")
        }
        throw Leave(ExitCode.configuration, "\(path): it holds no data beside its header")
    }

    private func joined(_ old: BacktestSeries, _ new: BacktestSeries, _ path: String) throws -> ReplayData {
        if let last = old.lastAt, let first = new.firstAt, first < last {
            throw Leave(
                ExitCode.configuration,
                "\(path): it begins at \(first), before the file of \(old.symbol) that is named ahead of it ends "
                    + "(\(last)); name them in the order of their times")
        }
        switch (old.data, new.data) {
        case (.trades(let a), .trades(let b)): return .trades(a + b)
        case (.bars(let a, let interval), .bars(let b, let other)):
            return .bars(a + b, interval: min(interval, other))
        default:
            throw Leave(
                ExitCode.configuration,
                "\(path): trades and bars of one market (\(old.symbol)) can't be joined")
        }
    }
}
