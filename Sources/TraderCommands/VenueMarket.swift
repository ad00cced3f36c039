// What paper trading and a dry run on the venue's prices need before they begin: the venue's markets, asked of its
// public endpoint. The only place that waits for a venue before the core exists, so it is bounded where an order may
// rest, and a signal ends it at once. Where nothing can rest it waits for as long as the venue is away: that is no crash,
// and nothing to sweep.

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
    /// Between two tries of one who waits on.
    private static let waitingPause: Duration = .seconds(10)
    /// So often the same reason is told.
    private static let tellingPause: Duration = .seconds(60)

    let settings: CoinbaseSettings
    let symbols: [Symbol]
    let signals: SignalBox?
    /// Is told why the venue is not reached, and that it is tried again; nil for who gives up after the bound.
    var waits: ((String) -> Void)?

    /// The venue's markets; nil when a signal came first.
    func products() throws -> ProductList? {
        let catalogue = try PublicCatalogue(settings)
        let end = realNow() + Self.bound
        var told: (reason: String, at: MonotonicInstant)?
        var toldGuardianAt: MonotonicInstant?
        while true {
            let patience = waits == nil ? end : realNow() + Self.bound
            let answer = PendingAnswer()
            catalogue.ask { answer.put($0) }
            while answer.value == nil, realNow() < patience {
                if rest(patience - realNow(), answer.doorbell, &toldGuardianAt) { return nil }
            }
            var pause = Self.pause
            let reason: String
            switch answer.value {
            case .success(let list)?: return list
            case .failure(let why)?:
                reason = why.failure.reason
                pause = max(pause, min(why.failure.retryAfter ?? .zero, Self.longestPause))
            case nil: reason = "no answer"
            }
            if let waits {
                pause = Self.waitingPause
                if told.map({ $0.reason != reason || realNow() - $0.at >= Self.tellingPause }) ?? true {
                    told = (reason, realNow())
                    waits("Venue not reached (\(reason)), trying again in \(Values.text(pause))")
                }
            } else if realNow() >= end {
                throw VenueMarketError.unreachable(url: settings.restURL, within: Self.bound, reason: reason)
            }
            let wake = waits == nil ? min(realNow() + pause, end) : realNow() + pause
            while realNow() < wake { if rest(wake - realNow(), nil, &toldGuardianAt) { return nil } }
        }
    }

    /// - Returns: whether a signal waits to be obeyed. Its bell is left ringing for whoever obeys it.
    private func rest(
        _ limit: Duration, _ doorbell: Doorbell?, _ toldGuardianAt: inout MonotonicInstant?
    ) -> Bool {
        // A guardian is to know that this is no hang, and that the loop, whose beats these are not, has not begun.
        if waits != nil, toldGuardianAt.map({ realNow() - $0 >= .seconds(1) }) ?? true {
            toldGuardianAt = realNow()
            Launch.lifeline?.say(.status("waits for the venue"))
        }
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

extension Configuration {
    /// Where nothing of this bot can rest, and nobody waits for the end of one single run.
    func waitsForVenue(_ wishes: RunWishes, _ log: Log) -> ((String) -> Void)? {
        let mayRest =
            switch mode {
            case .live: true
            case .paper: PaperBook.exists(bookDirectory)
            case .dryRun: false
            }
        guard !mayRest, !wishes.once, !wishes.sweeps, wishes.runFor == nil else { return nil }
        return {
            log.write(
                LogLine(.warning, "venue-markets", $0, at: UTCInstant(nanoseconds: cl_utc_nanoseconds())))
        }
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
