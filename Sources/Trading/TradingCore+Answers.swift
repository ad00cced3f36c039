// What came back for commands. Every command has one purpose; its answer, or the end of the patience for it,
// is booked there.

import TradingDomain

/// So many look-ups without the order, and somebody should know.
private let denialsTold = 4
/// How soon after a listing of an account that is not confirmed the next one begins.
private let unconfirmedPause: Duration = .seconds(1)

extension TradingCore {
    mutating func absorb(_ id: CommandID, _ answer: Answer, _ turn: inout Turn) {
        if let call = volatile.calls.end(id) {
            book(call, answer, &turn)
        } else if let order = volatile.calls.endLate(id) {
            absorb(late: answer, of: order, &turn)
        } else if case .orders(.page(let page)) = answer {
            // Nobody waits for this list any more, and it proves nothing: what it shows is evidence like a late report.
            for snapshot in page.orders { absorb(snapshot, isListed: snapshot.status.isTerminal, &turn) }
        }
    }

    private mutating func book(_ call: Calls.Call, _ answer: Answer, _ turn: inout Turn) {
        switch (call.purpose, answer) {
        case (.place(let order), .placed(let outcome)): book(outcome, of: order, call, &turn)
        case (.place(let order), .withheld(let why)): learn(.neverSent(why), of: order, &turn)
        case (.cancel(let batch), .canceled(let outcome)): book(outcome, of: batch, &turn)
        case (.cancelForeign(let batch), .canceled(let outcome)): book(foreign: outcome, of: batch, &turn)
        case (.evidence(let ids), .orders(let outcome)): book(evidence: outcome, of: ids, &turn)
        case (.workingList, .orders(let outcome)): book(workingList: outcome, &turn)
        case (.history, .orders(let outcome)): book(history: outcome, &turn)
        case (.fills(let orders), .fills(let outcome)): book(outcome, of: orders, &turn)
        case (.recentFills, .fills(let outcome)): book(recentFills: outcome, &turn)
        case (.finalFills, .fills(let outcome)): book(finalFills: outcome, &turn)
        case (.balances, .balances(let outcome)): book(outcome, of: call.id, &turn)
        case (.ask(.time), .told(.time(let reading))):
            book(.time(reading.widened(by: clockStep(since: call.sentAt))), to: .time, &turn)
        case (.ask(let question), .told(let answer)): book(answer, to: question, &turn)
        case (.connect(let feed), .connected(let outcome)): book(outcome, of: feed)
        case (.flush, .flushed(let outcome)): book(outcome, of: call.id, &turn)
        default: fail(call, CallFailure("answer \(answer) does not fit"), &turn)
        }
    }

    /// By how much our wall clock was set since then: what was measured by it meanwhile may be wrong by as much.
    private func clockStep(since then: Stamp) -> Duration {
        let step = (now.utc - then.utc) - (now.monotonic - then.monotonic)
        return max(step, .zero - step)
    }

    /// Calls whose answer is no longer awaited: what they did is unknown.
    mutating func giveUpOverdueCalls(_ turn: inout Turn) {
        while let call = volatile.calls.popOverdue(at: now.monotonic) {
            fail(call, CallFailure("no answer within \(call.giveUpAt - call.sentAt.monotonic)"), &turn)
        }
    }

    /// A call that brought nothing to believe.
    private mutating func fail(_ call: Calls.Call, _ failure: CallFailure, _ turn: inout Turn) {
        switch call.purpose {
        case .place(let order): book(.ambiguous(failure), of: order, call, &turn)
        case .cancel(let batch): book(.ambiguous(failure), of: batch, &turn)
        case .cancelForeign(let batch): book(foreign: .ambiguous(failure), of: batch, &turn)
        case .evidence(let ids): book(evidence: .failed(failure), of: ids, &turn)
        case .workingList: book(workingList: .failed(failure), &turn)
        case .history: book(history: .failed(failure), &turn)
        case .fills(let orders): book(.failed(failure), of: orders, &turn)
        case .recentFills: book(recentFills: .failed(failure), &turn)
        case .finalFills: book(finalFills: .failed(failure), &turn)
        case .balances: book(.failed(failure), of: call.id, &turn)
        case .ask(let question): book(.failed(failure), to: question, &turn)
        case .connect(let feed): book(.failed(failure), of: feed)
        case .flush: book(.failed(failure.reason), of: call.id, &turn)
        case .exit: break
        }
    }

