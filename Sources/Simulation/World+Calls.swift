import ExchangeModel
import Trading
import TradingDomain

// Calls to the exchange: how they travel, what the exchange makes of them, and what of its answer comes back.
// The adapter between is ideal: what went wrong on the way it tells exactly as far as it can know it.

extension World {
    func send(_ life: Life, _ command: NumberedCommand) {
        let id = command.id
        let number = life.number
        var dice = choices.dice(.call, Int64(number), id)
        let latency = scenario.latency
        var travel = dice.between(latency / 2, latency * 3 / 2)
        let back = dice.between(latency / 2, latency * 3 / 2)
        let timeout = milliseconds(dice.between(100, 2_500))
        let patience = milliseconds(dice.pick([50, 400, 1_500]))
        let isPlacement = if case .place = command.command { true } else { false }

        if fires(.rateLimited, life, id) {
            let failure = CallFailure(
                "429 too many requests", retryAfter: dice.chance(700) ? .nanoseconds(patience) : nil,
                isRateLimit: true)
            answer(number, id, unsent(command.command, failure), at: now + travel + back)
            return
        }
        if fires(.longRetryAfter, life, id) {
            let patience = milliseconds(dice.pick([5_000, 60_000, 600_000, 3_600_000]))
            let failure = CallFailure(
                "429 too many requests", retryAfter: .nanoseconds(patience), isRateLimit: true)
            life.throttledUntil = max(life.throttledUntil, now + patience)
            answer(number, id, unsent(command.command, failure), at: now + travel + back)
            return
        }
        if isPlacement, fires(.withheld, life, id) {
            answer(number, id, .withheld("the loop was late"), at: now)
            return
        }
        if fires(.lostRequest, life, id) {
            answer(number, id, lost(command.command, "connection reset"), at: now + timeout)
            return
        }
        if fires(.errorBefore, life, id) {
            answer(number, id, lost(command.command, "502 bad gateway"), at: now + travel + back)
            return
        }
        if fires(.slowRequest, life, id) {
            travel = dice.between(travel, scenario.travelLimit)
        }
        if fires(.lateRequest, life, id) { travel = scenario.travelLimit }
        travel = min(travel, scenario.travelLimit)
        var request = Request(
            life: number, id: id, command: command.command,
            isElsewhere: process(number)?.isElsewhere ?? false, back: back)
        if fires(.hungCall, life, id) {
            guard dice.chance(500) else { return }
            request.reply = .never
        } else if isPlacement, life.losesRepliesUntil > now {
            coverage.feel(.jumpInFlight)
            request.reply = .lost(after: timeout, "timed out")
        } else if fires(.lostReply, life, id) {
            request.reply = .lost(after: timeout, "timed out")
        } else if fires(.errorAfter, life, id) {
            request.reply = .lost(after: back, "503 service unavailable")
        } else if fires(.slowReply, life, id) {
            request.back = milliseconds(dice.between(300, 4_000))
        }
        if isPlacement {
            judge.demand(!request.isElsewhere, "an order is placed in another portfolio")
            judge.isAlone(life, processes)
            lastPlacedAt = now
        }
        if case .place(let approved) = command.command { exchange.isComing(approved) }
        queue.add(.arrive(request), at: now + travel)
    }

    /// No answer that could be believed came.
    private func lost(_ command: Command, _ reason: String) -> Answer {
        let failure = CallFailure(reason)
        return switch command {
        case .place: .placed(.ambiguous(failure))
        case .cancel: .canceled(.ambiguous(failure))
        case .listFills: .fills(.failed(failure))
        case .listBalances: .balances(.failed(failure))
        case .ask: .told(.failed(failure))
        case .listOrders, .connect, .flush, .exit: .orders(.failed(failure))
        }
    }

    /// Not processed, and known to be.
    private func unsent(_ command: Command, _ failure: CallFailure) -> Answer {
        switch command {
        case .place: .placed(.unsent(failure))
        case .cancel: .canceled(.unsent(failure))
        case .listFills: .fills(.failed(failure))
        case .listBalances: .balances(.failed(failure))
        case .ask: .told(.failed(failure))
        case .listOrders, .connect, .flush, .exit: .orders(.failed(failure))
        }
    }

    // MARK: At the exchange

    func arrive(_ request: Request) {
        trace("arrives: \(request.command)")
        guard let answer = request.isElsewhere ? elsewhere(request) : process(request) else { return }
        feelOddities()
        publish()
        switch request.reply {
        case .comes: self.answer(request.life, request.id, answer, at: now + request.back)
        case .lost(let after, let reason):
            self.answer(request.life, request.id, lost(request.command, reason), at: now + after)
        case .never: break
        }
    }

    private func process(_ request: Request) -> Answer? {
        switch request.command {
        case .place(let approved):
            let refuse = fires(.refusedOrder, request)
            return .placed(exchange.place(approved, refuse: refuse, at: now))
        case .cancel(let ids): return .canceled(cancel(ids, request))
        case .listOrders(let query): return .orders(list(query, request))
        case .listFills(let query):
            let lag = fires(.laggingFills, request) ? milliseconds(600) : 0
            return .fills(
                .page(exchange.fills(query, asOf: max(0, now - lag), limit: max(3, scenario.pageLimit))))
        case .listBalances: return .balances(.balances(exchange.balances()))
        case .ask(let question): return .told(tell(question, request))
        case .connect, .flush, .exit: return nil
        }
    }

