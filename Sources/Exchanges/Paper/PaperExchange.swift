// The exchange that is embedded: orders go to a matching engine in this process, over a network that is only
// thought of, into a book that is its own.
//
// With a thread of its own it lives in the clock's time; without one, in virtual time, the loop moves it.
// What it has to say goes to the sink outside of every lock.

import ExchangeModel
import Synchronization
import Trading
import TradingDomain

package final class PaperExchange: Exchange, VirtualTimeSource, LiveMarketListener {
    private struct Incoming: Sendable {
        enum What: Sendable {
            case command(NumberedCommand)
            case market(MarketInput)
        }
        let what: What
        let stamp: Stamp
    }

    private struct Line: Sendable {
        var incoming: [Incoming] = []
        var sink: (any ExchangeSink)?
        var isClosing = false
        /// Trades of a real market were dropped since the thread last took what came in.
        var isDropping = false

        /// Commands are few by themselves. A real market speaks as fast as it likes: where its news pile up, the
        /// newest price of each market counts and trades are dropped.
        /// - Returns: whether dropping begins.
        mutating func add(_ new: Incoming) -> Bool {
            if incoming.count >= PaperExchange.backlogLimit, case .market(let input) = new.what {
                guard case .best(let symbol, _, _) = input else {
                    defer { isDropping = true }
                    return !isDropping
                }
                let older = incoming.lastIndex {
                    if case .market(.best(symbol, _, _)) = $0.what { true } else { false }
                }
                if let older { incoming.remove(at: older) }
            }
            incoming.append(new)
            return false
        }
    }

    /// News of a real market that wait for our thread, which a slow disk may hold up.
    static let backlogLimit = 10_000
    /// How much waits for our thread.
    var backlog: Int { line.withLock { $0.incoming.count } }

    package let capabilities: ExchangeCapabilities
    package let products: [Product]
    private let clock: any TradingClock
    private let hasThread: Bool
    /// The real market that moves our prices, if one does.
    private let live: (any LiveMarket)?
    private let desk: Mutex<PaperDesk>
    private let line = Mutex(Line())
    private let bell = PaperBell()
    private let threadEnded = PaperBell()

    /// On a book that was opened.
    /// - Parameter isVirtual: time stands until the loop moves it; no thread is made.
    package convenience init(
        _ opened: PaperBook.Opened, network: PaperNetwork, clock: any TradingClock, isVirtual: Bool,
        live: (any LiveMarket)? = nil, history: Duration? = .seconds(7 * 86_400)
    ) {
        self.init(
            PaperDesk(
                opened.state, opened.book, network, at: clock.now(), history: isVirtual ? nil : history),
            network, clock, isVirtual, live)
    }

    /// Without a book: everything is forgotten with the process. For a dry run's prices.
    package convenience init(
        account: PaperAccount, feed: PaperFeed, network: PaperNetwork, clock: any TradingClock,
        isVirtual: Bool
    ) throws(PaperBookError) {
        let stamp = clock.now()
        let state = try PaperState(account, feed, cancelDelay: network.cancelDelay, now: stamp.utc)
        self.init(
            PaperDesk(state, nil, network, at: stamp, history: nil), network, clock, isVirtual, feed.live)
    }

    private init(
        _ desk: PaperDesk, _ network: PaperNetwork, _ clock: any TradingClock, _ isVirtual: Bool,
        _ live: (any LiveMarket)?
    ) {
        capabilities = network.capabilities
        products = desk.venue.state.engine.products
        self.clock = clock
        hasThread = !isVirtual
        self.live = live
        self.desk = Mutex(desk)
    }

    deinit { bell.ring() }

    /// Why the book could not be written, the last time it was tried; nil when all is well.
    package var trouble: String? { desk.withLock { $0.trouble } }

    package func start(sink: any ExchangeSink) {
        let stamp = clock.now()
        line.withLock { $0.sink = sink }
        desk.withLock { $0.connect(at: stamp, tellsMarket: live == nil) }
        live?.start(self)
        guard hasThread else { return }
        // Without a thread nothing is ever answered, and every request counts as unknown: nothing is claimed.
        if PaperThread.start({ [weak self, bell] in Self.live(bell) { self } }) != 0 {
            sink.feed(.orders, .lost("the paper exchange cannot start its thread"))
        }
    }

    package func submit(_ command: NumberedCommand) {
        if let live, case .connect(.market) = command.command {
            live.connect()
            line.withLock { $0.sink }?.answer(command.id, .connected(.begun))
            return
        }
        take(.command(command))
    }

    // MARK: A real market

    package func best(_ symbol: Symbol, bid: BookLevel, ask: BookLevel) {
        take(.market(.best(symbol, bid: bid, ask: ask)))
    }

    package func trade(_ symbol: Symbol, side: Side, price: Price, size: Quantity) {
        take(.market(.trade(symbol, side: side, price: price, size: size)))
    }

    package func statistics(_ statistics: MarketStatistics) {
        line.withLock { $0.sink }?.statistics(statistics)
    }

    package func market(_ condition: FeedCondition) {
        line.withLock { $0.sink }?.feed(.market, condition)
    }

    private func take(_ what: Incoming.What) {
        let incoming = Incoming(what: what, stamp: clock.now())
        if hasThread {
            // The book is written on our own thread: a hung disk must not hang the caller.
            let begins = line.withLock { $0.add(incoming) }
            bell.ring()
            if begins { market(.gap("trades are left out: the paper book cannot keep up with its market")) }
        } else {
            desk.withLock { Self.hand(incoming, to: &$0) }
        }
    }

    private static func hand(_ incoming: Incoming, to desk: inout PaperDesk) {
        switch incoming.what {
        case .command(let command): desk.receive(command, at: incoming.stamp)
        case .market(let input): desk.receive(input, at: incoming.stamp)
        }
    }

    package func close() {
        live?.close()
        line.withLock { $0.isClosing = true }
        if hasThread {
            bell.ring()
            // Not for ever: whoever closes has a deadline, and the disk below the book may hang.
            threadEnded.wait(.milliseconds(250))
        } else {
            desk.withLock { $0.close() }
        }
    }

    // MARK: Virtual time

    package var nextDue: MonotonicInstant? { hasThread ? nil : desk.withLock { $0.nextDue } }

    package func advance(to stamp: Stamp) {
        guard !hasThread else { return }
        tell(desk.withLock { $0.advance(to: stamp) })
        desk.withLock { $0.upkeep() }
    }

    // MARK: The thread

    private static func live(_ bell: PaperBell, _ exchange: () -> PaperExchange?) {
        while let delay = exchange()?.turn() { bell.wait(delay) }
    }

    /// One round of the thread: takes what came in, lets happen what is due, tells it.
    /// - Returns: how long there is nothing to do; nil when the exchange was closed.
    private func turn() -> Duration? {
        let (incoming, isClosing) = line.withLock { line in
            defer {
                line.incoming = []
                line.isDropping = false
            }
            return (line.incoming, line.isClosing)
        }
        if isClosing {
            desk.withLock { $0.close() }
            threadEnded.ring()
            return nil
        }
        let due = desk.withLock { desk in
            for item in incoming { Self.hand(item, to: &desk) }
            return desk.advance(to: clock.now())
        }
        tell(due)
        if incoming.isEmpty { desk.withLock { $0.upkeep() } }
        guard let next = desk.withLock({ $0.nextDue }) else { return .seconds(3600) }
        return clock.realDelay(until: next)
    }

    private func tell(_ deliveries: [Delivery]) {
        guard !deliveries.isEmpty, let sink = line.withLock({ $0.sink }) else { return }
        for delivery in deliveries {
            switch delivery {
            case .answer(let id, let answer): sink.answer(id, answer)
            case .quote(let quote): sink.quote(quote)
            case .statistics(let told): sink.statistics(told)
            case .order(let order): sink.order(order)
            case .feed(let feed, let condition): sink.feed(feed, condition)
            case .endOfFeed: sink.endOfFeed()
            }
        }
    }
}
