// One complete listing of orders, page by page, and what it proves. A page that failed, or a list that the
// exchange does not vouch for, proves nothing: the listing is begun again.
//
// Where a venue lists open orders apart from the others, a listing has three readings: the others, the open ones, the others
// again. An order that was placed before the first and is alive while the last two are read is in one of the three, however
// it moves. So of orders that old a listing tells what was true from its second reading on. One that came after the first
// may have been in neither list when that one was read.

import TradingDomain

package struct Listing: Sendable {
    /// What a complete listing showed.
    package struct Result: Sendable {
        package let scope: OrderQuery.Scope
        /// When its first page was asked for: it tells of what was true from then on.
        package let startedAt: MonotonicInstant
        /// When the first page of the open orders was asked for: of what was placed before the listing began it tells what was
        /// true from then on.
        package let openSince: MonotonicInstant
        /// Orders of our bot that it showed, in any status.
        package let ours: Set<ClientOrderID>
        /// Those of ours that it showed as not terminal, in the order of the list.
        package let oursWorking: [ClientOrderID]
        /// Those of ours that only the first of several readings showed, not terminal.
        package let oursEarlier: Set<ClientOrderID>
        /// Those that bear our bot's name, show as not terminal and were made by another instance.
        package let others: Set<ClientOrderID>
        /// Working orders that are not ours.
        package let foreign: [ExchangeOrderID]
        package var foreignWorking: Int { foreign.count }
        /// Whether it showed this order of ours at all.
        package func shows(_ id: ClientOrderID) -> Bool { ours.contains(id) || oursEarlier.contains(id) }
    }

    /// Whose an order of a list is.
    package enum Owner: Equatable, Sendable {
        case us(ClientOrderID)
        /// It bears our bot's name, and only another instance can have made it.
        case otherInstance(ClientOrderID)
        case somebodyElse
    }

    /// What is asked for one listing, in this order: one reading, or several where the venue tells its statuses apart.
    package struct Plan: Equatable, Sendable {
        package var readings: [OrderQuery.Scope]
        /// Open orders that the venue lists at most; a reading of open orders that shows as many is cut off.
        package var openLimit: Int?
        /// The markets to ask one by one where the reading of all open orders is cut off; nil where it can't be known
        /// in which markets orders of ours are.
        package var markets: [Symbol]?

        package init(_ readings: [OrderQuery.Scope], openLimit: Int? = nil, markets: [Symbol]? = nil) {
            self.readings = readings
            self.openLimit = openLimit
            self.markets = markets
        }
    }

    private struct Run {
        let scope: OrderQuery.Scope
        let startedAt: MonotonicInstant
        /// When the second of several readings began; of one, when that did.
        var openSince: MonotonicInstant
        var plan: Plan
        /// The reading under way.
        var reading = 0
        /// Open orders that it showed so far.
        var shown = 0
        /// Whether a page of it came.
        var hasPages = false
        var cursor: String?
        var pages = 0
        var ours: Set<ClientOrderID> = []
        var oursWorking: [ClientOrderID] = []
        var oursEarlier: Set<ClientOrderID> = []
        var others: Set<ClientOrderID> = []
        var foreign: [ExchangeOrderID] = []
        var foreignKnown: Set<ExchangeOrderID> = []
        var isAsked = false
        /// The cursors that were seen: a list that goes in circles proves nothing.
        var cursors: Set<String> = []

        init(_ plan: Plan, startedAt: MonotonicInstant) {
            self.plan = plan
            self.startedAt = startedAt
            openSince = startedAt
            scope = plan.readings.first ?? .working()
        }

        var current: OrderQuery.Scope { reading < plan.readings.count ? plan.readings[reading] : scope }

        /// Whether the reading under way is the first of those that only together leave out no order.
        var isEarlier: Bool { reading == 0 && plan.readings.count >= 3 }

        mutating func note(_ snapshot: OrderSnapshot, of owner: Owner) {
            switch owner {
            case .us(let id) where isEarlier: if !snapshot.status.isTerminal { oursEarlier.insert(id) }
            case .us(let id):
                oursEarlier.remove(id)
                let isNews = ours.insert(id).inserted
                if !snapshot.status.isTerminal, isNews || !oursWorking.contains(id) { oursWorking.append(id) }
            case .otherInstance(let id): if !snapshot.status.isTerminal { others.insert(id) }
            case .somebodyElse:
                guard !snapshot.status.isTerminal, foreignKnown.insert(snapshot.exchangeOrderID).inserted
                else {
                    return
                }
                foreign.append(snapshot.exchangeOrderID)
            }
        }

        var beginsSecondReading: Bool {
            plan.readings.count >= 3 && reading == 1 && !hasPages
        }

        /// The reading under way has ended. What follows it; false where it was cut off and proves nothing.
        mutating func endReading() -> Bool {
            defer { (shown, hasPages, cursor, cursors) = (0, false, nil, []) }
            guard let limit = plan.openLimit, shown >= limit, current.showsOpenOrders else {
                reading += 1
                return true
            }
            guard let markets = plan.markets, !markets.isEmpty,
                let narrowed = current.narrowed(to: markets)
            else { return false }
            plan.readings.replaceSubrange(reading...reading, with: narrowed)
            return true
        }
    }

    private static let pageLimit = 10_000

    private var run: Run?
    /// The listing that runs, as it was when the first of its readings had ended.
    private var afterFirst: Run?
    private var failures = 0
    private var notBefore: MonotonicInstant?
    /// Whether the last one ended because the venue cut its list off.
    package private(set) var wasCutOff = false

    package init() {}

    package var isRunning: Bool { run != nil }
    /// What the listing that runs is of.
    package var scope: OrderQuery.Scope? { run?.scope }
    /// When the listing that runs began.
    package var startedAt: MonotonicInstant? { run?.startedAt }
    /// When the open orders that it reads were asked for.
    package var openSince: MonotonicInstant? { run?.openSince }
    /// When the next attempt may begin, if the last one failed.
    package var nextAttemptAt: MonotonicInstant? { run == nil ? notBefore : nil }

    /// The next page to ask for, beginning a listing of `scope` if none runs; nil while a page is awaited or
    /// the backoff lasts.
    package func canAsk(at now: MonotonicInstant) -> Bool {
        if let run { return !run.isAsked }
        return notBefore.map { $0 <= now } ?? true
    }

    package mutating func ask(_ plan: @autoclosure () -> Plan, at now: MonotonicInstant) -> OrderQuery {
        var current = run ?? Run(plan(), startedAt: now)
        if current.beginsSecondReading { current.openSince = now }
        current.isAsked = true
        run = current
        return OrderQuery(current.current, cursor: current.cursor)
    }

    /// Books one page; `owners` has whose each of its orders is. The result when it was the last page of the last
    /// reading.
    package mutating func page(_ page: OrderPage, owners: [Owner]) -> Result? {
        guard var current = run else { return nil }
        wasCutOff = false
        current.isAsked = false
        current.pages += 1
        current.hasPages = true
        for snapshot in page.orders where snapshot.status == .open { current.shown += 1 }
        for (snapshot, owner) in zip(page.orders, owners) { current.note(snapshot, of: owner) }
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
        guard current.endReading() else {
            run = nil
            wasCutOff = true
            return nil
        }
        if current.reading < current.plan.readings.count {
            run = current
            if current.beginsSecondReading { afterFirst = current }
            return nil
        }
        run = nil
        failures = 0
        notBefore = nil
        return Result(
            scope: current.scope, startedAt: current.startedAt, openSince: current.openSince,
            ours: current.ours,
            oursWorking: current.oursWorking, oursEarlier: current.oursEarlier, others: current.others,
            foreign: current.foreign)
    }

    /// A listing is wanted that tells of what is true from now on. The first of several readings need not be read again.
    /// - Returns: whether the page that is awaited, if any, is of no use any more.
    package mutating func beginAnew() -> Bool {
        guard let current = run else { return false }
        // Its second reading is still to begin.
        if current.isEarlier || current.beginsSecondReading, !current.isAsked || current.isEarlier {
            return false
        }
        run = current.plan.readings.count >= 3 ? afterFirst : nil
        return true
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

extension OrderQuery.Scope {
    /// Whether open orders are among those that are asked for.
    fileprivate var showsOpenOrders: Bool {
        switch self {
        case .working(let statuses, _): statuses != .besideOpen
        case .createdSince: true
        case .ids: false
        }
    }

    /// The same question for one market after the other; nil where it was for one already.
    fileprivate func narrowed(to markets: [Symbol]) -> [Self]? {
        switch self {
        case .working(let statuses, market: nil): markets.map { .working(statuses, market: $0) }
        case .createdSince(let instant, market: nil): markets.map { .createdSince(instant, market: $0) }
        default: nil
        }
    }
}
