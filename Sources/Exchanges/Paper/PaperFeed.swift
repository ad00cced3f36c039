// What moves the embedded exchange's prices: a seeded market, a recording from a file, or a real venue.

import ExchangeModel
import FoundationEssentials
import Glibc
import Trading
import TradingDomain

package enum PaperFeed: Sendable {
    case simulated
    case replay(ReplayFile)
    /// A real venue's market data.
    case live(any LiveMarket)

    package var live: (any LiveMarket)? { if case .live(let market) = self { market } else { nil } }

    /// Whether it plays by itself what it holds.
    var isRecording: Bool { if case .replay = self { true } else { false } }

    /// What a book remembers of its feed.
    var identity: FeedIdentity {
        switch self {
        case .simulated: .simulated
        case .replay(let file): .replay(file.identity)
        case .live(let market): .live(market.source)
        }
    }
}

package enum FeedIdentity: Codable, Equatable, Sendable {
    case simulated
    case replay(ReplayIdentity)
    case live(String)
}

/// Which recording, and how it is turned into a market.
package struct ReplayIdentity: Codable, Equatable, Sendable {
    package var path: String
    package var symbol: Symbol
    package var bytes: Int
    /// Of the file's content.
    package var checksum: UInt64
    package var spread: Rate
    package var depth: Quantity
}

/// A recording that was read.
package struct ReplayFile: Sendable {
    package let identity: ReplayIdentity
    package let data: ReplayData

    /// The first moment of the recording; nil when it holds nothing.
    package var start: UTCInstant? {
        switch data {
        case .trades(let ticks): ticks.first?.at
        case .bars(let bars, _): bars.first?.at
        }
    }

    /// Reads trades or bars. The market is the one given, or the one that the file's name begins with
    /// (`eth-usd-trades.csv` is ETH-USD).
    package static func load(_ path: String, symbol: Symbol? = nil, spread: Rate, depth: Quantity)
        throws(PaperBookError) -> ReplayFile
    {
        let absolute = path.hasPrefix("/") ? path : BookFiles.currentDirectory() + "/" + path
        guard let symbol = symbol ?? guessedSymbol(path) else {
            throw .replayData(
                file: path,
                "its name does not begin with a market (btc-usd-…); name it: replay:BTC-USD=\(path)")
        }
        guard let bytes = try BookFiles.read(absolute) else {
            throw .replayData(file: path, "there is no such file")
        }
        if bytes.starts(with: [0x1F, 0x8B]) {
            throw .replayData(file: path, "it is compressed; gunzip it first")
        }
        let identity = ReplayIdentity(
            path: absolute, symbol: symbol, bytes: bytes.count, checksum: BookFiles.checksum(bytes),
            spread: spread, depth: depth)
        do throws(MarketDataError) {
            var parser = MarketDataParser(symbol: symbol)
            try parser.feed(bytes)
            try parser.finish()
            return ReplayFile(identity: identity, data: parser.data(barInterval: interval(parser.bars)))
        } catch {
            throw .replayData(file: path, error.description)
        }
    }

    /// The smallest distance between two bars: recordings have gaps, but no bar is shorter than the others.
    package static func interval(_ bars: [Bar]) -> Duration {
        let distances = zip(bars, bars.dropFirst()).lazy.map { $1.at - $0.at }.filter { $0 > .zero }
        return distances.min() ?? .seconds(60)
    }

    /// The market that a file's name begins with.
    package static func guessedSymbol(_ path: String) -> Symbol? {
        let name = path.split(separator: "/").last?.split(separator: ".").first ?? ""
        let parts = name.split(whereSeparator: { $0 == "-" || $0 == "_" })
        guard parts.count >= 2 else { return nil }
        return Symbol("\(parts[0].uppercased())-\(parts[1].uppercased())")
    }
}
