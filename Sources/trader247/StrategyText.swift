// The strategies of a run as the text that its recording keeps, and back.

import FoundationEssentials
import Strategies
import Trading

enum StrategyText {
    static func text(of strategies: [ConfiguredStrategy]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(strategies), as: UTF8.self)
    }

    static func strategies(_ text: String) throws -> [ConfiguredStrategy] {
        try JSONDecoder().decode([ConfiguredStrategy].self, from: Data(text.utf8))
    }

    /// Those that trade, as the core takes them.
    static func running(_ strategies: [ConfiguredStrategy]) -> [AnyStrategy] {
        strategies.filter(\.isEnabled).compactMap(\.settings.strategy)
    }
}
