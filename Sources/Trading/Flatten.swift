// Closing every position before what an operator asked for next: a pause, a stop or a halt.
//
// What works is canceled first. Then each position is closed by orders that fill at once or not at all, behind the
// risk gate and only towards zero, never further from the first price seen than the slippage allows. What is not
// closed when the time is over stays, and is named.

import TradingDomain

package struct Flatten: Sendable {
    let order: FlattenOrder
    let by: String
    let until: MonotonicInstant
    /// The first mid seen of each market: slippage is measured from here.
    var references: [Symbol: Price] = [:]
    /// Not before this another try.
    var retryAt: MonotonicInstant?

    /// Between two tries: quotes move, and the rate budget is for others, too.
    static let pause: Duration = .seconds(1)
    /// Names its orders in the journal. No strategy can bear it.
    package static let strategy = "operator/flatten"
}

extension TradingCore {
    mutating func beginFlatten(_ order: OperatorOrder, _ wish: FlattenOrder, _ turn: inout Turn)
        -> OperatorReply.Outcome
    {
        if let refusal = refusal(of: order.word) { return refusal }
        if durable.standing?.kind == .stopped {
            return .refused("stopped by an operator: nothing is placed", todo: "`trader247 resume` first")
        }
        guard volatile.lifecycle == .trading else {
            return .refused(
                "nothing is placed before recovery is complete",
                todo: "wait until `trader247 status` says trading")
        }
        guard capabilities.holdsOrders else {
            return .refused("a dry run has no positions", todo: "there is nothing to close")
        }
        guard FlattenOrder.slippages.contains(wish.slippageBasisPoints),
            FlattenOrder.timeouts.contains(wish.timeout)
        else {
            return .refused(
                "slippage must be \(FlattenOrder.slippages) basis points, the time-out \(FlattenOrder.timeouts)",
                todo: "say it again within these limits")
        }
        note(order, &turn)
        dropIntents("flatten by \(order.by)", &turn)
        volatile.sweep = nil
        requestCancels(durable.ledger.live, .flatten, &turn)
        volatile.flatten = Flatten(order: wish, by: order.by, until: now.monotonic + wish.timeout)
        alert(
            "flatten",
            "closing every position within \(wish.slippageBasisPoints) bps and \(wish.timeout), then "
                + "\(wish.next.rawValue) (by \(order.by))", &turn)
        return .done(
            "flattening: orders are canceled, positions closed, then \(wish.next.rawValue). New entries are "
                + "paused from now on")
    }

    mutating func advanceFlatten(_ turn: inout Turn) {
        guard let flatten = volatile.flatten, volatile.stop == nil, volatile.lifecycle == .trading else {
            return
        }
        guard now.monotonic < flatten.until else {
            requestCancels(durable.ledger.live, .flatten, &turn)
            return endFlatten(flatten, &turn)
        }
        guard isGateOpen, durable.ledger.live.isEmpty else { return }
        if let retryAt = flatten.retryAt, now.monotonic < retryAt { return }
        var isClosing = false
        for symbol in marketsOfPositions {
            switch closing(symbol) {
            case .dust: continue
            case .unknown: isClosing = true
            case .order(let wanted):
                isClosing = true
                _ = intend(wanted, strategy: Flatten.strategy, seen: view(closing: symbol), &turn)
            }
        }
        guard isClosing else { return endFlatten(flatten, &turn) }
        volatile.flatten?.retryAt = now.monotonic + Flatten.pause
    }

    private func view(closing symbol: Symbol) -> DecisionView {
        var view = DecisionView(trigger: .flatten, at: now.utc)
        view.quotes[symbol] = volatile.quotes[symbol]
        return view
    }

    private enum Closing {
        /// Too small to be sold or bought at all, or nothing.
        case dust
        /// No price yet, or no final size of what was to close it.
        case unknown
        case order(WantedOrder)
    }

    private var marketsOfPositions: [Symbol] {
        Set(durable.ledger.positions.keys).union(strategySymbols).filter { !position(of: $0).isZero }.sorted()
    }

    private mutating func closing(_ symbol: Symbol) -> Closing {
        let open = position(of: symbol)
        guard let product = products[symbol], let quote = volatile.quotes[symbol] else { return .unknown }
        let reference = volatile.flatten?.references[symbol] ?? quote.mid
        volatile.flatten?.references[symbol] = reference
        let side: Side = open.isPositive ? .sell : .buy
        let slippage = volatile.flatten?.order.slippageBasisPoints ?? 0
        do throws(ArithmeticError) {
            let price = try reference.scaled(
                by: side == .sell ? 10_000 - slippage : 10_000 + slippage, over: 10_000, .halfEven
            ).rounded(to: product.priceIncrement, side == .sell ? .up : .down)
            // Of an order that has ended before its size was final the rest may have closed it already.
            let totals = durable.ledger.working(symbol)
            let left = try open.magnitude - (side == .sell ? totals.sells : totals.buys)
            guard left.isPositive else { return .unknown }
            var quantity = try min(left, product.maximumQuantity)
                .rounded(to: product.baseIncrement, .down)
            // In slices, where the whole is more than one order may be worth.
            while try price.times(quantity, .up) > configuration.risk.maximumOrderNotional {
                quantity = try quantity.scaled(by: 1, over: 2, .down).rounded(
                    to: product.baseIncrement, .down)
            }
            guard quantity >= product.minimumQuantity, quantity.isPositive,
                try price.times(quantity, .down) >= product.minimumNotional
            else { return .dust }
            return .order(
                WantedOrder(
                    symbol: symbol, side: side,
                    type: .limit(price: price, timeInForce: .immediateOrCancel, postOnly: false),
                    quantity: quantity))
        } catch {
            return .unknown
        }
    }

    private mutating func endFlatten(_ flatten: Flatten, _ turn: inout Turn) {
        volatile.flatten = nil
        let left = marketsOfPositions.map { "\($0) \(position(of: $0))" }
        let next = flatten.order.next
        if left.isEmpty {
            alert("flattened", "every position is closed; next: \(next.rawValue)", &turn)
        } else {
            let why = now.monotonic < flatten.until ? "too small to be closed" : "not closed in time"
            alert(
                "flatten-incomplete", "\(why): \(left.joined(separator: ", ")); next: \(next.rawValue)", &turn
            )
        }
        switch next {
        case .pause: break
        case .stop: _ = stop(OperatorOrder(number: 0, by: flatten.by, word: .stop), &turn)
        case .halt:
            let order = OperatorOrder(number: 0, by: flatten.by, word: .halt("after flatten"))
            note(order, &turn)
            halt(.killSwitch, "by \(flatten.by): after flatten", &turn)
        }
    }
}
