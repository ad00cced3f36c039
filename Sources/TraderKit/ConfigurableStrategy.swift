// A strategy that a configuration can name.

import Trading
import TradingDomain

/// A strategy with a type that the configuration says (`type: ema-cross`) and settings of its own. A struct with the
/// properties `name`, `symbols` and `settings`, in this order, has the initializer by itself.
public protocol ConfigurableStrategy: Strategy {
    /// 1 to 32 of a-z, 0-9 and -, a letter first.
    static var type: String { get }

    associatedtype Settings: StrategyParameters

    /// `name` and `symbols` are the configuration's: the strategy's own properties have to be these.
    init(name: String, symbols: [Symbol], settings: Settings)
}

/// The settings of a strategy. Each property is a key of the configuration in snake case (`fastCycles` is
/// `fast_cycles`) and needs a default or to be optional. Known are texts, whole numbers, flags, exact decimals
/// (`Price`, `Quantity`, `Money`, `Rate`), `Duration`, `Symbol`, `UTCInstant`, enums of texts, lists and structs of these.
public protocol StrategyParameters: Codable, Equatable, Sendable {
    init()

    /// Every value that cannot work; nothing starts until there is none.
    var mistakes: [SettingMistake] { get }
}

extension StrategyParameters {
    public var mistakes: [SettingMistake] { [] }
}

/// What is wrong with one setting.
public struct SettingMistake: Equatable, Sendable {
    /// The property, or its key in the configuration.
    public var setting: String
    /// "must be above 0"
    public var problem: String

    public init(_ setting: String, _ problem: String) {
        self.setting = setting
        self.problem = problem
    }
}
