// The exchange of a run with its clock: which of them belong together follows from mode, feed and speed.

import CLinux
import Coinbase
import Daemon
import Exchanges
import FoundationEssentials
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
        isVirtual = configuration.effectiveSpeed == .maximum
        var speed = 1.0
        if case .times(let factor) = configuration.effectiveSpeed { speed = factor }
        switch configuration.mode {
        case .live:
            let venue = configuration.venue
            let symbols = Set(configuration.strategies.flatMap(\.symbols)).sorted()
            let clock = SystemClock()
            exchange = try CoinbaseExchange(
                venue, key: try configuration.credentials.load(ProcessInfo.processInfo.environment),
                symbols: symbols, clock: clock)
            timeSource = nil
            self.clock = clock
            log.write(
                LogLine(
                    .info, "live", "live at \(venue.restURL), portfolio \(venue.portfolio ?? "")", at: now))
        case .paper:
            let feed = try Self.feed(configuration)
            let opened = try PaperBook.open(
                configuration.bookDirectory, account: configuration.account, feed: feed,
                network: configuration.network, now: isVirtual ? nil : now)
            for note in opened.notes { log.write(LogLine(.warning, "paper-book", note, at: now)) }
            let clock = Self.clock(isVirtual, speed, startsAt: opened.startsAt)
            let paper = PaperExchange(
                opened, network: configuration.network, clock: clock, isVirtual: isVirtual, live: feed.live)
            exchange = paper
            timeSource = isVirtual ? paper : nil
            self.clock = clock
        case .dryRun:
            let feed = try Self.feed(configuration)
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
        case .coinbase:
            throw Leave(ExitCode.configuration, "feed coinbase works with mode live only so far")
        case .replay(let file, let symbol):
            .replay(
                try ReplayFile.load(
                    file, symbol: symbol, spread: configuration.replaySpread,
                    depth: configuration.replayDepth))
        }
    }
}
