// The sentences of an order's story.

import Trading
import TradingDomain

enum StoryWords {
    static func terms(_ terms: OrderTerms) -> String {
        let start = "\(terms.symbol) \(terms.side.wire) \(terms.quantity)"
        guard case .limit(let price, let timeInForce, let postOnly) = terms.type else {
            return "\(start) at market"
        }
        let life =
            switch timeInForce {
            case .goodTillCanceled: "good till canceled"
            case .goodTillDate(let end): "good till \(end)"
            case .immediateOrCancel: "immediate or cancel"
            case .fillOrKill: "fill or kill"
            }
        return "\(start) @ \(price), \(life)\(postOnly ? ", post-only" : "")"
    }

    static func wanted(_ order: Order) -> String {
        let who = order.strategy == Flatten.strategy ? "An operator's flatten" : "Strategy \(order.strategy)"
        var text = "\(who) wanted it"
        if let old = order.continues { text += " for what was left of \(old), whose lease ended" }
        guard let basis = order.basis else { return text }
        let trigger =
            switch basis.trigger {
            case .cycle: ", at its regular turn"
            case .quote: ", on a new price"
            case .order: ", on news of one of its orders"
            case .external: ", as the program outside decided"
            case .flatten: ", to close the position"
            }
        text += trigger
        if let bid = basis.bid, let ask = basis.ask, let mid = basis.mid {
            text += ": it saw bid \(bid), ask \(ask)"
            if let price = order.terms.type.limitPrice, let words = distance(price, mid) {
                text += ", \(words)"
            }
        } else {
            text += ", without a price"
        }
        if basis.waited >= .milliseconds(1) {
            text += "; the wish had waited \(duration(basis.waited)) for a request of the rate budget"
        }
        return text
    }

    /// "its price is 12.5 bps below the mid"; nil without a mid, or where the distance does not fit its type.
    static func distance(_ price: Price, _ mid: Price) -> String? {
        guard mid.isPositive, let away = try? basisPoints(price, mid) else { return nil }
        if away.isZero { return "its price is the mid" }
        return "its price is \(short(away.magnitude)) bps \(away.isNegative ? "below" : "above") the mid"
    }

    /// How far a price lies from the mid, basis points.
    static func basisPoints(_ price: Price, _ mid: Price) throws(ArithmeticError) -> Rate {
        let part = try Money(raw: price.raw) - Money(raw: mid.raw)
        return try part.over(Money(raw: mid.raw), .halfEven).scaled(by: 10_000, over: 1, .halfEven)
    }

    /// Two digits are enough for eyes; one too large to be rounded stays as it is.
    static func short(_ rate: Rate) -> String {
        guard let step = Rate("0.01"), let rounded = try? rate.rounded(to: step, .halfEven) else {
            return "\(rate)"
        }
        return "\(rounded)"
    }

    static func gate(_ order: Order, _ basis: OrderBasis) -> String {
        let (symbol, count) = (order.terms.symbol, basis.workingOrders)
        return "The risk gate let it through: \(count) order\(count == 1 ? "" : "s") worked, "
            + "\(basis.workingOrdersOfSymbol) of them in \(symbol); position \(basis.position) \(symbol.base); "
            + "\(basis.ordersInLastMinute) orders in the minute before"
    }

    static func sent(_ order: Order) -> String { "It was on disk, and its placement was sent" }

    static func placed(_ outcome: PlaceOutcome, _ after: String) -> (OrderStory.Step.Kind, String) {
        switch outcome {
        case .accepted(let acceptance):
            return (
                .accepted,
                "The exchange accepted it as \(acceptance.exchangeOrderID), \(after) after the request"
            )
        case .rejected(let reason):
            return (.rejected, "The exchange refused it, \(after) after the request: \(reason)")
        case .unsent(let failure):
            guard failure.isRateLimit else {
                return (.unsent, "It did not reach the exchange: \(failure.reason)")
            }
            let patience = failure.retryAfter.map { ", and asked for \(duration($0)) of patience" } ?? ""
            return (
                .throttled, "The exchange did not take it, we were too fast\(patience): \(failure.reason)"
            )
        case .ambiguous(let failure):
            return (
                .unknown,
                "What became of it was unknown after \(after) (\(failure.reason)); it was looked for in the exchange's "
                    + "lists and never sent again"
            )
        }
    }

