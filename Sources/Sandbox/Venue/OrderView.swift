import ExchangeModel
import TradingDomain

// One order as clients see it: the engine's order, what the venue notes about it, and the words for both.

struct OrderView {
    let order: ModelOrder
    let note: OrderNote
    let product: Product
    let id: String

    var status: StaticString {
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
        guard order.filledQuantity.isPositive else { return .zero }
        return (try? order.filledValue.over(order.filledQuantity, .halfEven)) ?? .zero
    }

    /// In percent, to two places.
    var completion: Rate {
        let hundred = Money(raw: order.filledQuantity.raw)
        guard order.terms.quantity.isPositive,
            let part = try? hundred.over(Money(raw: order.terms.quantity.raw), .down),
            let percent = try? part.times(100), let step = Rate("0.01")
        else { return .zero }
        return (try? percent.rounded(to: step, .down)) ?? percent
    }

    /// What the order costs or brings when its rest fills at its limit.
    var valueAfterFees: Money {
        var value = order.filledValue.raw
        if order.terms.side == .buy {
            value += order.fees.raw + order.held.raw
        } else {
            value -= order.fees.raw
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
        return OrderView(order: order, note: note, product: product, id: orderID(order.number))
    }
}
