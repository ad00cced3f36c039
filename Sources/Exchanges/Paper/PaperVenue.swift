// The exchange behind its network, as a pure value: requests take half the latency to arrive, answers and
// feed messages half of it to come back, and too many requests are turned away.
//
// A request that changes the book is first offered as an entry; only when the caller has written it down does
// `enter` put it on its way. The venue itself writes nothing and reads no clock.

import ExchangeModel
import Trading
import TradingDomain

/// What comes out of the network, for the sink.
enum Delivery: Sendable {
    case answer(CommandID, Answer)
    case quote(Quote)
    case statistics(MarketStatistics)
    case order(OrderSnapshot)
    case feed(Feed, FeedCondition)
    case endOfFeed
}

struct PaperVenue: Sendable {
    private(set) var state: PaperState
    let network: PaperNetwork
    private var bucket: RateBucket?
    private var deliveries = TimeHeap<Delivery>()
    private var saidEnd = false
    /// Of each market, what was traded there lately.
    private var histories: [Symbol: MarketHistory] = [:]

    init(_ state: PaperState, _ network: PaperNetwork) {
        self.state = state
        self.network = network
        bucket = network.rateLimit.map { RateBucket($0) }
        self.state.engine.cancelDelay = network.cancelDelay
    }

    var now: UTCInstant { state.engine.now }
    /// Orders in the book, whatever their status.
    var orderCount: Int { state.engine.orderCount }
    /// When something is to be delivered or happens by itself.
    var nextDue: UTCInstant? { [state.nextEvent, deliveries.firstAt].compactMap { $0 }.min() }

    /// Both feeds connect and the prices that stand are told.
    mutating func connect(at instant: UTCInstant, tellsMarket: Bool) {
        for feed in Feed.allCases where feed != .market || tellsMarket {
            deliver(.feed(feed, .connected), at: instant + network.latency)
        }
        guard tellsMarket else { return }
        // A real market tells its own figures.
        state.engine.keepTape()
        for product in state.engine.products {
            guard let quote = state.engine.quote(product.symbol) else { continue }
            deliver(.quote(quote), at: instant + network.latency)
        }
    }

    /// Takes a command off our side of the network.
    /// - Returns: what must be written down before it may be under way; nil when nothing must.
    mutating func receive(_ command: NumberedCommand, at instant: UTCInstant) -> BookEntry? {
        if case .connect(let feed) = command.command {
            deliver(.answer(command.id, .connected(.begun)), at: instant + network.halfLatency)
            deliver(.feed(feed, .connected), at: instant + network.latency)
            return nil
        }
        let effectiveAt = max(now, instant + network.halfLatency)
        if command.command.isExchangeCall, let wait = bucket?.take(at: effectiveAt) {
            let failure = CallFailure("too many requests", retryAfter: wait, isRateLimit: true)
            deliver(
                .answer(command.id, PaperAnswers.unprocessed(command.command, failure)),
                at: effectiveAt + network.halfLatency)
            return nil
        }
        let request: PaperRequest
        switch command.command {
        case .place(let order):
            request = .place(clientOrderID: order.clientOrderID.description, terms: order.terms)
        case .cancel(let ids):
            guard ids.count <= network.cancelBatchLimit else {
                let words = "\(ids.count) ids in one cancel, limit \(network.cancelBatchLimit)"
                deliver(.answer(command.id, .canceled(.refused(words))), at: instant + network.latency)
                return nil
            }
            request = .cancel(ids)
        default:
            state.arrivals.insert(.query(command.command, command.id), at: effectiveAt)
            return nil
        }
        return BookEntry(
            number: state.entryNumber + 1,
            what: .request(request, takenAt: max(now, instant), effectiveAt: effectiveAt))
    }

    /// What a real market told, as an entry to be written down.
    func marketEntry(_ input: MarketInput, at instant: UTCInstant) -> BookEntry {
        BookEntry(number: state.entryNumber + 1, what: .market(input, at: max(now, instant)))
    }

    /// The entry is written: the request is under way and takes effect even if we die.
    mutating func enter(_ entry: BookEntry, for id: CommandID?) { state.take(entry, for: id, network) }

    /// The entry could not be written: the exchange does not process the request.
    mutating func turnAway(_ command: NumberedCommand, _ reason: String, at instant: UTCInstant) {
        let answer = PaperAnswers.unprocessed(command.command, CallFailure(reason))
        deliver(.answer(command.id, answer), at: instant + network.latency)
    }

    /// Lets everything happen that is due by then, and answers what comes out of the network by then.
    mutating func advance(to instant: UTCInstant) -> [Delivery] {
        let half = network.halfLatency
        var told: [(UTCInstant, Delivery)] = []
        state.live(to: max(instant, now), network) { at, effect in
            switch effect {
            case .answered(let id, let answer): told.append((at + half, .answer(id, answer)))
            case .changed(.order(let order)): told.append((at + half, .order(order)))
            case .changed(.quote(let quote)): told.append((at + half, .quote(quote)))
            // Fills are asked for; the cumulative order says that there are some.
            case .changed(.fill): break
            }
        }
        for print in state.engine.drainTape() {
            let news = histories[print.symbol, default: MarketHistory(print.symbol)]
                .note(print.price, traded: print.quantity, at: print.at)
            if let news { told.append((print.at + half, .statistics(news))) }
        }
        for (at, delivery) in told { deliver(delivery, at: at) }
        if !saidEnd, case .replay(let market) = state.market, market.isFinished {
            saidEnd = true
            deliver(.endOfFeed, at: now + half)
        }
        var due: [Delivery] = []
        while let next = deliveries.pop(through: instant) { due.append(next.element) }
        return due
    }

    private mutating func deliver(_ delivery: Delivery, at instant: UTCInstant) {
        deliveries.insert(delivery, at: instant)
    }

    // MARK: Upkeep of the book

    /// Everything up to here may now be told.
    func livedEntry() -> BookEntry { BookEntry(number: state.entryNumber + 1, what: .lived(to: now)) }

    mutating func forget(terminalBefore instant: UTCInstant) {
        state.engine.forget(terminalBefore: instant)
    }

    mutating func snapshotTaken() { state.steps = 0 }
}
