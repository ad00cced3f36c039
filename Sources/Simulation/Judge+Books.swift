import Trading
import TradingDomain

// What the judge counts for itself: what fills make, and what the rate budget allows.

extension Judge {
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

    /// The rate budget, counted when calls are sent: each takes a token that is there, and a placement leaves
    /// those that are kept for cancels.
    func countCall(_ command: Command, _ view: LifeView, at time: Instant) {
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
