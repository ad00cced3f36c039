// The embedded exchange behind a network that loses, delays, repeats and reorders, and a venue that errs. It
// decorates a real `PaperExchange` on a real book, so that what a life leaves behind is really there.
//
// This file carries parcels; what goes wrong on the way out is in `+Calls`, on the way back in `+Answers`.

import Exchanges
import Synchronization
import Trading
import TradingDomain

final class FaultyExchange: Exchange, VirtualTimeSource, ExchangeSink {
    /// The longest that a request is under way before the exchange takes it.
    static let travelLimit: Duration = .milliseconds(800)
    /// How far an older copy of a list may lie back.
    static let listLag: Duration = .milliseconds(600)

    /// Something that arrives later.
    enum Parcel: Sendable {
        case request(NumberedCommand)
        case answer(CommandID, Answer)
        case order(OrderSnapshot)
        case feed(Feed, FeedCondition)
    }

    struct Due: Sendable {
        let at: MonotonicInstant
        let parcel: Parcel
    }

    /// A request that was in the network when its life ended, and how much longer it travels.
    struct Straggler: Sendable {
        let command: NumberedCommand
        let remaining: Duration
    }

    struct State: Sendable {
        var inner: PaperExchange?
        var sink: (any ExchangeSink)?
        var dice: Dice
        var rates: FaultRates
        /// In the order in which they arrive.
        var parcels: [Due] = []
        var calls: [CommandID: Call] = [:]
        /// Complete answers to list queries, to be told again as stale ones.
        var copies: [String: [Copy]] = [:]
        /// Feeds that say nothing until they are connected again.
        var deaf: Set<Feed> = []
        var placements = 0
    }

    let capabilities: ExchangeCapabilities
    let products: [Product]
    let clock: any TradingClock
    let chronicle: Chronicle
    /// Whether the intent of this order is on the disk.
    let isDurable: @Sendable (ClientOrderID) -> Bool
    let state: Mutex<State>

    init(
        _ inner: PaperExchange, clock: any TradingClock, rates: FaultRates, dice: Dice,
        stragglers: [Straggler], chronicle: Chronicle,
        isDurable: @escaping @Sendable (ClientOrderID) -> Bool
    ) {
        var capabilities = inner.capabilities
        capabilities.requestLife += Self.travelLimit + Self.listLag + .milliseconds(100)
        self.capabilities = capabilities
        products = inner.products
        self.clock = clock
        self.chronicle = chronicle
        self.isDurable = isDurable
        var first = State(inner: inner, dice: dice, rates: rates)
        let now = clock.now().monotonic
        for (index, straggler) in stragglers.enumerated() {
            // Nobody waits for its answer: ids below zero are nobody's.
            let request = NumberedCommand(id: -1 - Int64(index), command: straggler.command.command)
            first.parcels.append(Due(at: now + max(.zero, straggler.remaining), parcel: .request(request)))
        }
        first.parcels.sort { $0.at < $1.at }
        state = Mutex(first)
    }

    // MARK: The life of it

    func start(sink: any ExchangeSink) {
        let inner = state.withLock { state in
            state.sink = sink
            return state.inner
        }
        inner?.start(sink: self)
    }

    func close() { state.withLock { $0.inner }?.close() }

    /// As a kill does: nothing more is written, the book's lock is let go.
    func kill() {
        state.withLock { state in
            state.inner = nil
            state.sink = nil
        }
    }

    /// No new fault from here on; what is under way still arrives as it would have.
    func heal() { state.withLock { $0.rates = .none } }

    var placements: Int { state.withLock { $0.placements } }

    /// What the network still holds.
    var stragglers: [Straggler] {
        let now = clock.now().monotonic
        return state.withLock { state in
            state.parcels.compactMap { due in
                guard case .request(let command) = due.parcel, command.changesTheBook else { return nil }
                return Straggler(command: command, remaining: due.at - now)
            }
        }
    }

    // MARK: Time

    var nextDue: MonotonicInstant? {
        let (first, inner) = state.withLock { ($0.parcels.first?.at, $0.inner) }
        return [first, inner?.nextDue].compactMap { $0 }.min()
    }

    func advance(to stamp: Stamp) {
        deliver(through: stamp.monotonic)
        state.withLock { $0.inner }?.advance(to: stamp)
        deliver(through: stamp.monotonic)
    }

    private func deliver(through now: MonotonicInstant) {
        while let parcel = state.withLock({ $0.popDue(at: now) }) {
            let (inner, sink) = state.withLock { ($0.inner, $0.sink) }
            switch parcel {
            case .request(let command):
                if command.id < 0 { chronicle.note(.straggler) }
                inner?.submit(command)
            case .answer(let id, let answer): sink?.answer(id, answer)
            case .order(let snapshot): sink?.order(snapshot)
            case .feed(let feed, let condition): sink?.feed(feed, condition)
            }
        }
    }
}

extension FaultyExchange.State {
    mutating func popDue(at now: MonotonicInstant) -> FaultyExchange.Parcel? {
        guard let first = parcels.first, first.at <= now else { return nil }
        return parcels.removeFirst().parcel
    }

    /// Behind what arrives at the same moment.
    mutating func add(_ parcel: FaultyExchange.Parcel, at instant: MonotonicInstant) {
        let index = parcels.firstIndex { $0.at > instant } ?? parcels.count
        parcels.insert(FaultyExchange.Due(at: instant, parcel: parcel), at: index)
    }
}

extension NumberedCommand {
    /// What this would place, if it places.
    var placed: ClientOrderID? { if case .place(let order) = command { order.clientOrderID } else { nil } }

    fileprivate var changesTheBook: Bool {
        switch command {
        case .place, .cancel: true
        default: false
        }
    }
}
