/// What the exchange says about a market: increments, minimums and whether it may be traded.
public struct Product: Hashable, Codable, Sendable {
    public var symbol: Symbol
    /// Sizes are multiples of this, base units.
    public var baseIncrement: Quantity
    /// Prices are multiples of this.
    public var priceIncrement: Price
    /// The smallest and largest size of one order, base units.
    public var minimumQuantity: Quantity
    public var maximumQuantity: Quantity
    /// The smallest value of one order, quote units.
    public var minimumNotional: Money
    public var makerFee: Rate
    public var takerFee: Rate
    public var status: Status
    /// What was traded there in 24 hours, quote units, as the exchange tells it; nil where it does not.
    public var volume24h: Money?

    /// What the exchange lets anyone do there now.
    public enum Status: String, Codable, Sendable {
        case online, postOnly, limitOnly, cancelOnly, disabled
    }

    public init(
        symbol: Symbol, baseIncrement: Quantity, priceIncrement: Price, minimumQuantity: Quantity,
        maximumQuantity: Quantity, minimumNotional: Money, makerFee: Rate, takerFee: Rate,
        status: Status = .online, volume24h: Money? = nil
    ) {
        self.symbol = symbol
        self.baseIncrement = baseIncrement
        self.priceIncrement = priceIncrement
        self.minimumQuantity = minimumQuantity
        self.maximumQuantity = maximumQuantity
        self.minimumNotional = minimumNotional
        self.makerFee = makerFee
        self.takerFee = takerFee
        self.status = status
        self.volume24h = volume24h
    }
}

/// The best prices of one market at one moment.
public struct Quote: Hashable, Codable, Sendable {
    public var symbol: Symbol
    public var bid: Price
    public var ask: Price
    /// When the exchange made it, on this machine's clock: an adapter whose venue stamps by another one converts.
    public var at: UTCInstant

    public init(symbol: Symbol, bid: Price, ask: Price, at: UTCInstant) {
        self.symbol = symbol
        self.bid = bid
        self.ask = ask
        self.at = at
    }

    /// Halfway between bid and ask, rounded down to 10^-18. Prices from outside are bounded by parsing, so
    /// the sum of two fits.
    public var mid: Price { Price(raw: bid.raw / 2 + ask.raw / 2 + (bid.raw % 2 + ask.raw % 2) / 2) }
}
