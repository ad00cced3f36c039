// How an author's program becomes the whole of trader247.

import FoundationEssentials
import Strategies
import TraderCommands
import Trading
import TradingDomain

/// The command line of trader247.
public enum Trader247 {
    /// Every command of trader247, with these strategies built in. To be the first statement of `main.swift`: signals
    /// are taken before anything else happens.
    public static func run(_ strategies: any ConfigurableStrategy.Type...) -> Never {
        TraderProgram.main { () throws(CustomKindError) in
            for strategy in strategies { try CustomKinds.register(CustomKind(strategy)) }
        }
    }
}

extension CustomKind {
    package init<S: ConfigurableStrategy>(_ strategy: S.Type) {
        self.init(
            type: strategy.type, standard: Self.text(S.Settings()),
            text: { Self.text(try S.Settings(from: $0)) },
            mistakes: { text in
                guard let settings = try? Self.settings(text, S.Settings.self) else {
                    return [("type", "its settings cannot be read back: \(text)")]
                }
                return settings.mistakes.map { (SettingName.key($0.setting), $0.problem) }
            },
            strategy: { name, symbols, text in
                let strategy = S(
                    name: name, symbols: symbols, settings: try Self.settings(text, S.Settings.self))
                guard strategy.name == name, strategy.symbols == symbols else {
                    throw IdentityError(type: S.type)
                }
                return AnyStrategy(strategy)
            })
    }

    /// In its one form: keys in order. What can't be written (a NaN) is no setting; it is refused when it is read.
    private static func text(_ settings: some StrategyParameters) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(settings)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private static func settings<Settings: StrategyParameters>(_ text: String, _ type: Settings.Type) throws
        -> Settings
    {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

/// A strategy that calls itself something else than the configuration does would not be found again.
private struct IdentityError: Error, CustomStringConvertible {
    let type: String
    var description: String {
        "a strategy of the type '\(type)' has to have the name and the symbols that its initializer was given"
    }
}
