// A strategy that its author's binary has built in, in a configuration: read, refused, shown, recorded.

import FoundationEssentials
import Strategies
import Testing
import TraderKit

@testable import TraderCommands

@Suite struct CustomSettingsTests {
    init() throws { try #require(Kinds.registered) }

    private func load(_ strategy: String, flags: [ConfigurationFlag] = []) throws -> ConfiguredStrategy {
        var loader = try #require(ConfigurationLoader())
        loader.file = ("desk.yaml", "strategies:\n  - type: echo\n    symbols: [BTC-USD]\n" + strategy)
        loader.flags = flags
        loader.strategies = StrategyChoice()
        return try #require(try loader.load().strategies.first)
    }

    private func mistakes(_ strategy: String) -> [String] {
        do {
            _ = try load(strategy)
            return []
        } catch let error as ConfigurationError {
            return error.mistakes.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    private func settings(_ configured: ConfiguredStrategy) throws -> Echo.Settings {
        guard case .custom(let custom) = configured.settings else {
            Issue.record("\(configured.settings)")
            return Echo.Settings()
        }
        return try JSONDecoder().decode(Echo.Settings.self, from: Data(custom.settings.utf8))
    }

    @Test func everyKindOfValueIsReadAndTheRestIsTheDefault() throws {
        let configured = try load(
            """
                name: mine
                budget: 500
                size: 0.25
                fast_cycles: 20
                waits: 15m
                style: bold
                is_loud: true
                partner: ETH-USD
                periods: [5, 8]
                ladder: {steps: 7}
                weights: {BTC-USD: 0.5}

            """)
        #expect(configured.name == "mine" && configured.limits.budget == Money(500))
        var expected = Echo.Settings()
        expected.size = try #require(Quantity("0.25"))
        expected.fastCycles = 20
        expected.waits = .seconds(900)
        expected.style = .bold
        expected.isLoud = true
        expected.partner = Symbol("ETH-USD")
        expected.periods = [5, 8]
        expected.ladder.steps = 7
        expected.weights = ["BTC-USD": try #require(Rate("0.5"))]
        #expect(try settings(configured) == expected)
        #expect(try settings(load("")) == Echo.Settings())
        #expect(try load("").name == "echo")
        let strategy = try #require(configured.settings.strategy)
        #expect(strategy.name == "mine" && strategy.symbols == configured.symbols)
    }

    @Test(arguments: [
        ("    sise: 1\n", "desk.yaml:4: strategies[0].sise: unknown key; did you mean size?"),
        (
            "    size: many\n",
            "desk.yaml:4: strategies[0].size: 'many' is not allowed; allowed: a decimal number"
        ),
        ("    size: 0\n", "desk.yaml:4: strategies[0].size: must be above 0"),
        (
            "    fast_cycles: 1.5\n",
            "desk.yaml:4: strategies[0].fast_cycles: '1.5' is not allowed; allowed: a whole number"
        ),
        (
            "    style: blod\n",
            "desk.yaml:4: strategies[0].style: 'blod' is not allowed; allowed: calm or bold; did you mean bold?"
        ),
        ("    periods: 5\n", "desk.yaml:4: strategies[0].periods: must be a list"),
        (
            "    periods:\n      - 1\n      - two\n",
            "desk.yaml:6: strategies[0].periods[1]: 'two' is not allowed; allowed: a whole number"
        ),
        (
            "    ladder:\n      stops: 4\n",
            "desk.yaml:5: strategies[0].ladder.stops: unknown key; did you mean steps?"
        ),
        ("    ladder: 4\n", "desk.yaml:4: strategies[0].ladder: must be a table"),
        ("    size: [1]\n", "desk.yaml:4: strategies[0].size: must be one value: a decimal number"),
        (
            "    waits: soon\n",
            "desk.yaml:4: strategies[0].waits: 'soon' is not allowed; allowed: a duration from 0s to 366d, like 250ms, 30s or 5m"
        ),
    ])
    func aMistakeIsNamedWithItsLineAndKey(_ yaml: String, _ expected: String) {
        #expect(mistakes(yaml) == [expected])
    }

    @Test func everyMistakeIsNamedAtOnce() {
        #expect(mistakes("    size: x\n    style: y\n    symbol: z\n").count == 3)
    }

    @Test func aFlagChangesASetting() throws {
        let configured = try load(
            "", flags: [ConfigurationFlag(key: "strategies[0].size", text: "3", name: "--set")])
        #expect(try settings(configured).size == Quantity(3))
        #expect(configured.summary.contains("size 3"))
    }

    @Test func anUnknownTypeSaysWhatThisBinaryKnows() throws {
        var loader = try #require(ConfigurationLoader())
        loader.file = (
            "desk.yaml",
            "strategies: [{type: martingale, symbols: [BTC-USD]}, {type: ehco, symbols: [BTC-USD]}]"
        )
        let error = #expect(throws: ConfigurationError.self) { try loader.load() }
        let problems = error?.mistakes.map(\.problem) ?? []
        #expect(problems.first?.contains("known: grid, momentum, dca, rebalance, ") == true)
        #expect(
            problems.first?.contains("echo, stubborn; a strategy of your own is known to its own binary only")
                == true)
        #expect(problems.last == "unknown type; did you mean echo?")
    }

    @Test func aStrategyThatCallsItselfOtherwiseIsRefused() throws {
        var loader = try #require(ConfigurationLoader())
        loader.file = ("desk.yaml", "strategies: [{type: stubborn, symbols: [BTC-USD]}]")
        let error = #expect(throws: ConfigurationError.self) { try loader.load() }
        #expect(error?.mistakes.first?.problem.contains("has to have the name and the symbols") == true)
    }

    @Test func aRecordingKeepsIt() throws {
        let configured = try load("    size: 0.25\n    waits: 15m\n    enabled: false\n")
        let text = try StrategyText.text(of: [configured])
        #expect(text.contains("\"type\":\"echo\""))
        #expect(try StrategyText.strategies(text) == [configured])
        let unknown = text.replacing("\"echo\"", with: "\"martingale\"")
        #expect(throws: DecodingError.self) { try StrategyText.strategies(unknown) }
    }

    @Test func schemaAndReferenceKnowIt() throws {
        let table = try #require(ConfigurationReference.tables.first { $0.title == "Strategy `echo`" })
        #expect(
            table.text.contains(
                "| `fast_cycles` | `12` | a whole number | a setting of this strategy's own |"))
        #expect(table.text.contains("| `waits` | `90s` |") || table.text.contains("| `waits` | `1.5m` |"))
        #expect(table.text.contains("| `budget` |"))
        let schema = ConfigurationSchema.text()
        #expect(schema.contains("\"const\": \"echo\"") && schema.contains("\"fast_cycles\""))
    }

    @Test func whatCannotBeBuiltInIsRefused() {
        #expect(throws: CustomKindError.knownType("echo")) { try CustomKinds.register(CustomKind(Echo.self)) }
        let greedy = CustomKind(Greedy.self)
        #expect(throws: CustomKindError.self) { try Fields.check(greedy) }
        #expect(!CustomKinds.isType("Echo") && !CustomKinds.isType("1st") && !CustomKinds.isType(""))
    }
}
