// What paper trading and a dry run on the venue's prices need before they begin: the venue's markets, asked of its
// public endpoint. The only place that waits for a venue before the core exists, so it is bounded, and a signal ends
// it at once.

import CLinux
import Coinbase
import Daemon
import Exchanges
import Synchronization
import Trading
import TradingDomain

/// Why nothing can begin on the venue's prices.
enum VenueMarketError: Error, CustomStringConvertible {
    case unreachable(url: String, within: Duration, reason: String)
    case notListed([Symbol], url: String)

    var description: String {
        switch self {
        case .unreachable(let url, let bound, let reason):
            "\(url) did not tell its markets within \(Values.text(bound)): \(reason). Check the "
                + "network and exchange.rest_url (`trader247 doctor --feed coinbase` shows more), or take "
                + "`feed: simulated`"
        case .notListed(let symbols, let url):
            "\(url) has no spot market \(symbols.map(\.description).joined(separator: ", ")): correct the strategies' "
                + "symbols"
        }
    }
}

struct VenueMarket {
    /// How long the markets are asked for at most.
    static let bound: Duration = .seconds(10)
    private static let pause: Duration = .milliseconds(200)
    private static let longestPause: Duration = .seconds(2)

    let settings: CoinbaseSettings
    let symbols: [Symbol]
    let signals: SignalBox?

    /// The venue's markets; nil when a signal came first.
    func products() throws -> ProductList? {
        let catalogue = try PublicCatalogue(settings)
        let end = realNow() + Self.bound
        var reason = "no connection"
        while realNow() < end {
            let answer = PendingAnswer()
            catalogue.ask { answer.put($0) }
            while answer.value == nil, realNow() < end {
                if rest(end - realNow(), answer.doorbell) { return nil }
            }
            var pause = Self.pause
            switch answer.value {
            case .success(let list)?: return list
            case .failure(let why)?:
                reason = why.failure.reason
                pause = max(pause, min(why.failure.retryAfter ?? .zero, Self.longestPause))
            case nil: reason = "no answer"
            }
            let wake = min(realNow() + pause, end)
            while realNow() < wake { if rest(wake - realNow(), nil) { return nil } }
        }
        throw VenueMarketError.unreachable(url: settings.restURL, within: Self.bound, reason: reason)
    }

    /// - Returns: whether a signal waits to be obeyed. Its bell is left ringing for whoever obeys it.
    private func rest(_ limit: Duration, _ doorbell: Doorbell?) -> Bool {
        let bells = (doorbell?.descriptor ?? -1, signals?.doorbell.descriptor ?? -1)
        if signals?.signal(0) == nil {
            // Without descriptors nobody rings: look around now and then.
            _ = cl_wait_readable(bells.0, bells.1, min(limit, .milliseconds(100)).wholeNanoseconds)
        }
        return signals?.signal(0) != nil
    }

    /// What a new account on these markets begins with: the configured balances and fees, the venue's increments and
    /// limits.
    func account(_ configured: PaperAccount, _ list: ProductList) throws(VenueMarketError) -> PaperAccount {
        let byName = Dictionary(list.products.map { ($0.symbol, $0) }) { $1 }
        let missing = symbols.filter { byName[$0] == nil }
        guard missing.isEmpty else { throw .notListed(missing, url: settings.restURL) }
        var account = configured
        account.listings = symbols.compactMap { byName[$0] }.map { product in
            var product = product
            let own = configured.listings.first { $0.product.symbol == product.symbol }
            if let fees = (own ?? configured.listings.first)?.product {
                product.makerFee = fees.makerFee
                product.takerFee = fees.takerFee
            }
            // A book keeps its products for good, and a pause of the venue's is over some time.
            product.status = .online
            return PaperListing(product: product, firstMid: Price(1), levelQuantity: product.baseIncrement)
        }
        return account
    }
}

/// One answer that comes on another thread.
private final class PendingAnswer: Sendable {
    let doorbell = Doorbell()
    private let state = Mutex<Result<ProductList, QuestionFailure>?>(nil)

    var value: Result<ProductList, QuestionFailure>? { state.withLock { $0 } }

    func put(_ result: Result<ProductList, QuestionFailure>) {
        state.withLock { $0 = result }
        doorbell.ring()
    }
}