    // MARK: Placements

    private mutating func book(
        _ outcome: PlaceOutcome, of id: ClientOrderID, _ call: Calls.Call, _ turn: inout Turn
    ) {
        switch outcome {
        case .accepted(let acceptance):
            volatile.placementFailures = 0
            accept(acceptance, of: id, &turn)
        case .rejected(let reason): learn(.rejected(reason), of: id, &turn)
        case .unsent(let failure):
            heed(failure, of: .placement, &turn)
            volatile.placementFailures += 1
            let pause = Backoff.patient.delay(attempt: volatile.placementFailures, &volatile.generator)
            volatile.placementPause =
                now.monotonic + max(pause, min(failure.retryAfter ?? .zero, longestRetryAfter))
            learn(.neverSent(failure.reason), of: id, &turn)
        case .ambiguous(let failure):
            heed(failure, of: .placement, &turn)
            guard let order = durable.ledger[id], order.isInFlight else { return }
            tell(
                .warning, "placement-unknown",
                "outcome of a placement is unknown (\(failure.reason)); looking for it", order: id, &turn)
            volatile.unknown.add(
                id, createdAt: order.createdAt,
                lifeEndsAt: call.sentAt.monotonic + capabilities.requestLife, at: now.monotonic)
        }
    }

    private mutating func accept(_ acceptance: Acceptance, of id: ClientOrderID, _ turn: inout Turn) {
        guard let order = durable.ledger[id] else { return }
        let isOurs = acceptance.clientOrderID.map { ClientOrderID($0) == id } ?? true
        let isSame = acceptance.terms.map { order.terms.isSameOrder(as: $0) } ?? true
        learn(.accepted(acceptance.exchangeOrderID), of: id, &turn)
        if configuration.tellsOrders {
            tell(
                .debug, "accepted", "accepted as order_id=\(acceptance.exchangeOrderID)", order: id, &turn)
        }
        if !isOurs || !isSame {
            haltForCollision(
                id,
                "asked for \(order.terms), answered with \(acceptance.clientOrderID ?? "?") "
                    + "order_id=\(acceptance.exchangeOrderID)", &turn)
        }
    }

    /// The answer of a placement whose outcome we had stopped to wait for.
    private mutating func absorb(late answer: Answer, of id: ClientOrderID, _ turn: inout Turn) {
        guard let order = durable.ledger[id] else { return }
        switch answer {
        case .placed(.accepted(let acceptance)): accept(acceptance, of: id, &turn)
        case .placed(.rejected(let reason)) where order.state == .new:
            learn(.rejected(reason), of: id, &turn)
        case .placed(.unsent(let failure)) where order.state == .new:
            learn(.neverSent(failure.reason), of: id, &turn)
        case .withheld(let why) where order.state == .new: learn(.neverSent(why), of: id, &turn)
        default: break
        }
    }

    // MARK: Cancels and evidence

    private mutating func book(
        _ outcome: CancelOutcome, of batch: [CancelDesk<ClientOrderID>.Target], _ turn: inout Turn
    ) {
        switch outcome {
        case .unsent(let failure), .ambiguous(let failure):
            heed(failure, of: .cancel, &turn)
            tell(
                .warning, "cancel-failed", "cancel of \(batch.count) orders: \(failure.reason)",
                orders: batch.map(\.id), &turn)
        case .refused(let reason):
            tell(
                .warning, "cancel-refused", "cancel of \(batch.count) orders refused: \(reason)",
                orders: batch.map(\.id), &turn)
        case .answered: break
        }
        let verdict = volatile.cancelDesk.answered(
            batch, outcome, at: now.monotonic, &volatile.generator)
        volatile.stop?.cancelErrors += verdict.errors
        for target in verdict.accepted + verdict.unknown {
            volatile.evidenceDesk.want(
                target.exchangeOrderID, at: now.monotonic + capabilities.evidenceDelay)
        }
        for target in verdict.lookUp {
            volatile.evidenceDesk.want(target.exchangeOrderID, at: now.monotonic)
        }
        for (target, reason) in verdict.notAllowed {
            alert(
                "cancel-not-allowed",
                "the exchange will not let us cancel order_id=\(target.exchangeOrderID): \(reason); "
                    + "cancel it by hand", order: target.id, &turn)
        }
    }

