// Asks an exchange through its port, one command at a time, and waits for the answer with a bound. It places and
// cancels nothing.

import Daemon
import Exchanges
import Synchronization
import Trading
import TradingDomain

final class VenueProbe: ExchangeSink {
    private struct State: Sendable {
        var answers: [CommandID: Answer] = [:]
        var connected: Set<Feed> = []
        /// Why a feed is not up, the last time it said so.
        var troubles: [Feed: String] = [:]
        var commands: CommandID = 0
    }

    /// The longest that one call is awaited.
    static let patience: Duration = .seconds(15)
    private let patience: Duration
    /// Connections are still being made when the first questions are asked.
    private let attempts: Int
    private static let pause: Duration = .milliseconds(500)

    private let exchange: any Exchange
    private let bell = Doorbell()
    private let state = Mutex(State())

    init(_ exchange: any Exchange, patience: Duration = VenueProbe.patience, attempts: Int = 4) {
        self.exchange = exchange
        self.patience = patience
        self.attempts = attempts
        exchange.start(sink: self)
    }

    func close() { exchange.close() }

    // MARK: Asking

    /// The answer, or why there is none. What failed is asked again a few times.
    func ask(_ question: VenueQuestion) -> VenueAnswer {
        let answer = attempt(.ask(question)) { answer in
            if case .told(.failed(let failure)) = answer { failure } else { nil }
        }
        if case .told(let told) = answer { return told }
        return .failed(CallFailure("no answer within \(Values.text(patience))"))
    }

    /// What the venue lists of the account's working orders.
    struct WorkingOrders {
        /// Each once.
        var orders: [OrderSnapshot] = []
        /// The list of open orders was as long as the venue makes it: there may be more.
        var isCutOff = false
        /// Markets of which alone the same is true.
        var crowded: [Symbol] = []
    }

    /// Of the whole account, and market by market where the list of all is cut off.
    func workingOrders(markets: [Symbol]) -> Result<WorkingOrders, VenueProblem> {
        let capabilities = exchange.capabilities
        var found = WorkingOrders()
        var known: Set<ExchangeOrderID> = []
        do throws(VenueProblem) {
            func list(_ statuses: OrderQuery.WorkingStatuses, _ market: Symbol? = nil) throws(VenueProblem)
                -> Int
            {
                let listed = try self.list(.working(statuses, market: market)).get()
                found.orders += listed.filter { known.insert($0.exchangeOrderID).inserted }
                return listed.count
            }
            guard capabilities.listsOpenAlone else {
                _ = try list(.any)
                return .success(found)
            }
            _ = try list(.besideOpen)
            let limit = capabilities.openListLimit ?? .max
            found.isCutOff = try list(.open) >= limit
            if found.isCutOff {
                for market in markets where try list(.open, market) >= limit { found.crowded.append(market) }
            }
            return .success(found)
        } catch {
            return .failure(error)
        }
    }

    private func list(_ scope: OrderQuery.Scope) -> Result<[OrderSnapshot], VenueProblem> {
        var orders: [OrderSnapshot] = []
        var cursor: String?
        // A venue that never ends its list must not keep us for ever.
        for _ in 0..<1_000 {
            let answer = attempt(.listOrders(OrderQuery(scope, cursor: cursor))) { answer in
                if case .orders(.failed(let failure)) = answer { failure } else { nil }
            }
            switch answer {
            case .orders(.page(let page)):
                guard page.isComplete else {
                    return .failure(VenueProblem("the venue calls the list incomplete"))
                }
                orders += page.orders
                guard let next = page.nextCursor else { return .success(orders) }
                cursor = next
            case .orders(.failed(let failure)): return .failure(VenueProblem(failure.reason))
            default: return .failure(VenueProblem("no answer within \(Values.text(patience))"))
            }
        }
        return .failure(VenueProblem("the list has no end"))
    }

    func balances() -> Result<[Balance], VenueProblem> {
        let answer = attempt(.listBalances) { answer in
            if case .balances(.failed(let failure)) = answer { failure } else { nil }
        }
        switch answer {
        case .balances(.balances(let balances)): return .success(balances)
        case .balances(.failed(let failure)): return .failure(VenueProblem(failure.reason))
        default: return .failure(VenueProblem("no answer within \(Values.text(patience))"))
        }
    }

    /// Nil when the feed is up, else why it is not.
    func connect(_ feed: Feed) -> String? {
        let limit = realNow() + patience
        var asked = state.withLock { $0.connected.contains(feed) }
        while realNow() < limit {
            let (isUp, trouble) = state.withLock { ($0.connected.contains(feed), $0.troubles[feed]) }
            if isUp { return nil }
            if !asked || trouble != nil {
                asked = true
                state.withLock { $0.troubles[feed] = nil }
                if case .connected(.failed(let failure))? = wait(for: submit(.connect(feed))) {
                    state.withLock { $0.troubles[feed] = failure.reason }
                    rest(Self.pause)
                }
            }
            bell.wait(min(.milliseconds(200), limit - realNow()))
        }
        return state.withLock { $0.troubles[feed] }
            ?? "no acknowledgement within \(Values.text(patience))"
    }

    private func attempt(_ command: Command, failure: (Answer) -> CallFailure?) -> Answer? {
        var last: Answer?
        for number in 1...attempts {
            last = wait(for: submit(command)) ?? last
            guard number < attempts, let answer = last, let failure = failure(answer) else {
                return last
            }
            rest(max(Self.pause, min(failure.retryAfter ?? .zero, .seconds(5))))
        }
        return last
    }

    private func submit(_ command: Command) -> CommandID {
        let id = state.withLock { state in
            state.commands += 1
            return state.commands
        }
        exchange.submit(NumberedCommand(id: id, command: command))
        return id
    }

    private func wait(for id: CommandID) -> Answer? {
        let limit = realNow() + patience
        while realNow() < limit {
            if let answer = state.withLock({ $0.answers.removeValue(forKey: id) }) { return answer }
            bell.wait(min(.seconds(1), limit - realNow()))
        }
        return nil
    }

    private func rest(_ duration: Duration) {
        let end = realNow() + duration
        while case let left = end - realNow(), left > .zero { bell.wait(left) }
    }

    // MARK: What the exchange says

    func answer(_ id: CommandID, _ answer: Answer) {
        state.withLock { $0.answers[id] = answer }
        bell.ring()
    }

    func feed(_ feed: Feed, _ condition: FeedCondition) {
        state.withLock { state in
            switch condition {
            case .connected: state.connected.insert(feed)
            case .lost(let reason):
                state.connected.remove(feed)
                state.troubles[feed] = reason
            case .gap, .silent: break
            }
        }
        bell.ring()
    }

    func quote(_ quote: Quote) {}
    func order(_ snapshot: OrderSnapshot) {}
    func rate(_ hint: RateHint) {}
    func endOfFeed() {}
}

/// Why a question has no answer.
struct VenueProblem: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
