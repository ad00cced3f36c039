// Kinds of strategies that somebody else wrote: the binary of their author has them built in, and says so before
// anything else happens in the process.

import Synchronization
import Trading
import TradingDomain

package struct CustomKind: Sendable {
    /// As the configuration says it.
    package let type: String
    /// The settings as they are when nobody says anything, JSON.
    package let standard: String
    /// Settings that were read, as JSON in its one form.
    package let text: @Sendable (any Decoder) throws -> String
    package let mistakes: @Sendable (String) -> [(key: String, mistake: String)]
    package let strategy:
        @Sendable (_ name: String, _ symbols: [Symbol], _ settings: String) throws -> AnyStrategy

    package init(
        type: String, standard: String, text: @escaping @Sendable (any Decoder) throws -> String,
        mistakes: @escaping @Sendable (String) -> [(key: String, mistake: String)],
        strategy:
            @escaping @Sendable (_ name: String, _ symbols: [Symbol], _ settings: String) throws ->
            AnyStrategy
    ) {
        self.type = type
        self.standard = standard
        self.text = text
        self.mistakes = mistakes
        self.strategy = strategy
    }
}

/// Why a binary cannot have a strategy built in.
package enum CustomKindError: Error, Equatable, CustomStringConvertible {
    case badType(String)
    case knownType(String)
    /// Its settings can't be keys of a configuration.
    case badSettings(String, String)

    package var description: String {
        switch self {
        case .badType(let type):
            "'\(type)' cannot be a type of strategy: a type has 1 to 32 of a-z, 0-9 and -, a letter first"
        case .knownType(let type): "the strategy type '\(type)' is there already; give yours another name"
        case .badSettings(let type, let problem): "the settings of the strategy type '\(type)': \(problem)"
        }
    }
}

/// Those of this process. They are set once, before anything reads them.
package enum CustomKinds {
    private static let registered = Mutex<[CustomKind]>([])

    package static var all: [CustomKind] { registered.withLock { $0 } }

    package static func named(_ type: String) -> CustomKind? { all.first { $0.type == type } }

    package static func register(_ kind: CustomKind) throws(CustomKindError) {
        guard isType(kind.type) else { throw .badType(kind.type) }
        let isNew = registered.withLock { kinds in
            guard StrategySettings.Kind(rawValue: kind.type) == nil,
                !kinds.contains(where: { $0.type == kind.type })
            else { return false }
            kinds.append(kind)
            return true
        }
        guard isNew else { throw .knownType(kind.type) }
    }

    package static func isType(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.first.map { (97...122).contains($0) } == true
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
}
