// Which markets the running bot trades by rules, and why it does not trade the others.

import ArgumentParser
import Control
import Trading
import TradingDomain

struct UniverseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "universe",
        abstract: "Print which markets are in the universe, and why the others are not.",
        discussion:
            "The rules are `universe` of the configuration; strategies with `symbols: universe` follow them.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print JSON.")
    var json = false
    @Argument(help: "Only this market, like BTC-USD.")
    var symbol: String?

    func run() throws {
        let view = try RunningDaemon(options).universe()
        if json { return try Output.json(view) }
        guard view.isUsed else {
            return Output.line(
                "no strategy follows a universe, or it is not chosen yet; see `trader247 status`")
        }
        if let symbol { return try tell(symbol, view) }
        Output.line("in: \(view.included.map(\.description).joined(separator: ", "))")
        Output.table(["OUT", "WHY"], view.excluded.map { ["\($0.symbol)", $0.reason] })
    }

    private func tell(_ symbol: String, _ view: UniverseView) throws {
        if view.included.contains(where: { $0.description == symbol }) {
            return Output.line("\(symbol) is in")
        }
        guard let out = view.excluded.first(where: { $0.symbol.description == symbol }) else {
            throw Leave(RunningDaemon.refused, "the exchange lists no '\(symbol)'")
        }
        Output.line("\(symbol) is out: \(out.reason)")
    }
}
