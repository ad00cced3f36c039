// The strategies of a run as the text that its recording keeps, and back.

import FoundationEssentials
import Strategies

enum StrategyText {
    static func text(of strategies: [GridSettings]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(strategies), as: UTF8.self)
    }

    static func strategies(_ text: String) throws -> [GridSettings] {
        try JSONDecoder().decode([GridSettings].self, from: Data(text.utf8))
    }
}
