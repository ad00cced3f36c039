// Replays of real records, where they are at hand: next to the project in shared/data, or where
// TRADER247_TEST_DATA says. Elsewhere these tests are skipped.

import ExchangeModel
import Foundation
import Testing
import TradingDomain

private let dataFolder: URL = {
    if let folder = ProcessInfo.processInfo.environment["TRADER247_TEST_DATA"] {
        return URL(fileURLWithPath: folder)
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")
}()
private let tradesFile = dataFolder.appending(path: "eth-usd-trades-2023-02-02.csv")
private let barsFile = dataFolder.appending(path: "btc-usd-bars-1m-2022-01.csv.gz")

private func isThere(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }

private func unzipped(_ file: URL) throws -> Data {
    let gzip = Process()
    let output = Pipe()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc", file.path]
    gzip.standardOutput = output
    try gzip.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    gzip.waitUntilExit()
    return data
}

/// A ladder of post-only orders around the quote, each side's orders replaced when they are filled.
private struct Ladder {
    var placed = 0
    mutating func top(_ engine: inout MatchingEngine, _ symbol: Symbol, step: Price, quantity: Quantity)
        throws
    {
        guard let quote = engine.quote(symbol), let product = engine.product(symbol) else { return }
        let resting = Set(engine.workingOrders(symbol).items.compactMap(\.terms?.type.limitPrice))
        for rung in 1...5 {
            let away = try step.times(rung)
            for (side, best) in [(Side.buy, quote.bid), (.sell, quote.ask)] {
                let wanted = side == .buy ? try best - away : try best + away
                let price = try wanted.rounded(to: step, .halfEven)
                guard price.isMultiple(of: product.priceIncrement), !resting.contains(price) else { continue }
                placed += 1
                _ = engine.limit("g\(placed)", side, quantity, price, postOnly: true, symbol: symbol)
            }
        }
    }
}

@Suite struct RealDataTests {
    @Test(
        "a morning of real ether trades replays through a ladder and adds up",
        .enabled(if: isThere(tradesFile)))
    func trades() throws {
        let text = try String(contentsOf: tradesFile, encoding: .utf8)
        let data = try MarketDataParser.parse(text, symbol: eth)
        guard case .trades(let ticks) = data else {
            Issue.record("not trades")
            return
        }
        #expect(ticks.count == 1000)
        #expect(ticks.first?.price == "1666.8")
        let start = try #require(ticks.first?.at)
        var engine = try MatchingEngine(
            products: [sampleProduct(eth)], balances: ["USD": "1000000", "ETH": "1000"], now: start)
        var market = ReplayMarket(data, settings: ReplaySettings(spread: "0.00001", depth: "10"))
        var ladder = Ladder()
        while let next = market.nextStepAt {
            market.advance(to: next, engine: &engine)
            try ladder.top(&engine, eth, step: "0.1", quantity: "0.5")
        }
        #expect(engine.now == ticks.last?.at)
        #expect(engine.fills().count > 20)
        #expect(Set(engine.fills().map(\.side)) == [.buy, .sell])
        #expect(engine.inconsistencies() == [])
    }

    @Test(
        "a month of real bitcoin bars replays through a ladder and adds up", .enabled(if: isThere(barsFile)))
    func bars() throws {
        var parser = MarketDataParser(symbol: btc)
        try parser.feed(unzipped(barsFile))
        try parser.finish()
        #expect(parser.bars.count == 45_031)
        let start = try #require(parser.bars.first?.at)
        var engine = try MatchingEngine(
            products: [sampleProduct()], balances: ["USD": "10000000", "BTC": "100"], now: start)
        var market = ReplayMarket(
            parser.data(barInterval: .seconds(60)), settings: ReplaySettings(spread: "0.0001", depth: "2"))
        var ladder = Ladder()
        while let next = market.nextStepAt {
            market.advance(to: next + .seconds(600), engine: &engine)
            try ladder.top(&engine, btc, step: "50", quantity: "0.01")
            _ = engine.drainChanges()
        }
        #expect(engine.fills().count > 1000)
        #expect(Set(engine.fills().map(\.side)) == [.buy, .sell])
        #expect(engine.inconsistencies() == [])
    }
}
