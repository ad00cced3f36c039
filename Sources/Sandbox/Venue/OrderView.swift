import ExchangeModel
import TradingDomain

// One order as clients see it: the engine's order, what the venue notes about it, and the words for both.

struct OrderView {
    let order: ModelOrder
    let note: OrderNote
    let product: Product
    let id: String
    /// What is told of its fills, which may be less than there is.
    let figures: Figures
    let disguise: Disguise?
    let claim: Claim?
    /// What lists show in place of OPEN.
    var listedAs: StaticString?

    /// The sums of an order's fills.
    struct Figures {
        let filledQuantity: Quantity
        let filledValue: Money
        let fees: Money
        let fillCount: Int

        init(_ order: ModelOrder) {
            filledQuantity = order.filledQuantity
            filledValue = order.filledValue
            fees = order.fees
            fillCount = order.fillNumbers.count
        }

        /// Of an order without a fill.
        init() {
            filledQuantity = .zero
            filledValue = .zero
            fees = .zero
            fillCount = 0
        }
    }

    var isOpen: Bool {
        order.status == .open && note.pendingUntil == nil
            && (listedAs.map { $0.description == "OPEN" } ?? true)
    }

    var remaining: Quantity { Quantity(raw: order.terms.quantity.raw - figures.filledQuantity.raw) }

    /// As the venue was seen to say it: an order that ended without a fill is never called settled.
    var isSettled: Bool {
        order.status.isTerminal && figures.fillCount > 0 && figures.fillCount == order.fillNumbers.count
    }

    var status: StaticString {
        if order.status == .open, let listedAs { return listedAs }
        if note.pendingUntil != nil, order.status == .open { return "PENDING" }
        return switch order.status {
        case .pending: "PENDING"
        case .open: "OPEN"
        case .cancelQueued: "CANCEL_QUEUED"
        case .editQueued: "EDIT_QUEUED"
        case .filled: "FILLED"
        case .canceled: "CANCELLED"
        case .expired: "EXPIRED"
        case .failed: "FAILED"
        case .unknown: "UNKNOWN_ORDER_STATUS"
        }
    }

    var averagePrice: Price {
        guard figures.filledQuantity.isPositive else { return .zero }
        return (try? figures.filledValue.over(figures.filledQuantity, .halfEven)) ?? .zero
    }

    /// In percent, to two places.
    var completion: Rate {
        let hundred = Money(raw: figures.filledQuantity.raw)
        guard order.terms.quantity.isPositive,
            let part = try? hundred.over(Money(raw: order.terms.quantity.raw), .down),
            let percent = try? part.times(100), let step = Rate("0.01")
        else { return .zero }
        return (try? percent.rounded(to: step, .down)) ?? percent
    }

    /// What the order costs or brings when its rest fills at its limit.
    var valueAfterFees: Money {
        var value = figures.filledValue.raw
        if order.terms.side == .buy {
            value += figures.fees.raw + order.held.raw
        } else {
            value -= figures.fees.raw
            if !order.status.isTerminal, let limit = order.terms.type.limitPrice,
                let rest = try? limit.times(order.remaining, .down),
                let fee = try? rest.times(max(product.takerFee, .zero), .up)
            {
                value += rest.raw - fee.raw
            }
        }
        return Money(raw: value)
    }

    var rejectReason: StaticString {
        order.status == .failed ? "HOLD_FAILURE" : "REJECT_REASON_UNSPECIFIED"
    }

    var cancelMessage: String {
        switch order.status {
        case .canceled where order.reason == "canceled on request": "User requested cancel"
        case .canceled, .expired: order.reason
        default: ""
        }
    }
}

extension Venue {
    /// As it is now.
    func view(_ number: Int64) -> OrderView? {
        engine.detail(number: number).flatMap { view($0) }
    }

    func view(_ order: ModelOrder) -> OrderView? {
        guard let note = note(order.number), let product = engine.product(order.terms.symbol) else {
            return nil
        }
        return OrderView(
            order: order, note: note, product: product, id: orderID(order.number), figures: figures(order),
            disguise: bends.disguises[order.number], claim: bends.claims[order.number])
    }

    /// As lists and look-ups show it; nil while they don't know it.
    func listed(_ order: ModelOrder) -> OrderView? {
        guard let shown = lag.visible(order, now: engine.now), var view = view(shown) else { return nil }
        view.listedAs = bends.moves[order.number]
        return view
    }

    private func figures(_ order: ModelOrder) -> OrderView.Figures {
        guard bends.sizes.isOn else { return OrderView.Figures(order) }
        return bends.sizes.visible(order, now: engine.now).map { OrderView.Figures($0) }
            ?? OrderView.Figures()
    }
}
