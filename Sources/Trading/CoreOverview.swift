// What operators see of a running bot: one small value, made by the core on demand. Orders and fills are in the store;
// here is what only the running core knows.

import TradingDomain

package struct CoreOverview: Codable, Equatable, Sendable {
    package struct Market: Codable, Equatable, Sendable {
        package var symbol: Symbol
        package var bid: Price?
        package var ask: Price?
        package var quoteAt: UTCInstant?
        package var position: Quantity
        package var averageCost: Price?
        package var workingOrders: Int
        package var workingBuys: Quantity
        package var workingSells: Quantity
        /// Realised after fees plus unrealised, quote units.
        package var result: Money?
    }
    /// One risk limit, and how much of it is used. Amounts as text, in the unit that the limit has.
    package struct Limit: Codable, Equatable, Sendable {
        package var name: String
        package var symbol: Symbol?
        package var used: String?
        package var limit: String
    }
    package struct Phase: Codable, Equatable, Sendable {
        package var name: StopPhase
        package var startedAt: UTCInstant
        package var endedAt: UTCInstant?
        package var attempts: Int
    }
    package struct Stop: Codable, Equatable, Sendable {
        package var reason: String
        package var startedAt: UTCInstant
        package var phase: StopPhase
        package var isExpedited: Bool
        /// Of the deadline, when this was made.
        package var leftMs: Int64
        package var ordersFound: Int
        package var ordersCanceled: Int
        package var ordersEndedOtherwise: Int
        package var cancelErrors: Int
        package var lateFills: Int
        package var phases: [Phase]
    }
    package struct FeedState: Codable, Equatable, Sendable {
        package var feed: Feed
        package var isUp: Bool
    }
    package struct Clock: Codable, Equatable, Sendable {
        /// Nil while the venue's clock can be relied on, or does not matter.
        package var trouble: String?
        package var offsetMs: Int64?
        package var uncertaintyMs: Int64?
    }

    package var bot: BotID
    package var mode: Mode
    package var at: UTCInstant
    package var startedAt: UTCInstant
    package var epoch: Int64
    package var lifecycle: CoreStatus.Lifecycle
    package var isReady: Bool
    /// Whether new exposure may be created now, and if not, why.
    package var isGateOpen: Bool
    package var gateClosedBy: [String]
    package var standing: Standing?
    package var halts: [Halt]
    package var isFlattening: Bool
    package var sweeps: Int
    package var lastProvedSweep: Int
    package var isProvedEmpty: Bool
    package var workingOrders: Int
    package var unknownPlacements: Int
    package var placementsInFlight: Int
    package var cycles: Int
    /// Until the next decision that only time brings; nil while none is due.
    package var nextCycleMs: Int64?
    /// What works in each market; nil while looking would take too long.
    package var ladders: [Ladder]?
    package var stop: Stop?
    package var markets: [Market]
    /// Since the first life, quote units: realised after fees plus unrealised.
    package var result: Money
    /// The same since 00:00 UTC; nil while it is not known.
    package var dayResult: Money?
    package var limits: [Limit]
    package var strategies: [StrategyStatus]
    /// Nil where no strategy follows one, and before the first choice.
    package var universe: Universe?
    package var feeds: [FeedState]
    package var clock: Clock
    /// What is measured beside it.
    package var measures = Measures()
}

extension TradingCore {
    package func makeOverview() -> CoreOverview {
        let status = status
        return CoreOverview(
            bot: configuration.bot, mode: configuration.mode, at: now.utc, startedAt: volatile.startedAt.utc,
            epoch: durable.epoch, lifecycle: status.lifecycle,
            isReady: status.lifecycle == .trading || status.lifecycle == .paused,
            isGateOpen: isGateOpen, gateClosedBy: gateClosedBy, standing: durable.standing,
            halts: durable.halts, isFlattening: status.isFlattening, sweeps: status.sweeps,
            lastProvedSweep: status.lastProvedSweep, isProvedEmpty: status.isProvedEmpty,
            workingOrders: status.workingOrders, unknownPlacements: status.unknownPlacements,
            placementsInFlight: volatile.calls.placements, cycles: volatile.cycles,
            nextCycleMs: nextCycle?.wholeMilliseconds, ladders: ladders,
            stop: volatile.stop?.overview(at: now), markets: marketOverviews, result: volatile.markedResult,
            dayResult: dayResult, limits: limitUses,
            strategies: strategyStatuses, universe: volatile.universe.universe,
            feeds: Feed.allCases.map { .init(feed: $0, isUp: volatile.feeds[$0].isUp) },
            clock: .init(
                trouble: clockTrouble,
                offsetMs: volatile.introduction.clock?.offset.wholeMilliseconds,
                uncertaintyMs: volatile.introduction.clock?.uncertainty.wholeMilliseconds),
            measures: measures)
    }