    /// The other account's answer: it has nothing, and never heard of our orders.
    private func elsewhere(_ request: Request) -> Answer? {
        switch request.command {
        case .place: return .placed(.rejected("no funds"))
        case .cancel(let ids):
            return .canceled(
                .answered(ids.map { Trading.CancelResult(exchangeOrderID: $0, verdict: .unknownOrder) }))
        case .listOrders: return .orders(.page(OrderPage(orders: [], nextCursor: nil)))
        case .listFills: return .fills(.page(FillPage(fills: [], nextCursor: nil)))
        case .listBalances: return .balances(.balances([]))
        case .ask(.permissions):
            return .told(
                .permissions(
                    KeyPermissions(
                        canView: true, canTrade: true, canTransfer: false,
                        portfolio: Settings.otherPortfolio)))
        case .ask(let question): return .told(tell(question, request))
        case .connect, .flush, .exit: return nil
        }
    }

    private func tell(_ question: VenueQuestion, _ request: Request) -> VenueAnswer {
        switch question {
        case .permissions:
            return .permissions(
                KeyPermissions(
                    canView: true, canTrade: true, canTransfer: false, portfolio: Scenario.portfolio))
        case .products:
            var dice = choices.dice(.program, Int64(request.life) << 40 | request.id)
            return .products(listedProducts(isChanged: fires(.universeChange, request), &dice))
        case .fees: return .fees(FeeRates(maker: Rate(basisPoints: 10), taker: Rate(basisPoints: 20)))
        case .time:
            let isFoggy = fires(.foggyClock, request)
            return .time(
                ClockReading(
                    offset: .nanoseconds(-skew),
                    uncertainty: isFoggy ? .seconds(1) : .nanoseconds(request.back)))
        case .quotes(let symbols):
            return .quotes(symbols.compactMap { exchange.engine.quote($0).map(onHostsClock) })
        }
    }

    /// A fault at the exchange's end of a call; those of dead lives are not counted for a phase.
    private func fires(_ kind: FaultKind, _ request: Request, part: Int64 = 0) -> Bool {
        let number = request.id << 10 | part
        guard plan.fires(kind, life: request.life, number: number, at: now) else { return false }
        if let life = process(request.life)?.life { noteFault(kind, life) }
        return true
    }

    private func cancel(_ ids: [ExchangeOrderID], _ request: Request) -> CancelOutcome {
        if ids.count > scenario.capabilities.cancelBatchLimit {
            judge.fail("a cancel call with \(ids.count) ids")
        }
        if fires(.batchRefused, request) { return .refused("400 bad request") }
        var results: [Trading.CancelResult] = []
        for (index, id) in ids.enumerated() {
            let part = Int64(index + 1)
            var dice = choices.dice(.cancel, Int64(request.life) << 40 | request.id, part)
            if fires(.partialRefusal, request, part: part) {
                let verdict: Trading.CancelResult.Verdict =
                    dice.chance(300) ? .notAllowed("not yours") : .refused("try again")
                results.append(Trading.CancelResult(exchangeOrderID: id, verdict: verdict))
                continue
            }
            if fires(.unknownOrderLie, request, part: part) {
                results.append(Trading.CancelResult(exchangeOrderID: id, verdict: .unknownOrder))
                continue
            }
            let verdict = takeCancel(id, request, part, &dice)
            if fires(.missingResult, request, part: part) { continue }
            results.append(Trading.CancelResult(exchangeOrderID: id, verdict: verdict))
        }
        return .answered(results)
    }

    private func takeCancel(_ id: ExchangeOrderID, _ request: Request, _ part: Int64, _ dice: inout Dice)
        -> Trading.CancelResult.Verdict
    {
        switch exchange.requestCancel(id, at: now) {
        case .accepted: break
        case .duplicateRequest: return .duplicateRequest
        case .alreadyFilled, .alreadyFinal: return .alreadyFinal
        case .unknownOrder: return .unknownOrder
        }
        var delay = dice.between(0, milliseconds(15))
        if fires(.slowCancel, request, part: part) { delay = milliseconds(dice.between(200, 2_500)) }
        if fires(.fillDuringCancel, request, part: part) {
            // Before or after the acknowledgement reaches us.
            delay = max(delay, milliseconds(10)) + dice.between(0, request.back * 4)
            queue.add(
                .tradeAgainst(id, permille: dice.pick([300, 700, 1000])),
                at: now + dice.between(0, delay - 1))
        }
        queue.add(.cancelEffect(id), at: now + delay)
        return .accepted
    }

    private func list(_ query: OrderQuery, _ request: Request) -> OrdersOutcome {
        if case .ids(let ids) = query.scope, ids.count > scenario.capabilities.queryIDLimit {
            judge.fail("a query with \(ids.count) ids")
        }
        let isLater = query.cursor != nil
        if fires(.failedPage, request, part: isLater ? 1 : 0) {
            return .failed(CallFailure("500 internal server error"))
        }
        var time = now
        if scenario.listLag > 0, fires(.staleList, request) {
            time = max(0, now - scenario.listLag)
        }
        if exchange.capabilities.listsOpenAlone, case .working = query.scope,
            let life = process(request.life)?.life
        {
            // Between this reading and the one before an order went from one list to the other.
            if exchange.hasMoved(since: life.listedAt, until: time) { note(.movedStatus, place) }
            if exchange.hasMoved(since: life.listedAt, until: time) { coverage.feel(.movedStatus) }
            life.listedAt = time
        }
        var page = exchange.page(query, asOf: time, limit: scenario.pageLimit)
        if fires(.incompleteList, request) {
            page.isComplete = false
            if !page.orders.isEmpty { page.orders.removeLast() }
        }
        return .page(page)
    }
}
