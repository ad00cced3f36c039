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
    private var placed: Set<ClientOrderID> = []
    private var lastPlacedEpoch: Int64 = 0

    // This life.
    private(set) var isRecovered = false
    private var isStopping = false
    private var isHalted = false
    private var epoch: Int64 = 0
    private var lastPhase = StopPhase.gate
    private(set) var states: [ClientOrderID: OrderState] = [:]
    /// Orders whose remainder was placed again.
    private var renewed: Set<ClientOrderID> = []
    private(set) var books: [Symbol: Book] = [:]
    private var bookedFills: Set<FillKey> = []
    private(set) var recordsMade = 0
    private(set) var recordsFound = 0
    private var lastCommand: CommandID = 0
    /// Questions for all working orders that are under way, and when their listing was begun.
    private var listings: [CommandID: Instant] = [:]
    private var listingBegunAt: Instant = 0
    /// When the last listing that was answered in full was begun.
    private(set) var provedSince: Instant = -1
    /// What truly lived when the stop began.
    private(set) var liveAtStop: [ClientOrderID] = []
    /// What the exchange's own bucket holds, in nanoseconds of refill, and when it was looked at.
    private var tokens: Int64 = 0
    private var tokensAt: Instant?

    private struct FillKey: Hashable {
        let order: ClientOrderID
        let fill: FillID
    }

    /// What fills add up to, computed here and not by the core.
    struct Book: Equatable {
        var quantity: Int128 = 0
        var cash: Int128 = 0
        var fees: Int128 = 0

        mutating func add(_ fill: Fill) {
            let sign: Int128 = fill.side == .buy ? 1 : -1
            // Prices and sizes of the scenario have few digits: the product is exact.
            let scale: Int128 = 1_000_000_000
            let value = (fill.price.raw / scale) * (fill.quantity.raw / scale)
            quantity += sign * fill.quantity.raw
            cash -= sign * value + fill.fee.raw
            fees += fill.fee.raw
        }
    }

    init(configuration: CoreConfiguration, capabilities: ExchangeCapabilities) {
        self.configuration = configuration
        self.capabilities = capabilities
    }

    func fail(_ text: @autoclosure () -> String) {
        if problem == nil { problem = text() }
    }

    func demand(_ holds: Bool, _ text: @autoclosure () -> String) {
        if !holds { fail(text()) }
    }

    // MARK: A life begins

    func begin(_ durable: DurableState, _ disk: SimulatedDisk) {
        isRecovered = false
        isStopping = false
        isHalted = !durable.halts.isEmpty
        epoch = durable.epoch
        lastPhase = .gate
        lastCommand = 0
        listings = [:]
        provedSince = -1
        liveAtStop = []
        states = [:]
        renewed = []
        books = [:]
        bookedFills = []
        recordsMade = 0
        recordsFound = disk.records.count
        tokensAt = nil
        for record in disk.records { keep(record) }
        for (symbol, book) in books { compare(durable.ledger.position(symbol), book, symbol, "rebuilt") }
    }

    /// Keeps the books of one record.
    private func keep(_ record: Record) {
        switch record {
        case .intent(let order), .discovered(let order): states[order.id] = order.state
        case .changed(let change): states[change.id] = change.state
        case .fill(let id, let fill):
            if bookedFills.insert(FillKey(order: id, fill: fill.id)).inserted {
                books[fill.symbol, default: Book()].add(fill)
            }
        default: break
        }
    }

    func compare(_ position: Position, _ book: Book, _ symbol: Symbol, _ what: String) {
        demand(
            position.quantity.raw == book.quantity && position.cash.raw == book.cash
                && position.fees.raw == book.fees,
            "\(what) position of \(symbol) is \(position.quantity), cash \(position.cash), fees "
                + "\(position.fees), but fills make \(Quantity(raw: book.quantity)), cash "
                + "\(Money(raw: book.cash)), fees \(Money(raw: book.fees))")
    }

    // MARK: Each turn

    /// What the event alone makes certain: from a stop's first event on nothing may be placed.
    func before(_ event: Event, _ life: Life) {
        switch event {
        case .answered(let id, .orders(.page(let page))):
            guard let begunAt = listings.removeValue(forKey: id), page.isComplete, page.nextCursor == nil
            else { break }
            provedSince = max(provedSince, begunAt)
        case .signal, .endOfRun, .commitOverdue, .storeFailed, .shellFailed, .operatorRequest(.stop):
            isStopping = true
        case .operatorRequest(.halt): isHalted = true
        default: break
        }
    }

    func after(
        _ event: Event, _ turn: Turn, _ life: Life, _ exchange: SimulatedExchange, _ disk: SimulatedDisk,
        at now: Instant
    ) {
        recordsMade += turn.records.count
        var hasFills = false
        for record in turn.records {
            judge(record, exchange)
            keep(record)
            if case .fill = record { hasFills = true }
        }
        if hasFills {
            for (symbol, book) in books {
                compare(life.position(symbol), book, symbol, "the ledger's")
            }
        }
        for command in turn.commands { judge(command, disk, at: now) }
        let status = life.status
        if isStopping {
            demand(
                status.lifecycle == .stopping || status.lifecycle == .ended,
                "the core goes on (\(status.lifecycle)) after \(event)")
        }
        if let phase = status.phase {
            demand(phase >= lastPhase, "the stop went back from \(lastPhase) to \(phase)")
            lastPhase = max(lastPhase, phase)
        }
        if let wake = turn.wakeAt {
            // A wake-up in the past makes the loop spin; in the same instant it is caught as a livelock.
            demand(wake.nanoseconds >= 0, "a wake-up before the beginning of time")
        }
    }

    private func judge(_ record: Record, _ exchange: SimulatedExchange) {
        switch record {
        case .lifeBegan(let new, _, _):
            demand(
                new > epoch && new > lastPlacedEpoch,
                "epoch \(new) begins after \(max(epoch, lastPlacedEpoch))")
            epoch = new
        case .epochRaised(let new):
            demand(new > epoch, "the epoch is raised from \(epoch) to \(new)")
            epoch = new
        case .recovered:
            isRecovered = true
            judgeRecovery(exchange)
        case .intent(let order):
            demand(!isStopping && !isHalted, "intent \(order.id) after the gate closed")
            demand(isRecovered, "intent \(order.id) before recovery ended")
            demand(states[order.id] == nil, "intent \(order.id) was there before")
            demand(order.id.epoch == epoch, "intent \(order.id) is not of epoch \(epoch)")
            if let old = order.continues { judgeRenewal(order.id, of: old, exchange) }
        case .leaseEnding(let ids, _):
            demand(!isStopping && !isHalted && isRecovered, "\(ids) are renewed while nothing may be placed")
        case .changed(let change): judge(change, exchange)
        case .fill(let id, let fill):
            demand(exchange.fill(fill), "fill \(fill.id) of \(id) is not the exchange's")
            demand(
                !bookedFills.contains(FillKey(order: id, fill: fill.id)),
                "fill \(fill.id) of \(id) is booked twice")
        case .halted: isHalted = true
        case .resumed: isHalted = false
        case .stopBegan: isStopping = true
        default: break
        }
    }

    /// One wish, at most one order: what is left of an order is placed when that has ended, and once.
    private func judgeRenewal(_ id: ClientOrderID, of old: ClientOrderID, _ exchange: SimulatedExchange) {
        let isOver = states[old]?.isTerminal ?? true
        demand(isOver, "\(id) renews \(old), which has not ended")
        let truth = exchange.truth(old)
        demand(
            truth?.status.isTerminal ?? true, "\(id) renews \(old), which the exchange says is \(word(truth))"
        )
        demand(renewed.insert(old).inserted, "\(old) is renewed twice, now as \(id)")
    }

    /// What earlier lives left is known when recovery ends, and gone unless it is adopted.
    private func judgeRecovery(_ exchange: SimulatedExchange) {
        let arriving = exchange.arriving.sorted()
        demand(arriving.isEmpty, "recovery ended with requests on their way: \(arriving)")
        for id in exchange.liveOrders {
            switch configuration.leftovers {
            case .cancel: fail("recovery ended and \(id) still lives")
            case .adopt:
                demand(
                    states[id].map { $0 != .new && !$0.isTerminal } ?? false,
                    "recovery ended, \(id) lives and is \(states[id]?.rawValue ?? "unknown")")
            }
        }
    }

    /// A terminal state needs evidence, and stays.
    private func judge(_ change: OrderChange, _ exchange: SimulatedExchange) {
        let id = change.id
        let old = states[id]
        let truth = exchange.truth(id)
        if let old, old.isTerminal, old != change.state {
            demand(
                (old == .canceled || old == .expired) && change.state == .filled,
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
        _ command: NumberedCommand, _ disk: SimulatedDisk, at now: Instant
    ) {
        demand(command.id > lastCommand, "command \(command.id) after \(lastCommand)")
        lastCommand = command.id
        if command.command.isExchangeCall { countCall(command.command, at: now) }
        if case .listOrders(let query) = command.command, query.scope == .working {
            if query.cursor == nil { listingBegunAt = now }
            listings[command.id] = listingBegunAt
        }
        guard case .place(let approved) = command.command else { return }
        let id = approved.clientOrderID
        placements += 1
        demand(disk.known.contains(id), "\(id) is placed before its intent is durable")
        demand(placed.insert(id).inserted, "\(id) is placed twice")
        demand(!isStopping && !isHalted, "\(id) is placed after the gate closed")
        demand(isRecovered, "\(id) is placed before recovery ended")
        demand(states[id] == .new, "\(id) is placed as \(states[id]?.rawValue ?? "nothing")")
        lastPlacedEpoch = max(lastPlacedEpoch, id.epoch)
    }

    /// The rate budget, counted when calls are sent: each takes a token that is there, and a placement leaves
    /// those that are kept for cancels.
    private func countCall(_ command: Command, at time: Instant) {
        let rate = configuration.rate
        let interval = 1_000_000_000 / Int64(rate.perSecond)
        let full = Int64(rate.burst) * interval
        tokens = tokensAt.map { min(full, tokens + (time - $0)) } ?? full
        tokensAt = time
        tokens -= interval
        demand(tokens >= 0, "a call is sent beyond \(rate.perSecond) a second, \(rate.burst) at once")
        if case .place = command {
            demand(
                tokens >= Int64(min(rate.cancelReserve, rate.burst - 1)) * interval,
                "a placement takes what is kept for cancels")
        }
    }

    func stopBegan(_ exchange: SimulatedExchange) { liveAtStop = exchange.liveOrders }

    func watchdogFired(_ life: Life) {
        demand(
            life.stalledUntil > (life.stopBeganAt ?? 0),
            "the stop overran its deadline, and the loop was not hindered")
    }
}