    /// The parts of `isGateOpen` that say no, for people.
    private var gateClosedBy: [String] {
        var reasons: [String] = []
        if let halt = durable.halts.first {
            reasons.append("halted (\(halt.cause.rawValue)): \(halt.detail)")
        }
        if let standing = durable.standing, standing.kind == .stopped {
            reasons.append("stopped by \(standing.by); `trader247 resume` to trade")
        }
        if let stop = volatile.stop { reasons.append("stopping: \(stop.reason)") }
        if volatile.lifecycle == .starting || volatile.lifecycle == .recovering {
            reasons.append("recovery is not complete")
        }
        if volatile.lifecycle == .trading, volatile.sweep != nil {
            reasons.append("a sweep that was asked for")
        }
        if let failure = volatile.storeFailure { reasons.append("the store failed: \(failure)") }
        if !volatile.feeds.orders.isUp { reasons.append("the order feed is lost") }
        if volatile.reconcileSince != nil { reasons.append("reconciling with the exchange") }
        if let trouble = clockTrouble { reasons.append("the venue's clock: \(trouble)") }
        return reasons
    }

    var overviewSymbols: [Symbol] {
        Set(strategySymbols).union(durable.ledger.positions.keys).sorted()
    }

    private var marketOverviews: [CoreOverview.Market] {
        overviewSymbols.map { symbol in
            let quote = volatile.quotes[symbol]
            let totals = durable.ledger.working(symbol)
            return CoreOverview.Market(
                symbol: symbol, bid: quote?.bid, ask: quote?.ask, quoteAt: quote?.at,
                position: position(of: symbol),
                averageCost: (try? durable.ledger.position(symbol).averageCost) ?? nil,
                workingOrders: totals.orders, workingBuys: totals.buys, workingSells: totals.sells,
                result: volatile.marks[symbol])
        }
    }

    private var dayResult: Money? {
        guard volatile.unquoted.isEmpty, let day = durable.day else { return nil }
        return try? volatile.markedResult - day.baseline
    }

    private var limitUses: [CoreOverview.Limit] {
        let risk = configuration.risk
        let loss = dayResult.map { $0.isNegative ? -$0 : .zero }
        let recent = volatile.recentIntents.newest { now.monotonic - $0 < .seconds(60) }
        var uses: [CoreOverview.Limit] = [
            .init(
                name: "working_orders", used: "\(durable.ledger.workingCount)",
                limit: "\(risk.maximumWorkingOrders)"),
            .init(name: "orders_per_minute", used: "\(recent)", limit: "\(risk.maximumOrdersPerMinute)"),
            .init(
                name: "daily_loss", used: loss.map { "\($0)" },
                limit: risk.maximumDailyLoss.isPositive ? "\(risk.maximumDailyLoss)" : "none"),
            .init(name: "order_notional", used: nil, limit: "\(risk.maximumOrderNotional)"),
            .init(name: "price_collar_bps", used: nil, limit: "\(risk.priceCollarBasisPoints)"),
        ]
        for symbol in overviewSymbols {
            let totals = durable.ledger.working(symbol)
            uses.append(
                .init(
                    name: "working_orders_per_symbol", symbol: symbol, used: "\(totals.orders)",
                    limit: "\(risk.maximumWorkingOrdersPerSymbol)"))
            uses.append(
                .init(
                    name: "position_notional", symbol: symbol,
                    used: reachableNotional(symbol, totals).map { "\($0)" },
                    limit: "\(risk.maximumPositionNotional)"))
        }
        return uses
    }

    /// The larger of what all buys or all sells could lead to, at the mid; nil without a price.
    private func reachableNotional(_ symbol: Symbol, _ totals: WorkingTotals) -> Money? {
        guard let mid = volatile.quotes[symbol]?.mid else { return nil }
        let open = position(of: symbol)
        guard let high = try? (open + totals.buys).magnitude, let low = try? (open - totals.sells).magnitude
        else { return nil }
        return try? mid.times(max(high, low, open.magnitude), .up)
    }
}

extension GracefulShutdown {
    func overview(at now: Stamp) -> CoreOverview.Stop {
        CoreOverview.Stop(
            reason: reason, startedAt: startedAt.utc, phase: phase, isExpedited: isExpedited,
            leftMs: max(0, (deadline - now.monotonic).wholeMilliseconds), ordersFound: found.count,
            ordersCanceled: canceled, ordersEndedOtherwise: endedOtherwise, cancelErrors: cancelErrors,
            lateFills: lateFills,
            phases: StopPhase.allCases.compactMap { phase in
                guard let time = times[phase], let began = time.startedAt else { return nil }
                return CoreOverview.Phase(
                    name: phase, startedAt: began.utc, endedAt: time.endedAt?.utc, attempts: time.attempts)
            })
    }
}
