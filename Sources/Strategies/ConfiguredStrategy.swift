// A strategy as a bot runs it: what it does, whether it may, and within which limits.

import Trading
import TradingDomain

package struct ConfiguredStrategy: Equatable, Sendable {
    package var settings: StrategySettings
    /// One that is not enabled wants nothing: what it left behind is canceled, its memory stays.
    package var isEnabled = true
    package var limits = StrategyLimits()
    /// Its markets are those of the universe: empty until they are chosen.
    package var followsUniverse = false

    package var name: String { settings.name }
    package var symbols: [Symbol] { settings.symbols }

    package init(
        _ settings: StrategySettings, isEnabled: Bool = true, limits: StrategyLimits = StrategyLimits(),
        followsUniverse: Bool = false
    ) {
        self.settings = settings
        self.isEnabled = isEnabled
        self.limits = limits
        self.followsUniverse = followsUniverse
    }
}

extension ConfiguredStrategy: Codable {
    private enum CodingKeys: String, CodingKey {
        case isEnabled = "enabled"
        case limits
        case followsUniverse = "follows_universe"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        settings = try StrategySettings(from: decoder)
        isEnabled = try container.decodeIfPresent(Bool.self, forKey: .isEnabled) ?? true
        limits = try container.decodeIfPresent(StrategyLimits.self, forKey: .limits) ?? StrategyLimits()
        followsUniverse = try container.decodeIfPresent(Bool.self, forKey: .followsUniverse) ?? false
    }

    package func encode(to encoder: any Encoder) throws {
        try settings.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isEnabled, forKey: .isEnabled)
        try container.encode(limits, forKey: .limits)
        if followsUniverse { try container.encode(true, forKey: .followsUniverse) }
    }
}
