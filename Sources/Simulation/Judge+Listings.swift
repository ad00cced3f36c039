import Trading
import TradingDomain

// When a life has seen everything of ours that works: by one listing of every status, or, where open orders are listed
// apart, by the others, the open ones, and the others again, each begun when the one before was complete. An order may
// move from one list to the other in between.

/// The listings of working orders of one life.
struct SeenListings {
    private struct Call {
        let statuses: OrderQuery.WorkingStatuses
        let market: Symbol?
        let begunAt: Instant
        let first: CommandID
    }
    /// Readings of one list that are complete, the newest last. What they are the end of was begun at `since`.
    private struct Readings {
        private var ended: [(at: Instant, since: Instant)] = []

        mutating func add(_ since: Instant, at now: Instant) {
            ended.append((now, since))
            if ended.count > 16 { ended.removeFirst() }
        }

        /// The latest beginning of one that was complete by then.
        func since(before time: Instant) -> Instant? { ended.filter { $0.at <= time }.map(\.since).max() }
    }
    private var calls: [CommandID: Call] = [:]
    private var begun: [String: (at: Instant, first: CommandID)] = [:]
    private var shown: [CommandID: Int] = [:]
    private var others = Readings()
    /// Readings of open orders that follow others, by market; all markets under nil.
    private var open: [Symbol?: Readings] = [:]
    private let capabilities: ExchangeCapabilities
    /// When the last listing was begun that showed everything; per market where it was asked by market.
    private(set) var provedSince: Instant = -1
    private var provedOf: [Symbol: Instant] = [:]

    init(_ capabilities: ExchangeCapabilities) { self.capabilities = capabilities }

    mutating func ask(_ id: CommandID, _ query: OrderQuery, at now: Instant) {
        guard case .working(let statuses, let market) = query.scope else { return }
        let key = "\(statuses.rawValue) \(market?.description ?? "")"
        if query.cursor == nil { begun[key] = (now, id) }
        guard let (at, first) = begun[key] else { return }
        calls[id] = Call(statuses: statuses, market: market, begunAt: at, first: first)
    }

    mutating func hear(_ id: CommandID, _ page: OrderPage, at now: Instant) {
        guard let call = calls.removeValue(forKey: id) else { return }
        shown[call.first, default: 0] += page.orders.count { $0.status == .open }
        guard page.isComplete, page.nextCursor == nil else { return }
        if let limit = capabilities.openListLimit, call.statuses != .besideOpen,
            shown[call.first, default: 0] >= limit
        {
            return
        }
        guard capabilities.listsOpenAlone else {
            if call.statuses == .any { note(call.market, call.begunAt) }
            return
        }
        switch call.statuses {
        case .any: break
        case .open:
            guard let since = others.since(before: call.begunAt) else { return }
            open[call.market, default: Readings()].add(since, at: now)
        case .besideOpen where call.market == nil:
            for market in open.keys {
                if let since = open[market]?.since(before: call.begunAt) { note(market, since) }
            }
            others.add(call.begunAt, at: now)
        case .besideOpen: break
        }
    }

    /// Which markets must be asked the book says: whether an order lives in another one is judged by itself.
    private mutating func note(_ market: Symbol?, _ since: Instant) {
        guard let market else {
            provedSince = max(provedSince, since)
            return
        }
        provedOf[market] = max(provedOf[market] ?? -1, since)
        provedSince = max(provedSince, provedOf.values.min() ?? -1)
    }
}
