import ExchangeModel
import Trading
import TradingDomain

// In calm each request has a reason, and is sent once.

extension Judge {
    /// What the venue is asked to introduce itself again after.
    private static let hour = milliseconds(3_600_000)
    private static let minute = milliseconds(60_000)

    /// Looks at each call of a life that trades. What a stop and a recovery ask is bounded by their time.
    func judgeReason(_ command: NumberedCommand, _ life: Life, _ exchange: SimulatedExchange, at now: Instant)
    {
        let view = life.view
        guard asks(.liveness), let calm = view.calm else { return }
        switch command.command {
        case .cancel(let ids): for id in ids { judgeReason(cancel: id, view, exchange, at: now) }
        case .ask(let question): judgeReason(question, view, exchange, at: now)
        case .flush: demand(view.isStopping, "a flush is asked for, and no stop is under way")
        case .connect(let feed):
            demand(feed == .orders && !view.ordersAreHeard, "\(feed) is connected anew, and was not lost")
        case .listFills(let query):
            guard case .orders(let ids) = query.scope, !view.isStopping, calm.recoveredAt != nil else {
                break
            }
            let booked = view.bookedRows
            for id in ids {
                let isComplete = exchange.rows.allSatisfy {
                    $0.exchangeOrderID != id || booked.contains($0.id)
                }
                demand(!isComplete, "fills of \(id) are asked for, and all of them are booked")
            }
        case .listOrders(let query): judgeReason(query, view, at: now)
        case .place, .listBalances, .exit: break
        }
    }

    private func judgeReason(
        cancel id: ExchangeOrderID, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        guard let own = exchange.engine.order(id).flatMap({ ClientOrderID($0.clientOrderID) }) else {
            return fail("\(id) is canceled, and is none of the exchange's")
        }
        demand(view.calm?.canceling[own] != nil, "\(own) is canceled, and nobody asked for it")
        // A listing that was begun before the end was told may show it alive, and while something is proved no chance is taken.
        let isProving = view.isGated || view.sweepAskedAt != nil
        demand(isProving || knows(own, view), "\(own) is canceled, and has ended")
        let sent = (view.calm?.cancelsSent[id] ?? 0) + 1
        view.calm?.cancelsSent[id] = sent
        demand(sent <= (isProving ? 3 : 2), "\(own) gets its cancel for the \(sent)th time")
    }

    private func judgeReason(
        _ question: VenueQuestion, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        guard let calm = view.calm else { return }
        let name =
            switch question {
            case .permissions: "permissions"
            case .products: "products"
            case .fees: "fees"
            case .time: "time"
            case .quotes: "quotes"
            }
        view.calm?.asked[name, default: 0] += 1
        let count = calm.asked[name, default: 0] + 1
        let life = now - calm.beganAt
        switch question {
        case .time:
            // Five readings at first, then three a minute.
            demand(count <= 5 + 3 * Int(life / Self.minute), "the time is asked for the \(count)th time")
        case .permissions, .products, .fees:
            demand(count <= 1 + Int(life / Self.hour), "\(name) are asked for the \(count)th time")
        case .quotes(let symbols):
            let limit = view.configuration.risk.maximumQuoteAge.wholeNanoseconds / 2
            for symbol in symbols {
                let age = view.quotedAt[symbol].map { now - $0 } ?? .max
                demand(age + milliseconds(700) > limit, "the price of \(symbol) is asked for, and is fresh")
            }
        }
    }

    private func judgeReason(_ query: OrderQuery, _ view: LifeView, at now: Instant) {
        guard let calm = view.calm, let recovered = calm.recoveredAt, !view.isStopping else { return }
        switch query.scope {
        case .createdSince: fail("the past is searched, and every placement was answered")
        case .ids: break
        case .working:
            guard query.cursor == nil else { return }
            let isProof = view.isGated || view.sweepAskedAt != nil || now - calm.disturbedAt < Self.calmBound
            defer { view.calm?.listedAt = now }
            // Where balances are compared a difference is a reason, too, also one that a fill under way explains a moment later.
            guard !isProof, !capabilities.introducesItself else { return }
            let last = max(recovered, calm.listedAt)
            // One look reads some lists, one after the other.
            let isLook =
                now - recovered >= Self.minute * 9 / 10 || now - calm.listedAt < milliseconds(1_000)
            demand(
                capabilities.feedCanBeSilent && isLook,
                "working orders are listed \((now - last) / 1_000_000) ms after the last time")
        }
    }

    /// What a life must have asked by now.
    func judgeAskedEnough(_ view: LifeView, at now: Instant) {
        guard let calm = view.calm, let recovered = calm.recoveredAt, capabilities.introducesItself else {
            return
        }
        let life = now - calm.beganAt
        guard now - recovered > Self.calmBound else { return }
        for name in ["permissions", "products", "fees"] {
            demand(calm.asked[name] != nil, "\(name) were never asked for")
        }
        let readings = 5 + 3 * Int(max(0, life - Self.calmBound) / (Self.minute * 11 / 10))
        demand(
            calm.asked["time", default: 0] >= readings,
            "the time was asked for \(calm.asked["time", default: 0]) times")
    }
}
