// The markets that strategies with `symbols: universe` begin with: chosen before anything is subscribed to, from what the
// venue lists now, or from the paper exchange's own products.

import Coinbase
import Daemon
import Exchanges
import Strategies
import Trading
import TradingDomain

enum UniverseError: Error, CustomStringConvertible {
    case nothingFits(Universe)

    var description: String {
        switch self {
        case .nothingFits(let universe):
            "no market fits the rules of universe: "
                + universe.excluded.prefix(5).map { "\($0.symbol): \($0.reason)" }.joined(separator: "; ")
                + (universe.excluded.count > 5 ? "; and \(universe.excluded.count - 5) more" : "")
                + ". Widen the rules, or name the strategies' symbols"
        }
    }
}

extension Configuration {
    /// Gives the strategies that follow the universe their markets. A few more than may be in are taken, so that one can
    /// take another's place while the life runs.
    /// - Returns: false when a signal came first: nothing is to be traded then.
    mutating func chooseUniverse(_ wishes: RunWishes, _ signals: SignalBox?, _ now: UTCInstant, _ log: Log)
        throws
        -> Bool
    {
        guard usesUniverse else { return true }
        var products = account.listings.map(\.product)
        if mode == .live || feed == .coinbase {
            log.write(
                LogLine(.info, "universe", "asking \(venue.restURL) which markets there are", at: now))
            let market = VenueMarket(
                settings: openVenue, symbols: [], signals: signals, waits: waitsForVenue(wishes, log))
            guard let list = try market.products() else { return false }
            products = list.products
        }
        var wide = universe
        wide.maximumSymbols += max(1, universe.maximumSymbols / 2)
        let chosen = wide.universe(of: products)
        guard !chosen.included.isEmpty else { throw UniverseError.nothingFits(chosen) }
        log.write(
            LogLine(
                .info, "universe",
                "\(chosen.included.count) of \(products.count) markets can be in the universe: "
                    + chosen.included.map(\.description).joined(separator: ", "), at: now))
        for index in strategies.indices where strategies[index].followsUniverse {
            strategies[index].settings.symbols = chosen.included
        }
        return true
    }
}
