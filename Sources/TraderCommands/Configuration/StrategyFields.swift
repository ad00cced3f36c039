// The fields of each type of strategy.

import Strategies

extension Fields {
    struct StrategyType: Sendable {
        let type: String
        /// Besides `type`.
        let fields: [Field]
    }

    /// Those that every binary knows, and behind them those that this one has built in.
    static var strategies: [StrategyType] {
        StrategySettings.Kind.allCases.map { StrategyType(type: $0.rawValue, fields: common + own($0)) }
            + CustomKinds.all.map { StrategyType(type: $0.type, fields: common + own($0)) }
    }

    static var strategyTypes: [String] {
        StrategySettings.Kind.allCases.map(\.rawValue) + CustomKinds.all.map(\.type)
    }

    private static func own(_ kind: StrategySettings.Kind) -> [Field] {
        switch kind {
        case .grid: grid
        case .momentum: momentum
        case .dca: dca
        case .rebalance: rebalance
        case .external: external
        }
    }

    /// What every strategy has.
    static let common: [Field] = [
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

    static func required(of type: String) -> [String] {
        ["type"] + (strategies.first { $0.type == type }?.fields.required ?? [])
    }

    /// The names of the fields of a type, `type` first.
    static func names(of type: String) -> [String] {
        ["type"] + (strategies.first { $0.type == type }?.fields.names ?? [])
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

    private static let collarShape = Shape.decimal(.init(noun: "basis points", most: "1000"))

    private static let momentum: [Field] = [
        Field("size_quote", .positive, "value of one entry, quote units", standard: "100"),
        Field("size_base", .positive, "size of one entry, base units; instead of `size_quote`"),
        Field(
            "entry_change_percent",
            .or(.decimal(.init(noun: "percent", isAbove: true, most: "1000")), ["off"]),
            "the least rise over 24 hours that an entry needs", standard: "3"),
        Field(
            "volume_spike", .or(.decimal(.init(noun: "times", least: "1", most: "1000")), ["off"]),
            "how many times the usual minute's volume the last minute must have had", standard: "2"),
        Field(
            "breakout", .flag, "whether an entry needs a price above the highest of the 24 hours before",
            standard: "true"),
        Field(
            "history", .duration(from: .seconds(60), to: .seconds(86_400)),
            "figures that cover less time open nothing", standard: "1h"),
        Field(
            "take_profit_percent", .decimal(.init(noun: "percent", isAbove: true, most: "1000")),
            "sells when the bid is so far above what was paid", standard: "4"),
        Field(
            "stop_percent", .decimal(.init(noun: "percent", isAbove: true, most: "100", isBelow: true)),
            "sells when the bid is so far below what was paid", standard: "2"),
        Field(
            "cooldown", .duration(from: .zero, to: .seconds(30 * 86_400)),
            "no entry in a market for so long after a fill there", standard: "15m"),
        Field(
            "stop_cooldown", .duration(from: .zero, to: .seconds(30 * 86_400)),
            "no entry in a market for so long after a stop there", standard: "4h"),
        Field(
            "collar_bps", collarShape, "the most that an order gives away beyond the best price",
            standard: "50"),
    ]

    private static let dca: [Field] = [
        Field(
            "amount", .positive, "what each interval buys of each market, quote units, without fees",
            standard: "50"),
        Field(
            "interval", .duration(from: .seconds(60), to: .seconds(366 * 86_400)),
            "from one buy to the next, whole seconds", standard: "1d"),
        Field(
            "start", .text("a UTC time like 2026-01-01T12:00:00Z"), "where intervals are counted from",
            standard: "1970-01-01T00:00:00Z"),
        Field(
            "grace", .duration(from: .seconds(10), to: .seconds(366 * 86_400)),
            "how late an interval may still be bought; as long as it lasts if left out"),
        Field(
            "collar_bps", collarShape, "the most that a buy pays above the best price", standard: "20"),
    ]

    private static let external: [Field] = [
        Field(
            "command", .list(of: .text("a word"), "a list of words: the program, then its arguments"),
            "what decides; no shell sees it", isRequired: true),
        Field("directory", .text("a directory"), "where it runs; where the bot runs if left out"),
        Field(
            "environment", .list(of: .text("a variable's name"), "a list of names"),
            "variables of the bot's environment that it may have beside the usual ones; never `TRADER247_*`"),
        Field(
            "answer_within",
            .duration(
                from: ExternalSettings.answerTimes.lowerBound, to: ExternalSettings.answerTimes.upperBound),
            "an answer that takes longer is a failure; the first one after a start may take 30s",
            standard: "5s"),
        Field(
            "restarts", .integer(ExternalSettings.restartCounts),
            "how often it is started again after a failure; one more halts the strategy", standard: "5"),
        Field(
            "restarts_within",
            .duration(from: ExternalSettings.windows.lowerBound, to: ExternalSettings.windows.upperBound),
            "in which failures are counted", standard: "10m"),
        Field("settings", .table("a table of its own"), "passed on to the program"),
    ]

    private static let rebalance: [Field] = [
        Field(
            "weights",
            .list(
                of: .decimal(.init(noun: "percent", most: "100")),
                "percents from 0 to 100, one for each of `symbols`, together at most 100"),
            "each market's share of the whole; the rest stays in the quote currency", isRequired: true),
        Field(
            "band_percent",
            .decimal(.init(noun: "percent points", isAbove: true, most: "100", isBelow: true)),
            "a market is traded when its share is farther than this from its target", standard: "5"),
        Field("min_trade", .fromZero, "smaller differences are left alone, quote units", standard: "25"),
        Field(
            "pause", .duration(from: .seconds(1), to: .seconds(30 * 86_400)),
            "between two trades of one market", standard: "10m"),
        Field(
            "collar_bps", collarShape, "the most that an order gives away beyond the best price",
            standard: "50"),
    ]
}
