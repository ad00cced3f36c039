import ExchangeModel
import TradingDomain

// The public tape of every market: its latest trades, the candles made of them, and the figures of the day,
// which begins with the sandbox. Before that the price stood where it began.

struct TapeKeeper {
    struct Candle {
        var minute: Int64
        var open: Price
        var high: Price
        var low: Price
        var close: Price
        var volume = Quantity.zero
    }

    struct Product {
        var symbol: Symbol
        var first: Price
        var last: Price
        var high: Price
        var low: Price
        var volume = Quantity.zero
        /// Oldest first.
        var prints: [TapePrint] = []
        /// One for each minute that saw a trade, oldest first.
        var candles: [Candle] = []
    }

    private(set) var products: [Product]
    let since: UTCInstant

    /// The trades and minutes that are remembered per market: up to twice as many.
    private static let printLimit = 1000
    private static let candleLimit = 10_000

    init(_ listings: [SandboxSettings.Listing], since: UTCInstant) {
        self.since = since
        products = listings.map {
            Product(
                symbol: $0.product.symbol, first: $0.firstMid, last: $0.firstMid, high: $0.firstMid,
                low: $0.firstMid)
        }
    }

    subscript(symbol: Symbol) -> Product? { products.first { $0.symbol == symbol } }

    mutating func take(_ print: TapePrint) {
        guard let index = products.firstIndex(where: { $0.symbol == print.symbol }) else { return }
        products[index].last = print.price
        products[index].high = max(products[index].high, print.price)
        products[index].low = min(products[index].low, print.price)
        products[index].volume = (try? products[index].volume + print.quantity) ?? products[index].volume
        products[index].prints.append(print)
        if products[index].prints.count > 2 * Self.printLimit {
            products[index].prints.removeFirst(Self.printLimit)
        }
        let minute = print.at.secondsSince1970 / 60
        if let last = products[index].candles.indices.last, products[index].candles[last].minute == minute {
            products[index].candles[last].take(print)
        } else {
            var candle = Candle(
                minute: minute, open: print.price, high: print.price, low: print.price, close: print.price)
            candle.take(print)
            products[index].candles.append(candle)
            if products[index].candles.count > 2 * Self.candleLimit {
                products[index].candles.removeFirst(Self.candleLimit)
            }
        }
    }

    /// Candles of `width` seconds that begin in the range, newest first, at most `limit`. A time without a
    /// trade has the close before it and no volume.
    func candles(_ symbol: Symbol, width: Int64, from: Int64, to: Int64, limit: Int) -> [Candle] {
        guard let product = self[symbol], width > 0, limit > 0, to >= from, from >= 0 else { return [] }
        let lastStart = to / width * width
        let firstStart = max(
            (from / width + (from % width > 0 ? 1 : 0)) * width, lastStart - Int64(limit - 1) * width)
        guard lastStart >= firstStart else { return [] }
        var place = lowerBound(product.candles) { $0.minute * 60 < firstStart }
        var close = place > 0 ? product.candles[place - 1].close : product.first
        var result: [Candle] = []
        for start in stride(from: firstStart, through: lastStart, by: Int(width)) {
            var candle = Candle(minute: start / 60, open: close, high: close, low: close, close: close)
            var isFirst = true
            while place < product.candles.count, product.candles[place].minute * 60 < start + width {
                candle.join(product.candles[place], isFirst: isFirst)
                isFirst = false
                place += 1
            }
            close = candle.close
            result.append(candle)
        }
        return result.reversed()
    }

    private func lowerBound(_ candles: [Candle], _ isBefore: (Candle) -> Bool) -> Int {
        var low = 0
        var high = candles.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(candles[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension TapeKeeper.Candle {
    fileprivate mutating func take(_ print: TapePrint) {
        high = max(high, print.price)
        low = min(low, print.price)
        close = print.price
        volume = (try? volume + print.quantity) ?? volume
    }

    fileprivate mutating func join(_ other: Self, isFirst: Bool) {
        if isFirst { (open, high, low) = (other.open, other.high, other.low) }
        high = max(high, other.high)
        low = min(low, other.low)
        close = other.close
        volume = (try? volume + other.volume) ?? volume
    }
}
