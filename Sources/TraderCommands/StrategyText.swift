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

    /// As the core takes them; one that is not enabled is among them, so that it can be switched by a reload.
    static func running(_ strategies: [ConfiguredStrategy]) -> [AnyStrategy] {
        strategies.compactMap { configured in
            var strategy = configured.settings.strategy
            strategy?.limits = configured.limits
            strategy?.isEnabled = configured.isEnabled
            strategy?.followsUniverse = configured.followsUniverse
            return strategy
        }
    }
}
