// The state that survives us, and the only place in which it changes.
//
// `apply` is shared by live running, recovery and replay: what the journal says is what we know. It decides
// nothing; a record that does not fit what it finds is an integrity error, and nothing of it is applied.

import TradingDomain

/// A record that cannot be true of the state it meets.
package struct IntegrityError: Error, Equatable, Sendable, CustomStringConvertible {
    package let record: String
    package let cause: String
    package var description: String { "record \(record) does not fit the state: \(cause)" }

    package init(record: String, cause: String) {
        self.record = record
        self.cause = cause
    }
}

package struct DurableState: Equatable, Sendable {
    private let byAddress = ByAddress()
    package var ledger = OrderLedger()
    /// The life that runs, or ran last; 0 before the first.
    package var epoch: Int64 = 0
    /// The portfolio that these books are about; nil until the venue named it.
    package var portfolio: String?
    /// Highest sequence used in each epoch, for telling a forgotten order from an unknown one.
    package var sequences: [Int64: Int64] = [:]
    /// Orders that the exchange showed and no life of this store intended: known too, however long ago they ended.
    package internal(set) var found: Set<ClientOrderID> = []
    package var halts: [Halt] = []
    /// Strategies that the core took out, at most one halt each, oldest first.
    package var strategyHalts: [StrategyHalt] = []
    /// Strategies that an operator switched off, oldest first.
    package var switchesOff: [StrategySwitch] = []
    /// The strategy that was deciding when the life before this one died; nil where it ended otherwise.
    package var diedDeciding: String?
    /// What an operator's word keeps: a pause or a stop; nil while trading is wanted.
    package var standing: Standing?
    /// Each strategy's memory as text.
    package var memories: [String: String] = [:]
    /// Orders that their strategies wanted once.
    package internal(set) var once = OnceOrders()
    package var day: TradingDay?
    /// What the account should hold, by currency; empty until it was noted first.
    package internal(set) var holdings: [Holding] = []
    /// The last stop, if nothing happened after it.
    package var stopped: StopMarker?
    /// Whether recovery of the current life is complete.
    package var isRecovered = false

    package init() {}

    /// Whether an order of ours with this id was made by a life that this store has seen.
    package func knows(_ id: ClientOrderID) -> Bool {
        id.sequence <= (sequences[id.epoch] ?? 0) || found.contains(id)
    }

    package mutating func apply(_ record: Record) throws(IntegrityError) {
        do throws(ArithmeticError) {
            try change(by: record)
        } catch {
            throw IntegrityError(record: "\(record)", cause: error.description)
        }
    }

    private mutating func change(by record: Record) throws(ArithmeticError) {
        switch record {
        case .lifeBegan(let epoch, _, _):
            self.epoch = epoch
            sequences[epoch] = sequences[epoch] ?? 0
            stopped = nil
            isRecovered = false
        case .epochRaised(let epoch):
            self.epoch = epoch
            sequences[epoch] = sequences[epoch] ?? 0
        case .accountConfirmed(let portfolio, _): self.portfolio = portfolio
        case .recovered: isRecovered = true
        case .intent(let order):
            sequences[order.id.epoch] = max(sequences[order.id.epoch] ?? 0, order.id.sequence)
            found.remove(order.id)
            if let key = order.onceKey { once.note(key, order.id, of: order.strategy) }
            try ledger.insert(order)
        case .discovered(let order):
            // Its sequence is not noted: others below it may be as unknown as it was.
            if ledger[order.id]?.strategy.isEmpty ?? true { found.insert(order.id) }
            try ledger.insert(order)
        case .sent(let id, let at): try ledger.update(id) { $0.sentAt = at }
        case .changed(let change):
            try ledger.update(change.id) { order in
                order.state = change.state
                order.exchangeOrderID = change.exchangeOrderID ?? order.exchangeOrderID
                order.filledQuantity = change.filledQuantity ?? order.filledQuantity
                order.reason = change.reason ?? order.reason
                if let isFinal = change.isSizeFinal { order.awaitsSize = isFinal ? nil : true }
                order.endedAt = change.state.isTerminal ? (order.endedAt ?? change.at) : nil
            }
        case .cancelRequested(let ids, let at, let cause):
            for id in ids { try ledger.update(id) { $0.noteCancel(at, cause) } }
        case .leaseEnding(let ids, let at):
            for id in ids {
                try ledger.update(id) { order in
                    order.noteCancel(at, .lease)
                    order.reason = Order.leaseReason
                }
            }
        case .fill(let id, let fill): if try ledger.book(fill, for: id) { try move(fill) }
        case .balancesNoted(let holdings, _): self.holdings = holdings
        case .strategyMemory(let strategy, let memory): memories[strategy] = memory
        case .dayBegan(let day): self.day = day
        case .halted(let halt): halts.append(halt)
        case .resumed: halts = []
        case .strategyHalted(let halt):
            if self.halt(of: halt.strategy) == nil { strategyHalts.append(halt) }
        case .diedDeciding(let strategy, _): diedDeciding = strategy
        case .operatorSaid(let note):
            standing = note.standing(after: standing)
            if case .strategy(let name, let word) = note.word {
                obey(word, of: name, by: note.by, at: note.at)
            }
        case .stopped(let marker): stopped = marker
        case .refused, .alert, .stopBegan: break
        }
    }

    /// What a fill moved of the account, where that is watched.
    private mutating func move(_ fill: Fill) throws(ArithmeticError) {
        guard !holdings.isEmpty else { return }
        let effect = try FillEffect(fill)
        try move(Money(raw: effect.quantity.raw), of: fill.symbol.base)
        try move(effect.cash, of: fill.symbol.quote)
    }

    private mutating func move(_ amount: Money, of currency: String) throws(ArithmeticError) {
        if let index = holdings.firstIndex(where: { $0.currency == currency }) {
            holdings[index].flow = try holdings[index].flow + amount
        } else {
            let place = holdings.firstIndex { $0.currency > currency } ?? holdings.count
            holdings.insert(Holding(currency: currency, noted: .zero, flow: amount), at: place)
        }
    }

    // MARK: Loading, by the store alone: rows as `apply` once made them.

    package mutating func restore(_ order: Order, fills: [FillID]) throws(IntegrityError) {
        do throws(ArithmeticError) { try ledger.insert(order, fills: fills) } catch {
            throw IntegrityError(record: "order \(order.id)", cause: error.description)
        }
    }

    package mutating func restore(found ids: [ClientOrderID]) { found = Set(ids) }

    package mutating func restore(_ once: OnceOrders) { self.once = once }

    package mutating func restore(_ holdings: [Holding]) { self.holdings = holdings }

    package mutating func restore(_ books: StrategyBooks) { ledger.restore(books) }

    package mutating func restore(_ position: Position, of symbol: Symbol) {
        ledger.restore(position: position, of: symbol)
    }
}
