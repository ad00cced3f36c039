// The core: decides everything and does nothing. One event in, one turn out; the same events give the same
// turns, bit for bit. It reads no clock, opens no file and awaits nothing; its randomness comes from a seed.
//
// A turn has four parts, each in a file of its own: what the event tells is absorbed (`+Absorb`, `+Answers`),
// the life moves on (`Recovery`, `Halts`, `GracefulShutdown`), the strategies decide (`+Decisions`), and what
// is due is asked of the exchange as far as the rate budget goes (`+Requests`). The last part looks at the
// state, not at the event: whatever brought an order into need of a cancel, there it gets one.

import TradingDomain

package struct TradingCore: Sendable {
    private let byAddress = ByAddress()
    package internal(set) var configuration: CoreConfiguration
    package let capabilities: ExchangeCapabilities
    /// The markets that may be traded. A venue that introduces itself tells them later, and again.
    var products: FewKeyed<Symbol, Product>
    var riskGate: RiskGate
    /// The markets of all strategies, by name.
    let strategySymbols: [Symbol]
    /// What these are made of, which every view needs.
    let currencies: FewKeyed<Symbol, CurrencyPair>
    /// The dearest fee of any market, per currency that it is paid in.
    private(set) var worstFee = FewKeyed<String, Rate>()
    /// Changed by `DurableState.apply` alone, through `record`.
    package internal(set) var durable: DurableState
    var volatile: VolatileState
    /// The stamp of the event in hand.
    var now: Stamp

    /// A core at the beginning of a life, on what the store holds. Its first event is `.started`.
    /// - Throws: `MemoryError` when a strategy can't read its recorded memory.
    package init(
        configuration: CoreConfiguration, capabilities: ExchangeCapabilities, products: [Product],
        strategies: [AnyStrategy], durable: DurableState
    ) throws {
        self.configuration = configuration
        self.capabilities = capabilities
        self.products = FewKeyed(products.map { ($0.symbol, $0) })
        self.durable = durable
        riskGate = RiskGate(limits: configuration.risk)
        strategySymbols = Set(strategies.flatMap(\.symbols)).sorted()
        currencies = FewKeyed(strategySymbols.map { ($0, CurrencyPair($0)) })
        volatile = VolatileState(configuration: configuration, capabilities: capabilities)
        now = volatile.startedAt
        volatile.slots = try strategies.map {
            try StrategySlot($0, memory: durable.memories[$0.name])
        }
        volatile.hasPrograms = strategies.contains { $0.external != nil }
        countWorstFees()
    }

    mutating func countWorstFees() {
        worstFee = [:]
        for product in products.values {
            let fee = max(product.takerFee, product.makerFee)
            worstFee.change(product.symbol.quote, from: fee) { $0 = max($0, fee) }
        }
    }

    package mutating func handle(_ event: Event, at stamp: Stamp, into turn: inout Turn) {
        guard volatile.lifecycle != .ended else { return }
        now = stamp
        absorb(event, &turn)
        giveUpOverdueCalls(&turn)
        watchClock(&turn)
        watchFeeds(&turn)
        watchPrograms(&turn)
        beginPendingHalt(&turn)
        beginPendingStop(&turn)
        advanceSweep(&turn)
        endAskedSweep(&turn)
        advanceRecovery(&turn)
        advanceStop(&turn)
        advanceFlatten(&turn)
        renewLeases(&turn)
        chooseWhenDue(&turn)
        decide(&turn)
        beginPendingHalt(&turn)
        guard volatile.lifecycle != .ended else { return }
        turn.wakeAt = request(&turn)
    }

    private mutating func absorb(_ event: Event, _ turn: inout Turn) {
        switch event {
        case .started:
            beginRecovery(&turn)
            if configuration.sweepsOnly { beginAskedSweep(&turn) }
        case .woke: break
        case .quote(let quote): absorb(quote, &turn)
        case .statistics(let told):
            volatile.marketRecords.change(told.symbol, from: MarketRecord(told.symbol)) { $0.note(told) }
        case .order(let snapshot): absorb(snapshot, isListed: false, &turn)
        case .answered(let id, let answer): absorb(id, answer, &turn)
        case .committed(let through): volatile.durableThrough = max(volatile.durableThrough, through)
        case .commitOverdue:
            // It may still end well, so the stop that it causes still tries to flush.
            beginStop(
                "a commit has taken longer than \(CommitPipeline.overdueLimit)", failure: .unasked, &turn)
        case .storeFailed(let reason): fail(store: reason, &turn)
        case .signal(let signal):
            beginOrExpediteStop(signal.words, isAsked: signal != .guardianLost, &turn)
        case .operatorRequest(.stop): beginOrExpediteStop("operator stop", &turn)
        case .operatorRequest(.halt(let why)): halt(.killSwitch, why, &turn)
        case .operatorRequest(.resume): resume(by: "run --resume", &turn)
        case .operatorRequest(.said(let order)): obey(order, &turn)
        case .feed(let feed, let condition): absorb(feed, condition, &turn)
        case .rate(let hint): volatile.budget.heed(hint, at: now.monotonic)
        case .overworked(let strategy, let took): absorb(overworked: strategy, took: took, &turn)
        case .external(let report): absorb(report, &turn)
        case .overslept(let duration): absorb(overslept: duration, &turn)
        case .endOfRun(let why):
            volatile.stop?.isAskedFor()
            beginStop(why, &turn)
        case .shellFailed(let why): beginStop("internal error: \(why)", failure: .internalError, &turn)
        }
    }

    private mutating func beginAskedSweep(_ turn: inout Turn) {
        if let crash = configuration.crash {
            alert("crash", "\(crash); every order is being canceled", &turn)
        }
        beginStop(configuration.crash.map { "sweep after a crash: \($0)" } ?? "sweep", &turn)
    }

    // MARK: What turns are made of

    /// Makes a durable change: applied here, committed by the shell.
    mutating func record(_ record: consuming Record, _ turn: inout Turn) {
        do {
            try durable.apply(record)
            turn.records.append(record)
            volatile.records += 1
            if volatile.stop?.flushBegan == true { volatile.stop?.recordsAfterFlush = true }
        } catch {
            tell(.alert, "integrity", error.description, &turn)
            volatile.pendingHalt = Halt(cause: .integrity, detail: error.description, at: now.utc)
        }
    }

    /// Hands a command to the shell. Its answer is awaited for `patience`, for ever if nil.
    @discardableResult
    mutating func command(
        _ command: Command, for purpose: Calls.Purpose, patience: Duration?, _ turn: inout Turn
    ) -> CommandID {
        volatile.commands += 1
        let id = volatile.commands
        turn.commands.append(NumberedCommand(id: id, command: command))
        volatile.calls.begin(
            Calls.Call(
                id: id, purpose: purpose, sentAt: now,
                giveUpAt: patience.map { now.monotonic + $0 } ?? .distantFuture))
        return id
    }

    func tell(
        _ level: Notice.Level, _ event: String, _ message: String, order: ClientOrderID? = nil,
        orders: [ClientOrderID]? = nil, _ turn: inout Turn
    ) {
        turn.notices.append(Notice(level, event, message, order: order, orders: orders))
    }

    /// Somebody must look: a journal row and a notice.
    mutating func alert(
        _ name: String, _ message: String, order: ClientOrderID? = nil, _ turn: inout Turn
    ) {
        record(.alert(Alert(name: name, message: message, at: now.utc)), &turn)
        tell(.alert, name, message, order: order, &turn)
    }

    /// Good news that somebody who was alerted waits for.
    mutating func inform(_ name: String, _ message: String, _ turn: inout Turn) {
        record(.alert(Alert(name: name, message: message, at: now.utc, level: .info)), &turn)
        tell(.info, name, message, &turn)
    }

    /// For what a stop would otherwise say with every listing.
    mutating func alertOnce(_ name: String, _ message: String, _ turn: inout Turn) {
        guard volatile.stop?.errors.contains(message) == false else { return }
        volatile.stop?.errors.append(message)
        alert(name, message, &turn)
    }

    // MARK: The gate

    /// Whether exposure may be created now. Closed for ever by a stop.
    var isGateOpen: Bool {
        volatile.lifecycle == .trading && volatile.stop == nil && volatile.storeFailure == nil
            && volatile.pendingHalt == nil && volatile.pendingStop == nil && volatile.sweep == nil
            && volatile.feeds.orders.isUp
            && volatile.reconcileSince == nil && clockTrouble == nil
    }

    /// Drops everything that was decided and not sent, in the same turn in which the gate closes.
    mutating func dropIntents(_ why: String, _ turn: inout Turn) {
        for waiting in volatile.awaitingCommit.drain() {
            learn(.neverSent(why), of: waiting.order.clientOrderID, &turn)
        }
        for index in volatile.slots.indices {
            volatile.slots[index].unmet = []
            volatile.slots[index].decideAt = nil
        }
    }

    /// A commit failed or hangs. Nothing that creates exposure can be made durable any more: stop.
    private mutating func fail(store reason: String, _ turn: inout Turn) {
        guard volatile.storeFailure == nil else { return }
        volatile.storeFailure = reason
        if volatile.lifecycle == .recovering {
            volatile.strayRequestsUntil = volatile.startedAt.monotonic + capabilities.requestLife
        }
        alert("store-failed", "state store: \(reason); no new orders, stopping", &turn)
        beginStop("state store failed: \(reason)", failure: .unasked, &turn)
    }

    // MARK: What the shell may show

    package var status: CoreStatus {
        var status = CoreStatus()
        status.lifecycle = volatile.lifecycle
        if volatile.lifecycle == .trading, durable.standing != nil { status.lifecycle = .paused }
        status.sweeps = volatile.sweeps
        status.lastProvedSweep = volatile.lastProvedSweep
        status.isFlattening = volatile.flatten != nil
        status.isProvedEmpty = volatile.sweep?.isProved ?? false
        status.epoch = durable.epoch
        status.workingOrders = durable.ledger.workingCount
        status.unknownPlacements = volatile.unknown.count
        if let stop = volatile.stop {
            status.phase = stop.phase
            status.ordersFound = stop.found.count
            status.stopDeadline = stop.deadline
        }
        return status
    }
}
