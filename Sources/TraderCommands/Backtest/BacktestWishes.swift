import ArgumentParser
import Backtesting
import FoundationEssentials
import Glibc
import Trading
import TradingDomain

/// The command line of a backtest, read and checked.
struct BacktestWishes {
    let symbol: Symbol?
    let from: UTCInstant?
    let to: UTCInstant?
    let parameters: ParameterSets
    let tolerance: Rate
    let jobs: Int
    let output: String?
    let baseline: String?
    let saveBaseline: String?
    let jitter: Rate
    let cancelLatency: Duration?
    let feedLatency: Duration?
    /// Flags that are settings.
    let flags: [ConfigurationFlag]
    let config: String?
    let profile: String?
    /// A file of strategies, or the name of one.
    let strategyFile: String?
    let strategyName: String?

    init(_ command: BacktestCommand) throws {
        guard !command.data.isEmpty else { throw ValidationError("--data wants at least one file") }
        symbol = try command.symbol.map { text in
            guard let symbol = Symbol(text) else {
                throw ValidationError("--symbol wants a market like BTC-USD, not '\(text)'")
            }
            return symbol
        }
        from = try command.from.map { try Self.time($0, "--from") }
        to = try command.to.map { try Self.time($0, "--to") }
        if let from, let to, from >= to { throw ValidationError("--from \(from) is not before --to \(to)") }
        parameters = try ParameterSets(command.settings)
        tolerance = try Self.rate(command.tolerance, "--tolerance", Rate(2), most: Rate(1_000))
        jitter = try Self.rate(command.jitter, "--jitter", .zero, most: Rate(10))
        if let jobs = command.jobs {
            guard (1...256).contains(jobs) else {
                throw ValidationError("--jobs wants a number from 1 to 256")
            }
            self.jobs = jobs
        } else {
            jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        }
        cancelLatency = try Self.duration(command.cancelLatency, "--cancel-latency")
        feedLatency = try Self.duration(command.feedLatency, "--feed-latency")
        output = command.output
        baseline = command.baseline
        saveBaseline = command.saveBaseline
        config = command.config
        profile = command.profile
        let isFile =
            command.strategy.map { $0.contains("/") || $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
            ?? false
        strategyFile = isFile ? command.strategy : nil
        strategyName = isFile ? nil : command.strategy

        // Whatever the configuration is for, this is an exchange of our own.
        func flag(_ key: String, _ text: String, _ name: String) -> ConfigurationFlag {
            ConfigurationFlag(key: key, text: text, name: name)
        }
        var flags = [flag("mode", "paper", "backtest"), flag("feed", "simulated", "backtest")]
        if let seed = command.seed { flags.append(flag("seed", seed, "--seed")) }
        if let latency = command.latency { flags.append(flag("paper.latency", latency, "--latency")) }
        if let fees = command.fees {
            let parts = fees.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--fees wants maker,taker like 0.004,0.006, not '\(fees)'")
            }
            flags.append(flag("paper.maker_fee", parts[0], "--fees"))
            flags.append(flag("paper.taker_fee", parts[1], "--fees"))
        }
        self.flags = flags + parameters.common.map { flag($0.key, $0.text, "--set \($0.key)") }
    }

    private static func time(_ text: String, _ name: String) throws -> UTCInstant {
        guard let time = UTCInstant(text) ?? UTCInstant(text + "T00:00:00Z") else {
            throw ValidationError(
                "\(name) wants a UTC time like 2022-01-31 or 2022-01-31T12:00:00Z, not '\(text)'")
        }
        return time
    }

    private static func rate(_ text: String?, _ name: String, _ normal: Rate, most: Rate) throws -> Rate {
        guard let text else { return normal }
        guard let rate = Rate(text), !rate.isNegative, rate <= most else {
            throw ValidationError("\(name) wants a number from 0 to \(most), not '\(text)'")
        }
        return rate
    }

    private static func duration(_ text: String?, _ name: String) throws -> Duration? {
        guard let text else { return nil }
        guard let duration = Values.duration(text), duration <= .seconds(60) else {
            throw ValidationError("\(name) wants a duration from 0s to 60s like 50ms, not '\(text)'")
        }
        return duration
    }
}
