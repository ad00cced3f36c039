// What events tell: quotes, orders as the exchange shows them, fills, feeds. Evidence is believed whichever
// way it came, and never goes backward.

import TradingDomain

/// So many quotes in a row that are too old when they arrive are no hiccup of the feed.
private let staleQuotesTold = 3
private let feedDownPatience: Duration = .seconds(60)
private let staleQuotesPause: Duration = .seconds(600)

extension TradingCore {
    // MARK: Quotes

    mutating func absorb(_ quote: Quote, _ turn: inout Turn) {
        volatile.quotes[quote.symbol] = quote
        let heardAt = now
        volatile.marketRecords.change(quote.symbol, from: MarketRecord(quote.symbol)) {
            $0.note(quote, at: heardAt)
        }
        mark(quote.symbol, &turn)
        noteSpread(quote)
        noteAge(of: quote, &turn)
        guard isGateOpen, volatile.flatten == nil else { return }
        for index in volatile.slots.indices
        where volatile.slots[index].strategy.symbols.contains(quote.symbol) {
            decide(slot: index, .quote(quote.symbol), &turn)
        }
    }

    /// Quotes that keep coming and are too old when they come stop all trading without anything being lost: most
    /// likely our clock is wrong, and somebody must know.
    private mutating func noteAge(of quote: Quote, _ turn: inout Turn) {
        let age = age(of: quote, heardAt: now)
        guard age > configuration.risk.maximumQuoteAge else {
            volatile.staleQuotes = 0
            if volatile.areQuotesStale {
                volatile.areQuotesStale = false
                inform("quotes-fresh", "quotes are fresh again, the last one of \(quote.symbol)", &turn)
            }
            return
        }
        volatile.staleQuotes += 1
        guard volatile.lifecycle == .trading, volatile.feeds.market.isUp,
            volatile.staleQuotes >= staleQuotesTold,
            volatile.staleQuotesToldAt.map({ now.monotonic - $0 >= staleQuotesPause }) ?? true
        else { return }
        volatile.staleQuotesToldAt = now.monotonic
        volatile.areQuotesStale = true
        alert(
            "quotes-stale",
            "quotes keep coming, but the last one of \(quote.symbol) is \(age) old: new orders are refused; "
                + "check this machine's clock, then the venue's feed", &turn)
    }

    /// Brings the result of one symbol up to its last quote, and the daily loss with it.
    mutating func mark(_ symbol: Symbol, _ turn: inout Turn) {
        guard let position = durable.ledger.positions[symbol] else { return }
        do throws(ArithmeticError) {
            let open = try volatile.quotes[symbol].map { quote throws(ArithmeticError) in
                try position.unrealised(at: quote.mid)
            }
            let result = try position.netRealised + (open ?? .zero)
            let before = volatile.marks[symbol] ?? .zero
            volatile.markedResult = try volatile.markedResult + (result - before)
            volatile.marks[symbol] = result
            if open == nil, !position.quantity.isZero {
                volatile.unquoted.insert(symbol)
            } else if !volatile.unquoted.isEmpty {
                // (A set that is empty would hash the symbol all the same.)
                volatile.unquoted.remove(symbol)
            }
            try checkDailyLoss(&turn)
            try checkStrategyLosses(symbol, &turn)
        } catch {
            volatile.pendingHalt = Halt(cause: .integrity, detail: error.description, at: now.utc)
        }
    }

    /// Losses that grew while nothing was traded count from the first moment on in which something could be.
    mutating func checkLosses(_ turn: inout Turn) {
        do throws(ArithmeticError) {
            try checkDailyLoss(&turn)
            for symbol in durable.ledger.positions.keys { try checkStrategyLosses(symbol, &turn) }
        } catch {
            volatile.pendingHalt = Halt(cause: .integrity, detail: error.description, at: now.utc)
        }
    }

