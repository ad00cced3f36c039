// The programs of those strategies that are programs of their own, as a life runs them.

import Daemon
import ExternalStrategies
import FoundationEssentials
import Strategies
import Trading

extension ConfiguredStrategy {
    /// Nil for one that decides in the bot itself.
    var program: ProgramSettings? {
        guard case .external(let external) = settings else { return nil }
        return ProgramSettings(
            name: external.name, command: external.command, directory: external.directory,
            environment: external.environment, settings: external.settings)
    }
}

enum Programs {
    /// Nil where no strategy is one.
    static func host(
        _ strategies: [ConfiguredStrategy], _ inbox: Inbox, _ market: Market, _ log: Log
    ) throws -> ProgramHost? {
        let programs = strategies.compactMap(\.program)
        guard !programs.isEmpty else { return nil }
        let clock = market.clock
        return try ProgramHost(
            programs, environment: ProcessInfo.processInfo.environment, isInStandingTime: market.isVirtual,
            now: { clock.now() }, write: { log.write($0) }, report: { inbox.external($0) })
    }
}
