import ExchangeModel
import Trading
import TradingDomain

// What must hold at every step, judged from outside: by the core's records and commands, by the disk, and by
// the exchange's own truth. It changes nothing and believes nothing that the core says of itself.

final class Judge {
    /// The first thing that was wrong; ends the schedule.
    private(set) var problem: String?
    private(set) var placements = 0
    let configuration: CoreConfiguration
    let capabilities: ExchangeCapabilities

    /// Placed, in any life.
    private(set) var placed: Set<ClientOrderID> = []
    private var lastPlacedEpoch: Int64 = 0
    /// A store was lost, or older than it had been: what it knew is no promise any more.
    var isMemoryLost = false { didSet { if isMemoryLost { placedAt = [] } } }
    /// When orders were decided on that were placed, in the last minutes, by any life that can be remembered.
    var placedAt: [Instant] = []
    /// Of what was decided before this nobody can tell how long ago it was.
    private(set) var undatableBefore: Instant = .min
    /// Strategies and keys of orders that are wanted once.
    var onceKeys: Set<String> = []
    /// The same, though they may have been dropped before they were sent.
    var decidedKeys: Set<String> = []
    /// In calm: limits of every strategy, which strategy wanted each order, and when it was decided on.
    var strategyLimits = StrategyLimits()
    var marketsTraded = 1
    /// What closed everything was booked to the strategies by rules that the judge does not know.
    var hasFlattened = false
    var owned: [ClientOrderID: (strategy: String, terms: OrderTerms)] = [:]
    var knownFilled: [ClientOrderID: Int128] = [:]
    var decidedBy: [String: [Instant]] = [:]
    /// Orders that lived when nothing of ours ran any more and that nobody had named; what the last one named.
    var owed: Set<ClientOrderID> = []
    var named: Set<ClientOrderID> = []
    /// By how much the host's clock is ahead of that of a venue that introduces itself.
    var hostSkew: Instant = 0
    let asks: (Question) -> Bool

    init(
        configuration: CoreConfiguration, capabilities: ExchangeCapabilities,
        asks: @escaping (Question) -> Bool
    ) {
        self.configuration = configuration
        self.capabilities = capabilities
        self.asks = asks
    }

    /// The clock that decisions are dated by was set.
    func forgetTimes(at now: Instant) {
        placedAt = []
        undatableBefore = now
    }

    func fail(_ text: @autoclosure () -> String) {
        if problem == nil { problem = text() }
    }

    func demand(_ holds: Bool, _ text: @autoclosure () -> String) {
        if !holds { fail(text()) }
    }

    // MARK: A life begins

    /// What stands, what there is and what is held: read from the records, as the judge understands them.
    func begin(_ life: Life, _ disk: SimulatedDisk, _ exchange: SimulatedExchange) {
        let view = life.view
        if !owed.isEmpty { view.owes = owed.intersection(exchange.liveOrders) }
        owed = []
        named = []
        guard view.hasStore else { return }
        view.recordsFound = disk.records.count
        for record in disk.records {
            keep(record, view)
            stands(record, view)
        }
        view.calm?.open = Set(view.states.filter { !Self.isOver($0.value) }.keys)
        for symbol in view.books.keys.sorted() {
            guard let book = view.books[symbol] else { continue }
            compare(life.position(symbol), with: book, of: symbol, called: "rebuilt")
            compare(
                sum(life.strategiesPositions, symbol), with: book, of: symbol,
                called: "the strategies' rebuilt")
        }
    }

    /// Keeps the books of one record.
    func keep(_ record: Record, _ view: LifeView) {
        switch record {
        case .intent(let order), .discovered(let order): view.states[order.id] = order.state
        case .changed(let change): view.states[change.id] = change.state
        case .fill(let id, let fill):
            if view.bookedFills.insert(LifeView.FillKey(order: id, fill: fill.id)).inserted {
                view.books[fill.symbol, default: Book()].add(fill)
                view.bookedRows.insert(fill.id)
            }
        default: break
        }
    }

