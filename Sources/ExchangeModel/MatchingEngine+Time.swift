import TradingDomain

// Cancels and the passing of time: a cancel is queued first and takes effect later, fills may come between;
// good-till-date orders expire. Nothing happens by itself except inside `advance(to:)`.

extension MatchingEngine {
    /// Asks for the end of an order. Accepted means queued: the order stays in the book, can be filled, and is
    /// canceled when `cancelDelay` has passed.
    package mutating func requestCancel(_ id: ExchangeOrderID, at: UTCInstant) -> CancelResult {
        advance(to: at)
        guard let index = orderIndex(id) else { return .unknownOrder }
        switch orders[index].status {
        case .filled: return .alreadyFilled
        case .canceled, .expired, .failed: return .alreadyFinal(orders[index].status)
        case .cancelQueued: return .duplicateRequest
        case .open, .pending, .editQueued, .unknown: break
        }
        orders[index].status = .cancelQueued
        orders[index].updatedAt = now
        tell(order: index)
        guard let cancelDelay else { return .accepted }
        if cancelDelay <= .zero {
            end(index, .canceled, "canceled on request")
        } else {
            let at = now + cancelDelay
            orders[index].cancelDueAt = at
            due.insert(.init(at: at, number: orders[index].number, kind: .cancel))
        }
        return .accepted
    }

    /// Lets a queued cancel take effect now. False when the order has none.
    @discardableResult
    package mutating func completeCancel(_ id: ExchangeOrderID, at: UTCInstant) -> Bool {
        advance(to: at)
        guard let index = orderIndex(id), orders[index].status == .cancelQueued else { return false }
        end(index, .canceled, "canceled on request")
        return true
    }

    /// Lets every queued cancel take effect now, oldest order first.
    package mutating func completeCancels(at: UTCInstant) {
        advance(to: at)
        for number in working {
            guard let index = orderIndex(number), orders[index].status == .cancelQueued else { continue }
            end(index, .canceled, "canceled on request")
        }
    }

    /// Applies what is due up to and including `instant`, in time order. An earlier instant changes nothing.
    package mutating func advance(to instant: UTCInstant) {
        while let entry = due.first, entry.at <= instant {
            due.removeFirst()
            guard let index = orderIndex(entry.number), !orders[index].status.isTerminal else { continue }
            now = max(now, entry.at)
            switch entry.kind {
            case .cancel:
                guard orders[index].cancelDueAt == entry.at else { continue }
                end(index, .canceled, "canceled on request")
            case .expiry: end(index, .expired, "its end time has passed")
            }
        }
        now = max(now, instant)
    }

    /// When `advance(to:)` will next have something to do; never later than that, now and then earlier.
    package var nextDueAt: UTCInstant? { due.first?.at }
    /// How many timers are kept, those of ended orders included.
    package var pendingTimers: Int { due.count }

    /// Takes a resting order out of the book and ends it.
    private mutating func end(_ index: Int, _ status: ExchangeOrderStatus, _ reason: String) {
        removeResting(index)
        finish(index, status, reason)
        tellQuote(orders[index].market)
    }

    /// Leaves the queue; the external size before the order is now before the next one, or behind all.
    mutating func removeResting(_ index: Int) {
        let market = orders[index].market
        let side = orders[index].terms.side
        let number = orders[index].number
        guard let price = orders[index].terms.type.limitPrice else { return }
        let (level, found) = markets[market].sides[side.place].restingIndex(price)
        guard found else { return }
        let count = markets[market].sides[side.place].resting[level].numbers.count
        let place = lowerBound(count) {
            markets[market].sides[side.place].resting[level].numbers[$0] < number
        }
        guard place < count, markets[market].sides[side.place].resting[level].numbers[place] == number else {
            return
        }
        if count == 1 {
            markets[market].sides[side.place].resting.remove(at: level)
            return
        }
        if place + 1 < count,
            let next = orderIndex(markets[market].sides[side.place].resting[level].numbers[place + 1])
        {
            orders[next].queueAhead.add(orders[index].queueAhead)
        } else {
            markets[market].sides[side.place].resting[level].ahead.subtract(orders[index].queueAhead)
        }
        markets[market].sides[side.place].resting[level].numbers.remove(at: place)
    }

    /// Drops the entries of orders that ended otherwise.
    mutating func rebuildDue() {
        due.removeAll()
        for number in working {
            guard let index = orderIndex(number) else { continue }
            if let end = orders[index].goodTill { due.insert(.init(at: end, number: number, kind: .expiry)) }
            if let at = orders[index].cancelDueAt { due.insert(.init(at: at, number: number, kind: .cancel)) }
        }
    }
}
