// The programs of those strategies that are programs of their own, as a life runs them.

import Backtesting
import CLinux
import Daemon
import ExternalStrategies
import FoundationEssentials
import Strategies
import Trading
import TradingDomain

extension ConfiguredStrategy {
    /// Nil for one that decides in the bot itself.
    var program: ProgramSettings? {
        guard case .external(let external) = settings else { return nil }
        return ProgramSettings(
            name: external.name, command: external.command, directory: external.directory,
            environment: external.environment, settings: external.settings)
    }
}

extension StepPrograms: BacktestPrograms {}

enum Programs {
    /// Nil where no strategy is one.
    static func host(
        _ strategies: [ConfiguredStrategy], _ inbox: Inbox, _ market: Market, _ watch: StrategyWatch?,
        _ log: Log
    ) throws -> ProgramHost? {
        let programs = strategies.compactMap(\.program)
        guard !programs.isEmpty else { return nil }
        let clock = market.clock
        return try ProgramHost(
            programs, environment: ProcessInfo.processInfo.environment, isInStandingTime: market.isVirtual,
            watch: watch, now: { clock.now() }, write: { log.write($0) }, report: { inbox.external($0) })
    }

    /// The same for a backtest: what they say for people goes to stderr. Nil where no strategy is one.
    static func inStep(_ strategies: [ConfiguredStrategy]) throws -> StepPrograms? {
        let programs = strategies.filter(\.isEnabled).compactMap(\.program)
        guard !programs.isEmpty else { return nil }
        return try StepPrograms(
            programs, environment: ProcessInfo.processInfo.environment,
            now: { Stamp(monotonic: realNow(), utc: UTCInstant(nanoseconds: cl_utc_nanoseconds())) },
            write: { line in
                let text = line.human(colours: false)
                _ = text.withUnsafeBytes {
                    cl_write_within(2, $0.baseAddress, $0.count, Duration.milliseconds(100).wholeNanoseconds)
                }
            })
    }
}