    /// What one record leaves standing for this life and for later ones.
    func stands(_ record: Record, _ view: LifeView) {
        switch record {
        case .lifeBegan(let epoch, _, _), .epochRaised(let epoch): view.epoch = epoch
        case .halted(let halt):
            (view.isHalted, view.isHaltRecorded) = (true, true)
            if halt.cause == .dailyLoss { view.isHaltedOnLoss = true }
        case .resumed:
            (view.isHalted, view.isHaltRecorded) = (false, false)
            (view.mayMeasureAnew, view.isHaltedOnLoss) = (view.isHaltedOnLoss, false)
        case .operatorSaid(let note):
            stands(note.word, view)
            view.recordedStanding = view.standing
        case .strategyHalted(let halt): view.haltedStrategies.insert(halt.strategy)
        case .dayBegan(let day):
            (view.day, view.baseline, view.mayMeasureAnew) = (day.number, day.baseline.raw, false)
        default: break
        }
    }

    /// What the books of all strategies hold together.
    private func sum(_ positions: [String: [Symbol: Position]], _ symbol: Symbol) -> Book {
        var sum = Book()
        for own in positions.values {
            guard let position = own[symbol] else { continue }
            sum.quantity += position.quantity.raw
            sum.cash += position.cash.raw
            sum.fees += position.fees.raw
        }
        return sum
    }

    func compare(_ position: Book, with book: Book, of symbol: Symbol, called what: String) {
        demand(
            position == book,
            "\(what) position of \(symbol) is \(Quantity(raw: position.quantity)), cash "
                + "\(Money(raw: position.cash)), fees \(Money(raw: position.fees)), but fills make "
                + "\(Quantity(raw: book.quantity)), cash \(Money(raw: book.cash)), fees "
                + "\(Money(raw: book.fees))")
    }

    // MARK: Each turn

    /// What the event alone makes certain: from a stop's first event on nothing may be placed.
    func before(_ event: Event, _ life: Life, at now: Instant) {
        let view = life.view
        hear(event, life, at: now)
        hearCalm(event, life, at: now)
        switch event {
        case .answered(let id, .orders(.page(let page))):
            view.listings.hear(id, page, at: now)
        case .signal, .endOfRun, .commitOverdue, .storeFailed, .shellFailed, .operatorRequest(.stop):
            view.isStopping = true
        case .operatorRequest(.halt): view.isHalted = true
        case .operatorRequest(.said(let order)): heard(order.word, view, at: now)
        default: break
        }
    }

    func after(
        _ event: Event, _ turn: Turn, _ life: Life, _ exchange: SimulatedExchange, _ disk: SimulatedDisk,
        at now: Instant
    ) {
        let view = life.view
        view.recordsMade += turn.records.count
        var hasFills = false
        view.placedNow = []
        for record in turn.records {
            judge(record, life, exchange)
            switch record {
            case .intent(let order): judgeDecision(order, life, exchange, at: now)
            case .dayBegan(let day): judgeDay(day, view, exchange, at: now)
            default: break
            }
            keep(record, view)
            stands(record, view)
            if case .fill = record { hasFills = true }
        }
        if hasFills {
            for symbol in view.books.keys.sorted() {
                guard let book = view.books[symbol] else { continue }
                compare(life.position(symbol), with: book, of: symbol, called: "the ledger's")
                compare(
                    sum(life.strategiesPositions, symbol), with: book, of: symbol, called: "the strategies'")
            }
        }
        for command in turn.commands { judge(command, life, exchange, disk, at: now) }
        judgeBounds(turn)
        judgeReplies(event, turn, life)
        judgeCalm(turn, life, exchange, at: now)
        if view.isHalted || view.isStopping {
            if view.cancelsWantedSince == nil { view.cancelsWantedSince = now }
            judgeCancels(life, exchange, at: now)
        } else {
            view.cancelsWantedSince = nil
        }
        let status = life.status
        if view.isStopping {
            demand(
                status.lifecycle == .stopping || status.lifecycle == .ended,
                "the core goes on (\(status.lifecycle)) after \(event)")
        }
        if let phase = status.phase {
            demand(phase >= view.lastPhase, "the stop went back from \(view.lastPhase) to \(phase)")
            view.lastPhase = max(view.lastPhase, phase)
        }
        if let wake = turn.wakeAt {
            // A wake-up in the past makes the loop spin; in the same instant it is caught as a livelock.
            demand(wake.nanoseconds >= 0, "a wake-up before the beginning of time")
        }
    }

