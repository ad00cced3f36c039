// Everything that happens to the daemon waits here, in one order, for the loop to take one at a time.
//
// Bounded by construction: quotes and figures conflate per symbol (the latest wins), order reports per order (they are
// cumulative), answers and programs' words by what is in flight, store results by the one transaction under way, signals are
// two, operator requests beyond 64 are refused, feed conditions collapse. Nothing here ever blocks the
// sender, and nothing decides anything about orders.

import Exchanges
import Synchronization
import Trading
import TradingDomain

/// What the loop takes from the inbox.
package enum InboxItem: Equatable, Sendable {
    case signal(ArrivedSignal)
    case store(CommitResult)
    case event(Event)
}

/// What waits in the inbox, and what was dropped since the start.
package struct InboxDepths: Equatable, Sendable {
    package var answers = 0
    package var orders = 0
    package var quotes = 0
    package var feeds = 0
    package var requests = 0
    package var dropped = 0
}

package final class Inbox: ExchangeSink {
    package static let operatorLimit = 64
    package static let feedLimit = 64

    /// How far down the order of priority to look.
    package enum Reach: Int, Comparable, Sendable {
        /// Signals, store results, operator requests: what may come while a replay waits for its disk.
        case outside
        /// And what programs of strategies answer, which standing time waits for.
        case programs
        /// All but quotes and the end of the run.
        case reports
        case everything
        package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    private struct State: Sendable {
        var signalsTaken = 0
        var store = FIFO<CommitResult>()
        var programs = FIFO<ExternalReport>()
        var answers = FIFO<Event>()
        var orders = ConflatingQueue<ExchangeOrderID, OrderSnapshot>()
        var ordersOverflowed = false
        var requests = FIFO<OperatorRequest>()
        var feeds = FIFO<FeedReport>()
        var quotes = ConflatingQueue<Symbol, Quote>()
        var statistics = ConflatingQueue<Symbol, MarketStatistics>()
        /// The latest; an older one says nothing any more.
        var rate: RateHint?
        var endOfRun: String?
        var isWaiting = false
        var reportsDropped = 0
    }

    private struct FeedReport: Equatable, Sendable {
        var feed: Feed
        var condition: FeedCondition
    }

    private let state = Mutex(State())
    private let signals: SignalBox
    private let orderLimit: Int

    /// At most `orderLimit` distinct orders wait; a report beyond is dropped, and the feed marked as gapped.
    package init(signals: SignalBox = SignalBox(), orderLimit: Int = 20_000) {
        self.signals = signals
        self.orderLimit = orderLimit
    }

    // MARK: What comes in, from any thread

    package func answer(_ id: CommandID, _ answer: Answer) {
        put { $0.answers.append(.answered(id, answer)) }
    }

    package func quote(_ quote: Quote) {
        put { $0.quotes.put(quote, for: quote.symbol) { $1 } }
    }

    package func statistics(_ statistics: MarketStatistics) {
        put { $0.statistics.put(statistics, for: statistics.symbol) { $1 } }
    }

    package func order(_ snapshot: OrderSnapshot) {
        put { state in
            if state.orders.count >= orderLimit, !state.orders.contains(snapshot.exchangeOrderID) {
                state.reportsDropped += 1
                guard !state.ordersOverflowed else { return }
                state.ordersOverflowed = true
                Self.add(
                    FeedReport(
                        feed: .orders,
                        condition: .gap("more than \(orderLimit) orders reported at once; reports dropped")),
                    to: &state.feeds)
                return
            }
            state.orders.put(snapshot, for: snapshot.exchangeOrderID) { $0.merged(with: $1) }
        }
    }

    package func feed(_ feed: Feed, _ condition: FeedCondition) {
        put { Self.add(FeedReport(feed: feed, condition: condition), to: &$0.feeds) }
    }

    package func rate(_ hint: RateHint) { put { $0.rate = hint } }

    package func endOfFeed() { end("the recording has no more data") }

    /// The run is over; delivered after everything else.
    package func end(_ reason: String) { put { $0.endOfRun = $0.endOfRun ?? reason } }

    package func stored(_ result: CommitResult) { put { $0.store.append(result) } }

    /// At most one answer and three words of its life for each program: it is shown one view at a time.
    package func external(_ report: ExternalReport) { put { $0.programs.append(report) } }

    /// Something impossible happened in the shell.
    package func shellFailed(_ reason: String) { put { $0.answers.append(.shellFailed(reason)) } }

    /// False when too many requests wait already: the operator is told, nothing is done.
    package func request(_ request: OperatorRequest) -> Bool {
        put { state in
            guard state.requests.count < Self.operatorLimit else { return false }
            state.requests.append(request)
            return true
        }
    }

    /// How much waits in each part.
    package var depths: InboxDepths {
        state.withLock { state in
            InboxDepths(
                answers: state.answers.count, orders: state.orders.count, quotes: state.quotes.count,
                feeds: state.feeds.count, requests: state.requests.count, dropped: state.reportsDropped)
        }
    }

    /// Order reports that were dropped because too many waited.
    package var reportsDropped: Int { state.withLock { $0.reportsDropped } }

    // MARK: What the loop takes

    /// The arrival of the first signal that nobody has taken.
    package var pendingSignal: ArrivedSignal? { signals.signal(state.withLock { $0.signalsTaken }) }

    /// The next item by priority, if there is one.
    package func take(_ reach: Reach = .everything) -> InboxItem? {
        state.withLock { state in
            if let signal = signals.signal(state.signalsTaken) {
                state.signalsTaken += 1
                return .signal(signal)
            }
            if let result = state.store.popFirst() { return .store(result) }
            // The kill switch does not wait behind a flood of reports.
            if let request = state.requests.popFirst() { return .event(.operatorRequest(request)) }
            if reach >= .programs, let report = state.programs.popFirst() { return .event(.external(report)) }
            if reach >= .reports {
                if let event = state.answers.popFirst() { return .event(event) }
                if let snapshot = state.orders.popFirst() {
                    if state.orders.isEmpty { state.ordersOverflowed = false }
                    return .event(.order(snapshot))
                }
            }
            if reach >= .reports, let report = state.feeds.popFirst() {
                return .event(.feed(report.feed, report.condition))
            }
            if reach >= .reports, let hint = state.rate {
                state.rate = nil
                return .event(.rate(hint))
            }
            guard reach >= .everything else { return nil }
            // Before the quotes that are judged by them.
            if let told = state.statistics.popFirst() { return .event(.statistics(told)) }
            if let quote = state.quotes.popFirst() { return .event(.quote(quote)) }
            if let reason = state.endOfRun {
                state.endOfRun = nil
                return .event(.endOfRun(reason))
            }
            return nil
        }
    }

    /// Sleeps until something within reach has come or the time is over; may return early.
    package func wait(_ limit: Duration, for reach: Reach = .everything) {
        let sleeps = state.withLock { state in
            state.isWaiting = isEmpty(state, reach)
            return state.isWaiting
        }
        if sleeps { signals.doorbell.wait(limit) }
    }

    package func isEmpty(_ reach: Reach = .everything) -> Bool { state.withLock { isEmpty($0, reach) } }

    private func isEmpty(_ state: borrowing State, _ reach: Reach) -> Bool {
        guard signals.signal(state.signalsTaken) == nil, state.store.isEmpty, state.requests.isEmpty
        else { return false }
        guard reach < .programs || state.programs.isEmpty else { return false }
        guard reach >= .reports else { return true }
        guard state.answers.isEmpty, state.orders.isEmpty, state.feeds.isEmpty, state.rate == nil else {
            return false
        }
        return reach < .everything
            || (state.quotes.isEmpty && state.statistics.isEmpty && state.endOfRun == nil)
    }

    /// The next item, waiting for it at most this long.
    package func next(timeout: Duration) -> InboxItem? {
        let end = realNow() + timeout
        while true {
            if let item = take() { return item }
            let left = end - realNow()
            guard left > .zero else { return nil }
            wait(left)
        }
    }

    private func put<Result>(_ change: (inout State) -> Result) -> Result {
        let (result, rings) = state.withLock { state in
            let result = change(&state)
            defer { state.isWaiting = false }
            return (result, state.isWaiting)
        }
        if rings { signals.doorbell.ring() }
        return result
    }

    /// A condition that is already the last one says nothing new. When a feed changes faster than we read,
    /// what it went through collapses into a loss before its latest condition: that reconciles everything.
    private static func add(_ report: FeedReport, to feeds: inout FIFO<FeedReport>) {
        guard feeds.last != report else { return }
        if feeds.count >= feedLimit {
            feeds.removeAll { $0.feed == report.feed }
            feeds.append(FeedReport(feed: report.feed, condition: .lost("its conditions changed too fast")))
        }
        feeds.append(report)
    }
}

extension OrderSnapshot {
    /// Two reports of one order as one: what both together prove. The later arrival wins, except that what
    /// is final stays final and what was filled stays filled, because reports may overtake each other.
    package func merged(with later: OrderSnapshot) -> OrderSnapshot {
        var merged = status.isTerminal && !later.status.isTerminal ? self : later
        merged.terms = merged.terms ?? terms ?? later.terms
        merged.filledQuantity = max(filledQuantity, later.filledQuantity)
        return merged
    }
}
