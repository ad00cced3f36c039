// Every order that still matters, found by client id, by exchange id, and by being working; the positions;
// and what working orders hold of the account. Mutated only by `DurableState.apply`.
//
// Counts and sums are kept as orders change, so that nothing here walks all orders to answer a question that
// is asked each turn.

import TradingDomain

/// What the working orders of one symbol add up to.
package struct WorkingTotals: Equatable, Sendable {
    package var orders = 0
    /// Leaves, base units.
    package var buys: Quantity = .zero
    package var sells: Quantity = .zero
    /// Filled at the exchange and not yet booked, signed base units.
    package var unbooked: Quantity = .zero
}

/// How many orders stand where. Terminal ones are not counted.
package struct LiveCounts: Equatable, Codable, Sendable {
    /// Intents that were not sent.
    package var new = 0
    /// Sent, and nothing heard.
    package var inFlight = 0
    package var open = 0
    package var partiallyFilled = 0

    mutating func add(_ step: Int, _ state: OrderState, isInFlight: Bool) {
        switch state {
        case .new: if isInFlight { inFlight += step } else { new += step }
        case .open: open += step
        case .partiallyFilled: partiallyFilled += step
        case .filled, .canceled, .expired, .rejected, .failed: break
        }
    }
}

package struct OrderLedger: Equatable, Sendable {
    /// Finished orders that stay at hand for late news; older ones are known only as retired.
    package static let finishedLimit = 4_096

    package struct Entry: Equatable, Sendable {
        package fileprivate(set) var order: Order
        package fileprivate(set) var fills: [FillID] = []
        /// What the order adds to the sums, so that it can be taken away again exactly.
        fileprivate var counted = Contribution()
    }

    fileprivate struct Contribution: Equatable, Sendable {
        var working = false
        var leaves: Quantity = .zero
        var unbooked: Quantity = .zero
        var hold: Money = .zero
        /// A terminal one for an order that is not counted.
        var state: OrderState = .canceled
        var isInFlight = false
    }

    private var entries: [ClientOrderID: Entry] = [:]
    private var byExchangeID: [ExchangeOrderID: ClientOrderID] = [:]
    /// Working orders and intents, sorted by id, oldest first.
    package private(set) var live: [ClientOrderID] = []
    /// Done orders in the order in which they ended.
    private var finished: [ClientOrderID] = []
    package private(set) var positions: [Symbol: Position] = [:]
    private var totals: [Symbol: WorkingTotals] = [:]
    /// Held by working orders, per currency.
    private var holds: [String: Money] = [:]
    package private(set) var workingCount = 0
    /// Orders that are not terminal, by where they stand.
    package private(set) var liveCounts = LiveCounts()

    package init() {}

    package subscript(_ id: ClientOrderID) -> Order? { entries[id]?.order }
    package func order(_ id: ExchangeOrderID) -> Order? {
        byExchangeID[id].flatMap { entries[$0]?.order }
    }
    package func fills(of id: ClientOrderID) -> [FillID] { entries[id]?.fills ?? [] }
    package func working(_ symbol: Symbol) -> WorkingTotals { totals[symbol] ?? WorkingTotals() }
    package func position(_ symbol: Symbol) -> Position { positions[symbol] ?? Position() }
    package func hold(_ currency: String) -> Money { holds[currency] ?? .zero }
    package var count: Int { entries.count }

    /// Orders whose booked fills do not add up, oldest first. Walks all: for recovery.
    package var unsettled: [ClientOrderID] {
        entries.values.filter { !$0.order.isSettled && $0.order.exchangeOrderID != nil }.map(\.order.id)
            .sorted()
    }
    /// How long ago each order of the last `window` was created, oldest first. Walks all: for recovery.
    package func ages(at now: UTCInstant, within window: Duration) -> [Duration] {
        entries.values.map { now - $0.order.createdAt }.filter { $0 >= .zero && $0 < window }.sorted(by: >)
    }

    /// When the newest order was created that a life of this store intended; those that the exchange showed have no
    /// strategy. Walks all: for recovery.
    package var newestIntent: UTCInstant? {
        entries.values.lazy.filter { !$0.order.strategy.isEmpty }.map(\.order.createdAt).max()
    }

    /// Every order at hand: the done ones in the order in which they ended, then the others by id.
    package var all: [Order] {
        let others = entries.values.filter { !$0.order.isDone }.map(\.order).sorted { $0.id < $1.id }
        return finished.compactMap { entries[$0]?.order } + others
    }

    /// Orders that are not terminal, oldest first: working ones and intents that were not sent.
    package var liveOrders: [Order] { live.compactMap { entries[$0]?.order } }
    /// Orders that may be alive at the exchange, oldest first.
    package var workingOrders: [Order] { liveOrders.filter(\.isWorking) }

    // MARK: Changes, each called by `DurableState.apply` alone.

    mutating func insert(_ order: Order, fills: [FillID] = []) throws(ArithmeticError) {
        // One that is told anew is the same order, however different: what it added to the sums is taken away, and
        // its fills stay booked.
        let known = entries[order.id]
        if let known { try count(known.order, from: known.counted, to: Contribution()) }
        entries[order.id] = Entry(order: order, fills: fills.isEmpty ? known?.fills ?? [] : fills)
        if order.state.isTerminal { removeLive(order.id) } else { insertLive(order.id) }
        if let exchangeID = order.exchangeOrderID { byExchangeID[exchangeID] = order.id }
        try recount(order.id)
        if order.isDone { finish(order.id) }
    }

    /// Changes one order in place; `change` must not keep the order.
    mutating func update(_ id: ClientOrderID, _ change: (inout Order) -> Void) throws(ArithmeticError) {
        guard let index = entries.index(forKey: id) else { return }
        let wasDone = entries.values[index].order.isDone
        let wasTerminal = entries.values[index].order.state.isTerminal
        change(&entries.values[index].order)
        let order = entries.values[index].order
        if let exchangeID = order.exchangeOrderID { byExchangeID[exchangeID] = id }
        if wasTerminal != order.state.isTerminal {
            if order.state.isTerminal { removeLive(id) } else { insertLive(id) }
        }
        try recount(id)
        if order.isDone && !wasDone { finish(id) }
        if wasDone && !order.isDone { finished.removeAll { $0 == id } }
    }

    /// Books a fill that was not booked before.
    /// - Returns: whether it was news.
    mutating func book(_ fill: Fill, for id: ClientOrderID) throws(ArithmeticError) -> Bool {
        guard let entry = entries[id], !entry.fills.contains(fill.id) else { return false }
        var position = positions[fill.symbol] ?? Position()
        try position.book(fill)
        let booked =
            try entry.order.bookedQuantity + (fill.kind == .reversal ? -fill.quantity : fill.quantity)
        positions[fill.symbol] = position
        entries[id]?.fills.append(fill.id)
        try update(id) { $0.bookedQuantity = booked }
        return true
    }

    mutating func restore(position: Position, of symbol: Symbol) { positions[symbol] = position }

    private mutating func insertLive(_ id: ClientOrderID) {
        let index = liveIndex(id)
        if index < live.count, live[index] == id { return }
        live.insert(id, at: index)
    }

    private mutating func removeLive(_ id: ClientOrderID) {
        let index = liveIndex(id)
        if index < live.count, live[index] == id { live.remove(at: index) }
    }

    /// The first index whose id is not smaller. New orders go to the end.
    private func liveIndex(_ id: ClientOrderID) -> Int {
        guard let last = live.last, !(last < id) else { return live.count }
        var low = 0
        var high = live.count
        while low < high {
            let middle = (low + high) / 2
            if live[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Forgets the oldest finished orders beyond the limit.
    private mutating func finish(_ id: ClientOrderID) {
        finished.append(id)
        if finished.count > Self.finishedLimit * 2 { forgetFinished(Self.finishedLimit) }
    }

    /// Forgets all but the newest finished orders, as one who loads no more of them.
    package mutating func keepFinished(_ limit: Int) {
        forgetFinished(max(0, finished.count - limit))
    }

    private mutating func forgetFinished(_ count: Int) {
        for old in finished.prefix(count) {
            guard let entry = entries[old], entry.order.isDone else { continue }
            if let exchangeID = entry.order.exchangeOrderID, byExchangeID[exchangeID] == old {
                byExchangeID[exchangeID] = nil
            }
            entries[old] = nil
        }
        finished.removeFirst(count)
    }

    /// Brings the sums up to date with one order.
    private mutating func recount(_ id: ClientOrderID) throws(ArithmeticError) {
        guard let index = entries.index(forKey: id) else { return }
        let order = entries.values[index].order
        let old = entries.values[index].counted
        // An intent counts as soon as it exists: it is about to be sent.
        let new = try Contribution(order)
        guard new != old else { return }
        try count(order, from: old, to: new)
        entries.values[index].counted = new
    }

    private mutating func count(_ order: Order, from old: Contribution, to new: Contribution)
        throws(ArithmeticError)
    {
        let symbol = order.terms.symbol
        var total = totals[symbol] ?? WorkingTotals()
        let delta = try new.leaves - old.leaves
        switch order.terms.side {
        case .buy: total.buys = try total.buys + delta
        case .sell: total.sells = try total.sells + delta
        }
        total.unbooked = try total.unbooked + (new.unbooked - old.unbooked)
        let step = (new.working ? 1 : 0) - (old.working ? 1 : 0)
        total.orders += step
        let currency = order.terms.side == .buy ? symbol.quote : symbol.base
        let hold = try (holds[currency] ?? .zero) + (new.hold - old.hold)
        workingCount += step
        liveCounts.add(-1, old.state, isInFlight: old.isInFlight)
        liveCounts.add(1, new.state, isInFlight: new.isInFlight)
        // Sums of nothing are not kept: what was loaded equals what was lived.
        totals[symbol] = total == WorkingTotals() ? nil : total
        holds[currency] = hold.isZero ? nil : hold
    }
}

extension OrderLedger.Contribution {
    init(_ order: Order) throws(ArithmeticError) {
        self.init()
        let excess = try order.filledQuantity - order.bookedQuantity
        if excess.isPositive { unbooked = order.terms.side == .buy ? excess : -excess }
        guard !order.state.isTerminal else { return }
        state = order.state
        isInFlight = order.isInFlight
        working = true
        leaves = order.leavesQuantity
        switch order.terms.side {
        case .sell: hold = Money(raw: leaves.raw)
        case .buy: hold = try order.terms.type.limitPrice?.times(leaves, .up) ?? .zero
        }
    }
}