    private func judge(_ record: Record, _ life: Life, _ exchange: SimulatedExchange) {
        let view = life.view
        switch record {
        case .lifeBegan(let new, _, _):
            demand(
                new > view.epoch && (isMemoryLost || !view.hasStore || new > lastPlacedEpoch),
                "epoch \(new) begins after \(max(view.epoch, lastPlacedEpoch))")
            view.firstEpoch = new
        case .epochRaised(let new):
            demand(new > view.epoch, "the epoch is raised from \(view.epoch) to \(new)")
        case .recovered:
            view.isRecovered = true
            judgeAlarm(view)
            judgeRecovery(life, exchange)
        case .intent(let order):
            demand(!view.isGated, "intent \(order.id) after the gate closed")
            if view.standing != nil { judgeReducing(order, view, exchange) }
            demand(view.isRecovered, "intent \(order.id) before recovery ended")
            demand(view.states[order.id] == nil, "intent \(order.id) was there before")
            demand(order.id.epoch == view.epoch, "intent \(order.id) is not of epoch \(view.epoch)")
            if let old = order.continues { judgeRenewal(order.id, of: old, view, exchange) }
        case .leaseEnding(let ids, _):
            demand(
                !view.isGated && view.isRecovered,
                "\(ids) are renewed while nothing may be placed")
        case .changed(let change): judge(change, view, exchange)
        case .fill(let id, let fill):
            demand(exchange.fill(fill), "fill \(fill.id) of \(id) is not the exchange's")
            demand(
                !view.bookedFills.contains(LifeView.FillKey(order: id, fill: fill.id)),
                "fill \(fill.id) of \(id) is booked twice")
        case .discovered: view.discovered += 1
        case .alert(let alert):
            note(alert, view)
            judge(alert, view, exchange)
        case .stopBegan: view.isStopping = true
        default: break
        }
    }

    /// One wish, at most one order: what is left of an order is placed when that has ended, and once.
    private func judgeRenewal(
        _ id: ClientOrderID, of old: ClientOrderID, _ view: LifeView, _ exchange: SimulatedExchange
    ) {
        let isOver = view.states[old].map(Self.isOver) ?? true
        demand(isOver, "\(id) renews \(old), which has not ended")
        let truth = exchange.truth(old)
        demand(
            truth.map { Self.isOver($0.status) } ?? true,
            "\(id) renews \(old), which the exchange says is \(word(truth))"
        )
        demand(view.renewed.insert(old).inserted, "\(old) is renewed twice, now as \(id)")
    }

    /// What earlier lives left is known when recovery ends, and gone unless it is adopted.
    private func judgeRecovery(_ life: Life, _ exchange: SimulatedExchange) {
        demand(!life.view.isElsewhere, "recovery ended by another account's lists")
        let arriving = exchange.arriving.sorted()
        demand(arriving.isEmpty, "recovery ended with requests on their way: \(arriving)")
        let view = life.view
        demand(
            view.discovered == 0 || view.saysStoreIsBehind,
            "recovery found \(view.discovered) orders that the store had lost and does not say so")
        for id in exchange.ourOrders
        where asks(.pastFound) && !exchange.hasClockJumped && view.states[id] == nil
            && !isUnreadable(id, exchange)
            && (!exchange.odd.strange.contains(id) || isTold(id, view, exchange))
            // What another instance of this very life placed is no order of ours: it halts.
            && !(exchange.odd.strange.contains(id) && id.epoch >= view.epoch && view.isHaltRecorded)
        {
            fail("recovery ended and knows nothing of \(id)")
        }
        for id in exchange.liveOrders where !exchange.odd.strange.contains(id) || isTold(id, view, exchange) {
            switch view.configuration.leftovers {
            case .cancel: fail("recovery ended and \(id) still lives")
            case .adopt:
                demand(
                    view.states[id].map { $0 != .new && !Self.isOver($0) } ?? false,
                    "recovery ended, \(id) lives and is \(view.states[id]?.rawValue ?? "unknown")")
            }
        }
    }

