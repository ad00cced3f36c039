// The rules by which strategies with `symbols: universe` get their markets.

import Trading
import TradingDomain

extension Settings {
    static let universe: [Setting] = [
        .value(
            "universe.quotes", \.universe.quotes,
            .list(of: .text("a currency", pattern: "[A-Z0-9]{1,16}"), "currencies like [USD, USDC]"),
            "what a market may be paid in; nothing for anything",
            { words($0) { Symbol("X-\($0)") == nil ? nil : $0 } }, { $0.joined(separator: ", ") }),
        .value(
            "universe.min_volume_24h", \.universe.minimumVolume, .or(.positive, ["none"]),
            "the least that must have been traded in 24 hours, quote units",
            { $0 == "none" ? .some(nil) : (Values.decimal($0) as Money?).map { .some($0) } },
            { $0.map { "\($0)" } ?? "none" }),
        .value(
            "universe.max_spread_bps", \.universe.maximumSpreadBasisPoints,
            .or(.integer(1...10_000), ["none"]),
            "the widest mean distance from bid to ask, in basis points",
            { $0 == "none" ? .some(nil) : Values.integer($0, 1...10_000).map { .some(Int64($0)) } },
            { $0.map { "\($0)" } ?? "none" }),
        .value(
            "universe.include", \.universe.include, Fields.markets,
            "in whatever volume, spread and rank say", markets, showMarkets),
        .value(
            "universe.exclude", \.universe.exclude, Fields.markets, "never in", markets, showMarkets),
        .integer(
            "universe.max_symbols", \.universe.maximumSymbols, 1...500,
            "of more, those with the largest volume"),
        .duration(
            "universe.interval", \.universe.interval, from: .seconds(1), to: .seconds(7 * 86_400),
            "from one choice to the next"),
    ]

    private static func words<Value>(_ text: String, _ read: (String) -> Value?) -> [Value]? {
        let words = text.split { $0 == "," || $0 == " " }.map(String.init)
        let values = words.compactMap(read)
        return values.count == words.count ? values : nil
    }

    @Sendable private static func markets(_ text: String) -> [Symbol]? {
        guard let symbols = words(text, { Symbol($0) }), Set(symbols).count == symbols.count else {
            return nil
        }
        return symbols
    }

    @Sendable private static func showMarkets(_ symbols: [Symbol]) -> String {
        symbols.map(\.description).joined(separator: ", ")
    }
}
