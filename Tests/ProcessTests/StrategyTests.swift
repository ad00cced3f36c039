// Strategies side by side in the real binary: seen, switched and resumed by their names.

import Daemon
import Foundation
import Glibc
import Testing

@Suite(.serialized) struct StrategyTests {
    struct Strategy: Decodable {
        struct Refusal: Decodable { let rule: String }
        let lastRefusal: Refusal?
        let name: String
        let state: String
        let workingOrders: Int
        let reason: String?
    }

    /// Two grids of ten orders each, on markets of their own.
    private func arena(_ one: String = "", _ two: String = "") throws -> Arena {
        let arena = try Arena()
        try write(arena, one, two)
        return arena
    }

    private func write(_ arena: Arena, _ one: String, _ two: String) throws {
        try """
        bot: test
        interval: 200ms
        strategies:
          - {type: grid, name: one, symbols: [BTC-USD], levels: 5, spacing_bps: 7, size_quote: 5, recentre: 1000\(one)}
          - {type: grid, name: two, symbols: [ETH-USD], levels: 5, spacing_bps: 7, size_quote: 5, recentre: 1000\(two)}
        paper:
          latency: 4ms
          rate_limit: none
          balances: {USD: 100000, BTC: 10, ETH: 100}
        """.write(toFile: arena.directory + "/config.yaml", atomically: true, encoding: .utf8)
    }

