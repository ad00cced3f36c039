// The gate that no intent can go around: only it can make a `RiskApproved`, and only such a value can be
// placed. It decides on numbers that are handed to it and holds none.

import TradingDomain

/// An order that passed every check. There is no other way to make one.
package struct RiskApproved: Encodable, Equatable, Sendable {
    package let clientOrderID: ClientOrderID
    package let terms: OrderTerms

    fileprivate init(clientOrderID: ClientOrderID, terms: OrderTerms) {
        self.clientOrderID = clientOrderID
        self.terms = terms
    }
}

/// Why an order was not allowed. Never an error: the strategy may want it again when things have changed.
package struct RiskRefusal: Codable, Equatable, Sendable {
    package enum Rule: String, Codable, Sendable, CaseIterable {
        case notTradable, malformed, orderNotional, workingOrdersPerSymbol, workingOrders, position
        case priceCollar, noQuote, staleQuote, ordersPerMinute, funds, arithmetic
        /// No new entries: an operator paused.
        case paused
        /// Limits of the strategy itself.
        case strategyBudget, strategyWorkingOrders, strategyOrdersPerMinute
        /// The market has left the universe that the strategy follows.
        case notInUniverse
    }
    package var rule: Rule
    package var strategy: String
    package var terms: OrderTerms
    /// The number that was over, and the limit.
    package var detail: String

    package init(rule: Rule, strategy: String, terms: OrderTerms, detail: String) {
        self.rule = rule
        self.strategy = strategy
        self.terms = terms
        self.detail = detail
    }
}

/// What stands before the order is added. Working orders in flight and under cancel count in full.
package struct RiskExposure: Sendable {
    package var product: Product?
    package var quote: Quote?
    package var workingOrders: Int
    package var workingOrdersOfSymbol: Int
    /// Signed position, base units, unbooked fills included.
    package var position: Quantity
    /// Leaves of working orders of the symbol, base units, per side.
    package var workingBuys: Quantity
    package var workingSells: Quantity
    package var ordersInLastMinute: Int
    /// What working orders leave of the account's funds; nil while the balances are not known.
    package var freeBase: Money?
    package var freeQuote: Money?
    /// The same for the strategy that wants it; nil for an operator's own orders.
    package var strategy: StrategyExposure?

    package init(
        product: Product?, quote: Quote?, workingOrders: Int, workingOrdersOfSymbol: Int,
        position: Quantity, workingBuys: Quantity, workingSells: Quantity, ordersInLastMinute: Int,
        freeBase: Money?, freeQuote: Money?
    ) {
        self.product = product
        self.quote = quote
        self.workingOrders = workingOrders
        self.workingOrdersOfSymbol = workingOrdersOfSymbol
        self.position = position
        self.workingBuys = workingBuys
        self.workingSells = workingSells
        self.ordersInLastMinute = ordersInLastMinute
        self.freeBase = freeBase
        self.freeQuote = freeQuote
    }
}

