// What an operator decides about one strategy, whichever kind it is: the one place where the kinds meet.

import Trading
import TradingDomain

/// The settings of a strategy of one kind. Written as those settings with a `type` beside them, so that a recording
/// from before there were several kinds reads as grids.
package enum StrategySettings: Equatable, Sendable {
    case grid(GridSettings)
    case momentum(MomentumSettings)
    case dca(DCASettings)
    case rebalance(RebalanceSettings)
    case external(ExternalSettings)
    case custom(CustomSettings)

    /// The kinds that every binary knows, as the configuration names them.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case grid, momentum, dca, rebalance, external
    }

    /// How much one order trades.
    package enum OrderSize: Codable, Equatable, Sendable {
        /// Base units, e.g. 0.01 BTC.
        case base(Quantity)
        /// Quote units, e.g. 50 USD; the base units follow from the price.
        case quote(Money)
    }

    /// As the configuration names it.
    package var type: String {
        if case .custom(let settings) = self { settings.type } else { kind?.rawValue ?? "" }
    }

    /// Nil for one that its author's binary has built in.
    package var kind: Kind? {
        switch self {
        case .grid: .grid
        case .momentum: .momentum
        case .dca: .dca
        case .rebalance: .rebalance
        case .custom: nil
        case .external: .external
        }
    }

    package var name: String {
        switch self {
        case .grid(let settings): settings.name
        case .momentum(let settings): settings.name
        case .dca(let settings): settings.name
        case .rebalance(let settings): settings.name
        case .custom(let settings): settings.name
        case .external(let settings): settings.name
        }
    }

    /// The same under another name.
    package func named(_ name: String) -> StrategySettings {
        switch self {
        case .grid(var settings):
            settings.name = name
            return .grid(settings)
        case .momentum(var settings):
            settings.name = name
            return .momentum(settings)
        case .dca(var settings):
            settings.name = name
            return .dca(settings)
        case .rebalance(var settings):
            settings.name = name
            return .rebalance(settings)
        case .custom(var settings):
            settings.name = name
            return .custom(settings)
        case .external(var settings):
            settings.name = name
            return .external(settings)
        }
    }

    package var symbols: [Symbol] {
        get {
            switch self {
            case .grid(let settings): settings.symbols
            case .momentum(let settings): settings.symbols
            case .dca(let settings): settings.symbols
            case .rebalance(let settings): settings.symbols
            case .custom(let settings): settings.symbols
            case .external(let settings): settings.symbols
            }
        }
        set {
            switch self {
            case .grid(var settings):
                settings.symbols = newValue
                self = .grid(settings)
            case .momentum(var settings):
                settings.symbols = newValue
                self = .momentum(settings)
            case .dca(var settings):
                settings.symbols = newValue
                self = .dca(settings)
            case .rebalance(var settings):
                let weights = settings.targets
                settings.targets = newValue.map { symbol in
                    RebalanceSettings.Target(
                        symbol: symbol, weight: weights.first { $0.symbol == symbol }?.weight ?? .zero)
                }
                self = .rebalance(settings)
            case .custom(var settings):
                settings.symbols = newValue
                self = .custom(settings)
            case .external(var settings):
                settings.symbols = newValue
                self = .external(settings)
            }
        }
    }

    /// The size that its orders have; a market that takes only larger ones is no market for it. Nil where nobody
    /// knows before it decides.
    package var orderSize: OrderSize? {
        switch self {
        case .grid(let settings): settings.size
        case .momentum(let settings): settings.size
        case .dca(let settings): .quote(settings.amount)
        case .rebalance(let settings): .quote(settings.minimumTrade)
        case .custom: nil
        case .external: nil
        }
    }

    /// Every setting that cannot work, named as in the configuration; empty when the strategy can run.
    package var mistakes: [(key: String, mistake: String)] {
        switch self {
        case .grid(let settings): settings.mistakes
        case .momentum(let settings): settings.mistakes
        case .dca(let settings): settings.mistakes
        case .rebalance(let settings): settings.mistakes
        case .custom(let settings): settings.mistakes
        case .external(let settings): settings.mistakes
        }
    }

    /// Nil when the settings have `mistakes`.
    package var strategy: AnyStrategy? {
        switch self {
        case .grid(let settings): Grid(settings).map { AnyStrategy($0) }
        case .momentum(let settings): Momentum(settings).map { AnyStrategy($0) }
        case .dca(let settings): DCA(settings).map { AnyStrategy($0) }
        case .rebalance(let settings): Rebalance(settings).map { AnyStrategy($0) }
        case .custom(let settings): settings.strategy
        case .external(let settings): settings.strategy
        }
    }
}

extension StrategySettings: Codable {
    private enum CodingKeys: String, CodingKey { case type }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let type = try container.decodeIfPresent(String.self, forKey: .type) ?? Kind.grid.rawValue
        switch Kind(rawValue: type) {
        case .grid: self = .grid(try GridSettings(from: decoder))
        case .momentum: self = .momentum(try MomentumSettings(from: decoder))
        case .dca: self = .dca(try DCASettings(from: decoder))
        case .rebalance: self = .rebalance(try RebalanceSettings(from: decoder))
        case nil:
            guard CustomKinds.named(type) != nil else {
                throw DecodingError.dataCorruptedError(
                    forKey: .type, in: container,
                    debugDescription:
                        "this binary has no strategy of the type '\(type)'; the binary of its author has")
            }
            self = .custom(try CustomSettings(from: decoder))
        case .external: self = .external(try ExternalSettings(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        if let kind {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(kind, forKey: .type)
        }
        switch self {
        case .grid(let settings): try settings.encode(to: encoder)
        case .momentum(let settings): try settings.encode(to: encoder)
        case .dca(let settings): try settings.encode(to: encoder)
        case .rebalance(let settings): try settings.encode(to: encoder)
        case .custom(let settings): try settings.encode(to: encoder)
        case .external(let settings): try settings.encode(to: encoder)
        }
    }
}