    private mutating func checkDailyLoss(_ turn: inout Turn) throws(ArithmeticError) {
        guard volatile.lifecycle == .trading, volatile.unquoted.isEmpty, let day = durable.day else { return }
        let limit = configuration.risk.maximumDailyLoss
        let loss = try day.baseline - volatile.markedResult
        guard limit.isPositive, loss > limit else { return }
        volatile.pendingHalt = Halt(
            cause: .dailyLoss, detail: "lost \(loss) since 00:00 UTC, limit \(limit)", at: now.utc)
    }

    // MARK: Orders

    /// Whether an order of our bot can only be a second instance's: its epoch or sequence lies above all that we
    /// have used. Before recovery is complete it is taken for one of a life that the store has lost.
    func isOfSecondInstance(_ id: ClientOrderID) -> Bool {
        durable.isRecovered
            && (id.epoch > durable.epoch || (id.epoch == durable.epoch && !durable.knows(id)))
    }

    /// Our id of an order that the exchange shows; nil for one that is not of our bot.
    func ownID(_ snapshot: OrderSnapshot) -> ClientOrderID? {
        ownID(ClientOrderID(snapshot.clientOrderID), snapshot.exchangeOrderID)
    }

    private func ownID(_ shown: ClientOrderID?, _ exchangeID: ExchangeOrderID) -> ClientOrderID? {
        if let shown, shown.bot == configuration.bot { return shown }
        // Ours by the exchange's id, whatever it says of our own.
        return durable.ledger.order(exchangeID)?.id
    }

    /// `isListed` tells an answer to a question of ours from the order feed, whose reports may be old.
    mutating func absorb(_ snapshot: OrderSnapshot, isListed: Bool, _ turn: inout Turn) {
        guard isAccountConfirmed else { return noteUnconfirmed(snapshot) }
        let shown = ClientOrderID(snapshot.clientOrderID)
        guard let id = ownID(shown, snapshot.exchangeOrderID) else { return }
        if let order = durable.ledger[id] {
            // There is one spelling of an id.
            if shown != id {
                haltForCollision(
                    id, "the exchange shows it with the client order id '\(snapshot.clientOrderID)'", &turn)
            }
            if let terms = snapshot.terms, !isSame(order, as: terms, snapshot, isListed: isListed) {
                haltForCollision(id, "\(order.terms) is shown as \(terms)", &turn)
            }
            let believed = believed(snapshot, of: order, &turn)
            noteNews(id, order, believed, isListed: isListed)
            learn(.observed(believed), of: id, &turn)
            watchSettlement(of: id, snapshot, &turn)
            if isListed { noteGhost(id, snapshot) }
        } else if durable.knows(id) {
            // Ended and settled long ago, by evidence. Alive after all? Then it is canceled.
            if isListed { noteGhost(id, snapshot) }
        } else {
            discover(id, snapshot, isListed: isListed, &turn)
        }
    }

    /// The exchange shows an order of our bot that our books do not know.
    private mutating func discover(
        _ id: ClientOrderID, _ snapshot: OrderSnapshot, isListed: Bool, _ turn: inout Turn
    ) {
        guard snapshot.status.isTerminal || !volatile.endedUnbooked.contains(id) else {
            // A report that is older than the end brings nothing back; a list that shows it lags, or it is a ghost.
            if isListed { noteStray(id, snapshot, .ended) }
            return
        }
        guard !isOfSecondInstance(id) else {
            let what =
                "order \(id) was made by another instance of bot \(configuration.bot) (epoch \(id.epoch), "
                + "ours \(durable.epoch)); stop one of the two, then `trader247 resume --confirm`"
            if snapshot.status.isTerminal {
                endStray(id, as: snapshot.status)
            } else {
                noteStray(id, snapshot, .otherInstance)
            }
            if volatile.stop != nil { alertOnce("second-instance", what, &turn) }
            halt(.secondInstance, what, &turn)
            return
        }
        if id.epoch >= durable.epoch {
            // The store is older than the exchange's memory: go above everything seen, readable or not.
            record(.epochRaised(id.epoch + 1), &turn)
            volatile.sequence = 0
        }
        guard let terms = snapshot.terms else { return discover(unreadable: id, snapshot, &turn) }
        volatile.strays[id] = nil
        uncountEnd(ofUnbooked: id)
        var order = Order(
            id: id, terms: terms, strategy: "", createdAt: snapshot.createdAt)
        order.sentAt = snapshot.createdAt
        order.exchangeOrderID = snapshot.exchangeOrderID
        order.state = .open
        record(.discovered(order), &turn)
        volatile.past.found.insert(id)
        // Of those that ended recovery tells in one alert.
        if !snapshot.status.isTerminal {
            alert(
                "order-discovered",
                "\(terms.symbol) \(terms.side.wire) order_id=\(snapshot.exchangeOrderID) of an "
                    + "earlier life was not in the store; the store was lost or restored", order: id, &turn)
            if let order = durable.ledger[id] { foundWorking(order) }
        }
        learn(.observed(believed(snapshot, of: order, &turn)), of: id, &turn)
        watchSettlement(of: id, snapshot, &turn)
        // No strategy of ours stands behind it, so it is not adopted either.
        requestCancels([id], .ownerless, &turn)
    }

