import ExchangeModel
import Trading
import TradingDomain

// How an order may end in calm, and when its lease is renewed.

extension Judge {
    /// In the last third of its lease, and not before.
    func judgeRenewal(
        _ id: ClientOrderID, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        view.calm?.canceling[id] = now
        guard let end = exchange.truth(id)?.terms?.goodTill, let lease = view.configuration.lease else {
            return
        }
        let left = (end - exchange.utc(now)).wholeNanoseconds
        // Venues of minutes know whole seconds only.
        demand(
            left <= lease.wholeNanoseconds * 7 / 15 + milliseconds(400),
            "\(id) is renewed \(left / 1_000_000) ms before the end of its lease of \(lease)")
    }

    func judgeEnd(
        _ change: OrderChange, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        switch change.state {
        case .rejected:
            fail("\(change.id) is rejected (\(change.reason ?? ""))")
        case .expired:
            let truth = exchange.truth(change.id)
            let left = (truth?.terms?.quantity.raw ?? 0) - (truth?.filledQuantity.raw ?? 0)
            let isDust = Self.value(truth?.terms?.type.limitPrice?.raw ?? 0, left) < 1_100_000_000_000_000_000
            // What is paused, or waited for a feed, is not renewed.
            let isHeld =
                view.standing != nil || view.isGated || view.sweepAskedAt != nil
                || view.calm?.flattensSince != nil || view.calm?.canceling[change.id] != nil
                || view.calm.map { now - $0.disturbedAt < Self.calmBound * 2 } ?? false
            // More of them fall due together than their share of the rate budget can renew.
            let areTooMany = view.calm.map { $0.open.count > 9 } ?? false
            demand(isDust || isHeld || areTooMany, "the lease of \(change.id) has lapsed")
        case .failed:
            let isDropped = view.calm?.canceling[change.id] != nil || view.isGated || view.standing != nil
            demand(
                isDropped || view.sweepAskedAt != nil || view.decisions[change.id] == nil
                    || view.configuration.lease != nil || view.calm?.flattensSince != nil
                    || !view.ordersAreHeard,
                "\(change.id) is dropped (\(change.reason ?? ""))")
        default: break
        }
    }
}
