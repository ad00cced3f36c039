// One complete listing of orders, page by page, and what it proves. A page that failed, or a list that the
// exchange does not vouch for, proves nothing: the listing is begun again.

import TradingDomain

package struct Listing: Sendable {
    /// What a complete listing showed.
    package struct Result: Sendable {
        package let scope: OrderQuery.Scope
        /// When its first page was asked for: it tells of what was true from then on.
        package let startedAt: MonotonicInstant
        /// Orders of our bot that it showed, in any status.
        package let ours: Set<ClientOrderID>
        /// Those of ours that it showed as not terminal, in the order of the list.
        package let oursWorking: [ClientOrderID]
        /// Working orders that are not ours.
        package let foreign: [ExchangeOrderID]
        package var foreignWorking: Int { foreign.count }
    }

    private struct Run {
        let scope: OrderQuery.Scope
        let startedAt: MonotonicInstant
        var cursor: String?
        var pages = 0
        var ours: Set<ClientOrderID> = []
        var oursWorking: [ClientOrderID] = []
        var foreign: [ExchangeOrderID] = []
        var isAsked = false
        /// The cursors that were seen: a list that goes in circles proves nothing.
        var cursors: Set<String> = []
    }

    private static let pageLimit = 10_000

    private var run: Run?
    private var failures = 0
    private var notBefore: MonotonicInstant?

    package init() {}

    package var isRunning: Bool { run != nil }
    /// What the listing that runs is of.
    package var scope: OrderQuery.Scope? { run?.scope }
    /// When the listing that runs began.
    package var startedAt: MonotonicInstant? { run?.startedAt }
    /// When the next attempt may begin, if the last one failed.
    package var nextAttemptAt: MonotonicInstant? { run == nil ? notBefore : nil }

    /// The next page to ask for, beginning a listing of `scope` if none runs; nil while a page is awaited or
    /// the backoff lasts.
    package func canAsk(at now: MonotonicInstant) -> Bool {
        if let run { return !run.isAsked }
        return notBefore.map { $0 <= now } ?? true
    }

    package mutating func ask(_ scope: @autoclosure () -> OrderQuery.Scope, at now: MonotonicInstant)
        -> OrderQuery
    {
        var current = run ?? Run(scope: scope(), startedAt: now)
        current.isAsked = true
        run = current
        return OrderQuery(current.scope, cursor: current.cursor)
    }

    /// Books one page; `owned` has our id of each of its orders, nil for one that is not ours. The result when
    /// it was the last page.
    package mutating func page(_ page: OrderPage, owned: [ClientOrderID?]) -> Result? {
        guard var current = run else { return nil }
        current.isAsked = false
        current.pages += 1
        for (snapshot, id) in zip(page.orders, owned) {
            guard let id else {
                if !snapshot.status.isTerminal { current.foreign.append(snapshot.exchangeOrderID) }
                continue
            }
            current.ours.insert(id)
            if !snapshot.status.isTerminal { current.oursWorking.append(id) }
        }
        guard page.isComplete else {
            run = nil
            return nil
        }
        if let cursor = page.nextCursor, !cursor.isEmpty {
            guard current.cursors.insert(cursor).inserted, current.pages < Self.pageLimit else {
                run = nil
                return nil
            }
            current.cursor = cursor
            run = current
            return nil
        }
        run = nil
        failures = 0
        notBefore = nil
        return Result(
            scope: current.scope, startedAt: current.startedAt, ours: current.ours,
            oursWorking: current.oursWorking, foreign: current.foreign)
    }

    /// A page failed, or proved nothing: begin again after a backoff.
    package mutating func failed(
        at now: MonotonicInstant, backoff: Backoff, patience: Duration?, _ generator: inout SeededGenerator
    ) {
        run = nil
        failures += 1
        notBefore = now + max(backoff.delay(attempt: failures, &generator), patience ?? .zero)
    }

    /// Its pages are of no use any more; what was learned from them stays.
    package mutating func abandon() { run = nil }

    /// Waits are cut.
    package mutating func hurry() { notBefore = nil }
}
