// The exchange of a run with its clock: which of them belong together follows from mode, feed and speed.

import CLinux
import Daemon
import Exchanges
import Trading
import TradingDomain

struct Market {
    let clock: any DaemonClock
    let exchange: any Exchange
    /// Time stands until the loop moves it.
    let isVirtual: Bool
    /// What the loop moves; nil when the exchange lives by itself.
    let timeSource: (any VirtualTimeSource)?

    init(_ configuration: Configuration, _ now: UTCInstant, _ log: Log) throws {
        let feed = try Self.feed(configuration)
        isVirtual = configuration.effectiveSpeed == .maximum
        var speed = 1.0
        if case .times(let factor) = configuration.effectiveSpeed { speed = factor }
        switch configuration.mode {
        case .live:
            throw Leave(ExitCode.configuration, "live trading comes with the next release")
        case .paper:
            let opened = try PaperBook.open(
                configuration.bookDirectory, account: configuration.account, feed: feed,
                network: configuration.network, now: isVirtual ? nil : now)
            for note in opened.notes { log.write(LogLine(.warning, "paper-book", note, at: now)) }
            let clock = Self.clock(isVirtual, speed, startsAt: opened.startsAt)
            let paper = PaperExchange(
                opened, network: configuration.network, clock: clock, isVirtual: isVirtual)
            exchange = paper
            timeSource = isVirtual ? paper : nil
            self.clock = clock
        case .dryRun:
            var start = now
            if isVirtual, case .replay(let file) = feed, let first = file.start { start = first }
            let clock = Self.clock(isVirtual, speed, startsAt: start)
            let prices = try PaperExchange(
                account: configuration.account, feed: feed, network: configuration.network, clock: clock,
                isVirtual: isVirtual)
            let dry = DryRunExchange(prices: prices, clock: clock) { [clock] words in
                log.write(LogLine(.info, "dry-run", words, at: clock.now().utc))
            }
            exchange = dry
            timeSource = isVirtual ? dry : nil
            self.clock = clock
        }
    }

    private static func clock(_ isVirtual: Bool, _ speed: Double, startsAt start: UTCInstant)
        -> any DaemonClock
    {
        isVirtual
            ? VirtualClock(start: Stamp(monotonic: realNow(), utc: start)) : SystemClock(speed: speed)
    }

    private static func feed(_ configuration: Configuration) throws -> PaperFeed {
        switch configuration.feed {
        case .simulated: .simulated
        case .replay(let file, let symbol):
            .replay(
                try ReplayFile.load(
                    file, symbol: symbol, spread: configuration.replaySpread,
                    depth: configuration.replayDepth))
        }
    }
}