    /// What has ended and has no configuration that anybody could read.
    private func isUnreadable(_ id: ClientOrderID, _ exchange: SimulatedExchange) -> Bool {
        guard let truth = exchange.truth(id), Self.isOver(truth.status) else { return false }
        return exchange.odd.termless.contains(truth.exchangeOrderID)
    }

    /// A terminal state needs evidence, and stays.
    private func judge(_ change: OrderChange, _ view: LifeView, _ exchange: SimulatedExchange) {
        let id = change.id
        let old = view.states[id]
        let truth = exchange.truth(id)
        if let old, Self.isOver(old), old != change.state {
            demand(
                (old == .canceled || old == .expired) && change.state == .filled
                    || exchange.odd.strange.contains(id),
                "\(id) went from \(old) to \(change.state)")
        }
        switch change.state {
        case .new, .open, .partiallyFilled:
            demand(truth != nil, "\(id) is \(change.state), but the exchange has no such order")
        case .filled:
            demand(truth?.status == .filled, "\(id) is filled, the exchange says \(word(truth))")
        case .canceled:
            demand(truth?.status == .canceled, "\(id) is canceled, the exchange says \(word(truth))")
        case .expired:
            demand(truth?.status == .expired, "\(id) is expired, the exchange says \(word(truth))")
        case .rejected:
            demand(exchange.refused.contains(id), "\(id) is rejected, the exchange says \(word(truth))")
        case .failed:
            demand(
                truth == nil && !exchange.arriving.contains(id),
                "\(id) is failed (\(change.reason ?? "")), but "
                    + (truth == nil ? "its request is on the way" : "the exchange says \(word(truth))"))
        }
    }

    private func word(_ truth: OrderSnapshot?) -> String { truth?.status.rawValue ?? "nothing" }

    private func judge(
        _ command: NumberedCommand, _ life: Life, _ exchange: SimulatedExchange, _ disk: SimulatedDisk,
        at now: Instant
    ) {
        let view = life.view
        demand(command.id > view.lastCommand, "command \(command.id) after \(view.lastCommand)")
        view.lastCommand = command.id
        countCall(command.command, view, at: now)
        if case .listOrders(let query) = command.command {
            view.listAsked[command.id] = now
            view.listings.ask(command.id, query, at: now)
        }
        if case .cancel(let ids) = command.command { for id in ids { view.cancelSentAt[id] = now } }
        if case .listFills = command.command { view.fillsAsked[command.id] = now }
        if case .ask(.permissions) = command.command { view.permissionsAsked[command.id] = now }
        if case .ask(.products) = command.command { view.productsAsked[command.id] = now }
        if case .ask(.time) = command.command { view.clockAsked[command.id] = now }
        guard case .place(let approved) = command.command else { return }
        let id = approved.clientOrderID
        placements += 1
        demand(disk.known.contains(id), "\(id) is placed before its intent is durable")
        if !placed.insert(id).inserted {
            // With a lost store nobody can know an id that never reached the exchange.
            let isKnown = exchange.truth(id) != nil || exchange.arriving.contains(id)
            demand(isMemoryLost && !isKnown, "\(id) is placed twice")
        }
        demand(!view.isSweep, "a sweep places \(id)")
        demand(!view.isGated, "\(id) is placed after the gate closed")
        demand(
            view.standing == nil || view.reducing.contains(id),
            "\(id) is placed while paused, and was decided before")
        demand(view.isRecovered, "\(id) is placed before recovery ended")
        demand(view.states[id] == .new, "\(id) is placed as \(view.states[id]?.rawValue ?? "nothing")")
        lastPlacedEpoch = max(lastPlacedEpoch, id.epoch)
        judgeGates(approved, life, exchange, at: now)
    }

    func stopBegan(_ life: Life, _ exchange: SimulatedExchange) {
        life.view.liveAtStop = exchange.liveOrders.filter {
            !exchange.odd.strange.contains($0) || isTold($0, life.view, exchange)
        }
    }

    func watchdogFired(_ life: Life) {
        demand(
            life.stalledUntil > min(life.firstSignalAt, life.stopBeganAt ?? .max),
            "the stop overran its deadline, and the loop was not hindered")
    }
}
