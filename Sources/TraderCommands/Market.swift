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
    /// The markets are not known, so that no strategy can be given any: a stop is under way already.
    private(set) var tradesNothing = false

    /// - Parameter signals: where a signal waits that must not be kept waiting by the venue.
    init(
        _ configuration: Configuration, _ wishes: RunWishes, _ signals: SignalBox?, _ now: UTCInstant,
        _ log: Log
    ) throws {
        isVirtual = configuration.effectiveSpeed == .maximum
        var speed = 1.0
        if case .times(let factor) = configuration.effectiveSpeed { speed = factor }
        switch configuration.mode {
        case .live:
            let venue = configuration.venue
            let symbols = Set(configuration.strategies.flatMap(\.symbols)).sorted()
            let clock = SystemClock()
            exchange = try CoinbaseExchange(
                configuration.openVenue, key: try configuration.key(), symbols: symbols, clock: clock)
            timeSource = nil
            self.clock = clock
            log.write(
                LogLine(
                    .info, "live", "live at \(venue.restURL), portfolio \(venue.portfolio ?? "")", at: now))
        case .paper:
            let feed = try Self.feed(configuration, wishes, signals, now, log)
            if feed.isForTheStopOnly, !PaperBook.exists(configuration.bookDirectory) {
                // There is no book, so there is nothing at the exchange; and none is made without products.
                let clock = SystemClock()
                exchange = try PaperExchange(
                    account: feed.account, feed: feed.source, network: configuration.network, clock: clock,
                    isVirtual: false)
                timeSource = nil
                self.clock = clock
                tradesNothing = true
                return
            }
            let opened = try PaperBook.open(
                configuration.bookDirectory, account: feed.account, feed: feed.source,
                network: configuration.network, now: isVirtual ? nil : now)
            for note in opened.notes { log.write(LogLine(.warning, "paper-book", note, at: now)) }
            let clock = Self.clock(isVirtual, speed, startsAt: opened.startsAt)
            let paper = PaperExchange(
                opened, network: configuration.network, clock: clock, isVirtual: isVirtual,
                live: feed.source.live)
            exchange = paper
            timeSource = isVirtual ? paper : nil
            self.clock = clock
        case .dryRun:
            let feed = try Self.feed(configuration, wishes, signals, now, log)
            var start = now
            if isVirtual, case .replay(let file) = feed.source, let first = file.start { start = first }
            let clock = Self.clock(isVirtual, speed, startsAt: start)
            let prices = try PaperExchange(
                account: feed.account, feed: feed.source, network: configuration.network, clock: clock,
                isVirtual: isVirtual)
            let dry = DryRunExchange(prices: prices, clock: clock) { [clock] words in
                log.write(LogLine(.info, "dry-run", words, at: clock.now().utc))
            }
            exchange = dry
            timeSource = isVirtual ? dry : nil
            self.clock = clock
            tradesNothing = feed.isForTheStopOnly
        }
    }

    private static func clock(_ isVirtual: Bool, _ speed: Double, startsAt start: UTCInstant)
        -> any DaemonClock
    {
        isVirtual
            ? VirtualClock(start: Stamp(monotonic: realNow(), utc: start)) : SystemClock(speed: speed)
    }

    /// What moves the prices, and what a new account on it begins with.
    private struct ChosenFeed {
        var source: PaperFeed
        var account: PaperAccount
        /// The venue was not asked for its markets: a signal came first, or nothing is to be traded.
        var isForTheStopOnly = false
    }

    private static func feed(
        _ configuration: Configuration, _ wishes: RunWishes, _ signals: SignalBox?, _ now: UTCInstant,
        _ log: Log
    ) throws -> ChosenFeed {
        let account = configuration.account
        switch configuration.feed {
        case .simulated: return ChosenFeed(source: .simulated, account: account)
        case .coinbase: return try venueFeed(configuration, wishes, signals, now, log)
        case .replay(let file, let symbol):
            let recording = try ReplayFile.load(
                file, symbol: symbol, spread: configuration.replaySpread, depth: configuration.replayDepth)
            return ChosenFeed(source: .replay(recording), account: account)
        }
    }

    /// Whatever the venue says, a book that exists must be looked after: its orders are there.
    private static func venueFeed(
        _ configuration: Configuration, _ wishes: RunWishes, _ signals: SignalBox?, _ now: UTCInstant,
        _ log: Log
    ) throws -> ChosenFeed {
        let symbols = Set(configuration.strategies.flatMap(\.symbols)).sorted()
        let venue = VenueMarket(
            settings: configuration.openVenue, symbols: symbols, signals: signals,
            waits: configuration.waitsForVenue(wishes, log))
        var account = configuration.account
        // A book that exists keeps its own.
        account.listings = []
        let hasBook = configuration.mode == .paper && PaperBook.exists(configuration.bookDirectory)
        var list: ProductList?
        if !wishes.sweeps {
            log.write(
                LogLine(
                    .info, "venue-markets", "asking \(configuration.venue.restURL) for its markets", at: now))
            do {
                list = try venue.products()
                if let list { account = try venue.account(configuration.account, list) }
            } catch  where hasBook && error is VenueMarketError {
                log.write(
                    LogLine(
                        .warning, "venue-markets", "\(error); the paper book goes on with its own markets",
                        at: now))
            }
        }
        let market = try CoinbaseMarket(
            configuration.openVenue, symbols: symbols, aliases: list?.aliases ?? [:], clock: SystemClock())
        if list != nil {
            log.write(
                LogLine(
                    .info, "venue-prices",
                    "prices are those of \(configuration.venue.marketURL); no order goes there", at: now))
        }
        return ChosenFeed(
            source: .live(market), account: account, isForTheStopOnly: list == nil && !hasBook)
    }
}
