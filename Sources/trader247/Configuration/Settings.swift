// Every setting that is one value. Lists (strategies, products, balances) are in ConfigurationLists.

import Daemon
import Exchanges
import Supervision
import Trading
import TradingDomain

enum Settings {
    static let all: [Setting] = general + risk + rate + stop + control + paper + exchange

    /// Keys whose values are lists or tables of their own.
    static let lists = ["strategies", "paper.products", "paper.balances", "alerts"]

    private static let general: [Setting] = [
        .value("bot", \.bot, "1 to 5 of a-z and 0-9", { BotID($0) }, { "\($0)" }),
        .value("mode", \.mode, "dry-run, paper or live", { Mode(rawValue: $0) }, { $0.rawValue }),
        .value("state_dir", \.stateDirectory, "a directory", { $0.isEmpty ? nil : $0 }, { $0 }),
        .duration("interval", \.core.cycleInterval, from: .milliseconds(10), to: .seconds(86_400)),
        .value(
            "jitter", \.core.cycleJitter, "a fraction from 0 to 1, like 0.1", { Values.fraction($0) },
            { "\($0)" }),
        .value("seed", \.core.seed, "a whole number from 0 on", { UInt64($0) }, { "\($0)" }),
        .value(
            "feed", \.feed, "simulated, replay:FILE, replay:SYMBOL=FILE or coinbase", Values.feed, Values.text
        ),
        .value(
            "speed", \.speed, "a factor above 0, or max for a replay", { Values.speed($0).map { .some($0) } },
            { speed in
                switch speed {
                case nil: "as the feed wants it"
                case .maximum: "max"
                case .times(let factor): "\(factor)"
                }
            }),
        .value(
            "replay.spread_bps", \.replaySpread, "basis points from 0 to 10000", basisPoints,
            showBasisPoints),
        .decimal("replay.depth", \.replayDepth),
        .value(
            "orders.max_age", \.core.orderMaximumAge, "a duration, or never",
            { text in
                if text == "never" { return .some(nil) }
                return Values.duration(text).flatMap { $0 > .zero ? .some($0) : nil }
            }, { $0.map { Values.text($0) } ?? "never" }),
        .value(
            "orders.lease", \.core.lease, "a duration from 1m to 7d, or off",
            { text in
                if text == "off" { return .some(nil) }
                return Values.duration(text).flatMap {
                    $0 >= .seconds(60) && $0 <= .seconds(7 * 86_400) ? .some($0) : nil
                }
            }, { $0.map { Values.text($0) } ?? "off" }),
        .integer("orders.lease_share", \.core.leaseShare, 1...90),
        .duration("orders.call_timeout", \.core.callTimeout, from: .milliseconds(50), to: .seconds(300)),
        .value(
            "recovery.leftovers", \.core.leftovers, "cancel or adopt",
            { CoreConfiguration.Leftovers(rawValue: $0) }, { $0.rawValue }),
        .value(
            "on_crash", \.onCrash, "sweep-and-restart, sweep-and-exit or adopt-and-restart",
            { OnCrash(rawValue: $0) }, { $0.rawValue }),
        .duration("guardian.hang_limit", \.hangLimit, from: .seconds(2), to: .seconds(600)),
        .duration("guardian.lock_wait", \.lockWait, to: .seconds(600)),
        .value(
            "guardian.core_dumps", \.dumpsCore, "true or false", { Bool($0) }, { "\($0)" }),
        .value(
            "log.level", \.logLevel, "debug, info, warning or error", { Notice.Level(rawValue: $0) },
            { $0.rawValue }),
        .value(
            "log.format", \.logFormat, "auto, json or text", { LogSettings.Format(rawValue: $0) },
            { $0.rawValue }),
        .value(
            "log.file", \.logFile, "a file, or none", { $0.isEmpty ? nil : .some($0) },
            { $0 ?? "<state_dir>/logs/trader247.log" }),
        .value(
            "log.max_size", \.logRotation.size, "a size from 64KB to 4GB, like 32MB",
            { text in Values.size(text).flatMap { $0 >= 64 << 10 && $0 <= 4 << 30 ? $0 : nil } },
            Values.size),
        .value(
            "log.max_age", \.logRotation.age, "a duration from 1m to 365d, or never",
            { text in
                if text == "never" { return .some(nil) }
                return Values.duration(text).flatMap {
                    (.seconds(60)...(.seconds(365 * 86_400))).contains($0) ? .some($0) : nil
                }
            }, { $0.map { Values.text($0) } ?? "never" }),
        .integer("log.keep", \.logRotation.keep, 1...1_000),
    ]

