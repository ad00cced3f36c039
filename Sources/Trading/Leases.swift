// Leased orders: a resting order carries a good-till-date and is renewed in time, so that it lapses by itself when
// nobody is left to renew it, not even a guardian. Here is what a life remembers of its leases, when each is
// renewed, and what that may cost. What the core does with it stands in `TradingCore+Leases`.
//
// A venue that can't move the date gets a new order for what is left, and not before the old one has ended by
// evidence: in between the wish has no order, never two.

import TradingDomain

struct Leases: Sendable {
    /// What is left of a wish whose order ended by its lease.
    struct Remainder: Sendable {
        let strategy: String
        /// What the strategy wants, in its own words.
        let wish: OrderTerms
        /// The order that ended; its ledger entry says what is left, late fills included.
        let ended: ClientOrderID
        /// What was left when it ended.
        let quantity: Quantity
    }

    /// What each leased order stands for: the strategy wished no date, and perhaps more than is left.
    var wishes: [ClientOrderID: OrderTerms] = [:]
    /// Orders whose cancel was asked for to renew them. Their wish is served until they have ended.
    var renewing: Set<ClientOrderID> = []
    /// In the order in which their orders ended.
    private(set) var remainders: [Remainder] = []
    /// When to look at which order.
    var due = TimerHeap<ClientOrderID>()
    /// The next renewal begins no earlier: they keep within their share of the rate budget.
    var nextAt = MonotonicInstant(nanoseconds: 0)

    // MARK: What is left of wishes

    mutating func add(_ remainder: Remainder) { remainders.append(remainder) }

    func remainder(of wish: OrderTerms, strategy: String) -> Remainder? {
        remainders.first { $0.strategy == strategy && $0.wish == wish }
    }

    mutating func take(_ remainder: Remainder) {
        remainders.removeAll { $0.ended == remainder.ended }
    }

    /// A strategy wants these, and nothing else, placed: what is left of other wishes is wanted no more.
    mutating func keepRemainders(of strategy: String, for unmet: [WantedOrder]) {
        guard !remainders.isEmpty else { return }
        var open: [OrderTerms: Int] = [:]
        for wanted in unmet { open[wanted.terms, default: 0] += 1 }
        remainders.removeAll { remainder in
            guard remainder.strategy == strategy else { return false }
            guard let count = open[remainder.wish], count > 0 else { return true }
            open[remainder.wish] = count - 1
            return false
        }
    }

    mutating func forgetRemainders() { remainders = [] }

    // MARK: Dates

    /// When a lease ends that begins at `start`, on the venue's clock. Venues need not know fractions of a second.
    static func end(_ life: Duration, from start: UTCInstant) -> UTCInstant {
        let end = start + life
        return life < .seconds(60) ? end : UTCInstant(seconds: end.secondsSince1970)
    }

    /// When an order is renewed: in the last third of its lease, early enough that a cancel which fails a few times
    /// still comes before the end. Orders that were placed together are spread evenly over that time, by the golden
    /// ratio of their sequence: any run of neighbours is.
    static func renewalAt(_ id: ClientOrderID, end: UTCInstant, life: Duration) -> UTCInstant {
        let window = UInt64(max(0, (life / 4).wholeNanoseconds))
        let place = UInt64(bitPattern: id.sequence) &* 0x9E37_79B9_7F4A_7C15
        let offset = Int64(window.multipliedFullWidth(by: place).high)
        return end - life / 3 + .nanoseconds(offset)
    }
}

// MARK: What leases cost

extension CoreConfiguration {
    /// One renewal asks twice: a cancel and a placement.
    package static let requestsPerRenewal = 2

    /// Time from one renewal to the next, so that they take no more than their share of the rate budget.
    package var renewalPause: Duration {
        let hourly = min(Int128(rate.perSecond) * 3_600, rate.perHour.map { Int128($0) } ?? .max)
        let share = max(1, hourly * Int128(leaseShare))
        let pause = Int128(Self.requestsPerRenewal) * 100 * 3_600_000_000_000 / share
        return .nanoseconds(Int64(clamping: pause + 1))
    }

    /// The shortest lease that as many orders as may work can have.
    package var shortestLease: Duration { renewalPause * max(1, risk.maximumWorkingOrders) }

    /// The shortest lease whose renewals, which are new orders, fit the limit of orders per minute.
    package var shortestLeaseByOrderRate: Duration {
        .seconds(60) * max(1, risk.maximumWorkingOrders) / max(1, risk.maximumOrdersPerMinute)
    }
}

// MARK: What the journal says

extension Order {
    /// The reason of an order that is canceled to be renewed.
    package static let leaseReason = "lease"
    private static let continuation = "lease, continues "

    /// The order whose remainder this one is.
    package var continues: ClientOrderID? {
        guard reason.hasPrefix(Self.continuation) else { return nil }
        return ClientOrderID(String(reason.dropFirst(Self.continuation.count)))
    }

    /// Whether a reason is the lease's own, no word of the exchange.
    package static func isOfLease(_ reason: String) -> Bool {
        reason == leaseReason || reason.hasPrefix(continuation)
    }

    static func reason(continuing id: ClientOrderID) -> String { continuation + id.description }
}

extension OrderTerms {
    /// When the exchange ends the order by itself.
    package var goodTill: UTCInstant? {
        if case .limit(_, .goodTillDate(let end), _) = type { end } else { nil }
    }

    /// The same without a date of its end; nil for what never rests.
    func resting(until end: UTCInstant?) -> OrderTerms? {
        guard case .limit(let price, let timeInForce, let postOnly) = type else { return nil }
        switch timeInForce {
        case .immediateOrCancel, .fillOrKill: return nil
        case .goodTillCanceled, .goodTillDate: break
        }
        var terms = self
        terms.type = .limit(
            price: price, timeInForce: end.map { .goodTillDate($0) } ?? .goodTillCanceled, postOnly: postOnly)
        return terms
    }
}
