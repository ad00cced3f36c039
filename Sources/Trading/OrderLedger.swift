// Every order that still matters, found by client id, by exchange id, and by being working; the positions;
// and what working orders hold of the account. Mutated only by `DurableState.apply`.
//
// Counts and sums are kept as orders change, so that nothing here walks all orders to answer a question that
// is asked each turn.

import TradingDomain

package struct OrderLedger: Equatable, Sendable {
    private let byAddress = ByAddress()
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
    package private(set) var positions = FewKeyed<Symbol, Position>()
    /// The same fills under the strategies whose orders they filled.
    package private(set) var books = StrategyBooks()
    private var totals = FewKeyed<Symbol, WorkingTotals>()
    /// The same per strategy.
    private var strategyTotals = FewKeyed<String, FewKeyed<Symbol, WorkingTotals>>()
    /// Held by working orders, per currency.
    private var holds = FewKeyed<String, Money>()
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
    package func working(_ symbol: Symbol, of strategy: String) -> WorkingTotals {
        strategyTotals[strategy]?[symbol] ?? WorkingTotals()
    }
    /// Working orders of a strategy, intents included.
    package func workingCount(of strategy: String) -> Int {
        strategyTotals[strategy]?.values.reduce(0) { $0 + $1.orders } ?? 0
    }
    /// The markets in which a strategy holds or wants anything, sorted.
    package func symbols(of strategy: String) -> [Symbol] {
        guard let working = strategyTotals[strategy] else { return books.symbols(of: strategy) }
        return Set(working.keys).union(books.symbols(of: strategy)).sorted()
    }
    package func position(_ symbol: Symbol) -> Position { positions[symbol] ?? Position() }
    package func hold(_ currency: String) -> Money { holds[currency] ?? .zero }
    package var count: Int { entries.count }

    /// The markets of all orders at hand, and of positions. Walks all: for rare questions.
    package var symbols: Set<Symbol> {
        var symbols = Set(positions.keys)
        for entry in entries.values { symbols.insert(entry.order.terms.symbol) }
        return symbols
    }
    /// Orders whose booked fills do not add up, oldest first. Walks all: for recovery.
    package var unsettled: [ClientOrderID] {
        entries.values.filter { !$0.order.isSettled && $0.order.exchangeOrderID != nil }.map(\.order.id)
            .sorted()
    }
    /// How long ago each order of the last `window` was created, and for whom, oldest first. One whose creation lies in the
    /// future, by a clock that is set since, may be as young as can be. Walks all: for recovery.
    package func ages(at now: UTCInstant, within window: Duration) -> [(age: Duration, strategy: String)] {
        entries.values.map { (max(.zero, now - $0.order.createdAt), $0.order) }.filter { $0.0 < window }
            .sorted { $0.1.id < $1.1.id }.sorted { $0.0 > $1.0 }.map { ($0.0, $0.1.strategy) }
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
        if let index = entries.index(forKey: order.id) {
            try recount(order, from: Contribution(), at: index)
        }
        if order.isDone { finish(order.id) }
    }

    /// Changes one order in place; `change` must not keep the order.
    mutating func update(_ id: ClientOrderID, _ change: (inout Order) -> Void) throws(ArithmeticError) {
        guard let index = entries.index(forKey: id) else { return }
        let (before, entry) = Self.alter(&entries.values[index], change)
        let order = entry.order
        if let exchangeID = order.exchangeOrderID, exchangeID != before.exchangeID {
            byExchangeID[exchangeID] = id
        }
        if before.isTerminal != order.state.isTerminal {
            if order.state.isTerminal { removeLive(id) } else { insertLive(id) }
        }
        try recount(order, from: entry.counted, at: index)
        if order.isDone && !before.isDone { finish(id) }
        if before.isDone && !order.isDone { finished.removeAll { $0 == id } }
    }

    /// An entry is large, and each look at one in a dictionary copies it: one look tells everything.
    private static func alter(_ entry: inout Entry, _ change: (inout Order) -> Void)
        -> (before: (isDone: Bool, isTerminal: Bool, exchangeID: ExchangeOrderID?), entry: Entry)
    {
        let before = (entry.order.isDone, entry.order.state.isTerminal, entry.order.exchangeOrderID)
        change(&entry.order)
        return (before, entry)
    }

    /// Books a fill that was not booked before.
    /// - Returns: whether it was news.
    mutating func book(_ fill: Fill, for id: ClientOrderID) throws(ArithmeticError) -> Bool {
        guard let entry = entries[id], !entry.fills.contains(fill.id) else { return false }
        var position = positions[fill.symbol] ?? Position()
        try position.book(fill)
        let booked =
            try entry.order.bookedQuantity + (fill.kind == .reversal ? -fill.quantity : fill.quantity)
        try books.book(fill, strategy: entry.order.strategy)
        positions[fill.symbol] = position
        entries[id]?.fills.append(fill.id)
        try update(id) { $0.bookedQuantity = booked }
        return true
    }

    mutating func restore(position: Position, of symbol: Symbol) { positions[symbol] = position }

    mutating func restore(_ books: StrategyBooks) { self.books = books }

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
        return live.ascendingIndex(of: id)
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
    private mutating func recount(
        _ order: Order, from old: Contribution, at index: Dictionary<ClientOrderID, Entry>.Index
    ) throws(ArithmeticError) {
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
        let change = try WorkingTotals(
            orders: (new.working ? 1 : 0) - (old.working ? 1 : 0), leaves: new.leaves - old.leaves,
            order.terms.side, unbooked: new.unbooked - old.unbooked)
        let total = try working(symbol) + change
        let share = try working(symbol, of: order.strategy) + change
        try hold(new.hold - old.hold, order)
        workingCount += change.orders
        liveCounts.add(-1, old.state, isInFlight: old.isInFlight)
        liveCounts.add(1, new.state, isInFlight: new.isInFlight)
        // Sums of nothing are not kept: what was loaded equals what was lived.
        totals[symbol] = total == WorkingTotals() ? nil : total
        set(share, of: order.strategy, symbol)
    }

    /// Most changes of an order change nothing of what it holds.
    private mutating func hold(_ change: Money, _ order: Order) throws(ArithmeticError) {
        guard !change.isZero else { return }
        let currency = order.terms.side == .buy ? order.terms.symbol.quote : order.terms.symbol.base
        let hold = try (holds[currency] ?? .zero) + change
        holds[currency] = hold.isZero ? nil : hold
    }
}

extension OrderLedger {
    private mutating func set(_ share: WorkingTotals, of strategy: String, _ symbol: Symbol) {
        let isNothing = share == WorkingTotals()
        strategyTotals.change(strategy, from: [:]) { $0[symbol] = isNothing ? nil : share }
        if isNothing, strategyTotals[strategy]?.isEmpty == true { strategyTotals[strategy] = nil }
    }
}

extension OrderLedger.Contribution {
    init(_ order: Order) throws(ArithmeticError) {
        self.init()
        let excess = try order.believedQuantity - order.bookedQuantity
        if excess.isPositive { unbooked = order.terms.side == .buy ? excess : -excess }
        if !order.state.isTerminal {
            state = order.state
            isInFlight = order.isInFlight
            working = true
        } else if order.awaitsSize != true {
            return
        }
        // Of one that has ended before its size was final the rest may have been filled: limits count on it.
        leaves = order.leavesQuantity
        switch order.terms.side {
        case .sell: hold = Money(raw: leaves.raw)
        case .buy: hold = try order.terms.type.limitPrice?.times(leaves, .up) ?? .zero
        }
    }
}