    /// A look-up by id. What it does not settle is asked again; a missing order proves nothing.
    private mutating func book(
        evidence outcome: OrdersOutcome, of ids: [ExchangeOrderID], _ turn: inout Turn
    ) {
        switch outcome {
        case .failed(let failure):
            heed(failure, of: .query, &turn)
            volatile.evidenceDesk.again(
                ids, at: now.monotonic, backoff: backoff, patience: patience(after: failure),
                &volatile.generator)
        case .page(let page):
            var shown: [ExchangeOrderID: OrderSnapshot] = [:]
            for snapshot in page.orders {
                shown[snapshot.exchangeOrderID] = snapshot
                absorb(snapshot, isListed: true, &turn)
            }
            var unsettled: [ExchangeOrderID] = []
            for id in ids where volatile.evidenceDesk.contains(id) {
                let snapshot = shown[id]
                let order = durable.ledger.order(id)
                if let snapshot, snapshot.status.isTerminal {
                    if let order, isAwaitedToSettle(order.id, id, &turn) {
                        unsettled.append(id)
                    } else {
                        volatile.evidenceDesk.forget(id)
                    }
                } else if snapshot != nil, order?.cancelRequestedAt == nil, order?.isWorking == true {
                    // It works, and nobody wants it canceled: that is all we wanted to know.
                    volatile.evidenceDesk.forget(id)
                } else {
                    if let snapshot, snapshot.status != .cancelQueued, let own = ownID(snapshot) {
                        volatile.cancelDesk.askAgain(own, at: now.monotonic, &volatile.generator)
                    }
                    if snapshot == nil, let order, volatile.evidenceDesk.attempts(of: id) == denialsTold {
                        alert(
                            "order-denied",
                            "the exchange knows no order_id=\(id), which it once accepted, and does not list it; "
                                + "it counts as working until the exchange shows how it ended",
                            order: order.id,
                            &turn)
                    }
                    unsettled.append(id)
                }
            }
            volatile.evidenceDesk.again(
                unsettled, at: now.monotonic, backoff: backoff, &volatile.generator)
        }
    }

    // MARK: Listings

    private mutating func book(workingList outcome: OrdersOutcome, _ turn: inout Turn) {
        guard let result = book(outcome, in: \.workingList, &turn) else { return }
        guard isAccountConfirmed else {
            hold(result)
            // Another look at it is worth little before it may count.
            return beginAgain(\.workingList, patience: unconfirmedPause)
        }
        book(result, &turn)
    }

    /// A complete listing of working orders.
    mutating func book(_ result: Listing.Result, _ turn: inout Turn) {
        volatile.lastListing = result
        sweepForeign(result)
        keepStrays(shownBy: result, &turn)
        if let since = volatile.reconcileSince, result.startedAt >= since { volatile.reconcileSince = nil }
        // What should be there and is not: ended, or not listed yet. The order itself must say.
        for order in durable.ledger.workingOrders where !result.ours.contains(order.id) {
            guard let id = order.exchangeOrderID else { continue }
            // The end of one that is being canceled is probably on its way to us.
            let patience = order.cancelRequestedAt == nil ? .zero : capabilities.evidenceDelay
            volatile.evidenceDesk.want(id, at: now.monotonic + patience)
        }
        endReviewListing(result, &turn)
        advanceSweep(&turn)
    }

    private mutating func book(history outcome: OrdersOutcome, _ turn: inout Turn) {
        guard let result = book(outcome, in: \.history, &turn) else { return }
        bookPastOrders(result)
        let gone = volatile.unknown.searched(
            result.ours, startedAt: result.startedAt, at: now.monotonic)
        for id in gone { learn(.neverArrived, of: id, &turn) }
    }

    /// Books one page; the result if it was the last.
    private mutating func book(
        _ outcome: OrdersOutcome, in list: WritableKeyPath<VolatileState, Listing>, _ turn: inout Turn
    ) -> Listing.Result? {
        switch outcome {
        case .failed(let failure):
            heed(failure, of: .query, &turn)
            if list == \.workingList { volatile.heldOrders = [] }
            beginAgain(list, patience: patience(after: failure))
            return nil
        case .page(let page):
            for snapshot in page.orders { absorb(snapshot, isListed: true, &turn) }
            askAgainForCancels(of: page.orders, in: list)
            let owners = page.orders.map(owner)
            if list == \.workingList, !isAccountConfirmed {
                volatile.heldOrders += zip(page.orders, owners).filter { $0.1 != .somebodyElse }.map(\.0)
            }
            let result = volatile[keyPath: list].page(page, owners: owners)
            if result == nil, !volatile[keyPath: list].isRunning {
                if volatile[keyPath: list].wasCutOff { tellCutOff(&turn) }
                if list == \.workingList { volatile.heldOrders = [] }
                beginAgain(list, patience: nil)
            }
            return result
        }
    }