    private static let risk: [Setting] = [
        .decimal("risk.max_order_notional", \.core.risk.maximumOrderNotional),
        .integer(
            "risk.max_working_orders_per_symbol", \.core.risk.maximumWorkingOrdersPerSymbol, 1...10_000),
        .integer("risk.max_working_orders", \.core.risk.maximumWorkingOrders, 1...10_000),
        .decimal("risk.max_position_notional", \.core.risk.maximumPositionNotional),
        .value(
            "risk.price_collar_bps", \.core.risk.priceCollarBasisPoints, "a whole number from 1 to 9999",
            { Values.integer($0, 1...9_999).map { Int64($0) } }, { "\($0)" }),
        .duration("risk.max_quote_age", \.core.risk.maximumQuoteAge, from: .milliseconds(100)),
        .integer("risk.max_orders_per_minute", \.core.risk.maximumOrdersPerMinute, 1...1_000_000),
        .decimal("risk.max_daily_loss", \.core.risk.maximumDailyLoss, zero: true),
    ]

    private static let rate: [Setting] = [
        .integer("rate.burst", \.core.rate.burst, 1...100_000),
        .integer("rate.per_second", \.core.rate.perSecond, 1...100_000),
        .value(
            "rate.per_hour", \.core.rate.perHour, "a whole number from 1 on, or none",
            { text in
                text == "none" ? .some(nil) : Values.integer(text, 1...100_000_000).map { .some($0) }
            }, { $0.map { "\($0)" } ?? "none" }),
        .integer("rate.cancel_reserve", \.core.rate.cancelReserve, 0...100_000),
        .integer("rate.max_in_flight", \.core.rate.maximumInFlight, 1...1_000),
    ]

    private static let stop: [Setting] = [
        .duration("stop.deadline", \.core.stop.deadline, from: .seconds(1), to: .seconds(3_600)),
        .duration("stop.flush_reserve", \.core.stop.flushReserve, from: .milliseconds(50)),
        .duration("stop.report_reserve", \.core.stop.reportReserve, from: .milliseconds(50)),
        .duration("stop.expedited", \.core.stop.expedited, from: .milliseconds(500)),
        .duration("stop.attempt", \.core.stop.attempt, from: .milliseconds(50)),
    ]

    private static let paper: [Setting] = [
        .value(
            "paper.book", \.paperBook, "a directory", { $0.isEmpty ? nil : .some($0) },
            { $0 ?? "<state_dir>/paper" }),
        .duration("paper.latency", \.network.latency, to: .seconds(30)),
        .duration("paper.cancel_delay", \.network.cancelDelay, to: .seconds(60)),
        .value(
            "paper.rate_limit", \.network.rateLimit, "requests at once and per second, like 30/30, or none",
            { text in
                if text == "none" { return .some(nil) }
                let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, let burst = Values.integer(parts[0], 1...1_000_000),
                    let perSecond = Values.integer(parts[1], 1...1_000_000)
                else { return nil }
                return .some(PaperNetwork.RateLimit(burst: burst, perSecond: perSecond))
            }, { $0.map { "\($0.burst)/\($0.perSecond)" } ?? "none" }),
        .integer("paper.cancel_batch", \.network.cancelBatchLimit, 1...10_000),
        .integer("paper.query_ids", \.network.queryIDLimit, 1...10_000),
        .integer("paper.page", \.network.pageLimit, 1...100_000),
        .value("paper.seed", \.account.seed, "a whole number from 0 on", { UInt64($0) }, { "\($0)" }),
        fee("paper.maker_fee", \.makerFee),
        fee("paper.taker_fee", \.takerFee),
    ]

    /// One rate for all markets; `paper.products` can name others.
    private static func fee(_ key: String, _ path: WritableKeyPath<Product, Rate> & Sendable) -> Setting {
        Setting(key: key, allowed: "a fraction from 0 to 0.1, like 0.004 for 0.4 %") { text, configuration in
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

    @Sendable static func basisPoints(_ text: String) -> Rate? {
        guard let points = Rate(text), !points.isNegative, points <= Rate(10_000) else { return nil }
        return try? points.scaled(by: 1, over: 10_000, .halfEven)
    }

    @Sendable static func showBasisPoints(_ rate: Rate) -> String {
        (try? rate.scaled(by: 10_000, over: 1, .halfEven).description) ?? "\(rate)"
    }
}