    static func canceled(_ outcome: CancelOutcome, _ id: ExchangeOrderID?, _ after: String) -> String {
        switch outcome {
        case .answered(let results):
            switch results.first(where: { $0.exchangeOrderID == id })?.verdict {
            case .accepted: return "The exchange took the cancel, \(after) after it was sent"
            case .duplicateRequest: return "The exchange said that the cancel was asked for already"
            case .alreadyFinal: return "The exchange said that it had ended already; it was looked up"
            case .unknownOrder: return "The exchange said that it knows no such order; it was looked up"
            case .refused(let why): return "The exchange refused the cancel: \(why)"
            case .notAllowed(let why): return "The exchange does not allow us to cancel it: \(why)"
            case nil: return "The answer to the cancel said nothing of it"
            }
        case .refused(let why): return "The exchange refused the whole cancel call: \(why)"
        case .unsent(let failure):
            return failure.isRateLimit
                ? "The cancel was not taken, we were too fast: \(failure.reason)"
                : "The cancel did not reach the exchange: \(failure.reason)"
        case .ambiguous(let failure): return "Whether the cancel arrived was unknown: \(failure.reason)"
        }
    }

    static func cancelWish(_ cause: CancelCause?, _ who: String?, _ order: Order, isFirst: Bool) -> String {
        let why =
            switch cause {
            case .unwanted: "strategy \(order.strategy) wanted it no more"
            case .age: "it had worked for longer than orders may"
            case .lease: "its lease was to be renewed"
            case .stop: "the bot was to stop"
            case .halt: "trading was halted"
            case .sweep: "an operator had every order canceled"
            case .flatten: "an operator had positions closed"
            case .reduceOnly: "only orders that close a position may rest"
            case .standing: "an operator's stop stood from an earlier life"
            case .strategyOff: "strategy \(order.strategy) was taken out"
            case .programFailed: "the program of strategy \(order.strategy) failed"
            case .universe: "\(order.terms.symbol) has left the universe"
            case .leftover: "an earlier life had left it"
            case .ownerless: "no strategy stood behind it"
            case .appeared: "it had been given up and was at the exchange after all"
            case nil: "nobody recorded why"
            }
        return (isFirst ? "Its cancel was wanted: " : "Its cancel was wanted again: ") + why
            + (who.map { " (\($0))" } ?? "")
    }

    /// Who stands behind a cancel, as the records of the same turn tell.
    static func whoAsked(_ records: [Record]) -> String? {
        for record in records {
            switch record {
            case .operatorSaid(let note): return "\(note.word.name), by \(note.by)"
            case .stopBegan(let reason, _): return reason
            case .strategyHalted(let halt): return "\(halt.cause.rawValue): \(halt.detail)"
            case .halted(let halt): return "\(halt.cause.rawValue): \(halt.detail)"
            default: continue
            }
        }
        return nil
    }

    /// In whose books a flatten's fill was booked.
    static func books(_ parts: [StrategyBooks.Part], of order: Order) -> String {
        guard parts.contains(where: { $0.strategy != order.strategy }) else { return "" }
        let shares = parts.map { part in
            "\(part.fill.quantity) under \(part.strategy.isEmpty ? "no strategy" : part.strategy)"
        }
        return ", booked: " + shares.joined(separator: ", ")
    }

    static func fill(_ fill: Fill, _ mid: Price?) -> String {
        let what =
            switch fill.kind {
            case .trade: "Filled"
            case .reversal: "REVERSED"
            case .correction: "Corrected"
            case .synthetic: "Filled by the venue itself"
            }
        var text =
            "\(what) \(fill.quantity) @ \(fill.price) as \(fill.liquidity.rawValue), fee \(fill.fee) "
            + "\(fill.symbol.quote), executed \(fill.at)"
        // Said where there is a mid to compare with, and the distance fits its type.
        if let mid, mid.isPositive, let away = try? basisPoints(fill.price, mid) {
            let cost = fill.side == .buy ? away : -away
            let word = cost.isNegative ? "better" : "worse"
            text +=
                cost.isZero
                ? ", at the mid that was seen"
                : ", \(short(cost.magnitude)) bps \(word) than the mid that was seen"
        }
        return text
    }

