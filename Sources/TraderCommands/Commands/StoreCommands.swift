// Orders, fills and positions as the store knows them; read only, also while the daemon runs.

import ArgumentParser
import Control
import Storage
import Trading
import TradingDomain

struct OrdersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders", abstract: "Print orders, newest first; working ones unless --all.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Orders that ended, too.")
    var all = false
    @Option(help: "Only this market.")
    var symbol: String?
    @Option(help: "At most this many.")
    var limit: Int?
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let symbol = try symbol.map(parseSymbol)
        let directory = try options.load().stateDirectory
        let orders = try Failure.naming {
            try StateReader(at: directory)
                .orders(OrderFilter(workingOnly: !all, symbol: symbol, limit: limit))
        }
        if json { return try Output.json(orders.map(OrderLine.init)) }
        Output.table(
            ["CLIENT ID", "ORDER", "SYMBOL", "SIDE", "PRICE", "QUANTITY", "FILLED", "STATE", "CREATED"],
            orders.map {
                [
                    "\($0.id)", $0.exchangeOrderID?.description ?? "-", "\($0.terms.symbol)",
                    $0.terms.side.wire, $0.terms.type.limitPrice?.description ?? "market",
                    "\($0.terms.quantity)", "\($0.filledQuantity)", $0.state.rawValue, "\($0.createdAt)",
                ]
            }, right: [4, 5, 6])
    }
}

struct FillsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fills", abstract: "Print fills, newest first.")

    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Only this market.")
    var symbol: String?
    @Option(help: "At most this many.")
    var limit: Int?
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let symbol = try symbol.map(parseSymbol)
        let directory = try options.load().stateDirectory
        let fills = try Failure.naming { try StateReader(at: directory).fills(of: symbol, limit: limit) }
        if json { return try Output.json(fills.map(FillLine.init)) }
        Output.table(
            ["TIME", "FILL", "CLIENT ID", "SYMBOL", "SIDE", "PRICE", "QUANTITY", "FEE"],
            fills.map {
                [
                    "\($0.fill.at)", "\($0.fill.id)", "\($0.order)", "\($0.fill.symbol)",
                    $0.fill.side.wire, "\($0.fill.price)", "\($0.fill.quantity)", "\($0.fill.fee)",
                ]
            }, right: [5, 6, 7])
    }
}

struct PositionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "positions", abstract: "Print positions and what they earned.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "One line for each strategy and market.")
    var byStrategy = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let directory = try options.load().stateDirectory
        let lines = try Failure.naming {
            let reader = try StateReader(at: directory)
            guard byStrategy else {
                return try reader.positions().map { try PositionLine($0.symbol, $0.position) }
            }
            return try reader.strategyPositions().map {
                try PositionLine($0.symbol, $0.position, strategy: $0.strategy)
            }
        }
        if json { return try Output.json(lines) }
        let whose = byStrategy ? ["STRATEGY"] : []
        let numbers = 1...6
        Output.table(
            whose + ["SYMBOL", "QUANTITY", "AVERAGE COST", "REALISED", "FEES", "NET", "CASH"],
            lines.map { line in
                whose.map { _ in line.strategy.flatMap { $0.isEmpty ? nil : $0 } ?? "(none)" }
                    + [
                        "\(line.symbol)", "\(line.quantity)", line.averageCost?.description ?? "-",
                        "\(line.realised)", "\(line.fees)", "\(line.netRealised)", "\(line.cash)",
                    ]
            }, right: Set(numbers.map { $0 + whose.count }))
    }
}

private func parseSymbol(_ text: String) throws -> Symbol {
    guard let symbol = Symbol(text) else { throw ValidationError("'\(text)' is not a market like BTC-USD") }
    return symbol
}
