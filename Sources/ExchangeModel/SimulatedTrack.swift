import TradingDomain

// One symbol of the simulated market: where its mid is and what a step does. Sizes at a price stay the same
// for many steps, so that queue positions mean something. An amount that does not fit leaves the mid alone.

struct SimulatedTrack: Codable, Hashable, Sendable {
    let settings: SimulatedMarket.Settings
    private let seed: UInt64
    private(set) var mid: Price

    /// A size at a price lasts this many steps.
    private static let sizeLife: Int64 = 240
    /// Each step takes back one part in this many of the distance to the first price: after a day and a half
    /// at the usual interval most of a move is forgotten, and the price keeps within some 5 % per deviation.
    private static let memory: Int64 = 500_000
    /// A stride trades at most as much as this many steps.
    private static let volumeLimit: Int64 = 50

    init(settings: SimulatedMarket.Settings, seed: UInt64) {
        self.settings = settings
        self.seed = SeededGenerator.seed(seed, SeededGenerator.hash(settings.symbol.description))
        mid = settings.firstMid
    }

    /// Takes these steps as one.
    mutating func take(_ steps: ClosedRange<Int64>, at: UTCInstant, engine: inout MatchingEngine) {
        let step = steps.upperBound
        let stride = step - steps.lowerBound + 1
        guard let product = engine.product(settings.symbol) else { return }
        var chance = SeededGenerator(seed: SeededGenerator.seed(seed, UInt64(bitPattern: step)))
        let move = chance.normalThousandths()
        trade(stride, up: move > 0, at, product, &chance, &engine)
        mid = moved(by: move, stride, product)
        let bids = levels(.buy, step, product)
        let asks = levels(.sell, step, product)
        engine.setLiquidity(settings.symbol, bids: bids, asks: asks, at: at)
    }

    /// Takers hit the book as it stands, two times out of three in the direction of the coming move.
    private func trade(
        _ stride: Int64, up: Bool, _ at: UTCInstant, _ product: Product, _ chance: inout SeededGenerator,
        _ engine: inout MatchingEngine
    ) {
        let trades = chance.below(1000) < settings.tradesPerThousandSteps
        let size = 100 + chance.below(1400)
        let withMove = chance.below(3) < 2
        guard trades || stride > 1 else { return }
        let volume = size * min(stride, Self.volumeLimit)
        guard
            let quantity = try? settings.levelQuantity.scaled(by: volume, over: 1000, .down)
                .rounded(to: product.baseIncrement, .up),
            let reach = try? distance(product).times(settings.levels)
        else { return }
        let taker: Side = up == withMove ? .buy : .sell
        let limit = Price(raw: taker == .buy ? mid.raw + reach.raw : mid.raw - reach.raw)
        engine.externalTrade(settings.symbol, taker: taker, limit: limit, quantity: quantity, at: at)
    }

    private func moved(by move: Int64, _ stride: Int64, _ product: Product) -> Price {
        let pull = min(stride, Self.memory)
        guard let deviation = try? mid.times(settings.volatility, .down),
            let step = try? deviation.scaled(by: move * squareRoot(stride * 10_000), over: 100_000, .down),
            let distance = try? settings.firstMid - mid,
            let back = try? distance.scaled(by: pull, over: Self.memory, .down),
            let next = try? mid + step + back,
            let room = try? self.distance(product).times(settings.levels + 2)
        else { return mid }
        return max(next, room)
    }

    private func distance(_ product: Product) -> Price {
        let wanted = try? settings.firstMid.times(settings.levelDistance, .down)
            .rounded(to: product.priceIncrement, .halfEven)
        return max(wanted ?? product.priceIncrement, product.priceIncrement)
    }

    /// Levels on a fixed grid of prices, so that they stay where they are while the mid moves a little.
    private func levels(_ side: Side, _ step: Int64, _ product: Product) -> [BookLevel] {
        let grid = distance(product)
        let count = max(0, settings.levels)
        guard let below = try? mid.rounded(to: grid, .down), let above = try? below + grid else { return [] }
        var result: [BookLevel] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            let away = grid.raw * Int128(index)
            let price = Price(raw: side == .buy ? below.raw - away : above.raw + away)
            guard price.isPositive else { break }
            let life = UInt64(bitPattern: step / Self.sizeLife)
            let place = UInt64(truncatingIfNeeded: price.raw / product.priceIncrement.raw)
            let luck = Int64(SeededGenerator.seed(seed, place, life, side == .buy ? 1 : 2) % 1000)
            let thousandths = (500 + luck) * Int64(4 + min(index, 12)) / 4
            guard let size = try? settings.levelQuantity.scaled(by: thousandths, over: 1000, .down),
                let quantity = try? size.rounded(to: product.baseIncrement, .up)
            else { continue }
            result.append(BookLevel(price, quantity))
        }
        return result
    }
}

/// The integer square root, rounded down.
private func squareRoot(_ value: Int64) -> Int64 {
    guard value > 1 else { return max(0, value) }
    var root = Int64(1) << ((64 - value.leadingZeroBitCount + 1) / 2)
    while true {
        let next = (root + value / root) / 2
        if next >= root { return root }
        root = next
    }
}
