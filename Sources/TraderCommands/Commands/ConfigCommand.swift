import ArgumentParser
import Strategies
import Trading
import TradingDomain

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration, or write one.",
        subcommands: [Check.self, Show.self, Init.self, Schema.self, Reference.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List every mistake (exit 78), or print what is in effect.")

        @OptionGroup var options: ConfigurationOptions

        @Flag(help: "Print the effective settings as JSON.")
        var json = false

        func run() throws {
            let configuration = try options.load()
            try configuration.checkOwnFiles()
            // Of a key only where it comes from.
            let credentials = configuration.credentials.words
            let values = Settings.all.map { ($0.key, $0.show(configuration)) }
            let warnings = StrategyAdvice(configuration).words
            if json {
                try Output.json(
                    Effective(
                        settings: Dictionary(values) { first, _ in first }, credentials: credentials,
                        strategies: configuration.strategies,
                        alerts: configuration.alerts.map {
                            ["name": $0.name, "type": $0.kind.word, "place": $0.place]
                        },
                        balances: configuration.account.balances.mapValues(\.description),
                        products: configuration.account.listings.map(\.product.symbol.description),
                        warnings: warnings))
                return
            }
            Output.line("ok")
            for (key, value) in values { Output.line("\(key): \(value)") }
            Output.line("credentials: \(credentials)")
            let balances = configuration.account.balances.sorted { $0.key < $1.key }
            Output.line("paper.balances: " + balances.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
            Output.line(
                "paper.products: "
                    + configuration.account.listings.map(\.product.symbol.description).joined(separator: ", ")
            )
            for sink in configuration.alerts {
                Output.line("alerts: \(sink.kind.word) '\(sink.name)', \(sink.place)")
            }
            for strategy in configuration.strategies { Output.line("strategy: \(strategy.summary)") }
            for warning in warnings { Output.line("warning: \(warning)") }
        }
    }

    private struct Effective: Encodable {
        let settings: [String: String]
        let credentials: String
        let strategies: [ConfiguredStrategy]
        let alerts: [[String: String]]
        let balances: [String: String]
        let products: [String]
        let warnings: [String]
    }
}