    /// An order of ours whose terms were not told or cannot be read. The exchange's id is enough to cancel it and to name
    /// it; the order itself is asked for the rest.
    private mutating func discover(
        unreadable id: ClientOrderID, _ snapshot: OrderSnapshot, _ turn: inout Turn
    ) {
        guard !snapshot.status.isTerminal else {
            if snapshot.filledQuantity.isPositive, !volatile.endedUnbooked.contains(id) {
                alert(
                    "fills-unbooked",
                    "order_id=\(snapshot.exchangeOrderID), whose terms cannot be read and that is not in the store, was "
                        + "filled \(snapshot.filledQuantity) before it ended: which market and side is not known, and no "
                        + "position of ours has it", order: id, &turn)
            }
            return endStray(id, as: snapshot.status)
        }
        let isNews = volatile.strays[id] == nil
        noteStray(id, snapshot, .unreadable)
        volatile.evidenceDesk.want(snapshot.exchangeOrderID, at: now.monotonic)
        guard isNews else { return }
        alert(
            "order-unreadable",
            "order_id=\(snapshot.exchangeOrderID) bears our name and is not in the store, and the exchange does not tell "
                + "its terms in a way that can be read; canceling it", order: id, &turn)
    }

    /// An order that our books have ended and a list shows alive: the list may lag, or it is a ghost. It is
    /// asked to be canceled while we sweep, which harms nothing if it is gone.
    private mutating func noteGhost(_ id: ClientOrderID, _ snapshot: OrderSnapshot) {
        let endedByBooks = durable.ledger[id].map(\.state.isTerminal) ?? true
        if endedByBooks, !snapshot.status.isTerminal {
            noteStray(id, snapshot, .ended)
        } else {
            forgetStray(id)
        }
    }

    /// Books one fact about an order, with everything that follows from it.
    mutating func learn(_ fact: OrderFact, of id: ClientOrderID, _ turn: inout Turn) {
        guard let before = durable.ledger[id] else { return }
        let change: OrderChange?
        do throws(IllegalTransition) {
            change = try OrderStateMachine.change(before, on: fact, at: now.utc)
        } catch {
            volatile.stop?.errors.append(error.description)
            alert("illegal-transition", error.description, order: id, &turn)
            return
        }
        guard let change else { return }
        record(.changed(change), &turn)
        guard let order = durable.ledger[id] else { return }
        follow(before, order, &turn)
    }

