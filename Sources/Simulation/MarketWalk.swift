import ExchangeModel
import TradingDomain

// The rest of the market, small and fast: a seeded walk per symbol with two levels a side and takers that hit
// them. What a step does follows from the seed and the step's number.

struct MarketWalk {
    private struct Track {
        let product: Product
        let firstTick: Int64
        var tick: Int64
    }

    private let choices: Choices
    private var tracks: [Track]
    private var step: Int64 = 0

    init(choices: Choices, products: [Product], firstTick: Int64) {
        self.choices = choices
        tracks = products.map { Track(product: $0, firstTick: firstTick, tick: firstTick) }
    }

    mutating func advance(_ engine: inout MatchingEngine, at now: UTCInstant) {
        step += 1
        for index in tracks.indices {
            var dice = choices.dice(.market, step, Int64(index))
            let product = tracks[index].product
            let tick = product.priceIncrement.raw
            let unit = product.minimumQuantity.raw
            if dice.chance(500) {
                let taker: Side = dice.chance(500) ? .buy : .sell
                let reach = dice.between(0, 30)
                let limit = tracks[index].tick + (taker == .buy ? reach : -reach)
                engine.externalTrade(
                    product.symbol, taker: taker, limit: Price(raw: tick * Int128(limit)),
                    quantity: Quantity(raw: unit * Int128(dice.between(1, 60))), at: now)
            }
            let pull = (tracks[index].firstTick - tracks[index].tick) / 50
            tracks[index].tick += dice.between(-12, 12) + pull
            let middle = tracks[index].tick
            let size = Quantity(raw: unit * Int128(dice.between(5, 40)))
            let deep = Quantity(raw: unit * 200)
            func level(_ offset: Int64, _ size: Quantity) -> BookLevel {
                BookLevel(Price(raw: tick * Int128(middle + offset)), size)
            }
            engine.setLiquidity(
                product.symbol, bids: [level(-3, size), level(-15, deep)],
                asks: [level(3, size), level(15, deep)], at: now)
        }
    }
}
