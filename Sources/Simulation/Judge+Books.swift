import Trading
import TradingDomain

// What the judge counts for itself: what fills make, and what the rate budget allows.

extension Judge {
    /// What fills add up to, computed here and not by the core.
    struct Book: Equatable {
        var quantity: Int128 = 0
        var cash: Int128 = 0
        var fees: Int128 = 0
        /// By average cost; not compared, since it is rounded.
        var cost: Int128 = 0
        var realised: Int128 = 0

        static func == (a: Self, b: Self) -> Bool {
            a.quantity == b.quantity && a.cash == b.cash && a.fees == b.fees
        }

        init() {}

        /// As somebody else holds it.
        init(_ position: Position) {
            quantity = position.quantity.raw
            cash = position.cash.raw
            fees = position.fees.raw
        }

        mutating func add(_ fill: Fill) {
            let isBack = fill.kind == .reversal
            let sign: Int128 = (fill.side == .buy) != isBack ? 1 : -1
            let value = Judge.value(fill.price.raw, fill.quantity.raw)
            addCost(sign * fill.quantity.raw, value)
            quantity += sign * fill.quantity.raw
            let fee = isBack ? -fill.fee.raw : fill.fee.raw
            cash -= sign * value + fee
            fees += fee
        }
    }

    // MARK: Words of the venue and of records, as the judge understands them

    static func isOver(_ state: OrderState) -> Bool {
        switch state {
        case .new, .open, .partiallyFilled: false
        case .filled, .canceled, .expired, .rejected, .failed: true
        }
    }

    static func isOver(_ status: ExchangeOrderStatus) -> Bool {
        switch status {
        case .filled, .canceled, .expired, .failed: true
        case .pending, .open, .cancelQueued, .editQueued, .unknown: false
        }
    }

    /// Whether the venue answers it.
    static func isCall(_ command: Command) -> Bool {
        switch command {
        case .place, .cancel, .listOrders, .listFills, .listBalances, .ask: true
        case .connect, .flush, .exit: false
        }
    }

    // MARK: Rates

    /// The rate budget, counted when calls are sent: each takes a token that is there, and a placement leaves
    /// those that are kept for cancels.
    func countCall(_ command: Command, _ view: LifeView, at time: Instant) {
        guard Self.isCall(command) else { return }
        let rate = configuration.rate
        let interval = 1_000_000_000 / Int64(rate.perSecond)
        let full = Int64(rate.burst) * interval
        view.tokens = view.tokensAt.map { min(full, view.tokens + (time - $0)) } ?? full
        view.tokensAt = time
        view.tokens -= interval
        demand(view.tokens >= 0, "a call is sent beyond \(rate.perSecond) a second, \(rate.burst) at once")
        if case .place = command {
            demand(
                view.tokens >= Int64(min(rate.cancelReserve, rate.burst - 1)) * interval,
                "a placement takes what is kept for cancels")
        }
    }
}