    private mutating func follow(_ before: Order, _ order: Order, _ turn: inout Turn) {
        if let exchangeOrderID = order.exchangeOrderID, before.exchangeOrderID == nil {
            volatile.unknown.forget(order.id)
            volatile.calls.forgetLate(order.id)
            if before.state.isTerminal {
                alert(
                    "order-appeared",
                    "order_id=\(exchangeOrderID) had been given up (\(before.reason)) and is "
                        + "at the exchange after all; canceling it", order: order.id, &turn)
                if order.cancelRequestedAt == nil { requestCancels([order.id], .appeared, &turn) }
            }
            // One whose first news is its end was working all the same.
            if !before.state.isTerminal || order.isWorking { foundWorking(order) }
            if order.isWorking {
                // A cancel that was wanted before the exchange's id was known.
                if order.cancelRequestedAt != nil || volatile.sweep != nil {
                    requestCancels([order.id], volatile.sweep?.cause ?? .ownerless, &turn)
                }
                if volatile.lifecycle == .trading { beginLease(order) }
            }
        }
        if order.state.isTerminal {
            volatile.cancelDesk.forget(order.id)
            volatile.unknown.forget(order.id)
            if let id = order.exchangeOrderID { volatile.evidenceDesk.forget(id) }
            if !before.state.isTerminal {
                tellEnd(order, &turn)
                endLease(before, order)
            }
        }
        countEnd(before, order)
        if order.filledQuantity != before.filledQuantity { volatile.account.lastFillAt = now.monotonic }
        if !order.isSettled { volatile.fillDesk.want(order.id, at: now.monotonic) }
        if order.filledQuantity != before.filledQuantity || order.state.isTerminal {
            scheduleDecision(for: order)
        }
    }

    private func tellEnd(_ order: Order, _ turn: inout Turn) {
        guard configuration.tellsOrders else { return }
        switch order.state {
        case .rejected:
            tell(
                .warning, "order-rejected",
                "rejected \(order.terms.symbol) \(order.terms.side.wire) \(order.terms.quantity): \(order.reason)",
                order: order.id, &turn)
        case .canceled, .expired:
            tell(
                .debug, "order-\(order.state.rawValue)",
                "\(order.state.rawValue) \(order.terms.symbol) \(order.terms.side.wire)", order: order.id,
                &turn)
        default: break
        }
    }

    mutating func haltForCollision(_ id: ClientOrderID, _ what: String, _ turn: inout Turn) {
        guard !durable.halts.contains(where: { $0.cause == .idCollision }) else { return }
        halt(.idCollision, "client order id \(id) names two orders: \(what)", &turn)
    }

    // MARK: Fills

    /// Books a fill of one of our orders once.
    mutating func absorb(_ fill: Fill, _ turn: inout Turn) {
        guard let before = durable.ledger.order(fill.exchangeOrderID),
            !durable.ledger.fills(of: before.id).contains(fill.id)
        else { return }
        record(.fill(before.id, fill), &turn)
        guard let order = durable.ledger[before.id], order.bookedQuantity != before.bookedQuantity else {
            return
        }
        volatile.account.lastFillAt = now.monotonic
        if order.cancelRequestedAt != nil { volatile.stop?.lateFills += 1 }
        if fill.kind != .trade {
            alert(
                "fill-\(fill.kind.rawValue)",
                "the exchange booked a \(fill.kind.rawValue) of \(fill.symbol) \(fill.side.wire) \(fill.quantity) @ "
                    + "\(fill.price) for order_id=\(fill.exchangeOrderID); look at it", order: order.id, &turn
            )
        }
        if order.bookedQuantity > order.terms.quantity {
            alert(
                "overfill",
                "order_id=\(fill.exchangeOrderID) asked for \(order.terms.quantity), filled "
                    + "\(order.bookedQuantity)", order: order.id, &turn)
        }
        if configuration.tellsOrders {
            tell(
                .info, "fill",
                "filled \(fill.symbol) \(fill.side.wire) \(fill.quantity) @ \(fill.price) fee \(fill.fee)",
                order: order.id, &turn)
        }
        learn(.booked(order.bookedQuantity), of: order.id, &turn)
        // A fill says nothing of whether there are more.
        if volatile.unsettled.contains(order.id), !volatile.evidenceDesk.contains(fill.exchangeOrderID) {
            readSizeAgain(order.id, fill.exchangeOrderID)
        }
        if durable.ledger[order.id]?.isSettled == true { volatile.fillDesk.forget(order.id) }
        moveFunds(fill)
        mark(fill.symbol, &turn)
        scheduleDecision(for: order)
    }

