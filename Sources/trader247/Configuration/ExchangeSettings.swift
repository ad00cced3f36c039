// The settings of the venue: `exchange.*`.

import Coinbase
import Trading
import Transport

extension Settings {
    static let exchange: [Setting] = [
        url(
            "exchange.rest_url", \.venue.restURL, .rest,
            "https://HOST[:PORT], or http:// of a loopback address"),
        url(
            "exchange.market_ws_url", \.venue.marketURL, .webSocket,
            "wss://HOST[:PORT][/PATH], or ws:// of a loopback address"),
        url(
            "exchange.user_ws_url", \.venue.userURL, .webSocket,
            "wss://HOST[:PORT][/PATH], or ws:// of a loopback address"),
        keyFile,
        .value(
            "exchange.portfolio", \.venue.portfolio, "the id of the account's portfolio",
            { text in
                let isID =
                    !text.isEmpty && text.utf8.count <= 64 && text.utf8.allSatisfy { (33...126).contains($0) }
                return isID ? .some(text) : nil
            }, { $0 ?? "none" }),
        .value(
            "exchange.ca_file", \.venue.caFile, "a file of certificates (PEM)",
            { $0.isEmpty ? nil : .some($0) }, { $0 ?? "the system's" }),
        .integer("exchange.cancel_batch", \.venue.cancelBatch, 1...100),
        .integer("exchange.query_ids", \.venue.queryIDs, 1...100),
        .integer("exchange.page", \.venue.page, 1...250),
        .integer("exchange.order_connections", \.venue.placementConnections, 1...64),
        .integer("exchange.query_connections", \.venue.queryConnections, 2...64),
        // A token says its end in whole seconds.
        .value(
            "exchange.token_life", \.venue.tokenLife, "whole seconds from 1s to 60s, like 5s",
            { text in
                guard let life = Values.duration(text), life >= .seconds(1), life <= .seconds(60),
                    life.wholeNanoseconds % 1_000_000_000 == 0
                else { return nil }
                return life
            }, { Values.text($0) }),
        .duration("exchange.token_leeway", \.venue.tokenLeeway, to: .seconds(120)),
        .duration("exchange.list_lag", \.venue.listLag, to: .seconds(60)),
        .duration(
            "exchange.max_clock_drift", \.core.maximumClockUncertainty, from: .milliseconds(1),
            to: .seconds(10)),
    ]

    /// A path; whoever pastes the key itself here must not find it in an error message.
    private static let keyFile: Setting = {
        var setting = Setting.value(
            "exchange.key_file", \.keyFile, "the path of the venue's key file, not the key itself",
            { text in
                let isPath =
                    !text.isEmpty && text.utf8.count < 1_024 && !text.contains("PRIVATE KEY")
                    && !text.utf8.contains(where: { $0 < 32 })
                return isPath ? .some(text) : nil
            }, { $0 ?? "none" })
        setting.isShownWhenRefused = false
        return setting
    }()

    private static func url(
        _ key: String, _ path: WritableKeyPath<Configuration, String> & Sendable, _ kind: Endpoint.Kind,
        _ allowed: String
    ) -> Setting {
        .value(key, path, allowed, { (try? Endpoint($0, kind)) == nil ? nil : $0 }, { $0 })
    }
}