    static func end(_ state: OrderState, _ reason: String, wasSent: Bool) -> String {
        let why = reason.isEmpty || Order.isOfLease(reason) ? "" : ": \(reason)"
        return switch state {
        case .filled: "The exchange showed it filled"
        case .canceled: "The exchange showed it canceled\(why)"
        case .expired: "The exchange showed it expired\(why)"
        case .rejected: "It was rejected\(why)"
        case .failed: wasSent ? "It failed\(why)" : "It was dropped before it was sent\(why)"
        case .new, .open, .partiallyFilled: "It works"
        }
    }

    static func ending(_ order: Order, _ fills: [Fill]) -> String {
        let filled = max(order.filledQuantity, order.bookedQuantity)
        let share = filled.isZero ? "nothing of it filled" : "\(filled) of \(order.terms.quantity) filled"
        var money = ""
        // Fills whose sum does not fit its type are told one by one only.
        if let sum = try? FillSum(fills), let price = sum.averagePrice {
            money = " at \(price) on average, fees \(sum.fees) \(order.terms.symbol.quote)"
        }
        let life = order.endedAt.map { ", \(duration($0 - order.createdAt)) after it was wanted" } ?? ""
        let unsettled =
            order.isSettled
            ? ""
            : " Fills of \(order.filledQuantity) are known to the exchange, \(order.bookedQuantity) are booked."
        switch order.state {
        case .new:
            return order.isInFlight
                ? "In flight: it was sent, and what became of it is not known yet." : "Not sent yet."
        case .open, .partiallyFilled: return "It works: \(share)\(money).\(unsettled)"
        case .failed where order.sentAt == nil: return "Never sent: the exchange has not seen it."
        case .filled, .canceled, .expired, .rejected, .failed:
            return "Ended \(order.state.rawValue)\(life): \(share)\(money).\(unsettled)"
        }
    }

    // MARK: Times

    /// "1.2 ms", "43 s", "2 h 5 min".
    static func duration(_ duration: Duration) -> String {
        let nanoseconds = max(0, duration.wholeNanoseconds)
        func tenths(_ unit: Int64) -> String {
            let value = nanoseconds / (unit / 10)
            return value < 100 && value % 10 != 0 ? "\(value / 10).\(value % 10)" : "\(value / 10)"
        }
        switch nanoseconds {
        case ..<1_000_000: return "\(nanoseconds / 1_000) us"
        case ..<1_000_000_000: return tenths(1_000_000) + " ms"
        case ..<60_000_000_000: return tenths(1_000_000_000) + " s"
        case ..<3_600_000_000_000:
            return "\(nanoseconds / 60_000_000_000) min \(nanoseconds / 1_000_000_000 % 60) s"
        case ..<172_800_000_000_000:
            return "\(nanoseconds / 3_600_000_000_000) h \(nanoseconds / 60_000_000_000 % 60) min"
        default: return "\(nanoseconds / 86_400_000_000_000) d \(nanoseconds / 3_600_000_000_000 % 24) h"
        }
    }

    static func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return right ? padding + text : text + padding
    }
}

/// What an order's fills add up to.
struct FillSum {
    private(set) var quantity = Quantity.zero
    private(set) var value = Money.zero
    private(set) var fees = Money.zero

    init(_ fills: [Fill]) throws(ArithmeticError) {
        for fill in fills {
            let effect = try FillEffect(fill)
            quantity = try quantity + (fill.side == .buy ? effect.quantity : -effect.quantity)
            value = try value + (fill.side == .buy ? effect.value : -effect.value)
            fees = try fees + effect.fee
        }
    }

    /// Nil where nothing is left of them, or the price does not fit its type.
    var averagePrice: Price? {
        guard quantity.isPositive, let price = try? value.over(quantity, .halfEven),
            let step = Price("0.00000001")
        else { return nil }
        return (try? price.rounded(to: step, .halfEven)) ?? price
    }
}
