// The answer of /v1/universe: every market that the exchange lists, in or out, with why.

import Trading
import TradingDomain

package struct UniverseView: Codable, Sendable {
    package struct Exclusion: Codable, Sendable {
        package var symbol: Symbol
        /// For people.
        package var reason: String
    }
    /// False where no strategy follows a universe.
    package var isUsed: Bool
    package var included: [Symbol]
    package var excluded: [Exclusion]

    package init(_ universe: Universe?) {
        isUsed = universe != nil
        included = universe?.included ?? []
        excluded = (universe?.excluded ?? []).map { Exclusion(symbol: $0.symbol, reason: "\($0.reason)") }
    }
}
