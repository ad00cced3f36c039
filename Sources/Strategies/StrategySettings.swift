// What an operator decides about one strategy, whichever kind it is: the one place where the kinds meet.

import Trading
import TradingDomain

/// The settings of a strategy of one kind. Written as those settings with a `type` beside them, so that a recording
/// from before there were several kinds reads as grids.
package enum StrategySettings: Equatable, Sendable {
    case grid(GridSettings)

    /// The kinds, as the configuration names them.
    package enum Kind: String, Codable, CaseIterable, Sendable { case grid }

    /// How much one order trades.
    package enum OrderSize: Codable, Equatable, Sendable {
        /// Base units, e.g. 0.01 BTC.
        case base(Quantity)
        /// Quote units, e.g. 50 USD; the base units follow from the price.
        case quote(Money)
    }

    package var kind: Kind {
        switch self {
        case .grid: .grid
        }
    }

    package var name: String {
        get {
            switch self {
            case .grid(let grid): grid.name
            }
        }
        set {
            switch self {
            case .grid(var grid):
                grid.name = newValue
                self = .grid(grid)
            }
        }
    }

    package var symbols: [Symbol] {
        get {
            switch self {
            case .grid(let grid): grid.symbols
            }
        }
        set {
            switch self {
            case .grid(var grid):
                grid.symbols = newValue
                self = .grid(grid)
            }
        }
    }

    /// The size that its orders have; a market that takes only larger ones is no market for it.
    package var orderSize: OrderSize {
        switch self {
        case .grid(let grid): grid.size
        }
    }

    /// Every setting that cannot work, named as in the configuration; empty when the strategy can run.
    package var mistakes: [(key: String, mistake: String)] {
        switch self {
        case .grid(let grid): grid.mistakes
        }
    }

    /// Nil when the settings have `mistakes`.
    package var strategy: AnyStrategy? {
        switch self {
        case .grid(let settings): Grid(settings).map { AnyStrategy($0) }
        }
    }
}

extension StrategySettings: Codable {
    private enum CodingKeys: String, CodingKey { case type }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decodeIfPresent(Kind.self, forKey: .type) ?? .grid {
        case .grid: self = .grid(try GridSettings(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .type)
        switch self {
        case .grid(let grid): try grid.encode(to: encoder)
        }
    }
}
