// How each strategy stands, for people and machines: what it holds, what it has earned, and what is left of its limits.

import TradingDomain

package struct StrategyStatus: Codable, Equatable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case trading
        /// By the configuration or by an operator.
        case disabled
        case halted
        /// It has a book and is not configured any more; or its orders were found at the exchange, without a name.
        case absent
    }
    package struct Holding: Codable, Equatable, Sendable {
        package var symbol: Symbol
        package var quantity: Quantity
    }
    package struct Refusal: Codable, Equatable, Sendable {
        package var rule: RiskRefusal.Rule
        package var symbol: Symbol
        package var detail: String
        package var at: UTCInstant
    }
    /// The program of a strategy outside.
    package struct Program: Codable, Equatable, Sendable {
        package enum State: String, Codable, Sendable, CaseIterable {
            /// It rests with its strategy.
            case off
            /// Started, and has not answered yet.
            case starting
            case running
            case ending
            /// It failed, and is started again in a moment.
            case waiting
        }
        package var state: State
        package var pid: Int32?
        package var startedAt: UTCInstant?
        /// In this life.
        package var starts: Int64
        package var answers: Int64
        /// Within the window in which they are counted, and how many are too many.
        package var failures: Int
        package var failureLimit: Int
        package var lastFailure: String?
        package var lastFailureAt: UTCInstant?
    }

    package var name: String
    package var state: State
    /// Why it rests, or what is wrong with its program; nil while it trades.
    package var reason: String?
    package var symbols: [Symbol]
    package var workingOrders: Int
    /// Positions that are not zero.
    package var positions: [Holding]
    /// At the mids, quote units; nil where a price is missing.
    package var positionsValue: Money?
    /// Since its first fill, after fees, quote units.
    package var realised: Money
    package var fees: Money
    package var unrealised: Money?
    /// Since 00:00 UTC, or since it was resumed; nil while it is not known.
    package var dayResult: Money?
    package var fillsToday: Int
    /// What `limits.budget` counts.
    package var budgetUsed: Money?
    package var ordersInLastMinute: Int
    package var limits: StrategyLimits
    package var lastRefusal: Refusal?
    /// Nil for a strategy that is none.
    package var program: Program?
}

extension TradingCore {
    /// The strategies of this life in their order, then those that only have a book, by name.
    package var strategyStatuses: [StrategyStatus] {
        let slots = volatile.slots.map(\.strategy.name)
        let others = durable.ledger.books.strategies.filter { name in
            !slots.contains(name)
                && durable.ledger.books.positions[name]?.values.contains { $0 != Position() } == true
        }
        return volatile.slots.map { status(of: $0.strategy.name, $0) } + others.map { status(of: $0, nil) }
    }

    private func status(of name: String, _ slot: StrategySlot?) -> StrategyStatus {
        let ledger = durable.ledger
        let rest = slot.flatMap { self.rest(of: $0.strategy) }
        let held = ledger.symbols(of: name).map { symbol in
            StrategyStatus.Holding(symbol: symbol, quantity: position(of: symbol, name))
        }.filter { !$0.quantity.isZero }
        let realised = (try? self.realised(of: name)) ?? .zero
        let result = (try? result(of: name)) ?? nil
        let day = ledger.books.days[name]
        return StrategyStatus(
            name: name, state: slot == nil ? .absent : rest.map(\.state) ?? .trading,
            reason: rest?.words ?? slot?.program?.trouble,
            symbols: slot?.strategy.symbols ?? ledger.books.symbols(of: name),
            workingOrders: ledger.workingCount(of: name), positions: held, positionsValue: value(of: held),
            realised: realised, fees: fees(of: name),
            unrealised: result.flatMap { try? $0 - realised },
            dayResult: (try? dayResult(of: name)) ?? nil,
            fillsToday: day?.number == now.utc.dayNumber ? day?.fills ?? 0 : 0,
            budgetUsed: budgetUsed(name),
            ordersInLastMinute: slot?.recentIntents.newest { now.monotonic - $0 < .seconds(60) } ?? 0,
            limits: slot?.strategy.limits ?? StrategyLimits(), lastRefusal: slot?.lastRefusal,
            program: slot?.program?.status(at: now.monotonic))
    }

    private func value(of held: [StrategyStatus.Holding]) -> Money? {
        var sum = Money.zero
        for holding in held {
            guard let mid = volatile.quotes[holding.symbol]?.mid,
                let value = try? mid.times(holding.quantity, .halfEven), let next = try? sum + value
            else { return nil }
            sum = next
        }
        return sum
    }

    private func fees(of name: String) -> Money {
        var sum = Money.zero
        for symbol in durable.ledger.books.symbols(of: name) {
            sum = (try? sum + durable.ledger.books.position(name, symbol).fees) ?? sum
        }
        return sum
    }

    private func budgetUsed(_ name: String) -> Money? {
        var sum = Money.zero
        for symbol in durable.ledger.symbols(of: name) {
            guard let value = try? reachableValue(name, symbol), let next = try? sum + value else {
                return nil
            }
            sum = next
        }
        return sum
    }
}

extension ExternalProgram {
    /// Why it wants nothing though its strategy may trade.
    fileprivate var trouble: String? {
        guard state != .running, isFailureTold, let lastFailure else { return nil }
        return "its program failed at \(lastFailure.at) and is started again: \(lastFailure.what)"
    }

    fileprivate func status(at now: MonotonicInstant) -> StrategyStatus.Program {
        let shown: StrategyStatus.Program.State =
            switch state {
            case .off: restartAt == nil ? .off : .waiting
            case .running: hasAnswered ? .running : .starting
            case .ending: .ending
            }
        return StrategyStatus.Program(
            state: shown, pid: pid, startedAt: startedAt, starts: run, answers: answers,
            failures: failures(at: now), failureLimit: rules.restarts + 1, lastFailure: lastFailure?.what,
            lastFailureAt: lastFailure?.at)
    }
}

extension StrategyRest {
    fileprivate var state: StrategyStatus.State {
        switch self {
        case .configuration, .switchedOff: .disabled
        case .halted: .halted
        }
    }
}
