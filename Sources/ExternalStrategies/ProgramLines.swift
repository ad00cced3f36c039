// What a program reads: one JSON object a line. Numbers that are money, prices or sizes are strings of decimals, so that
// nobody's floating point touches them; times are UTC, ISO 8601. What is not known is left out.

import ForeignJSON
import FoundationEssentials
import Trading
import TradingDomain

package enum ProgramLines {
    /// Grows when a program that was right before would be wrong.
    package static let version = 1

    package static func hello(_ hello: ExternalHello, settings: JSONTree) -> [UInt8] {
        let line = line(
            HelloLine(
                name: hello.name, mode: hello.mode, symbols: hello.symbols,
                products: hello.products.map(ProductLine.init), settings: settings))
        guard let memory = hello.memory.flatMap(told(memory:)) else { return line }
        return Array("{\"memory\":".utf8) + memory + [UInt8(ascii: ",")] + line.dropFirst()
    }

    /// What is stored is told as it is, whatever its depth and without decoding it: it was taken when it was said. Nil for
    /// what is no JSON.
    static func told(memory: String) -> [UInt8]? {
        let bytes = Array(memory.utf8)
        // Why it can't be read helps nobody; that it was not told is said by the seat.
        guard (try? JSONDocument(bytes, within: JSONLimits(depth: .max))) != nil else { return nil }
        // A line of its own would end ours.
        return bytes.map { $0 < 0x20 ? 0x20 : $0 }
    }

    package static func view(_ view: ExternalView) -> [UInt8] {
        line(
            ViewLine(
                n: view.n, trigger: view.trigger, symbol: view.symbol, now: view.now,
                markets: view.markets.map(MarketLine.init), onceOrders: view.onceOrders.map(OnceLine.init)))
    }

    private static func line(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .useDefaultKeys
        // Plain values always encode. Should one not, the program hears nothing and is found silent.
        guard let data = try? encoder.encode(value) else { return [] }
        return Array(data) + [UInt8(ascii: "\n")]
    }
}

private struct HelloLine: Encodable {
    var type = "hello"
    var `protocol` = ProgramLines.version
    let name: String
    let mode: Mode
    let symbols: [Symbol]
    let products: [ProductLine]
    let settings: JSONTree
}

private struct ProductLine: Encodable {
    let product: Product
    init(_ product: Product) { self.product = product }

    private enum Keys: String, CodingKey {
        case symbol, status
        case baseIncrement = "base_increment"
        case priceIncrement = "price_increment"
        case minimumQuantity = "min_quantity"
        case maximumQuantity = "max_quantity"
        case minimumNotional = "min_notional"
        case makerFee = "maker_fee"
        case takerFee = "taker_fee"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(product.symbol, forKey: .symbol)
        try container.encode(status, forKey: .status)
        try container.encode(product.baseIncrement, forKey: .baseIncrement)
        try container.encode(product.priceIncrement, forKey: .priceIncrement)
        try container.encode(product.minimumQuantity, forKey: .minimumQuantity)
        try container.encode(product.maximumQuantity, forKey: .maximumQuantity)
        try container.encode(product.minimumNotional, forKey: .minimumNotional)
        try container.encode(product.makerFee, forKey: .makerFee)
        try container.encode(product.takerFee, forKey: .takerFee)
    }

    private var status: String {
        switch product.status {
        case .online: "online"
        case .postOnly: "post_only"
        case .limitOnly: "limit_only"
        case .cancelOnly: "cancel_only"
        case .disabled: "disabled"
        }
    }
}

private struct ViewLine: Encodable {
    var type = "view"
    let n: Int64
    let trigger: ExternalView.Trigger
    let symbol: Symbol?
    let now: UTCInstant
    let markets: [MarketLine]
    let onceOrders: [OnceLine]

    private enum CodingKeys: String, CodingKey {
        case type, n, trigger, symbol, now, markets
        case onceOrders = "once_orders"
    }
}

private struct MarketLine: Encodable {
    let market: ExternalView.Market
    init(_ market: ExternalView.Market) { self.market = market }

    private enum Keys: String, CodingKey {
        case symbol, bid, ask, position, statistics
        case quotedAt = "quoted_at"
        case strategyPosition = "strategy_position"
        case baseFunds = "base_funds"
        case quoteFunds = "quote_funds"
        case mayEnter = "may_enter"
    }
    private enum Figures: String, CodingKey {
        case at, seconds, change, high, low, volume
        case minuteVolume = "minute_volume"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(market.symbol, forKey: .symbol)
        try container.encodeIfPresent(market.quote?.bid, forKey: .bid)
        try container.encodeIfPresent(market.quote?.ask, forKey: .ask)
        try container.encodeIfPresent(market.quote?.at, forKey: .quotedAt)
        try container.encode(market.position, forKey: .position)
        try container.encode(market.strategyPosition, forKey: .strategyPosition)
        try container.encode(market.baseFunds, forKey: .baseFunds)
        try container.encode(market.quoteFunds, forKey: .quoteFunds)
        try container.encode(market.mayEnter, forKey: .mayEnter)
        guard let known = market.statistics else { return }
        var figures = container.nestedContainer(keyedBy: Figures.self, forKey: .statistics)
        try figures.encode(known.at, forKey: .at)
        try figures.encode(known.seconds, forKey: .seconds)
        try figures.encode(known.change, forKey: .change)
        try figures.encode(known.high, forKey: .high)
        try figures.encode(known.low, forKey: .low)
        try figures.encodeIfPresent(known.volume, forKey: .volume)
        try figures.encodeIfPresent(known.minuteVolume, forKey: .minuteVolume)
    }
}

private struct OnceLine: Encodable {
    let key: String
    let symbol: Symbol
    let side: Side
    let price: Price?
    let quantity: Quantity
    let filled: Quantity
    let working: Bool

    init(_ once: ExternalView.Once) {
        key = once.key
        symbol = once.terms.symbol
        side = once.terms.side
        price = once.terms.type.limitPrice
        quantity = once.terms.quantity
        filled = once.filled
        working = once.isWorking
    }
}