    /// A list that was begun after an order's cancel was taken, and long enough after it, shows the order at work: the
    /// cancel had no effect.
    private mutating func askAgainForCancels(
        of orders: [OrderSnapshot], in list: WritableKeyPath<VolatileState, Listing>
    ) {
        guard !volatile.cancelDesk.isEmpty, let began = volatile[keyPath: list].startedAt else { return }
        let seen = began - max(capabilities.evidenceDelay, capabilities.listLag)
        for snapshot in orders where !snapshot.status.isTerminal && snapshot.status != .cancelQueued {
            guard let id = ownID(snapshot) else { continue }
            volatile.cancelDesk.askAgain(id, seen: seen, at: now.monotonic, &volatile.generator)
        }
    }

    /// Whose order the exchange shows.
    private func owner(of snapshot: OrderSnapshot) -> Listing.Owner {
        guard let id = ownID(snapshot) else { return .somebodyElse }
        return isOfSecondInstance(id) ? .otherInstance(id) : .us(id)
    }

    /// The list of open orders ends where the venue ends all of them: what lies beyond cannot be seen.
    private mutating func tellCutOff(_ turn: inout Turn) {
        guard let limit = capabilities.openListLimit else { return }
        let words =
            "the exchange lists \(limit) open orders at most and shows as many: there may be more, and the list proves "
            + "nothing; cancel some of the account's other orders, or give the bot a portfolio of its own"
        guard volatile.stop == nil else { return alertOnce("list-cut-off", words, &turn) }
        guard !volatile.isCutOffTold else { return }
        volatile.isCutOffTold = true
        alert("list-cut-off", words, &turn)
    }

    private mutating func beginAgain(_ list: WritableKeyPath<VolatileState, Listing>, patience: Duration?) {
        var generator = volatile.generator
        volatile[keyPath: list].failed(
            at: now.monotonic, backoff: backoff, patience: patience, &generator)
        volatile.generator = generator
    }

    // MARK: Fills, funds, feeds

    private mutating func book(_ outcome: FillsOutcome, of orders: [ClientOrderID], _ turn: inout Turn) {
        switch outcome {
        case .failed(let failure):
            heed(failure, of: .query, &turn)
            volatile.fillDesk.again(
                orders, at: now.monotonic, backoff: backoff, patience: patience(after: failure),
                &volatile.generator)
        case .page(let page):
            for fill in page.fills { absorb(fill, &turn) }
            if let cursor = page.nextCursor, !cursor.isEmpty {
                volatile.fillPages.append((orders, cursor))
                return
            }
            for id in orders where durable.ledger[id]?.isSettled ?? true { volatile.fillDesk.forget(id) }
            volatile.fillDesk.again(orders, at: now.monotonic, backoff: backoff, &volatile.generator)
        }
    }

    private mutating func book(_ outcome: BalancesOutcome, of call: CommandID, _ turn: inout Turn) {
        switch outcome {
        case .balances(let balances):
            var funds: FewKeyed<String, Money> = [:]
            for balance in balances {
                // A sum that does not fit is no use to anybody: the available part alone is the safe side.
                funds[balance.currency] = (try? balance.available + balance.hold) ?? balance.available
            }
            volatile.funds = funds
            volatile.fundsAreStale = false
            volatile.fundsFailures = 0
            compareBalances(funds, of: call, &turn)
        case .failed(let failure):
            heed(failure, of: .query, &turn)
            volatile.fundsFailures += 1
            giveUpFinalBalances(of: call)
            volatile.account.dueAt = now.monotonic + .seconds(10)
        }
    }

    private mutating func book(_ outcome: ConnectOutcome, of feed: Feed) {
        guard case .failed = outcome, !volatile.feeds[feed].isUp else { return }
        volatile.feeds[feed].failures += 1
        volatile.feeds[feed].reconnectAt =
            now.monotonic
            + Backoff.patient.delay(attempt: volatile.feeds[feed].failures, &volatile.generator)
    }

    /// How patiently failed queries are repeated.
    var backoff: Backoff { volatile.sweep == nil ? .patient : .urgent }
}
