// The fields of each type of strategy.

import Strategies

extension Fields {
    struct StrategyType: Sendable {
        let type: String
        /// Besides `type`.
        let fields: [Field]
    }

    static let strategies = [StrategyType(type: StrategySettings.Kind.grid.rawValue, fields: common + grid)]

    /// What every strategy has.
    private static let common: [Field] = [
        Field(
            "symbols", .or(markets, ["universe"]),
            "the markets that it trades; among the products, or those that the rules of `universe` choose",
            isRequired: true),
        Field(
            "name", .text("a name of its own"),
            "names its orders in the journal, and its memory; the type if left out"
        ),
        Field(
            "enabled", .flag, "one that is not wants nothing: what it left is canceled, its memory stays",
            standard: "true"),
        Field("budget", .positive, "the most that its positions and resting buys may be worth, quote units"),
        Field("max_working_orders", .integer(1...100_000), "its orders that may be alive at the exchange"),
        Field("max_orders_per_minute", .integer(1...100_000), "its orders within a minute"),
        Field("max_daily_loss", .positive, "what it may lose since 00:00 UTC, quote units"),
    ]

    /// The names of the fields of a kind, `type` first.
    static func names(of kind: StrategySettings.Kind) -> [String] {
        ["type"] + (strategies.first { $0.type == kind.rawValue }?.fields.names ?? [])
    }

    private static let grid: [Field] = [
        Field(
            "levels", .integer(1...GridSettings.levelLimit), "orders on each side of each market",
            standard: "5"),
        Field(
            "spacing_bps",
            .decimal(.init(noun: "basis points", isAbove: true, most: "10000", isBelow: true)),
            "from one level to the next, of the centre's price", standard: "10"),
        Field("size_quote", .positive, "value of one level, quote units", standard: "50"),
        Field("size_base", .positive, "size of one level, base units; instead of `size_quote`"),
        Field(
            "recentre", .decimal(.init(noun: "spacings", least: "0.5", most: "1000")),
            "the ladder moves when the mid is farther than so many spacings from its centre", standard: "1"),
    ]
}