    /// Keeps the account's funds near the truth between two questions.
    private mutating func moveFunds(_ fill: Fill) {
        volatile.fundsAreStale = true
        guard var funds = volatile.funds else { return }
        let (base, quote) = (fill.symbol.base, fill.symbol.quote)
        // What does not fit is left to the next answer of the exchange; the funds are stale until then.
        guard let effect = try? FillEffect(fill) else { return }
        funds[base] = (try? (funds[base] ?? .zero) + Money(raw: effect.quantity.raw)) ?? funds[base]
        funds[quote] = (try? (funds[quote] ?? .zero) + effect.cash) ?? funds[quote]
        volatile.funds = funds
    }

    // MARK: Feeds

    mutating func absorb(_ feed: Feed, _ condition: FeedCondition, _ turn: inout Turn) {
        switch condition {
        case .connected:
            let wasDown = !volatile.feeds[feed].isUp
            if volatile.feeds[feed].isDownTold {
                inform("feed-back", "the \(feed.rawValue) feed is back", &turn)
            }
            volatile.feeds[feed] = FeedStates.State()
            if feed == .orders, wasDown {
                volatile.reconcileSince = now.monotonic
                reviewSoon()
                tell(.info, "feed-up", "order feed is back; reconciling", &turn)
            }
        case .lost(let why): loseFeed(feed, why, &turn)
        case .silent: loseFeed(feed, "nothing heard within its heartbeat", &turn)
        case .gap(let what):
            tell(.warning, "feed-gap", "\(feed.rawValue) feed: \(what)", &turn)
            if feed == .orders { volatile.reconcileSince = now.monotonic }
        }
    }

    mutating func loseFeed(_ feed: Feed, _ why: String, _ turn: inout Turn) {
        tell(.warning, "feed-lost", "\(feed.rawValue) feed lost: \(why)", &turn)
        if volatile.feeds[feed].isUp || volatile.feeds[feed].reconnectAt == nil {
            volatile.feeds[feed].isUp = false
            volatile.feeds[feed].reconnectAt = now.monotonic
        }
        if feed == .orders, volatile.lifecycle == .trading {
            dropIntents("the order feed is lost", &turn)
        }
    }

    /// A feed that comes back by itself is no news; one that stays away is. Its reconnecting brings the turns.
    mutating func watchFeeds(_ turn: inout Turn) {
        guard volatile.lifecycle == .trading || volatile.lifecycle == .halted else { return }
        for feed in Feed.allCases where !volatile.feeds[feed].isUp {
            let since = volatile.feeds[feed].downSince ?? now.monotonic
            volatile.feeds[feed].downSince = since
            guard !volatile.feeds[feed].isDownTold, now.monotonic - since >= feedDownPatience else {
                continue
            }
            volatile.feeds[feed].isDownTold = true
            alert(
                "feed-down",
                "the \(feed.rawValue) feed has been down for \(now.monotonic - since) and is being reconnected; "
                    + "no new orders without it", &turn)
        }
    }

    /// The process did not run for a while: what was decided before is stale, and the feed may have gaps.
    mutating func absorb(overslept duration: Duration, _ turn: inout Turn) {
        alert("overslept", "the loop did not run for \(duration)", &turn)
        if volatile.lifecycle == .trading { dropIntents("the loop did not run for \(duration)", &turn) }
        volatile.reconcileSince = now.monotonic
        forgivePrograms()
    }
}

extension OrderTerms {
    /// Whether two descriptions can be of one order. Exchanges do not echo every detail of the type.
    func isSameOrder(as other: OrderTerms) -> Bool {
        symbol == other.symbol && side == other.side && quantity == other.quantity
            && type.limitPrice == other.type.limitPrice
    }
}
