// The orders of a grid: from where its ladders stand, what the quotes are and what the account has, to the
// complete wanted set.
//
// A level is wanted only at or beyond the touch: a buy not above the bid, a sell not below the ask. Such an
// order never executes on arrival, and one of ours that rests always fulfils it, also when it is itself the
// best price. Funds go to the levels nearest to the centre first, level by level across all markets, so that
// markets which share a currency share it fairly.

import Trading
import TradingDomain

struct GridLadder {
    private let settings: GridSettings
    private var lanes: [Lane] = []
    /// Units of each currency that are not yet given to a level. They are few, so looking through them is quick.
    private var funds: [Fund] = []

    private struct Fund {
        let currency: String
        var left: Int128
    }

    /// One market with its ladder.
    private struct Lane {
        let symbol: Symbol
        let quote: Quote
        let anchor: Grid.Anchor
        let size: LevelSize
        /// Indices into `funds`.
        let base: Int
        let quoted: Int
        /// Whether the next level of the side is still to be tried.
        var buys = true
        var sells = true
    }

    init(_ settings: GridSettings, _ markets: [MarketView], _ anchors: [Grid.Anchor?]) {
        self.settings = settings
        for (market, anchor) in zip(markets, anchors) {
            guard let anchor, let quote = market.quote,
                let size = LevelSize(settings.size, market.product)
            else { continue }
            let base = slot(market.product.symbol.base, market.baseFunds.raw)
            let quoted = slot(market.product.symbol.quote, market.quoteFunds.raw)
            lanes.append(
                Lane(
                    symbol: market.product.symbol, quote: quote, anchor: anchor, size: size, base: base,
                    quoted: quoted))
        }
    }

    private mutating func slot(_ currency: String, _ amount: Int128) -> Int {
        for index in funds.indices where funds[index].currency == currency { return index }
        funds.append(Fund(currency: currency, left: max(0, amount)))
        return funds.count - 1
    }

    /// Nearest level first.
    mutating func orders() -> [WantedOrder] {
        var wanted: [WantedOrder] = []
        wanted.reserveCapacity(settings.levels * 2 * lanes.count)
        for level in 1...settings.levels {
            for lane in lanes.indices {
                if let order = buy(lane, level) { wanted.append(order) }
                if let order = sell(lane, level) { wanted.append(order) }
            }
        }
        return wanted
    }

    // MARK: One level. What does not fit in the numbers or the funds ends the side.

    private mutating func buy(_ lane: Int, _ level: Int) -> WantedOrder? {
        guard lanes[lane].buys else { return nil }
        let anchor = lanes[lane].anchor
        guard let price = try? anchor.centre - anchor.step.times(level), price.isPositive,
            let quantity = lanes[lane].size.quantity(at: price),
            let cost = lanes[lane].size.cost(price, quantity)
        else {
            lanes[lane].buys = false
            return nil
        }
        guard price <= lanes[lane].quote.bid else { return nil }
        guard cost.raw <= funds[lanes[lane].quoted].left else {
            lanes[lane].buys = false
            return nil
        }
        funds[lanes[lane].quoted].left -= cost.raw
        return order(lane, .buy, price, quantity)
    }

    private mutating func sell(_ lane: Int, _ level: Int) -> WantedOrder? {
        guard lanes[lane].sells else { return nil }
        let anchor = lanes[lane].anchor
        guard let price = try? anchor.centre + anchor.step.times(level),
            let quantity = lanes[lane].size.quantity(at: price)
        else {
            lanes[lane].sells = false
            return nil
        }
        guard price >= lanes[lane].quote.ask else { return nil }
        guard quantity.raw <= funds[lanes[lane].base].left else {
            lanes[lane].sells = false
            return nil
        }
        funds[lanes[lane].base].left -= quantity.raw
        return order(lane, .sell, price, quantity)
    }

    private func order(_ lane: Int, _ side: Side, _ price: Price, _ quantity: Quantity) -> WantedOrder {
        WantedOrder(
            symbol: lanes[lane].symbol, side: side, type: .limit(price, postOnly: true),
            quantity: quantity)
    }
}

/// How large a level of one market is, and what it costs. What does not depend on the level's price is reckoned once.
private struct LevelSize {
    private let size: StrategySettings.OrderSize
    private let increment: Quantity
    private let minimum: Quantity
    private let maximum: Quantity
    private let minimumNotional: Money
    /// The dearer of the two fees.
    private let fee: Rate

    /// Nil where the product's limits do not fit in the numbers.
    init?(_ size: StrategySettings.OrderSize, _ product: Product) {
        increment = product.baseIncrement
        minimumNotional = product.minimumNotional
        fee = max(product.makerFee, product.takerFee, .zero)
        do throws(ArithmeticError) {
            minimum = try product.minimumQuantity.rounded(to: increment, .up)
            maximum = try product.maximumQuantity.rounded(to: increment, .down)
            switch size {
            case .base(let base): self.size = .base(try base.rounded(to: increment, .down))
            case .quote: self.size = size
            }
        } catch {
            return nil
        }
    }

    /// What a buy may cost: what an exchange holds for it.
    func cost(_ price: Price, _ quantity: Quantity) -> Money? {
        guard let value = try? price.times(quantity, .up), let fees = try? value.times(fee, .up) else {
            return nil
        }
        return try? value + fees
    }

    /// The size of a level: rounded down to the increment, then brought within the product's limits.
    func quantity(at price: Price) -> Quantity? {
        do throws(ArithmeticError) {
            var quantity: Quantity
            switch size {
            case .base(let base): quantity = base
            case .quote(let money): quantity = try money.over(price, .down).rounded(to: increment, .down)
            }
            quantity = max(quantity, minimum)
            if try price.times(quantity, .down) < minimumNotional {
                quantity = try minimumNotional.over(price, .up).rounded(to: increment, .up)
            }
            quantity = min(quantity, maximum)
            return quantity.isPositive ? quantity : nil
        } catch {
            return nil
        }
    }
}
