// Strategies whose orders take at once, in the real binary: what they bought is judged by fills and positions.

import Foundation
import Glibc
import Testing

@Suite struct TakingStrategyTests {
    private struct Fill: Decodable {
        let clientOrderId: String
        let symbol: String
        let side: String
        let price: String
        let quantity: String
        var value: Decimal { (Decimal(string: price) ?? 0) * (Decimal(string: quantity) ?? 0) }
    }

    private struct Position: Decodable {
        let symbol: String
        let quantity: String
    }

    private func arena(_ strategy: String, balances: String) throws -> Arena {
        let arena = try Arena()
        try """
        bot: test
        interval: 200ms
        strategies: [\(strategy)]
        paper:
          latency: 4ms
          rate_limit: none
          balances: \(balances)
        """.write(toFile: arena.directory + "/config.yaml", atomically: true, encoding: .utf8)
        return arena
    }

    private func read<T: Decodable>(_ arena: Arena, _ command: String) throws -> [T] {
        let result = try arena.trader247([command, "--json", "--state-dir", arena.state])
        guard result.ending == .exit(0) else { throw SpawnError(description: result.errors) }
        return try Arena.decoder.decode([T].self, from: Data(result.output.utf8))
    }

    /// Whatever comes next would have come by then: the bot has decided so often again.
    private func awaitCycles(_ count: Int, _ arena: Arena, _ process: RunningProcess) throws {
        try arena.awaitLifecycle("trading", process)
        let cycles = arena.status()?.core?.cycles ?? 0
        try eventually("\(count) cycles more") {
            _ = process.read()
            return (arena.status()?.core?.cycles ?? 0) >= cycles + count
        }
    }

    /// Killed when the order is on disk, then when the exchange has it, then left alone.
    @Test func anIntervalIsBoughtOnceHoweverOftenItIsKilled() throws {
        let arena = try arena(
            "{type: dca, symbols: [BTC-USD, ETH-USD], amount: 50, interval: 366d}", balances: "{USD: 1000}")
        var process = try arena.start()
        try eventually("an order is on disk") {
            _ = process.read()
            let orders = try arena.trader247(["orders", "--all", "--json", "--state-dir", arena.state])
            return orders.output.contains("client_order_id")
        }
        process.send(SIGKILL)
        _ = try process.end()
        process = try arena.start()
        try eventually("the exchange has both orders") {
            _ = process.read()
            return ((try? arena.bookText())?.orders.count ?? 0) >= 2
        }
        process.send(SIGKILL)
        _ = try process.end()
        process = try arena.start()
        try awaitCycles(5, arena, process)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 0)

        let fills: [Fill] = try read(arena, "fills")
        for symbol in ["BTC-USD", "ETH-USD"] {
            let ours = fills.filter { $0.symbol == symbol }
            let paid = ours.reduce(Decimal.zero) { $0 + $1.value }
            #expect(paid > 45 && paid <= 50, "\(symbol): \(paid)")
            #expect(ours.allSatisfy { $0.side == "buy" })
        }
        #expect(try arena.bookText().count("filled") == 2)
    }

    /// Sixty minutes up, sixty down: one entry, sold with its profit, and none for as long as the market rests.
    @Test func momentumBuysWhatRisesAndSellsItOnce() throws {
        let arena = try arena(
            "{type: momentum, symbols: [BTC-USD], size_quote: 100, entry_change_percent: 1, volume_spike: off, "
                + "breakout: false, history: 10m, take_profit_percent: 1, stop_percent: 1, cooldown: 1d}",
            balances: "{USD: 1000}")
        var rows = "time,open,high,low,close,volume\n"
        for minute in 0..<120 {
            let price = 60_000 + 60 * (minute < 60 ? minute : 120 - minute)
            let time = String(format: "2026-01-05T%02d:%02d:00Z", 10 + minute / 60, minute % 60)
            rows += "\(time),\(price),\(price + 5),\(price - 5),\(price),1000\n"
        }
        let file = arena.directory + "/btc-usd-bars.csv"
        try rows.write(toFile: file, atomically: true, encoding: .utf8)
        let run = try arena.trader247(
            arena.arguments + ["--no-guardian", "--feed", "replay:\(file)", "--interval", "60s"])
        try arena.expectClean(run.ending)
        let fills: [Fill] = try read(arena, "fills").reversed()
        try #require(fills.map(\.side) == ["buy", "sell"], "\(fills)")
        let (bought, sold) = (fills[0].value, fills[1].value)
        #expect(sold * 1_000 > bought * 1_008, "bought for \(bought), sold for \(sold)")
        let positions: [Position] = try read(arena, "positions")
        #expect(positions.map(\.quantity) == ["0"])
    }

    /// Half in bitcoin; a restart finds it so and trades nothing.
    @Test func rebalanceTradesToItsWeightAndThenRests() throws {
        let arena = try arena(
            "{type: rebalance, symbols: [BTC-USD], weights: [50], band_percent: 5, pause: 1s}",
            balances: "{USD: 2000}")
        var process = try arena.start()
        try awaitCycles(10, arena, process)
        process.send(SIGKILL)
        _ = try process.end()
        let fills: [Fill] = try read(arena, "fills")
        let bought = fills.reduce(Decimal.zero) { $0 + $1.value }
        #expect(bought > 900 && bought <= 1_000, "\(fills)")
        #expect(fills.allSatisfy { $0.side == "buy" })
        process = try arena.start()
        try awaitCycles(10, arena, process)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 0)
        let after: [Fill] = try read(arena, "fills")
        #expect(after.map(\.clientOrderId) == fills.map(\.clientOrderId))
    }
}
