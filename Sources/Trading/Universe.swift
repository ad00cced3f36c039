// Which markets are traded, by rules instead of by name: chosen from what the exchange lists, and chosen anew now and
// then. For each market that is not in it the reason is kept.
//
// A market that is in stays in until it is clearly worse than the rules want, so that none comes and goes with every
// look: it may have four fifths of the volume, and a spread a quarter wider.

import TradingDomain

package struct UniverseRules: Codable, Equatable, Sendable {
    /// What a market may be paid in; empty for anything.
    package var quotes: [String] = ["USD"]
    /// Least value traded in 24 hours, quote units.
    package var minimumVolume: Money?
    /// Widest mean distance from bid to ask, basis points of the mid.
    package var maximumSpreadBasisPoints: Int64?
    /// In whatever volume, spread and rank say, as long as the exchange lets anybody trade there.
    package var include: [Symbol] = []
    package var exclude: [Symbol] = []
    /// Of more, those with the largest volume.
    package var maximumSymbols = 20
    /// From one choice to the next.
    package var interval: Duration = .seconds(3_600)

    package init() {}
}

package struct Universe: Codable, Equatable, Sendable {
    package enum Reason: Codable, Equatable, Sendable, CustomStringConvertible {
        case excluded
        case quoteCurrency
        case status(Product.Status)
        case unknownVolume
        case volume(Money, least: Money)
        /// Hundredths of a basis point.
        case spread(Int64, most: Int64)
        case rank(Int, most: Int)
        /// `include` names it, and the exchange does not list it.
        case notListed
        /// The rules want it; its prices are asked for from the next start on.
        case notSubscribed

        package var description: String {
            switch self {
            case .excluded: "excluded by name"
            case .quoteCurrency: "paid in another currency"
            case .status(let status): "the exchange has it \(status.rawValue)"
            case .unknownVolume: "its 24 h volume is not known"
            case .volume(let volume, let least): "24 h volume \(volume), at least \(least) is wanted"
            case .spread(let spread, let most):
                "spread \(spread / 100).\(spread % 100 < 10 ? "0" : "")\(spread % 100) bps, at most \(most) bps are wanted"
            case .rank(let rank, let most): "number \(rank) by volume, at most \(most) are wanted"
            case .notListed: "the exchange does not list it"
            case .notSubscribed: "wanted, and taken in at the next start"
            }
        }
    }
    package struct Exclusion: Codable, Equatable, Sendable {
        package var symbol: Symbol
        package var reason: Reason
    }

    /// Sorted.
    package var included: [Symbol] = []
    /// By symbol.
    package var excluded: [Exclusion] = []

    package init() {}

    package func reason(_ symbol: Symbol) -> Reason? { excluded.first { $0.symbol == symbol }?.reason }
}

extension UniverseRules {
    /// The markets that these rules choose.
    /// - Parameters:
    ///   - spreads: mean spreads in hundredths of a basis point; a market without one is not judged by it.
    ///   - before: those that were in until now.
    ///   - subscribed: whose prices are known; nil for any.
    package func universe(
        of products: [Product], spreads: [Symbol: Int64] = [:], before: Set<Symbol> = [],
        subscribed: Set<Symbol>? = nil
    ) -> Universe {
        var universe = Universe()
        var named: [Symbol] = []
        var ranked: [(symbol: Symbol, volume: Money)] = []
        func leave(_ symbol: Symbol, _ reason: Universe.Reason) {
            universe.excluded.append(.init(symbol: symbol, reason: reason))
        }
        let listed = Set(products.map(\.symbol))
        for symbol in Set(include).subtracting(listed).sorted() { leave(symbol, .notListed) }
        for product in products.sorted(by: { $0.symbol < $1.symbol }) {
            let symbol = product.symbol
            let isIn = before.contains(symbol)
            if let reason = hardReason(product) {
                leave(symbol, reason)
            } else if let subscribed, !subscribed.contains(symbol) {
                // What else would keep it out is worth more to know.
                leave(symbol, softReason(product, spreads[symbol], isIn: isIn) ?? .notSubscribed)
            } else if include.contains(symbol) {
                named.append(symbol)
            } else if let reason = softReason(product, spreads[symbol], isIn: isIn) {
                leave(symbol, reason)
            } else {
                // Whoever is in keeps its place against one that is a little larger.
                let volume = product.volume24h ?? .zero
                let weight = isIn ? (try? volume.scaled(by: 5, over: 4, .down)) ?? volume : volume
                ranked.append((symbol, weight))
            }
        }
        ranked.sort { ($1.volume, $0.symbol) < ($0.volume, $1.symbol) }
        let places = max(0, maximumSymbols - named.count)
        for (index, entry) in ranked.enumerated().dropFirst(places) {
            leave(entry.symbol, .rank(named.count + index + 1, most: maximumSymbols))
        }
        universe.included = (named + ranked.prefix(places).map(\.symbol)).sorted()
        universe.excluded.sort { $0.symbol < $1.symbol }
        return universe
    }

    /// What no `include` overrules, and the currency.
    private func hardReason(_ product: Product) -> Universe.Reason? {
        if exclude.contains(product.symbol) { return .excluded }
        switch product.status {
        case .cancelOnly, .disabled: return .status(product.status)
        case .online, .limitOnly, .postOnly: break
        }
        guard !include.contains(product.symbol) else { return nil }
        return quotes.isEmpty || quotes.contains(product.symbol.quote) ? nil : .quoteCurrency
    }

    private func softReason(_ product: Product, _ spread: Int64?, isIn: Bool) -> Universe.Reason? {
        guard !include.contains(product.symbol) else { return nil }
        if let least = minimumVolume {
            guard let volume = product.volume24h else { return .unknownVolume }
            let enough = isIn ? (try? least.scaled(by: 4, over: 5, .up)) ?? least : least
            if volume < enough { return .volume(volume, least: least) }
        }
        if let most = maximumSpreadBasisPoints, let spread, spread > most * (isIn ? 125 : 100) {
            return .spread(spread, most: most)
        }
        return nil
    }
}

/// The mean spread of a market's quotes since the last choice.
struct SpreadMeter: Sendable {
    private var sum: Int64 = 0
    private var count: Int64 = 0

    /// Hundredths of a basis point; nil without a quote.
    var mean: Int64? { count == 0 ? nil : sum / count }

    mutating func add(_ quote: Quote) {
        let mid = quote.mid.raw
        guard mid > 0, quote.ask >= quote.bid, count < 1_000_000_000 else { return }
        // Bounded, so that sums fit: beyond 100% a spread is as bad as can be.
        let distance = (quote.ask.raw - quote.bid.raw).multipliedReportingOverflow(by: 1_000_000)
        sum += distance.overflow ? 1_000_000 : Int64(min(distance.partialValue / mid, 1_000_000))
        count += 1
    }
}