package struct RiskGate: Sendable {
    package let limits: RiskLimits

    package init(limits: RiskLimits) { self.limits = limits }

    /// One order against every limit. `now` judges the quote's age.
    package func check(
        _ id: ClientOrderID, _ terms: OrderTerms, strategy: String, exposure: RiskExposure,
        reducesOnly: Bool = false, at now: UTCInstant
    ) -> Result<RiskApproved, Refused> {
        do throws(Refused) {
            let (product, quote) = try checkMarket(terms, exposure, at: now)
            let price = try checkPrice(terms, quote)
            do throws(ArithmeticError) {
                if let refused = try checkSizes(terms, price: price, product: product, quote, exposure) {
                    return .failure(refused)
                }
                if reducesOnly, try !reduces(terms, exposure) {
                    return .failure(Refused(.paused, "no new entries while paused, and this would be one"))
                }
            } catch {
                throw Refused(.arithmetic, error.description)
            }
            return .success(RiskApproved(clientOrderID: id, terms: terms))
        } catch {
            return .failure(error)
        }
    }

    /// A refusal before it is dressed for the journal.
    package struct Refused: Error, Equatable {
        package let rule: RiskRefusal.Rule
        package let detail: String
        init(_ rule: RiskRefusal.Rule, _ detail: String) {
            self.rule = rule
            self.detail = detail
        }
    }

    private func checkMarket(_ terms: OrderTerms, _ exposure: RiskExposure, at now: UTCInstant)
        throws(Refused) -> (Product, Quote)
    {
        guard let product = exposure.product else {
            throw Refused(.notTradable, "the exchange has no product \(terms.symbol)")
        }
        var postOnly = false
        if case .limit(_, _, true) = terms.type { postOnly = true }
        let allowed: Bool
        switch product.status {
        case .online: allowed = true
        case .limitOnly: allowed = terms.type != .market
        case .postOnly: allowed = postOnly
        case .cancelOnly, .disabled: allowed = false
        }
        if !allowed { throw Refused(.notTradable, "\(terms.symbol) is \(product.status.rawValue)") }
        guard let quote = exposure.quote else {
            throw Refused(.noQuote, "no quote of \(terms.symbol) yet")
        }
        let age = now - quote.at
        if age > limits.maximumQuoteAge {
            throw Refused(.staleQuote, "last quote is \(age) old, limit \(limits.maximumQuoteAge)")
        }
        if exposure.ordersInLastMinute >= limits.maximumOrdersPerMinute {
            throw Refused(
                .ordersPerMinute,
                "\(exposure.ordersInLastMinute) orders in the last minute, limit \(limits.maximumOrdersPerMinute)"
            )
        }
        if exposure.workingOrdersOfSymbol >= limits.maximumWorkingOrdersPerSymbol {
            throw Refused(
                .workingOrdersPerSymbol,
                "\(exposure.workingOrdersOfSymbol) working, limit \(limits.maximumWorkingOrdersPerSymbol)")
        }
        if exposure.workingOrders >= limits.maximumWorkingOrders {
            throw Refused(
                .workingOrders, "\(exposure.workingOrders) working, limit \(limits.maximumWorkingOrders)")
        }
        try exposure.strategy?.checkCounts()
        return (product, quote)
    }

    /// The price that the order can cost at worst: its limit, or for a market order the far side of the
    /// quote plus the collar.
    private func checkPrice(_ terms: OrderTerms, _ quote: Quote) throws(Refused) -> Price {
        let mid = quote.mid
        guard mid.isPositive, quote.bid <= quote.ask else {
            throw Refused(.noQuote, "quote \(quote.bid)/\(quote.ask) makes no sense")
        }
        let reach: Price
        let distance: Price
        let price: Price
        do throws(ArithmeticError) {
            reach = try mid.scaled(by: limits.priceCollarBasisPoints, over: 10_000, .down)
            price = if let limit = terms.type.limitPrice { limit } else { try quote.ask + reach }
            distance = terms.type.limitPrice == nil ? .zero : try (price - mid).magnitude
        } catch {
            throw Refused(.arithmetic, error.description)
        }
        if distance > reach {
            throw Refused(
                .priceCollar,
                "limit \(price) is \(distance) from the mid \(mid), "
                    + "allowed \(reach) (\(limits.priceCollarBasisPoints) bps)")
        }
        return price
    }

    private func checkSizes(
        _ terms: OrderTerms, price: Price, product: Product, _ quote: Quote, _ exposure: RiskExposure
    ) throws(ArithmeticError) -> Refused? {
        guard terms.quantity.isPositive, terms.quantity.isMultiple(of: product.baseIncrement),
            terms.quantity >= product.minimumQuantity, terms.quantity <= product.maximumQuantity
        else {
            return Refused(
                .malformed,
                "size \(terms.quantity) must be a multiple of \(product.baseIncrement) from "
                    + "\(product.minimumQuantity) to \(product.maximumQuantity)")
        }
        if let limit = terms.type.limitPrice,
            !limit.isPositive || !limit.isMultiple(of: product.priceIncrement)
        {
            return Refused(
                .malformed, "price \(limit) must be a positive multiple of \(product.priceIncrement)")
        }
        let notional = try price.times(terms.quantity, .up)
        if notional < product.minimumNotional {
            return Refused(.malformed, "value \(notional) is below the minimum \(product.minimumNotional)")
        }
        if notional > limits.maximumOrderNotional {
            return Refused(.orderNotional, "value \(notional), limit \(limits.maximumOrderNotional)")
        }
        // An order that can only bring the position nearer to zero is always allowed.
        if try !reduces(terms, exposure) {
            let reachable = try reachable(terms, exposure)
            let value = try quote.mid.times(reachable.magnitude, .up)
            if value > limits.maximumPositionNotional {
                return Refused(
                    .position,
                    "position could reach \(reachable) worth \(value), limit \(limits.maximumPositionNotional)"
                )
            }
        }
        if let refused = try exposure.strategy?.checkBudget(terms, mid: quote.mid) { return refused }
        switch terms.side {
        case .buy:
            let cost = try notional + notional.times(product.takerFee, .up)
            if let free = exposure.freeQuote, cost > free {
                return Refused(.funds, "costs \(cost) with fees, free \(free) \(terms.symbol.quote)")
            }
        case .sell:
            if let free = exposure.freeBase, terms.quantity.raw > free.raw {
                return Refused(.funds, "sells \(terms.quantity), free \(free) \(terms.symbol.base)")
            }
        }
        return nil
    }

    /// The position that this order and all that works on its side could lead to.
    private func reachable(_ terms: OrderTerms, _ exposure: RiskExposure) throws(ArithmeticError) -> Quantity
    {
        terms.side == .buy
            ? try (exposure.position + exposure.workingBuys) + terms.quantity
            : try (exposure.position - exposure.workingSells) - terms.quantity
    }

    private func reduces(_ terms: OrderTerms, _ exposure: RiskExposure) throws(ArithmeticError) -> Bool {
        let reachable = try reachable(terms, exposure)
        return terms.side == .buy ? !reachable.isPositive : !reachable.isNegative
    }
}
