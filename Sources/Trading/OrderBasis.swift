// Why an order was wanted: what set its strategy off, the prices that it saw then, and the numbers with which the risk
// gate let it through. Recorded with the intent, so that whoever asks later needs no memory of the market. There is one
// for every order, so it is one short line of text, in the journal and in the table alike.

import TradingDomain

package struct OrderBasis: Hashable, Codable, Sendable, LosslessStringConvertible {
    /// What made the strategy decide.
    package enum Trigger: String, Sendable, CaseIterable {
        case cycle, quote, order
        /// A program outside decided.
        case external
        /// No strategy: an operator has positions closed.
        case flatten
    }

    package var trigger: Trigger
    /// The best prices at the decision; nil where there were none.
    package var bid: Price?
    package var ask: Price?
    /// From the decision to the intent: an order waits while the rate budget has no request for it.
    package var waited: Duration
    /// What stood before the order was added, as the risk gate saw it. Signed base units.
    package var position: Quantity
    package var workingOrders: Int
    package var workingOrdersOfSymbol: Int
    package var ordersInLastMinute: Int

    package init(
        trigger: Trigger, bid: Price?, ask: Price?, waited: Duration, position: Quantity, workingOrders: Int,
        workingOrdersOfSymbol: Int, ordersInLastMinute: Int
    ) {
        self.trigger = trigger
        self.bid = bid
        self.ask = ask
        self.waited = waited
        self.position = position
        self.workingOrders = workingOrders
        self.workingOrdersOfSymbol = workingOrdersOfSymbol
        self.ordersInLastMinute = ordersInLastMinute
    }

    /// Halfway between the prices that the strategy saw.
    package var mid: Price? {
        guard let bid, let ask else { return nil }
        return Price(raw: bid.raw / 2 + ask.raw / 2 + (bid.raw % 2 + ask.raw % 2) / 2)
    }

    // MARK: As text

    /// `quote 59999.5 60000.5 0 0.02 20 10 14`: trigger, bid, ask, nanoseconds waited, position, working orders, those
    /// of the market, orders in the last minute. `-` is a price that was not there.
    package var description: String {
        let words: [String] = [
            trigger.rawValue, bid?.description ?? "-", ask?.description ?? "-",
            "\(waited.wholeNanoseconds)", position.description, "\(workingOrders)",
            "\(workingOrdersOfSymbol)", "\(ordersInLastMinute)",
        ]
        return words.joined(separator: " ")
    }

    /// Nil for text that is none. Words beyond those that are known are a later version's.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count >= 8, let trigger = Trigger(rawValue: words[0]), let waited = Int64(words[3]),
            let position = Quantity(words[4]), let working = Int(words[5]), let ofSymbol = Int(words[6]),
            let inLastMinute = Int(words[7])
        else { return nil }
        let bid = Price(words[1])
        let ask = Price(words[2])
        guard bid != nil || words[1] == "-", ask != nil || words[2] == "-" else { return nil }
        self.init(
            trigger: trigger, bid: bid, ask: ask, waited: .nanoseconds(waited), position: position,
            workingOrders: working, workingOrdersOfSymbol: ofSymbol, ordersInLastMinute: inLastMinute)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let basis = OrderBasis(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' does not say why an order was wanted")
        }
        self = basis
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What a strategy saw when it last wanted something that does not rest: kept until its wishes are intents.
struct DecisionView: Sendable {
    var trigger = OrderBasis.Trigger.cycle
    var at = UTCInstant(nanoseconds: 0)
    /// Of the markets of these wishes.
    var quotes = FewKeyed<Symbol, Quote>()

    func basis(of symbol: Symbol, _ exposure: RiskExposure, at now: UTCInstant) -> OrderBasis {
        let quote = quotes[symbol]
        return OrderBasis(
            trigger: trigger, bid: quote?.bid, ask: quote?.ask, waited: max(.zero, now - at),
            position: exposure.position, workingOrders: exposure.workingOrders,
            workingOrdersOfSymbol: exposure.workingOrdersOfSymbol,
            ordersInLastMinute: exposure.ordersInLastMinute)
    }
}

extension OrderBasis.Trigger {
    init(_ trigger: StrategyView.Trigger) {
        switch trigger {
        case .cycle: self = .cycle
        case .quote: self = .quote
        case .order: self = .order
        }
    }
}
