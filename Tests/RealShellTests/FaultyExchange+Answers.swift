// What becomes of what the exchange says: answers, lists, reports.

import Exchanges
import Trading
import TradingDomain

extension FaultyExchange {
    /// A list as it was told at this moment.
    struct Copy: Sendable {
        let at: MonotonicInstant
        let page: OrderPage
    }

    // MARK: Answers

    func answer(_ id: CommandID, _ answer: Answer) {
        // A straggler's, or that of a call that was not doctored.
        guard id > 0 else { return }
        let now = clock.now().monotonic
        let passes = state.withLock { doctor(id, answer, at: now, &$0) }
        if let passes { state.withLock { $0.sink }?.answer(id, passes) }
    }

    /// The answer to tell now, if any.
    private func doctor(_ id: CommandID, _ answer: Answer, at now: MonotonicInstant, _ state: inout State)
        -> Answer?
    {
        guard let call = state.calls.removeValue(forKey: id) else { return answer }
        let changed = change(answer, of: call, at: now, &state)
        switch call.reply {
        case .comes: return changed
        case .never: return nil
        case .late(let delay): state.add(.answer(id, changed), at: now + delay)
        case .lost(let delay, let reason):
            state.add(.answer(id, Self.lost(call.command, reason)), at: now + delay)
        }
        return nil
    }

    private func fires(_ fault: Fault, _ state: inout State) -> Bool {
        let rate = state.rates[fault]
        guard rate > 0, state.dice.chance(rate) else { return false }
        chronicle.note(fault)
        return true
    }

    private func change(_ answer: Answer, of call: Call, at now: MonotonicInstant, _ state: inout State)
        -> Answer
    {
        switch (call.command, answer) {
        case (.cancel, .canceled(.answered(let results))):
            var all = call.refused + results
            if !all.isEmpty, fires(.missingResult, &state) {
                all.remove(at: Int(state.dice.below(Int64(all.count))))
            }
            return .canceled(.answered(all))
        case (.listOrders(let query), .orders(.page(let page))):
            return .orders(list(page, of: query, at: now, &state))
        case (.listFills, .fills(.page(var page))):
            // The newest are told a little later.
            if page.nextCursor == nil, !page.fills.isEmpty, fires(.laggingFills, &state) {
                page.fills.removeLast()
            }
            return .fills(.page(page))
        default: return answer
        }
    }

    private func list(
        _ page: OrderPage, of query: OrderQuery, at now: MonotonicInstant, _ state: inout State
    ) -> OrdersOutcome {
        let key = "\(query.scope) \(query.cursor ?? "")"
        let copies = (state.copies[key] ?? []).filter { now - $0.at <= Self.listLag }
        state.copies[key] = copies + [Copy(at: now, page: page)]
        if fires(.failedPage, &state) { return .failed(CallFailure("500 internal server error")) }
        var page = page
        if let old = copies.first, old.page != page, fires(.staleList, &state) { page = old.page }
        if fires(.incompleteList, &state) {
            page.isComplete = false
            if !page.orders.isEmpty { page.orders.removeLast() }
        }
        return .page(page)
    }

    // MARK: Feeds

    func order(_ snapshot: OrderSnapshot) {
        let now = clock.now().monotonic
        let passes = state.withLock { report(snapshot, at: now, &$0) }
        if passes { state.withLock { $0.sink }?.order(snapshot) }
    }

    /// Whether the report is told now.
    private func report(_ snapshot: OrderSnapshot, at now: MonotonicInstant, _ state: inout State) -> Bool {
        guard !state.deaf.contains(.orders) else { return false }
        if fires(.feedLost, &state) { return lose(.orders, .lost("connection reset"), at: now, &state) }
        if fires(.feedSilent, &state) { return lose(.orders, .silent, at: now, &state) }
        if fires(.droppedReport, &state) {
            // The adapter sees the hole in the numbers when the next message comes.
            chronicle.note(.feedGap)
            let delay = state.dice.milliseconds(5, 500)
            state.add(.feed(.orders, .gap("a sequence number is missing")), at: now + delay)
            return false
        }
        if fires(.duplicateReport, &state) {
            state.add(.order(snapshot), at: now + state.dice.milliseconds(1, 1_500))
        }
        guard fires(.delayedReport, &state) else { return true }
        state.add(.order(snapshot), at: now + state.dice.milliseconds(1, 2_000))
        return false
    }

    private func lose(
        _ feed: Feed, _ condition: FeedCondition, at now: MonotonicInstant, _ state: inout State
    ) -> Bool {
        state.deaf.insert(feed)
        // Nobody notices at once.
        state.add(.feed(feed, condition), at: now + state.dice.milliseconds(0, 500))
        return false
    }

    func quote(_ quote: Quote) {
        let now = clock.now().monotonic
        let passes = state.withLock { state in
            guard !state.deaf.contains(.market) else { return false }
            guard fires(.marketLost, &state) else { return true }
            return lose(.market, .lost("connection reset"), at: now, &state)
        }
        if passes { state.withLock { $0.sink }?.quote(quote) }
    }

    func feed(_ feed: Feed, _ condition: FeedCondition) {
        state.withLock { state in
            if condition == .connected { state.deaf.remove(feed) }
        }
        state.withLock { $0.sink }?.feed(feed, condition)
    }

    func rate(_ hint: RateHint) { state.withLock { $0.sink }?.rate(hint) }
    func endOfFeed() { state.withLock { $0.sink }?.endOfFeed() }
}
