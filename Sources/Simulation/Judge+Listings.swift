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
    private struct Chain {
        /// When its first reading was begun, by how many readings have followed each other.
        var since: [Instant] = []
        var endedAt: Instant = -1
    }

    private var calls: [CommandID: Call] = [:]
    private var begun: [String: (at: Instant, first: CommandID)] = [:]
    private var shown: [CommandID: Int] = [:]
    private var chains: [String: Chain] = [:]
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

    mutating func hear(_ id: CommandID, _ page: OrderPage, markets: [Symbol], at now: Instant) {
        guard let call = calls.removeValue(forKey: id) else { return }
        shown[call.first, default: 0] += page.orders.count { $0.status == .open }
        guard page.isComplete, page.nextCursor == nil else { return }
        if let limit = capabilities.openListLimit, call.statuses != .besideOpen,
            shown[call.first, default: 0] >= limit
        {
            return
        }
        let key = call.market?.description ?? ""
        if capabilities.listsOpenAlone {
            guard let since = Self.follow(call, &chains[key, default: Chain()], at: now) else { return }
            note(call.market, since, markets)
        } else if call.statuses == .any {
            note(call.market, call.begunAt, markets)
        }
    }

    /// Since when this listing completes the chain of three; nil where it does not.
    private static func follow(_ call: Call, _ chain: inout Chain, at now: Instant) -> Instant? {
        let follows = !chain.since.isEmpty && call.begunAt >= chain.endedAt
        switch (chain.since.count, call.statuses) {
        case (1, .open) where follows:
            chain.since.append(chain.since[0])
            chain.endedAt = now
            return nil
        case (2, .besideOpen) where follows:
            defer {
                // It is the first reading of the next chain, too.
                chain.since = [call.begunAt]
                chain.endedAt = now
            }
            return chain.since[0]
        case (_, .besideOpen):
            chain.since = [call.begunAt]
            chain.endedAt = now
            return nil
        default:
            return nil
        }
    }

    private mutating func note(_ market: Symbol?, _ since: Instant, _ markets: [Symbol]) {
        guard let market else {
            provedSince = max(provedSince, since)
            return
        }
        provedOf[market] = max(provedOf[market] ?? -1, since)
        provedSince = max(provedSince, markets.map { provedOf[$0] ?? -1 }.min() ?? -1)
    }
}