    private func strategies(_ arena: Arena) -> [Strategy] {
        guard let result = try? arena.say("strategy", "list", "--json"), result.ending == .exit(0) else {
            return []
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (try? decoder.decode([Strategy].self, from: Data(result.output.utf8))) ?? []
    }

    private func awaitOrders(_ arena: Arena, _ process: RunningProcess, one: Bool, two: Bool) throws {
        try eventually("orders of one: \(one), of two: \(two)", within: .seconds(40)) {
            _ = process.read()
            let found = self.strategies(arena)
            return found.count == 2 && (found[0].workingOrders > 0) == one
                && (found[1].workingOrders > 0) == two
        }
    }

    @Test func aStrategyIsSwitchedOffAndOnAcrossARestart() throws {
        let arena = try arena()
        var process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        let list = try arena.say("strategy", "list")
        #expect(list.output.contains("one") && list.output.contains("two"))
        #expect(try arena.say("status").output.contains("STRATEGY"))

        let unknown = try arena.say("strategy", "disable", "thre")
        #expect(unknown.ending == .exit(1))
        #expect(unknown.errors.contains("strategies here: one, two"))
        #expect(try arena.say("strategy", "resume", "one").output == "one was not halted\n")
        #expect(try arena.say("strategy", "disable").ending == .exit(64))

        let off = try arena.say("strategy", "disable", "one")
        #expect(off.ending == .exit(0), "\(off.errors)")
        try awaitOrders(arena, process, one: false, two: true)
        #expect(strategies(arena)[0].reason?.contains("socket uid \(geteuid())") == true)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        #expect(try arena.say("strategy", "list").ending == .exit(69))

        process = try arena.startWorking(10)
        try arena.awaitLifecycle("trading", process)
        try awaitOrders(arena, process, one: false, two: true)
        #expect(strategies(arena).map(\.state) == ["disabled", "trading"])
        #expect(try arena.say("strategy", "enable", "one").output == "one trades\n")
        try awaitOrders(arena, process, one: true, two: true)
        #expect(try arena.say("journal", "export").output.contains("\"word\":{\"strategy\""))
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        let orders = try arena.say("orders", "--all", "--json").output
        #expect(orders.contains("\"strategy\":\"one\"") && orders.contains("\"strategy\":\"two\""))
        let positions = try arena.say("positions", "--by-strategy")
        #expect(positions.ending == .exit(0) && positions.output.hasPrefix("STRATEGY"))
    }

    @Test func limitsOfOneStrategyLeaveTheOtherAloneAndAReloadChangesThem() throws {
        let arena = try arena(", budget: 12", ", max_working_orders: 3")
        let process = try arena.start()
        try arena.awaitLifecycle("trading", process)
        try eventually("both have what their limits allow", within: .seconds(40)) {
            _ = process.read()
            let found = self.strategies(arena)
            return found.count == 2 && found[0].lastRefusal?.rule == "strategyBudget"
                && found[1].lastRefusal?.rule == "strategyWorkingOrders" && found[1].workingOrders == 3
                && (1...4).contains(found[0].workingOrders)
        }
        try write(arena, ", enabled: false", ", max_working_orders: 3")
        let reloaded = try arena.say("reload")
        #expect(reloaded.ending == .exit(0), "\(reloaded.errors)")
        #expect(
            reloaded.output.contains("strategy one enabled")
                && reloaded.output.contains("strategy one budget"))
        try awaitOrders(arena, process, one: false, two: true)
        let refused = try arena.say("strategy", "enable", "one")
        #expect(refused.ending == .exit(1) && refused.errors.contains("enabled: true"))
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    @Test func theUniverseChoosesTheMarketsAndSaysWhyOthersAreOut() throws {
        let arena = try Arena()
        func write(_ universe: String) throws {
            try """
            bot: test
            interval: 200ms
            strategies: [{type: grid, symbols: universe, levels: 5, spacing_bps: 7, size_quote: 5, recentre: 1000}]
            universe: {\(universe)}
            paper:
              latency: 4ms
              rate_limit: none
              balances: {USD: 100000, BTC: 10, ETH: 100}
            """.write(toFile: arena.directory + "/config.yaml", atomically: true, encoding: .utf8)
        }
        try write("quotes: [EUR]")
        let nothing = try arena.start()
        #expect(try nothing.end() != .exit(0))
        #expect(nothing.errorText.contains("no market fits the rules"), "\(nothing.errorText)")
        #expect(nothing.errorText.contains("BTC-USD: paid in another currency"))

        try write("quotes: [USD], max_spread_bps: 5000, exclude: [SOL-USD]")
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        #expect(try arena.say("universe").output.hasPrefix("in: BTC-USD, ETH-USD\n"))
        #expect(try arena.say("universe", "ETH-USD").output == "ETH-USD is in\n")
        #expect(try arena.say("universe", "XYZ-USD").ending == .exit(1))
        #expect(try arena.say("status").output.contains("universe: BTC-USD, ETH-USD"))
        try write("quotes: [USD], max_spread_bps: 5000, exclude: [SOL-USD, ETH-USD]")
        let reloaded = try arena.say("reload")
        #expect(reloaded.ending == .exit(0), "\(reloaded.errors)")
        try eventually("only the orders of one market rest") {
            _ = process.read()
            return arena.working == 10
        }
        #expect(try arena.say("universe", "ETH-USD").output == "ETH-USD is out: excluded by name\n")
        #expect(try arena.say("universe", "--json").output.contains("\"is_used\":true"))
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    /// The note of a life that died while "one" was deciding, as a trap leaves it.
    private func die(_ arena: Arena, _ process: RunningProcess) throws {
        process.send(SIGKILL)
        _ = try process.end()
        let note = try #require(CrashNote.path(for: arena.state))
        try "1one\ntwo\n".write(toFile: note, atomically: true, encoding: .utf8)
    }

    @Test func aStrategyInWhichTwoLivesDiedIsHaltedAndTheOtherGoesOn() throws {
        let arena = try arena()
        var process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        try die(arena, process)
        process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        #expect(strategies(arena).map(\.state) == ["trading", "trading"])
        try die(arena, process)
        process = try arena.start()
        try arena.awaitLifecycle("trading", process)
        try awaitOrders(arena, process, one: false, two: true)
        let found = strategies(arena)
        #expect(found.map(\.state) == ["halted", "trading"])
        #expect(found[0].reason?.contains("twice in a row") == true)
        #expect(try arena.say("strategy", "resume", "one").output == "one trades\n")
        try awaitOrders(arena, process, one: true, two: true)
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }
}
