// The settings of the venue: `exchange.*`.

import Coinbase
import Trading
import Transport

extension Settings {
    static let exchange: [Setting] = [
        url(
            "exchange.rest_url", \.venue.restURL, .rest,
            "https://HOST[:PORT], or http:// of a loopback address", "https?://.+", "requests"),
        url(
            "exchange.market_ws_url", \.venue.marketURL, .webSocket,
            "wss://HOST[:PORT][/PATH], or ws:// of a loopback address", "wss?://.+", "market data"),
        url(
            "exchange.user_ws_url", \.venue.userURL, .webSocket,
            "wss://HOST[:PORT][/PATH], or ws:// of a loopback address", "wss?://.+", "order reports"),
        // Whoever pastes the key itself here must not find it in an error message.
        .optionalText(
            "exchange.key_file", \.keyFile, "the path of the venue's key file, not the key itself",
            "the venue's key file; only its owner may read it", isShownWhenRefused: false
        ) { text in
            !text.isEmpty && text.utf8.count < 1_024 && !text.contains("PRIVATE KEY")
                && !text.utf8.contains(where: { $0 < 32 })
        },
        .optionalText(
            "exchange.portfolio", \.venue.portfolio, "the id of the account's portfolio",
            "the portfolio that the key must belong to"
        ) { text in
            !text.isEmpty && text.utf8.count <= 64 && text.utf8.allSatisfy { (33...126).contains($0) }
        },
        .optionalText(
            "exchange.ca_file", \.venue.caFile, "a file of certificates (PEM)", or: "system",
            "certificates that the venue's is checked against; `system`: those of this machine"),
        .integer("exchange.cancel_batch", \.venue.cancelBatch, 1...100, "ids in one cancel"),
        .integer("exchange.query_ids", \.venue.queryIDs, 1...100, "ids in one query"),
        .integer(
            "exchange.open_list_limit", \.venue.openListLimit, 1...100_000,
            "open orders that the venue lists at most; a list of so many counts as incomplete"),
        .integer("exchange.page", \.venue.page, 1...250, "entries on one page"),
        .integer(
            "exchange.order_connections", \.venue.placementConnections, 1...64,
            "connections for placements; so many can be under way at once"),
        .integer(
            "exchange.query_connections", \.venue.queryConnections, 2...64,
            "connections for cancels and questions, which placements never use"),
        // A token says its end in whole seconds.
        .value(
            "exchange.token_life", \.venue.tokenLife,
            .text("whole seconds from 1s to 60s, like 5s", pattern: Shape.durationPattern),
            "how long a signed request is valid",
            { text in
                guard let life = Values.duration(text), life >= .seconds(1), life <= .seconds(60),
                    life.wholeNanoseconds % 1_000_000_000 == 0
                else { return nil }
                return life
            }, { Values.text($0) }),
        .duration(
            "exchange.token_leeway", \.venue.tokenLeeway, to: .seconds(120),
            "how long the venue may take one after that"),
        .duration(
            "exchange.list_lag", \.venue.listLag, to: .seconds(60),
            "how far the venue's lists may lag behind"),
        .duration(
            "exchange.max_clock_drift", \.core.maximumClockUncertainty, from: .milliseconds(1),
            to: .seconds(10), "the venue's clock must be known this well, or nothing is placed"),
    ]

    private static func url(
        _ key: String, _ path: WritableKeyPath<Configuration, String> & Sendable, _ kind: Endpoint.Kind,
        _ allowed: String, _ pattern: String, _ meaning: String
    ) -> Setting {
        .value(
            key, path, .text(allowed, pattern: pattern), meaning,
            { (try? Endpoint($0, kind)) == nil ? nil : $0 }, { $0 })
    }
}
