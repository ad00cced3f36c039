// What the bot is, where its state, prices, orders and logs go, and who looks after its process.

import Daemon
import Supervision
import Trading
import TradingDomain

extension Settings {
    static let general: [Setting] = [
        .value(
            "bot", \.bot, .text("1 to 5 of a-z and 0-9", pattern: "[a-z0-9]{1,5}"),
            "the bot's name, in front of every client order id; unique per account", { BotID($0) },
            { "\($0)" }),
        .choice(
            "mode", \.mode, Mode.allCases,
            "`paper`: orders go to the embedded exchange; `dry-run`: nothing is sent; `live`: orders trade money"
        ),
        .value(
            "state_dir", \.stateDirectory, .text("a directory on a local disk"),
            "everything that the bot must remember", { $0.isEmpty ? nil : $0 }, { $0 }),
        .duration(
            "interval", \.core.cycleInterval, from: .milliseconds(10), to: .seconds(86_400),
            "time between decisions when nothing happens"),
        .value(
            "jitter", \.core.cycleJitter,
            .decimal(.init(noun: "a fraction", most: "1", example: "0.1")),
            "share of the interval that is added at random", { Values.fraction($0) }, { "\($0)" }),
        .whole("seed", \.core.seed, "seeds the core's randomness: jitter and backoff"),
        .value(
            "feed", \.feed,
            .or(
                .text(
                    "replay:FILE, replay:SYMBOL=FILE", pattern: "replay:.+"), ["simulated", "coinbase"]),
            "where prices come from; live has the venue's own, always", Values.feed, Values.text),
        .value(
            "speed", \.speed,
            .or(
                .decimal(.init(noun: "a factor", isAbove: true, most: "100000")), ["auto", "max"]),
            "how fast trading time runs; `auto`: a replay at `max`, everything else in real time",
            standard: "auto",
            { $0 == "auto" ? .some(nil) : Values.speed($0).map { .some($0) } },
            { speed in
                switch speed {
                case nil: "auto"
                case .maximum: "max"
                case .times(let factor): "\(factor)"
                }
            }),
        .value(
            "replay.spread_bps", \.replaySpread, .decimal(.init(noun: "basis points", most: "10000")),
            "distance from bid to ask in a replay", basisPoints, showBasisPoints),
        .decimal(
            "replay.depth", \.replayDepth, "size at the best price of either side in a replay, base units"),
        .duration(
            "strategy_time_limit", \.strategyTimeLimit, from: .milliseconds(1), to: .seconds(2),
            "a decision of a strategy that takes longer is told; repeated ones halt the strategy"),
    ]

    static let orders: [Setting] = [
        .duration(
            "orders.max_age", \.core.orderMaximumAge, from: .milliseconds(1), to: .seconds(3_650 * 86_400),
            or: "never", "working orders older than this are canceled"),
        .duration(
            "orders.lease", \.core.lease, from: .seconds(60), to: .seconds(7 * 86_400), or: "off",
            "resting orders end by themselves after this at the exchange unless the loop renews them"),
        .integer(
            "orders.lease_share", \.core.leaseShare, 1...90,
            "percent of the rate budget that renewals may take; a lease too short for it is refused"),
        .duration(
            "orders.call_timeout", \.core.callTimeout, from: .milliseconds(50), to: .seconds(300),
            "how long one exchange call is awaited while trading"),
        .choice(
            "recovery.leftovers", \.core.leftovers, CoreConfiguration.Leftovers.allCases,
            "what becomes of orders that an earlier life left"),
    ]

    static let supervision: [Setting] = [
        .choice(
            "on_crash", \.onCrash, OnCrash.allCases,
            "what the guardian does after a trader that did not end by itself"),
        .duration(
            "guardian.hang_limit", \.hangLimit, from: .seconds(2), to: .seconds(600),
            "a trader whose loop completes nothing for longer is killed"),
        .duration(
            "guardian.lock_wait", \.lockWait, to: .seconds(600),
            "how long a start waits for the bot's lock, for a guardian beside it that may be sweeping"),
        .flag(
            "guardian.core_dumps", \.dumpsCore,
            "whether a trader that crashes may leave an image of its memory; it would hold the key"),
    ]

    static let logs: [Setting] = [
        .choice(
            "view", \.view, ViewChoice.allCases,
            "what a terminal shows of `run`: the bot, live, below the log, or the log only"),
        .choice(
            "log.level", \.logLevel, [.debug, .info, .warning, .error],
            "the least that is logged; alerts always are"),
        .choice(
            "log.format", \.logFormat, LogSettings.Format.allCases,
            "the form of the lines on stdout; `auto`: people's on a terminal, JSON elsewhere"),
        file("log.file", \.logFile, "logs/trader247.log", "where JSON lines are kept"),
        .value(
            "log.max_size", \.logRotation.size,
            .text("a size from 64KB to 4GB, like 32MB", pattern: "[0-9]+(KB|MB|GB)?"),
            "a log file that is larger makes room for the next one",
            { text in Values.size(text).flatMap { $0 >= 64 << 10 && $0 <= 4 << 30 ? $0 : nil } },
            Values.size),
        .duration(
            "log.max_age", \.logRotation.age, from: .seconds(60), to: .seconds(365 * 86_400), or: "never",
            "so does one whose first line is older"),
        .integer("log.keep", \.logRotation.keep, 1...1_000, "old log files that are kept"),
        file(
            "metrics.textfile", \.metricsFile, "metrics.prom",
            "the last values of a life, for node_exporter"),
        .duration(
            "metrics.linger", \.metricsLinger, to: .seconds(30),
            "how long the end of a life that was scraped waits for one more scrape"),
    ]

    /// A file that lies in the state directory unless it is said where.
    private static func file(
        _ key: String, _ path: WritableKeyPath<Configuration, String?> & Sendable, _ place: String,
        _ meaning: String
    ) -> Setting {
        Setting(
            key: key, shape: .or(.text("a file"), ["auto", "none"]),
            meaning: "\(meaning); `auto`: `<state_dir>/\(place)`", standard: "auto"
        ) { text, configuration in
            guard !text.isEmpty else { return false }
            configuration[keyPath: path] = text == "auto" ? nil : text
            return true
        } show: {
            $0[keyPath: path] ?? "\($0.stateDirectory)/\(place)"
        }
    }
}
