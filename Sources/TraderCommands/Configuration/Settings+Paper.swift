// The embedded exchange: how it is reached, and what a new book of it starts with.

import Exchanges
import Trading
import TradingDomain

extension Settings {
    static let paper: [Setting] = [
        Setting(
            key: "paper.book", shape: .or(.text("a directory"), ["auto"]),
            meaning: "the exchange's own files; `auto`: `<state_dir>/paper`", standard: "auto"
        ) { text, configuration in
            guard !text.isEmpty else { return false }
            configuration.paperBook = text == "auto" ? nil : text
            return true
        } show: {
            $0.bookDirectory
        },
        .duration(
            "paper.latency", \.network.latency, to: .seconds(30),
            "from a request to its answer; it takes effect at half of it"),
        .duration(
            "paper.cancel_delay", \.network.cancelDelay, to: .seconds(60),
            "from an accepted cancel to its effect"),
        .value(
            "paper.rate_limit", \.network.rateLimit,
            .or(
                .text("requests at once and per second, like 30/30", pattern: "[1-9][0-9]*/[1-9][0-9]*"),
                ["none"]), "requests that the exchange takes",
            { text in
                if text == "none" { return .some(nil) }
                let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, let burst = Values.integer(parts[0], 1...1_000_000),
                    let perSecond = Values.integer(parts[1], 1...1_000_000)
                else { return nil }
                return .some(PaperNetwork.RateLimit(burst: burst, perSecond: perSecond))
            }, { $0.map { "\($0.burst)/\($0.perSecond)" } ?? "none" }),
        .integer("paper.cancel_batch", \.network.cancelBatchLimit, 1...10_000, "ids in one cancel"),
        .integer("paper.query_ids", \.network.queryIDLimit, 1...10_000, "ids in one query"),
        .integer("paper.page", \.network.pageLimit, 1...100_000, "orders or fills on one page"),
        .whole(
            "paper.seed", \.account.seed, "seeds the simulated market; that of the core if it is left out"),
        fee("paper.maker_fee", \.makerFee),
        fee("paper.taker_fee", \.takerFee),
    ]

    /// One rate for all markets; `paper.products` can name others.
    private static func fee(_ key: String, _ path: WritableKeyPath<Product, Rate> & Sendable) -> Setting {
        Setting(
            key: key,
            shape: .decimal(.init(noun: "a fraction", most: "0.1", example: "0.004 for 0.4 %")),
            meaning: "one rate for all markets"
        ) { text, configuration in
            guard let rate = Rate(text), !rate.isNegative, rate <= Rate(basisPoints: 1_000) else {
                return false
            }
            for index in configuration.account.listings.indices {
                configuration.account.listings[index].product[keyPath: path] = rate
            }
            return true
        } show: { configuration in
            let rates = configuration.account.listings.map { $0.product[keyPath: path].description }
            return Set(rates).sorted().joined(separator: ", ")
        }
    }
}
