// The exchange that is embedded: orders go to a matching engine in this process, over a network that is only
// thought of, into a book that is its own.
//
// With a thread of its own it lives in the clock's time; without one, in virtual time, the loop moves it.
// What it has to say goes to the sink outside of every lock.

import ExchangeModel
import Synchronization
import Trading
import TradingDomain

package final class PaperExchange: Exchange, VirtualTimeSource {
    private struct Incoming: Sendable {
        let command: NumberedCommand
        let stamp: Stamp
    }

    private struct Line: Sendable {
        var incoming: [Incoming] = []
        var sink: (any ExchangeSink)?
        var isClosing = false
    }

    package let capabilities: ExchangeCapabilities
    package let products: [Product]
    private let clock: any TradingClock
    private let hasThread: Bool
    private let desk: Mutex<PaperDesk>
    private let line = Mutex(Line())
    private let bell = PaperBell()
    private let threadEnded = PaperBell()

    /// On a book that was opened.
    /// - Parameter isVirtual: time stands until the loop moves it; no thread is made.
    package convenience init(
        _ opened: PaperBook.Opened, network: PaperNetwork, clock: any TradingClock, isVirtual: Bool,
        history: Duration? = .seconds(7 * 86_400)
    ) {
        self.init(
            PaperDesk(
                opened.state, opened.book, network, at: clock.now(), history: isVirtual ? nil : history),
            network, clock, isVirtual)
    }

    /// Without a book: everything is forgotten with the process. For a dry run's prices.
    package convenience init(
        account: PaperAccount, feed: PaperFeed, network: PaperNetwork, clock: any TradingClock,
        isVirtual: Bool
    ) throws(PaperBookError) {
        let stamp = clock.now()
        let state = try PaperState(account, feed, cancelDelay: network.cancelDelay, now: stamp.utc)
        self.init(PaperDesk(state, nil, network, at: stamp, history: nil), network, clock, isVirtual)
    }

    private init(
        _ desk: PaperDesk, _ network: PaperNetwork, _ clock: any TradingClock, _ isVirtual: Bool
    ) {
        capabilities = network.capabilities
        products = desk.venue.state.engine.products
        self.clock = clock
        hasThread = !isVirtual
        self.desk = Mutex(desk)
    }

    deinit { bell.ring() }

    /// Why the book could not be written, the last time it was tried; nil when all is well.
    package var trouble: String? { desk.withLock { $0.trouble } }

    package func start(sink: any ExchangeSink) {
        let stamp = clock.now()
        line.withLock { $0.sink = sink }
        desk.withLock { $0.connect(at: stamp) }
        guard hasThread else { return }
        // Without a thread nothing is ever answered, and every request counts as unknown: nothing is claimed.
        if PaperThread.start({ [weak self, bell] in Self.live(bell) { self } }) != 0 {
            sink.feed(.orders, .lost("the paper exchange cannot start its thread"))
        }
    }

    package func submit(_ command: NumberedCommand) {
        let incoming = Incoming(command: command, stamp: clock.now())
        if hasThread {
            // The book is written on our own thread: a hung disk must not hang the caller.
            line.withLock { $0.incoming.append(incoming) }
            bell.ring()
        } else {
            desk.withLock { $0.receive(command, at: incoming.stamp) }
        }
    }

    package func close() {
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
            defer { line.incoming = [] }
            return (line.incoming, line.isClosing)
        }
        if isClosing {
            desk.withLock { $0.close() }
            threadEnded.ring()
            return nil
        }
        let due = desk.withLock { desk in
            for item in incoming { desk.receive(item.command, at: item.stamp) }
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
            case .order(let order): sink.order(order)
            case .feed(let feed, let condition): sink.feed(feed, condition)
            case .endOfFeed: sink.endOfFeed()
            }
        }
    }
}
