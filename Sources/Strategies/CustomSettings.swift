// A strategy of a kind that the binary of its author has built in: what is common to all, and the author's own as text.

import Trading
import TradingDomain

package struct CustomSettings: Codable, Equatable, Sendable {
    package var type: String
    /// Names its orders in the journal; unique among the strategies of one bot.
    package var name: String
    package var symbols: [Symbol]
    /// The author's own settings: JSON in its one form.
    package var settings: String

    package init(type: String, name: String? = nil, symbols: [Symbol], settings: String) {
        self.type = type
        self.name = name ?? type
        self.symbols = symbols
        self.settings = settings
    }

    package var mistakes: [(key: String, mistake: String)] {
        var found = StrategySettings.mistakes(name: name, symbols: symbols)
        guard let kind = CustomKinds.named(type) else {
            return found + [("type", "this binary has no strategy of the type '\(type)'")]
        }
        found += kind.mistakes(settings)
        // Markets that the universe is still to choose are no reason to leave the rest unchecked.
        guard found.allSatisfy({ $0.key == "symbols" }) else { return found }
        do {
            _ = try kind.strategy(name, symbols, settings)
        } catch {
            found.append(("type", "\(error)"))
        }
        return found
    }

    /// Nil when the settings have `mistakes`.
    package var strategy: AnyStrategy? {
        mistakes.isEmpty ? try? CustomKinds.named(type)?.strategy(name, symbols, settings) : nil
    }
}
